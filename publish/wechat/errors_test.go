package wechat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// TestCodes holds the whole table: what each of the platform's codes means for a write.
func TestCodes(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	table := []struct {
		codes   string
		kind    govmedia.Kind
		outcome govmedia.Outcome
		remedy  govmedia.Remedy
	}{
		{"-1 268487001 268487002", govmedia.KindUnavailable, un, govmedia.Reconcile},
		{"40001 40014 41001 42001", govmedia.KindUnauthorized, not, govmedia.Reauthorize},
		{"42010 45009 45011 45028 45066 53501", govmedia.KindRateLimited, not, govmedia.RetryAfter},
		{"45065", govmedia.KindDuplicate, govmedia.Applied, govmedia.Reconcile},
		{"88005", govmedia.KindDuplicate, not, govmedia.Abandon},
		{"40155 45064 45166 53503 88002", govmedia.KindRejected, not, govmedia.Abandon},
		{"53504 53505 89503 89504 89505 89506 89507", govmedia.KindChallenge, not, govmedia.Human},
		{"40002 40013 40125 40164 40243 41002 41004 43004 43019 45015 45047", govmedia.KindForbidden, not, govmedia.Human},
		{"48001 48002 48003 48004 48005 48006 48022 50002 50005 53500 88000", govmedia.KindForbidden, not, govmedia.Human},
		{"40059 53502 53600 88001 88004 88008", govmedia.KindNotFound, not, govmedia.Abandon},
		{"48021 88003", govmedia.KindConflict, not, govmedia.Abandon},
		{"40003 40004 40005 40006 40008 40009 40033 40035 40060 40066 40097 40114 40130 40152 40215 40227", govmedia.KindInvalid, not, govmedia.Abandon},
		{"41005 41006 41039 41040 43001 43002 44002 44003 44004", govmedia.KindInvalid, not, govmedia.Abandon},
		{"45001 45002 45003 45004 45005 45008 45062 45067 45110 45113 46003 47001", govmedia.KindInvalid, not, govmedia.Abandon},
		{"53400 53401 53402 53403 53404 53405 53406 61500 61501 76001 76002 76003 76004 76021 76022", govmedia.KindInvalid, not, govmedia.Abandon},
		{"87009 88007 88010", govmedia.KindInvalid, not, govmedia.Abandon},
		{"40007 61503", govmedia.KindUnavailable, not, govmedia.Retry}, // a draft that was there a moment ago; figures of tomorrow
		{"99999 -2", govmedia.KindUnavailable, un, govmedia.Reconcile}, // codes that nobody has documented
	}
	for _, row := range table {
		for code := range strings.FieldsSeq(row.codes) {
			t.Run(code, func(t *testing.T) {
				for _, format := range []string{
					`{"errcode":%s,"errmsg":"tok-hush is wrong rid: 0123abcd-89abcdef-01234567"}`, `{"errmsg":"x","errcode":"%s"}`,
				} {
					client, s := answering(t, 200, nil, fmt.Sprintf(format, code))
					receipt, err := client.Publish(t.Context(), submission(govmedia.ReachPublic))
					require.Nil(t, receipt)
					e := typed(t, err)
					require.Equal(t, row.kind, e.Kind)
					require.Equal(t, row.outcome, e.Outcome)
					require.Equal(t, row.remedy, e.Remedy())
					require.Equal(t, code, e.Code)
					require.Equal(t, submitOp, e.Op)
					require.NotContains(t, err.Error(), "hush", "the platform's own words are not quoted")
					require.Equal(t, strings.Contains(format, "rid"), e.RequestID == "0123abcd-89abcdef-01234567")
					require.Equal(t, []string{"material/add_material", "draft/add", submitOp}, s.asked, "one call each")
				}
			})
		}
	}
}

// TestCodes_beforeTheHandOver holds that nothing is published by a call before the hand-over, whatever it answers.
func TestCodes_beforeTheHandOver(t *testing.T) {
	for _, body := range []string{`{"errcode":-1}`, `{"errcode":99999}`, `<html>`, ``, `{}`, `[]`, `{"errcode":40007}`, `{"media_id":""}`} {
		for _, op := range []string{"material/add_material", "draft/add"} {
			_, s := answering(t, 200, nil, `{"publish_id":1}`)
			s.answers[op] = body
			_, err := s.client(t).Publish(t.Context(), submission(govmedia.ReachPublic))
			require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, "%s %s", op, body)
			require.NotContains(t, s.asked, submitOp)
		}
	}
	// When a draft is all that was wanted, draft/add is the write.
	client, s := answering(t, 200, nil, "")
	s.answers["draft/add"] = `{"errcode":-1}`
	_, err := client.Publish(t.Context(), submission(govmedia.ReachDraft))
	require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
}

