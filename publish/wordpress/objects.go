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

// receipt turns the answer of a write into its receipt; live is the status of what readers see.
func (c *Client) receipt(op string, it *item, live string) (*govmedia.Receipt, error) {
	switch {
	case it.ID == 0:
		return nil, unclear(op, http.StatusCreated, "the site says success but gives no id")
	case it.Status != words(live):
		return nil, unclear(op, http.StatusCreated, "the site holds it but does not show it; somebody or a plugin reviews it first")
	}
	at, ok := it.at()
	if !ok {
		at = c.cfg.Now().UTC()
	}
	return &govmedia.Receipt{ID: formatID(int64(it.ID)), URL: string(it.Link), At: at, Evidence: govmedia.EvidenceResponse}, nil
}

func found(it *item, at time.Time) govmedia.Receipt {
	return govmedia.Receipt{ID: formatID(int64(it.ID)), URL: string(it.Link), At: at, Evidence: govmedia.EvidenceFound}
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

// textKey is what stays of a text however the site stores it: entities may be written in several ways, line ends too, and
// blanks around it go.
func textKey(raw string) string {
	return strings.TrimSpace(strings.ReplaceAll(html.UnescapeString(raw), "\r\n", "\n"))
}
