package metrics

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Figure (数值) is a count that may be unknown: a platform does not have it, or does not tell. The zero value is unknown,
// which is not 0. In JSON it is a number, or null when it is unknown. Figures can be compared with ==.
type Figure struct {
	n     int64
	known bool
}

// Known returns the figure n.
func Known(n int64) Figure { return Figure{n, true} }

// Value returns the figure and whether it is known.
func (f Figure) Value() (n int64, known bool) { return f.n, f.known }

// String implements fmt.Stringer.
func (f Figure) String() string {
	if !f.known {
		return "unknown"
	}
	return strconv.FormatInt(f.n, 10)
}

// MarshalJSON implements json.Marshaler.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, f.n, 10), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Figure) UnmarshalJSON(data []byte) error {
	*f = Figure{}
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	var n int64
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*f = Known(n)
	return nil
}

// Sum (合计) adds up what is known of several accounts' figures.
type Sum struct {
	Total Figure `json:"total"` // unknown when no account's figure is known
	Base  int    `json:"base"`  // accounts whose figure is known; Total covers them and no others
}

func (s *Sum) add(f Figure) {
	if f.known {
		s.Total = Known(s.Total.n + f.n)
		s.Base++
	}
}
