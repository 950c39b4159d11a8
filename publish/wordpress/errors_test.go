package wordpress_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/reply"
)

// TestCodes holds the whole table: what each of the site's codes means for a write.
func TestCodes(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	table := []struct {
		status  int
		codes   string
		kind    govmedia.Kind
		outcome govmedia.Outcome
		remedy  govmedia.Remedy
	}{
		{401, "rest_cannot_create rest_not_logged_in rest_forbidden_context rest_comment_login_required incorrect_password plugin_says_so", govmedia.KindUnauthorized, not, govmedia.Reauthorize},
		{403, "rest_cannot_create rest_cannot_publish rest_cannot_edit rest_cannot_edit_others rest_cannot_delete rest_cannot_read", govmedia.KindForbidden, not, govmedia.Human},
		{403, "rest_cannot_read_post rest_forbidden rest_forbidden_context rest_forbidden_param rest_forbidden_status", govmedia.KindForbidden, not, govmedia.Human},
		{403, "rest_comment_closed rest_comment_draft_post rest_comment_invalid_author rest_comment_invalid_status rest_disabled rest_cannot_access", govmedia.KindForbidden, not, govmedia.Human},
		{403, "rest_comment_trash_post rest_comment_invalid_post_id", govmedia.KindNotFound, not, govmedia.Abandon},
		{403, "rest_cannot_update plugin_says_so", govmedia.KindUnavailable, un, govmedia.Reconcile},
		{404, "rest_post_invalid_id rest_comment_invalid_id rest_user_invalid_id", govmedia.KindNotFound, not, govmedia.Abandon},
		{404, "rest_no_route", govmedia.KindForbidden, not, govmedia.Human},
		{410, "rest_already_trashed", govmedia.KindNotFound, not, govmedia.Abandon},
		{409, "comment_duplicate", govmedia.KindDuplicate, not, govmedia.Abandon},
		{400, "comment_flood", govmedia.KindRateLimited, not, govmedia.RetryAfter},
		{429, "comment_flood plugin_says_so", govmedia.KindRateLimited, not, govmedia.RetryAfter},
		{400, "empty_content rest_invalid_param rest_missing_param rest_missing_callback_param rest_invalid_json rest_invalid_author", govmedia.KindInvalid, not, govmedia.Abandon},
		{400, "rest_post_exists rest_comment_exists rest_post_invalid_page_number rest_comment_content_invalid", govmedia.KindInvalid, not, govmedia.Abandon},
		{400, "rest_comment_author_data_required comment_content_column_length rest_upload_file_too_big", govmedia.KindInvalid, not, govmedia.Abandon},
		{400, "rest_upload_no_data rest_upload_no_content_type rest_upload_no_content_disposition rest_upload_invalid_disposition", govmedia.KindInvalid, not, govmedia.Abandon},
		{400, "rest_upload_limited_space", govmedia.KindForbidden, not, govmedia.Human},
		{412, "rest_upload_hash_mismatch", govmedia.KindInvalid, not, govmedia.Abandon},
		{500, "rest_upload_sideload_error", govmedia.KindRejected, not, govmedia.Abandon},
		{500, "db_insert_error rest_comment_failed_create internal_server_error empty_content comment_duplicate", govmedia.KindUnavailable, un, govmedia.Reconcile},
		{501, "rest_trash_not_supported", govmedia.KindUnsupported, not, govmedia.Abandon},
		{503, "wp_die", govmedia.KindUnavailable, un, govmedia.Reconcile},
		{400, "plugin_says_so", govmedia.KindUnavailable, un, govmedia.Reconcile},
	}
	for _, row := range table {
		for code := range strings.FieldsSeq(row.codes) {
			t.Run(fmt.Sprint(row.status, " ", code), func(t *testing.T) {
				for _, shape := range []string{
					`{"code":"%s","message":"hush-a-bye was sent","data":{"status":%d}}`,
					`{"code":"%s","message":"x","data":[],"additional_errors":[%d]}`,
					`{"code":"%s","message":["x"],"data":{"status":"%d","params":[],"details":[]}}`,
				} {
					client := answering(t, row.status, nil, fmt.Sprintf(shape, code, row.status))
					receipt, err := client.Publish(t.Context(), submission(text))
					require.Nil(t, receipt)
					e := typed(t, err)
					require.Equal(t, row.kind, e.Kind)
					require.Equal(t, row.outcome, e.Outcome)
					require.Equal(t, row.remedy, e.Remedy())
					require.Equal(t, code, e.Code)
					require.Equal(t, row.status, e.Status)
					require.NotContains(t, err.Error(), "hush", "the site's own words are not quoted")
				}
			})
		}
	}
}

// TestCodes_inDetails holds that a wrong password is seen in a refusal that calls itself a wrong parameter.
func TestCodes_inDetails(t *testing.T) {
	const body = `{"code":"rest_invalid_param","message":"x","data":{"status":400,"params":{"status":"Status is forbidden."},` +
		`"details":{"status":{"code":"rest_forbidden_status","message":"Status is forbidden.","data":{"status":%d}}}}}`
	for status, kind := range map[int]govmedia.Kind{401: govmedia.KindUnauthorized, 403: govmedia.KindForbidden, 0: govmedia.KindInvalid} {
		_, err := answering(t, 400, nil, fmt.Sprintf(body, status)).Publish(t.Context(), submission(text))
		require.Equal(t, kind, typed(t, err).Kind)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
	}
}

