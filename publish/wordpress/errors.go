package wordpress

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/wire"
)

// envelope is how the site says no. Its message is never quoted: plugins write what they like into it.
type envelope struct {
	Code string `json:"code"`
	Data struct {
		Details map[string]struct {
			Data struct {
				Status int `json:"status"`
			} `json:"data"`
		} `json:"details"`
	} `json:"data"`
}

// UnmarshalJSON implements json.Unmarshaler: PHP writes an empty object as a list, and data may be anything, so only
// the code must be what it should be.
func (e *envelope) UnmarshalJSON(data []byte) error { return decodeEnvelope(data, e) }

// refusal says what one error code of the site means for us.
type refusal struct {
	kind    govmedia.Kind
	outcome govmedia.Outcome
	means   string
}

const (
	no    = govmedia.NotApplied
	maybe = govmedia.Unknown
)

// refusals is the one place where codes are judged, as WordPress 6.1.9 was seen to use them on 2026-11-22. What is not
// here leaves a write unknown: the site stores a post before it looks at its custom fields and lets plugins speak, so
// that a 4xx may well stand for a post that is there.
var refusals = map[string]refusal{
	"rest_cannot_update": {govmedia.KindUnavailable, maybe, "the site refused a custom field, after it had stored the rest"},

	"rest_cannot_create":                {govmedia.KindForbidden, no, "the user may not do this; make it an editor"},
	"rest_cannot_publish":               {govmedia.KindForbidden, no, "the user may not publish; make it an editor"},
	"rest_cannot_edit":                  {govmedia.KindForbidden, no, "the user may not change this"},
	"rest_cannot_edit_others":           {govmedia.KindForbidden, no, "the user may not write for others"},
	"rest_cannot_delete":                {govmedia.KindForbidden, no, "the user may not delete this"},
	"rest_cannot_read":                  {govmedia.KindForbidden, no, "the user may not read this"},
	"rest_cannot_read_post":             {govmedia.KindForbidden, no, "the user may not read the post"},
	"rest_forbidden":                    {govmedia.KindForbidden, no, "the user may not do this"},
	"rest_forbidden_context":            {govmedia.KindForbidden, no, "the user may not read what is stored; make it an editor"},
	"rest_forbidden_param":              {govmedia.KindForbidden, no, "the user may not ask for this; make it an editor"},
	"rest_forbidden_status":             {govmedia.KindForbidden, no, "the user may not ask for this status; make it an editor"},
	"rest_comment_closed":               {govmedia.KindForbidden, no, "comments are closed under this post"},
	"rest_comment_draft_post":           {govmedia.KindForbidden, no, "the post is a draft"},
	"rest_no_route":                     {govmedia.KindForbidden, no, "the site has no such call; its REST interface may be switched off"},
	"rest_disabled":                     {govmedia.KindForbidden, no, "the site's REST interface is switched off"},
	"rest_cannot_access":                {govmedia.KindForbidden, no, "the site's REST interface is closed to the user"},
	"rest_trash_not_supported":          {govmedia.KindUnsupported, no, "the site has no trash, and nothing is deleted for good from here"}, // with status 501
	"rest_comment_trash_post":           {govmedia.KindNotFound, no, "the post is in the trash"},
	"rest_comment_invalid_id":           {govmedia.KindNotFound, no, "the comment does not exist"},
	"rest_post_invalid_id":              {govmedia.KindNotFound, no, "the post does not exist"},
	"rest_user_invalid_id":              {govmedia.KindNotFound, no, "the user does not exist"},
	"rest_already_trashed":              {govmedia.KindNotFound, no, "it is in the trash already"},
	"comment_duplicate":                 {govmedia.KindDuplicate, no, "the user has said the same there"},
	"comment_flood":                     {govmedia.KindRateLimited, no, "the user comments too fast"},
	"empty_content":                     {govmedia.KindInvalid, no, "the post is empty"},
	"rest_invalid_param":                {govmedia.KindInvalid, no, "a parameter is refused"},
	"rest_missing_param":                {govmedia.KindInvalid, no, "a parameter is missing"},
	"rest_missing_callback_param":       {govmedia.KindInvalid, no, "a parameter is missing"},
	"rest_invalid_json":                 {govmedia.KindInvalid, no, "the body is no JSON"},
	"rest_invalid_author":               {govmedia.KindInvalid, no, "no such author"},
	"rest_post_exists":                  {govmedia.KindInvalid, no, "a new post has no id"},
	"rest_comment_exists":               {govmedia.KindInvalid, no, "a new comment has no id"},
	"rest_post_invalid_page_number":     {govmedia.KindInvalid, no, "there is no such page"},
	"rest_comment_content_invalid":      {govmedia.KindInvalid, no, "the comment is empty"},
	"rest_comment_author_data_required": {govmedia.KindInvalid, no, "the user has no name or mailbox"},
	"comment_content_column_length":     {govmedia.KindInvalid, no, "the comment is too long"},
	"rest_comment_invalid_post_id":      {govmedia.KindNotFound, no, "the post does not exist"},
	"rest_comment_invalid_author":       {govmedia.KindForbidden, no, "the user may not comment for others"},
	"rest_comment_invalid_status":       {govmedia.KindForbidden, no, "the user may not moderate"},

	"rest_upload_no_data":                {govmedia.KindInvalid, no, "the file is empty"},
	"rest_upload_no_content_type":        {govmedia.KindInvalid, no, "the file has no media type"},
	"rest_upload_no_content_disposition": {govmedia.KindInvalid, no, "the file has no name"},
	"rest_upload_invalid_disposition":    {govmedia.KindInvalid, no, "the file has no name"},
	"rest_upload_hash_mismatch":          {govmedia.KindInvalid, no, "the file was damaged on its way"},
	"rest_upload_file_too_big":           {govmedia.KindInvalid, no, "the file is too large"},
	"rest_upload_limited_space":          {govmedia.KindForbidden, no, "the site has no room left"},
	"rest_upload_sideload_error":         {govmedia.KindRejected, no, "the site does not take such a file"}, // with status 500
}

