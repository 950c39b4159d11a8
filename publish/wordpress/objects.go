package wordpress

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// number is an id; what is none is 0. It never fails, so that one odd field spoils nothing else.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = 0
	var v int64
	if json.Unmarshal(data, &v) == nil && v > 0 {
		*n = number(v)
	}
	return nil
}

// words is a string; what is none is "". It never fails either.
type words string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	*w = ""
	var v string
	if json.Unmarshal(data, &v) == nil {
		*w = words(v)
	}
	return nil
}

// stored is a text as the database has it.
type stored struct{ Raw *words }

// UnmarshalJSON implements json.Unmarshaler. It never fails either.
func (s *stored) UnmarshalJSON(data []byte) error {
	s.Raw = nil
	var v struct {
		Raw *words `json:"raw"`
	}
	if json.Unmarshal(data, &v) == nil {
		s.Raw = v.Raw
	}
	return nil
}

// item is what posts and comments have in common.
type item struct {
	ID     number `json:"id"`
	Date   words  `json:"date_gmt"`
	Link   words  `json:"link"`
	Status words  `json:"status"`
}

type post struct {
	item
	Slug    words  `json:"slug"`
	Title   stored `json:"title"`
	Content stored `json:"content"`
}

type comment struct {
	item
	Post    number `json:"post"`
	Parent  number `json:"parent"`
	Author  number `json:"author"`
	Name    words  `json:"author_name"`
	Content stored `json:"content"`
}

func (p *post) head() *item    { return &p.item }
func (c *comment) head() *item { return &c.item }

// at returns when the item appeared, to the second.
func (it *item) at() (time.Time, bool) {
	t, err := time.Parse("2006-01-02T15:04:05", string(it.Date))
	return t, err == nil
}

// receipt is what the answer of a write proves: reach is how far it has come, empty when nobody can say.
func (c *Client) receipt(op string, it *item, reach govmedia.Reach) (*govmedia.Receipt, error) {
	switch {
	case it.ID == 0:
		return nil, unclear(op, http.StatusCreated, "the site says success but gives no id")
	case reach == "":
		return nil, unclear(op, http.StatusCreated, "the site holds it but does not show it; somebody or a plugin has kept it")
	}
	at, ok := it.at()
	if !ok {
		at = c.cfg.Now().UTC()
	}
	r := proof(it, at, reach, govmedia.EvidenceResponse)
	return &r, nil
}

// proof is a receipt; the address is that of what readers see.
func proof(it *item, at time.Time, reach govmedia.Reach, evidence govmedia.Evidence) govmedia.Receipt {
	r := govmedia.Receipt{ID: formatID(int64(it.ID)), At: at, Reach: reach, Evidence: evidence}
	if reach == govmedia.ReachPublic {
		r.URL = string(it.Link)
	}
	return r
}

// reachOf says how far a post of this status has come: what is held for review or dated later is submitted, and a draft
// is what was wanted or nothing that can be told. In review, it is still the draft that was asked for.
func reachOf(status words, want govmedia.Reach) govmedia.Reach {
	switch {
	case status == "publish":
		return govmedia.ReachPublic
	case want == govmedia.ReachDraft && (status == "draft" || status == "pending" || status == "future"):
		return govmedia.ReachDraft
	case status == "pending" || status == "future":
		return govmedia.ReachSubmitted
	}
	return ""
}

// decodeEnvelope takes of an error what it can.
func decodeEnvelope(data []byte, e *envelope) error {
	var outer struct {
		Code words           `json:"code"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return err
	}
	*e = envelope{Code: string(outer.Code)}
	_ = json.Unmarshal(outer.Data, &e.Data) // what does not fit is not asked for
	return nil
}

// plain is the text of a comment as its author typed it. Tags that WordPress leaves in comments stay visible.
func plain(raw string) string { return html.UnescapeString(raw) }

// articleKey is what stays of the HTML of an article without its tags, however the site, a plugin or a person lays it out.
func articleKey(html string) string {
	var out strings.Builder
	for html != "" {
		text, rest, _ := strings.Cut(html, "<")
		out.WriteString(text)
		_, html, _ = strings.Cut(rest, ">")
	}
	return strings.Join(strings.Fields(textKey(out.String())), "")
}

// textKey is what stays of a text however the site stores it: entities may be written in several ways, line ends too, and
// blanks around it go.
func textKey(raw string) string {
	return strings.TrimSpace(strings.ReplaceAll(html.UnescapeString(raw), "\r\n", "\n"))
}
