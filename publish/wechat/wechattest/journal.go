package wechattest

import (
	"maps"
	"time"
)

// Journal is what the server really holds, whatever its answers said.
type Journal struct {
	Now          time.Time         `json:"now"`
	Fans         []Fan             `json:"fans"`         // in order of registration, by account
	Materials    []Material        `json:"materials"`    // oldest first, deleted ones included
	Drafts       []Draft           `json:"drafts"`       // oldest first, those that left the box included
	Publications []Publication     `json:"publications"` // in order of submission
	Masses       []Mass            `json:"masses"`       // in order of submission
	Previews     []CustomMessage   `json:"previews"`     // oldest first
	Comments     []Comment         `json:"comments"`     // oldest first, deleted ones included
	Messages     []CustomMessage   `json:"messages"`     // customer messages, oldest first
	Pushes       []Push            `json:"pushes"`       // oldest first
	Calls        map[string]int    `json:"calls"`        // arrived calls by endpoint, such as freepublish/submit
	Tokens       int               `json:"tokens"`       // token and stable_token calls that were answered with a token
	Faults       map[FaultName]int `json:"faults"`       // calls and pushes that each kind of fault has hit
}

// Journal returns a copy of the server's state. Jobs whose time has come are through.
func (s *Server) Journal() Journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	j := Journal{
		Now: s.now(), Fans: []Fan{}, Tokens: s.fetched,
		Materials:    make([]Material, 0, len(s.materials)),
		Drafts:       make([]Draft, 0, len(s.drafts)),
		Publications: make([]Publication, 0, len(s.publications)),
		Masses:       make([]Mass, 0, len(s.masses)),
		Comments:     make([]Comment, 0, len(s.comments)),
		Pushes:       make([]Push, 0, len(s.pushes)),
		Previews:     append([]CustomMessage{}, s.previews...),
		Messages:     append([]CustomMessage{}, s.customs...),
		Calls:        maps.Clone(s.calls),
		Faults:       maps.Clone(s.fired),
	}
	for _, app := range s.accounts() {
		for _, f := range app.fans {
			j.Fans = append(j.Fans, f.snapshot())
		}
	}
	for _, m := range s.materials {
		j.Materials = append(j.Materials, m.Material)
	}
	for _, d := range s.drafts {
		j.Drafts = append(j.Drafts, d.snapshot())
	}
	for _, p := range s.publications {
		j.Publications = append(j.Publications, p.snapshot(j.Now))
	}
	for _, m := range s.masses {
		j.Masses = append(j.Masses, m.snapshot())
	}
	for _, c := range s.comments {
		j.Comments = append(j.Comments, c.Comment)
	}
	for _, p := range s.pushes {
		j.Pushes = append(j.Pushes, p.snapshot())
	}
	return j
}
