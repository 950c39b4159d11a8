package metrics

import (
	"context"
	"time"

	"github.com/govmedia/govmedia/account"
)

// Source is an ability of an adapter: to read an account's figures. Safe for concurrent use; it only reads.
type Source interface {
	// App names the platform and client key that this value speaks for.
	App() account.App
	// Counts reads the figures. A post that the platform says nothing about is left out; it is not an error.
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
	Followers int64
	Posts     int64        // how many posts the account shows
	ByPost    []PostCounts // in no particular order; posts the platform said nothing about are missing
}

// PostCounts are the figures of one post.
type PostCounts struct {
	ID       string `json:"id"` // the platform's id
	Likes    int64  `json:"likes"`
	Comments int64  `json:"comments"`
	Reposts  int64  `json:"reposts"`
}

// Snapshot (快照) is the figures of one account at one instant. Snapshots are appended, never changed.
type Snapshot struct {
	Account  string    `json:"account"`
	At       time.Time `json:"at"`
	Counts   Counts    `json:"counts"`
	Complete bool      `json:"complete"` // every post that was asked about is in Counts.ByPost
}