func TestCodes_waits(t *testing.T) {
	_, err := answering(t, 400, nil, `{"code":"comment_flood"}`).Publish(t.Context(), submission(text))
	require.Equal(t, 15*time.Second, typed(t, err).RetryAfter)
	_, err = answering(t, 429, http.Header{"Retry-After": {"90"}}, `{"code":"x"}`).Publish(t.Context(), submission(text))
	require.Equal(t, 90*time.Second, typed(t, err).RetryAfter)
	_, err = answering(t, 429, nil, `{"code":"x"}`).Publish(t.Context(), submission(text))
	require.Zero(t, typed(t, err).RetryAfter, "how long is left to the engine")
}

// TestAnswers holds what follows from answers that are no refusal in the site's own format.
func TestAnswers(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	for name, row := range map[string]struct {
		status  int
		body    string
		kind    govmedia.Kind
		outcome govmedia.Outcome
	}{
		"401 of a gateway":   {401, "<html>login</html>", govmedia.KindUnavailable, un},
		"404 page":           {404, "<html>not found</html>", govmedia.KindUnavailable, un},
		"400 without code":   {400, `{"message":"x"}`, govmedia.KindUnavailable, un},
		"400 code no string": {400, `{"code":5}`, govmedia.KindUnavailable, un},
		"400 list":           {400, `[]`, govmedia.KindUnavailable, un},
		"redirect":           {301, "", govmedia.KindUnavailable, un},
		"gateway":            {502, "<html>bad gateway</html>", govmedia.KindUnavailable, un},
		"maintenance":        {503, "<html>Briefly unavailable</html>", govmedia.KindUnavailable, un},
		"too many, page":     {429, "<html>slow down</html>", govmedia.KindRateLimited, not},
		"201 empty":          {201, "", govmedia.KindUnavailable, un},
		"201 half":           {201, `{"id":5,"status":"pub`, govmedia.KindUnavailable, un},
		"201 with notice":    {201, "<br />\n<b>Notice</b>: x<br />\n" + `{"id":5,"status":"publish"}`, govmedia.KindUnavailable, un},
		"201 without id":     {201, `{"status":"publish"}`, govmedia.KindUnavailable, un},
		"201 id no number":   {201, `{"id":"x","status":"publish"}`, govmedia.KindUnavailable, un},
		"201 put aside":      {201, `{"id":5,"status":"draft"}`, govmedia.KindUnavailable, un},
		"too large, page":    {413, "<html>413</html>", govmedia.KindInvalid, not},
		"201 list":           {201, `[]`, govmedia.KindUnavailable, un},
		"200 page":           {200, "<html>welcome</html>", govmedia.KindUnavailable, un},
		"odd code":           {400, `{"code":"HUSH hush"}`, govmedia.KindUnavailable, un},
	} {
		t.Run(name, func(t *testing.T) {
			receipt, err := answering(t, row.status, nil, row.body).Publish(t.Context(), submission(text))
			require.Nil(t, receipt)
			e := typed(t, err)
			require.Equal(t, row.kind, e.Kind)
			require.Equal(t, row.outcome, e.Outcome)
			require.NotContains(t, strings.ToLower(err.Error()), "hush")
		})
	}
}

// TestReads_areNeverUnknown holds that a reading that failed can be made again.
func TestReads_areNeverUnknown(t *testing.T) {
	s := submission(text)
	for _, body := range []string{`<html>`, `{}`, `null`, `[5]`, `[{}]`, `[{"id":0}]`} {
		c := answering(t, 200, nil, body)
		_, err := c.Find(t.Context(), &publish.Query{Operation: "1", Account: s.Account, Credential: s.Credential})
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, body)
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
		_, err = c.Messages(t.Context(), &reply.Inbox{Account: s.Account, Credential: s.Credential})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
	}
}

