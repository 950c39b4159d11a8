package weibo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// TestCodes holds the whole table: what each of the platform's codes means for a write.
func TestCodes(t *testing.T) {
	const un, not, app = govmedia.Unknown, govmedia.NotApplied, govmedia.Applied
	table := []struct {
		codes   string
		kind    govmedia.Kind
		outcome govmedia.Outcome
		remedy  govmedia.Remedy
	}{
		{"10001 10002 10003 10009 10010 10011 20014 21331", govmedia.KindUnavailable, un, govmedia.Reconcile},
		{"20032", govmedia.KindUnavailable, app, govmedia.Reconcile},
		{"10004 10022 10023 10024 20016", govmedia.KindRateLimited, not, govmedia.RetryAfter},
		{"21314 21315 21316 21317 21318 21319 21325 21327 21332", govmedia.KindUnauthorized, not, govmedia.Reauthorize},
		{"20031", govmedia.KindChallenge, not, govmedia.Human},
		{"20017 20019 20111", govmedia.KindDuplicate, not, govmedia.Abandon},
		{"20018 20020 20021 20104 20204 21602", govmedia.KindRejected, not, govmedia.Abandon},
		{"10007 10008 10012 10016 10017 10018 10020 10021", govmedia.KindInvalid, not, govmedia.Abandon},
		{"20001 20002 20005 20006 20007 20008 20009 20012 20013 20049 20109", govmedia.KindInvalid, not, govmedia.Abandon},
		{"21322 21323 21328 21329", govmedia.KindInvalid, not, govmedia.Abandon},
		{"20003 20101 20201", govmedia.KindNotFound, not, govmedia.Abandon},
		{"10005 10006 10013 10014 10025 20015 20022 20102 20103 20112 20203 20206 20207", govmedia.KindForbidden, not, govmedia.Human},
		{"21301 21302 21313 21321 21324 21326 21330 21335 21337 20301 20502", govmedia.KindForbidden, not, govmedia.Human},
		{"29999 40001", govmedia.KindUnavailable, un, govmedia.Reconcile}, // codes that nobody has documented
	}
	for _, row := range table {
		for code := range strings.FieldsSeq(row.codes) {
			t.Run(code, func(t *testing.T) {
				for _, shape := range []struct {
					status int
					format string
				}{
					{400, `{"error":"2.00hush was sent","error_code":%s,"request":"/2/statuses/share.json"}`},
					{403, `{"error":"x","error_code":"%s"}`},
					{200, `{"error":"x","error_code":%s}`},
				} {
					client := answering(t, shape.status, nil, fmt.Sprintf(shape.format, code))
					receipt, err := client.Publish(t.Context(), submission(text))
					require.Nil(t, receipt)
					e := typed(t, err)
					require.Equal(t, row.kind, e.Kind)
					require.Equal(t, row.outcome, e.Outcome)
					require.Equal(t, row.remedy, e.Remedy())
					require.Equal(t, code, e.Code)
					require.Equal(t, shape.status, e.Status)
					require.NotContains(t, err.Error(), "hush", "the platform's own words are not quoted")
				}
			})
		}
	}
}

func TestCodes_waits(t *testing.T) {
	// The clock of answering stands at 09:40.
	for code, want := range map[string]time.Duration{
		"10004": 20 * time.Minute, "10022": 20 * time.Minute, "10023": 20 * time.Minute, "10024": 20 * time.Minute,
		"20016": 10 * time.Minute,
	} {
		body := fmt.Sprintf(`{"error":"x","error_code":%s}`, code)
		_, err := answering(t, 403, nil, body).Publish(t.Context(), submission(text))
		require.Equal(t, want, typed(t, err).RetryAfter, code)
		_, err = answering(t, 429, http.Header{"Retry-After": {"90"}}, body).Publish(t.Context(), submission(text))
		require.Equal(t, 90*time.Second, typed(t, err).RetryAfter, "the answer's own word goes first: %s", code)
	}
}

// TestAnswers holds what follows from answers that are no refusal in the platform's own format.
func TestAnswers(t *testing.T) {
	for name, row := range map[string]struct {
		status  int
		body    string
		kind    govmedia.Kind
		outcome govmedia.Outcome
	}{
		"4xx page":            {404, "<html>not found</html>", govmedia.KindUnavailable, govmedia.Unknown},
		"4xx empty":           {403, "", govmedia.KindUnavailable, govmedia.Unknown},
		"4xx JSON, no code":   {400, `{"error":"invalid"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"redirect":            {302, "", govmedia.KindUnavailable, govmedia.Unknown},
		"gateway":             {502, "<html>bad gateway</html>", govmedia.KindUnavailable, govmedia.Unknown},
		"too many, page":      {429, "<html>slow down</html>", govmedia.KindRateLimited, govmedia.NotApplied},
		"too many, odd code":  {429, `{"error_code":77777}`, govmedia.KindRateLimited, govmedia.NotApplied},
		"200 empty":           {200, "", govmedia.KindUnavailable, govmedia.Unknown},
		"200 page":            {200, "<html>login</html>", govmedia.KindUnavailable, govmedia.Unknown},
		"200 half":            {200, `{"idstr":"91000000000`, govmedia.KindUnavailable, govmedia.Unknown},
		"200 without id":      {200, `{"created_at":"Wed Oct 24 23:49:17 +0800 2012"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"200 rounded id":      {200, `{"id":9100000000000002,"idstr":""}`, govmedia.KindUnavailable, govmedia.Unknown},
		"200 id not a number": {200, `{"idstr":"9.1e15"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"200 list":            {200, `[]`, govmedia.KindUnavailable, govmedia.Unknown},
		"code is no number":   {400, `{"error_code":"2.00hush"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"too large":           {200, `{"idstr":"9100000000000003","text":"` + repeat("x", 9<<20) + `"}`, govmedia.KindTransport, govmedia.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			receipt, err := answering(t, row.status, nil, row.body).Publish(t.Context(), submission(text))
			require.Nil(t, receipt)
			e := typed(t, err)
			require.Equal(t, row.kind, e.Kind)
			require.Equal(t, row.outcome, e.Outcome)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

// TestReads_areNeverUnknown holds that a reading that failed can be made again.
func TestReads_areNeverUnknown(t *testing.T) {
	for _, body := range []string{`{"error_code":10001}`, `<html>`, `{}`, `[]`, `{"statuses":{}}`, `{"statuses":[5]}`} {
		_, err := answering(t, 200, nil, body).Find(t.Context(), &publish.Query{Credential: submission("").Credential})
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, body)
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
	}
}

// TestSlowSuccess holds that 20032 is a success, and a receipt where the post came along.
func TestSlowSuccess(t *testing.T) {
	body := `{"error":"slow","error_code":20032,"idstr":"3591268992667779","created_at":"Wed Oct 24 23:49:17 +0800 2012"}`
	receipt, err := answering(t, 400, nil, body).Publish(t.Context(), submission(text))
	require.NoError(t, err)
	require.Equal(t, "3591268992667779", receipt.ID)
	require.Equal(t, "https://weibo.com/7001/zCik3bc0H", receipt.URL)
	require.Equal(t, time.Date(2012, 10, 24, 15, 49, 17, 0, time.UTC), receipt.At)
}