func TestCodes_waits(t *testing.T) {
	// The clock of answering stands at 17:40 in Beijing.
	for code, want := range map[string]time.Duration{
		"45009": 6*time.Hour + 20*time.Minute, "45028": 6*time.Hour + 20*time.Minute, "45011": time.Minute, "42010": time.Minute,
		"45066": time.Minute, "53501": 30 * time.Minute,
	} {
		body := fmt.Sprintf(`{"errcode":%s}`, code)
		client, _ := answering(t, 200, nil, body)
		_, err := client.Publish(t.Context(), submission(govmedia.ReachPublic))
		require.Equal(t, want, typed(t, err).RetryAfter, code)
		client, _ = answering(t, 429, http.Header{"Retry-After": {"90"}}, body)
		_, err = client.Publish(t.Context(), submission(govmedia.ReachPublic))
		require.Equal(t, 90*time.Second, typed(t, err).RetryAfter, "the answer's own word goes first: %s", code)
	}
}

func TestCodes_whitelist(t *testing.T) {
	client, _ := answering(t, 200, nil, `{"errcode":40164,"errmsg":"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 0123abcd-89abcdef-01234567"}`)
	_, err := client.Publish(t.Context(), submission(govmedia.ReachPublic))
	require.ErrorContains(t, err, "203.0.113.9", "the administrator has to enter it")
}

// TestAnswers holds what follows from answers that are no refusal in the platform's own format.
func TestAnswers(t *testing.T) {
	for name, row := range map[string]struct {
		status  int
		body    string
		kind    govmedia.Kind
		outcome govmedia.Outcome
	}{
		"4xx page":           {404, "<html>not found</html>", govmedia.KindUnavailable, govmedia.Unknown},
		"4xx empty":          {403, "", govmedia.KindUnavailable, govmedia.Unknown},
		"redirect":           {302, "", govmedia.KindUnavailable, govmedia.Unknown},
		"gateway":            {502, "<html>bad gateway</html>", govmedia.KindUnavailable, govmedia.Unknown},
		"too many, page":     {429, "<html>slow down</html>", govmedia.KindRateLimited, govmedia.NotApplied},
		"too many, odd code": {429, `{"errcode":77777}`, govmedia.KindRateLimited, govmedia.NotApplied},
		"empty":              {200, "", govmedia.KindUnavailable, govmedia.Unknown},
		"half":               {200, `{"errcode":0,"publish_id":22474836`, govmedia.KindUnavailable, govmedia.Unknown},
		"no id":              {200, `{"errcode":0,"errmsg":"ok"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"rounded id":         {200, `{"errcode":0,"publish_id":2.2e9}`, govmedia.KindUnavailable, govmedia.Unknown},
		"list":               {200, `[]`, govmedia.KindUnavailable, govmedia.Unknown},
		"code is no number":  {200, `{"errcode":"tok-hush"}`, govmedia.KindUnavailable, govmedia.Unknown},
		"too large":          {200, `{"publish_id":1,"x":"` + strings.Repeat("x", 17<<20) + `"}`, govmedia.KindTransport, govmedia.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := answering(t, row.status, nil, row.body)
			receipt, err := client.Publish(t.Context(), submission(govmedia.ReachPublic))
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
	prior := []byte(`{"draft":"d","article":"a"}`)
	for _, body := range []string{`{"errcode":-1}`, `<html>`, `{}`, `[]`, `{"news_item":{}}`} {
		client, _ := answering(t, 200, nil, body)
		_, err := client.Find(t.Context(), &publish.Query{Credential: credential(), Prior: prior, Rendition: rendition(govmedia.ReachPublic)})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
		_, err = client.FindAnswer(t.Context(), &reply.Query{Submission: reply.Submission{Credential: credential(), Message: reply.Message{ID: "1_0_1"}}})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
		_, err = client.Track(t.Context(), &publish.Query{Credential: credential(), Receipt: &govmedia.Receipt{ID: "1"}})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
	}
}

// TestTrack_aQuestionRefusedIsNoPostRefused holds that only the platform's word about the post rejects it.
func TestTrack_aQuestionRefusedIsNoPostRefused(t *testing.T) {
	for _, code := range []string{"40035", "47001", "53502", "40059", "88002"} {
		for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachMass} {
			client, _ := answering(t, 200, nil, `{"errcode":`+code+`}`)
			_, err := client.Track(t.Context(), &publish.Query{
				Credential: credential(), Receipt: &govmedia.Receipt{ID: "1"}, Rendition: publish.Rendition{Want: want},
			})
			require.NotContains(t, []govmedia.Kind{govmedia.KindRejected, govmedia.KindInvalid}, typed(t, err).Kind, code)
		}
	}
}
