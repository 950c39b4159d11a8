package metrics

import (
	"context"
	"slices"
	"time"

	"github.com/govmedia/govmedia/account"
)

// Source is an ability of an adapter: to read an account's figures. Safe for concurrent use; it only reads.
type Source interface {
	// App names the platform and client key that this value speaks for.
	App() account.App
	// Counts reads the figures. What the platform does not have stays unknown, and a post that it says nothing about is
	// left out; neither is an error.
	Counts(ctx context.Context, r *Request) (*Counts, error)
}

// Request asks for the figures of one account and of some of its posts.
type Request struct {
	Account    account.Account
	Credential account.Credential
	Posts      []string // the platform's ids
}

// Counts is what a platform reported.
type Counts struct {
	Followers Figure       `json:"followers"`
	Posts     Figure       `json:"posts"`             // how many posts the account shows
	ByPost    []PostCounts `json:"by_post,omitempty"` // in no particular order; posts the platform said nothing about are missing
}

// PostCounts are the figures of one post.
type PostCounts struct {
	ID       string `json:"id"` // the platform's id
	Likes    Figure `json:"likes"`
	Comments Figure `json:"comments"`
	Reposts  Figure `json:"reposts"`
}

// covers reports whether it tells at least one figure of each of the posts.
func (c *Counts) covers(posts []string) bool {
	told := map[string]bool{}
	for _, p := range c.ByPost {
		told[p.ID] = told[p.ID] || p != PostCounts{ID: p.ID}
	}
	return !slices.ContainsFunc(posts, func(id string) bool { return !told[id] })
}

// Snapshot (快照) is the figures of one account at one instant. Snapshots are appended, never changed.
type Snapshot struct {
	Account string    `json:"account"`
	At      time.Time `json:"at"`
	Counts  Counts    `json:"counts"`
	// Complete says that the platform told something about every post that it was asked about. Which figures it told,
	// they say themselves: a website never tells likes, and that makes nothing incomplete.
	Complete bool `json:"complete"`
}