// floodWait is how long the site makes those wait who may not moderate.
const floodWait = 15 * time.Second

// refused describes an answer in the site's own format.
func (c *Client) refused(op string, env *envelope, status int, h http.Header) *govmedia.Error {
	r, known := refusals[env.Code]
	for _, d := range env.Data.Details { // a status that may not be asked for hides in a 400
		if d.Data.Status == http.StatusUnauthorized || d.Data.Status == http.StatusForbidden {
			status, r = d.Data.Status, refusals["rest_forbidden_status"]
		}
	}
	switch {
	case status == http.StatusUnauthorized: // to strangers, who can have done nothing
		r = refusal{govmedia.KindUnauthorized, no, "the site took the call for a stranger's: the login or the application password is wrong " +
			"or revoked, or the server keeps the Authorization header from WordPress"}
	case status == http.StatusTooManyRequests:
		r = refusal{govmedia.KindRateLimited, no, "too many calls"}
	case known && (status < 500 || r.kind == govmedia.KindRejected || r.kind == govmedia.KindUnsupported):
	case status >= 500:
		r = refusal{govmedia.KindUnavailable, maybe, "the site is in trouble"}
	default:
		r = refusal{govmedia.KindUnavailable, maybe, "an error code that this SDK does not know"}
	}
	e := &govmedia.Error{
		Platform: Platform, Op: op, Kind: r.kind, Code: clip(env.Code), Status: status, Outcome: r.outcome, Err: errors.New(r.means),
	}
	if r.kind == govmedia.KindRateLimited {
		if e.RetryAfter = wire.RetryAfter(h, c.cfg.Now()); e.RetryAfter == 0 && env.Code == "comment_flood" {
			e.RetryAfter = floodWait
		}
	}
	return e
}

// clip keeps a code that is none out of errors.
func clip(code string) string {
	if len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return "unreadable"
	}
	return code
}