// TestLocalRefusals holds what is refused before any call.
func TestLocalRefusals(t *testing.T) {
	client, err := wordpress.New(&wordpress.Config{BaseURL: "https://www.city.example", HTTPClient: &http.Client{Transport: untouchable{t}}})
	require.NoError(t, err)
	good, message := submission(text), reply.Message{ID: "5", Post: "4"}
	change := func(f func(*publish.Submission)) *publish.Submission {
		s := *good
		f(&s)
		return &s
	}
	for name, c := range map[string]struct {
		s    *publish.Submission
		kind govmedia.Kind
	}{
		"no login":         {change(func(s *publish.Submission) { s.Account.UID = "" }), govmedia.KindInvalid},
		"login a mix":      {change(func(s *publish.Submission) { s.Account.UID = "city:hush" }), govmedia.KindInvalid},
		"no password":      {change(func(s *publish.Submission) { s.Credential = account.Credential{} }), govmedia.KindUnauthorized},
		"no operation":     {change(func(s *publish.Submission) { s.Operation = "" }), govmedia.KindInvalid},
		"empty":            {change(func(s *publish.Submission) { s.Rendition.Text = " \n" }), govmedia.KindInvalid},
		"not UTF-8":        {change(func(s *publish.Submission) { s.Rendition.Text = "\xff" }), govmedia.KindInvalid},
		"control letters":  {change(func(s *publish.Submission) { s.Rendition.Text = "a\x00b" }), govmedia.KindInvalid},
		"no title":         {change(func(s *publish.Submission) { s.Rendition.Title = " " }), govmedia.KindInvalid},
		"title, two lines": {change(func(s *publish.Submission) { s.Rendition.Title = "a\nb" }), govmedia.KindInvalid},
		"no address":       {change(func(s *publish.Submission) { s.Rendition.Link = "javascript:alert(1)" }), govmedia.KindInvalid},
		"to everybody":     {change(func(s *publish.Submission) { s.Rendition.Want = govmedia.ReachMass }), govmedia.KindUnsupported},
		"no library":       {change(func(s *publish.Submission) { s.Rendition.Cover = "00" }), govmedia.KindInvalid},
	} {
		_, err := client.Publish(t.Context(), c.s)
		require.Equal(t, c.kind, typed(t, err).Kind, name)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, name)
		if c.s.Rendition.Text != good.Rendition.Text || c.s.Rendition.Title != title || c.s.Rendition.Link != link {
			require.Error(t, client.Limits().Check(c.s.Rendition), name)
		}
		if c.s.Rendition.Text != text || c.s.Account.UID == "" || c.s.Credential.Access.IsZero() {
			_, err = client.Answer(t.Context(), &reply.Submission{Account: c.s.Account, Credential: c.s.Credential, Message: message, Text: c.s.Rendition.Text})
			require.Equal(t, c.kind, typed(t, err).Kind, name)
		}
	}
	for name, s := range map[string]*reply.Submission{
		"no comment": {Message: reply.Message{Post: "4"}, Text: "答"}, "no post": {Message: reply.Message{ID: "5"}, Text: "答"},
		"foreign id": {Message: reply.Message{ID: "5a", Post: "4"}, Text: "答"}, "too long": {Message: message, Text: strings.Repeat("<", 16382)},
	} {
		s.Account, s.Credential = good.Account, good.Credential
		_, err := client.Answer(t.Context(), s)
		require.Equal(t, govmedia.KindInvalid, typed(t, err).Kind, name)
		if name != "too long" {
			_, err = client.FindAnswer(t.Context(), &reply.Query{Submission: *s})
			require.Equal(t, govmedia.KindInvalid, typed(t, err).Kind, name)
		}
	}
	_, err = client.Find(t.Context(), &publish.Query{Account: good.Account, Credential: good.Credential})
	require.Equal(t, govmedia.KindInvalid, typed(t, err).Kind)
	_, err = client.Counts(t.Context(), &metrics.Request{Credential: good.Credential})
	require.Equal(t, govmedia.KindInvalid, typed(t, err).Kind)
}

type untouchable struct{ t *testing.T }

func (u untouchable) RoundTrip(*http.Request) (*http.Response, error) {
	u.t.Error("a call was made")
	return nil, http.ErrHandlerTimeout
}

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  *wordpress.Config
		want string
	}{
		"nothing":   {nil, "BaseURL must be"},
		"no scheme": {&wordpress.Config{BaseURL: "www.city.example"}, "BaseURL must be"},
		"a query":   {&wordpress.Config{BaseURL: "https://www.city.example/?rest_route=/"}, "BaseURL must be"},
		"a user":    {&wordpress.Config{BaseURL: "https://a:hush@www.city.example/"}, "BaseURL must be"},
		"in clear":  {&wordpress.Config{BaseURL: "http://www.city.example"}, "in the clear"},
		"skew":      {&wordpress.Config{BaseURL: "https://www.city.example", ClockSkew: -1}, "ClockSkew"},
		"upload":    {&wordpress.Config{BaseURL: "https://www.city.example", MaxUpload: -1}, "MaxUpload"},
	} {
		_, err := wordpress.New(c.cfg)
		require.ErrorContains(t, err, c.want, name)
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		require.NotContains(t, err.Error(), "hush", name)
	}
	for base, key := range map[string]string{
		"https://www.city.example/": "www.city.example", "https://www.city.example/news/": "www.city.example/news",
		"http://127.0.0.1:8080": "127.0.0.1:8080", "http://localhost": "localhost", "http://[::1]": "[::1]",
	} {
		c, err := wordpress.New(&wordpress.Config{BaseURL: base})
		require.NoError(t, err, base)
		require.Equal(t, account.App{Platform: "wordpress", Key: key}, c.App())
	}
	c, err := wordpress.New(&wordpress.Config{BaseURL: "http://wordpress", PlainHTTP: true, Site: "site-1"})
	require.NoError(t, err)
	require.Equal(t, "site-1", c.App().Key)
}
