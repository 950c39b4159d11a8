package wechat

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// loose is a JSON string, number or boolean, which the platform's documents and answers mix up: publish_id is a string in
// the documents and a number on the wire. Anything else is "". Numbers keep every digit.
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

// id returns the value as a decimal id, or "".
func (l loose) id() string {
	if n, ok := l.number(); ok && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// instant returns the value as Unix seconds.
func (l loose) instant() (time.Time, bool) {
	n, ok := l.number()
	return time.Unix(n, 0).UTC(), ok && n > 0 && n < 1<<40
}

func (l loose) yes() bool { return l != "" && l != "false" && l != "0" }

// article is one article as drafts and publications show it.
type article struct {
	Title   loose `json:"title"`
	Content loose `json:"content"`
	Source  loose `json:"content_source_url"`
	URL     loose `json:"url"`
	Deleted loose `json:"is_deleted"`
}

// listed is one entry of the draft box or of the publications.
type listed struct {
	MediaID   loose `json:"media_id"`
	ArticleID loose `json:"article_id"`
	Updated   loose `json:"update_time"`
	Content   struct {
		Items []article `json:"news_item"`
	} `json:"content"`
}

type page struct {
	Total loose    `json:"total_count"`
	Items []listed `json:"item"`
}

// one returns the only article of an entry. Ours have one.
func (l *listed) one() (article, bool) {
	if len(l.Content.Items) != 1 {
		return article{}, false
	}
	return l.Content.Items[0], true
}

// number is an id in a request, where the platform wants a JSON number.
func number(id string) json.Number { return json.Number(id) }
