package weibo

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// loose is a JSON string, number or boolean, which the platform's documents and answers mix up; anything else is "".
type loose string

// UnmarshalJSON implements json.Unmarshaler. It never fails, so that one odd field spoils nothing else.
func (l *loose) UnmarshalJSON(data []byte) error {
	*l = ""
	var s string
	switch {
	case json.Unmarshal(data, &s) == nil:
		*l = loose(s)
	case len(data) > 0 && strings.IndexByte("-0123456789tf", data[0]) >= 0:
		*l = loose(data)
	}
	return nil
}

// number returns the value as a count; ok is false when it is none.
func (l loose) number() (n int64, ok bool) {
	n, err := strconv.ParseInt(string(l), 10, 64)
	return n, err == nil && n >= 0
}

func (l loose) yes() bool { return l != "" && l != "false" && l != "0" }

// item is what posts and comments have in common (open.weibo.com/wiki/常见返回对象数据结构, read 2026-11-22).
type item struct {
	IDStr     loose `json:"idstr"`
	MID       loose `json:"mid"`
	CreatedAt loose `json:"created_at"`
	Text      loose `json:"text"`
	User      *user `json:"user"`
	Deleted   loose `json:"deleted"`    // stands in for a post that is gone
	Truncated loose `json:"truncated"`  // the text is not all of it
	Long      loose `json:"isLongText"` // likewise
}

type comment struct {
	item
	Status *item `json:"status"`
	Parent *item `json:"reply_comment"`
}

type user struct {
	IDStr          loose  `json:"idstr"`
	ScreenName     loose  `json:"screen_name"`
	Description    *loose `json:"description"`
	Verified       loose  `json:"verified"`
	VerifiedType   loose  `json:"verified_type"`
	VerifiedReason *loose `json:"verified_reason"`
	AvatarHD       loose  `json:"avatar_hd"`
	AvatarLarge    loose  `json:"avatar_large"`
	AllComment     loose  `json:"allow_all_comment"` // whether anybody may comment
	Followers      loose  `json:"followers_count"`
	Statuses       loose  `json:"statuses_count"`
}

// id returns the id, or "" when there is none that can be trusted. The JSON number id is never asked: samples in the
// platform's own documents show it rounded.
func (it *item) id() string {
	if it == nil {
		return ""
	}
	for _, s := range []loose{it.IDStr, it.MID} {
		if n, ok := s.number(); ok && n > 0 {
			return strconv.FormatInt(n, 10)
		}
	}
	return ""
}

// at returns when the item appeared, to the second.
func (it *item) at() (time.Time, bool) {
	t, err := time.Parse("Mon Jan 02 15:04:05 -0700 2006", string(it.CreatedAt))
	return t.UTC(), err == nil
}

// author returns the uid of who wrote the item, or "".
func (it *item) author() string {
	if it == nil || it.User == nil {
		return ""
	}
	return string(it.User.IDStr)
}

// partial reports that the text cannot be compared because not all of it is here.
func (it *item) partial() bool { return it.Deleted.yes() || it.Truncated.yes() || it.Long.yes() }

// postURL returns the address of a post, or "". The path ends in the id in base 62: cut from the right into groups of
// seven digits, each written with four characters but the first (open.weibo.com/wiki/2/statuses/querymid, read 2026-11-22).
func postURL(uid, id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if uid == "" || err != nil || n <= 0 {
		return ""
	}
	const digits, group = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 10_000_000
	mid := ""
	for ; n > 0; n /= group {
		part := ""
		for g := n % group; g > 0; g /= 62 {
			part = digits[g%62:g%62+1] + part
		}
		if n >= group {
			part = strings.Repeat("0", 4-len(part)) + part
		}
		mid = part + mid
	}
	return "https://weibo.com/" + uid + "/" + mid
}
