package wordpress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

const markerPrefix = "gm-"

// Marker is the slug, the last part of its address, that a delivery's post is given: gm- and 20 digits of the operation's
// SHA-256. The site appends -2, -3 and so on when the slug is taken, and __trashed while the post is in the trash.
func Marker(operation string) string {
	sum := sha256.Sum256([]byte(operation))
	return markerPrefix + hex.EncodeToString(sum[:10])
}

// marks are the slugs that a post with the marker may have.
func marks(marker string) []string {
	slugs := []string{marker, marker + "__trashed"}
	for n := 2; n <= 9; n++ {
		slugs = append(slugs, marker+"-"+strconv.Itoa(n), marker+"-"+strconv.Itoa(n)+"__trashed")
	}
	return slugs
}

// Publish implements [publish.Adapter]: it makes sure that the site holds the cover, the pictures and the films, and then
// writes the post, once: what [Compose] makes of the rendition, as a draft if Rendition.Want says so.
//
// An error before the post is NotApplied, whatever happened, because nobody sees what an upload leaves behind; the next
// attempt goes on from the checkpoint. The outcome of the post itself is that of its answer.
//
// A post that the site holds for review (pending) or dates later (future) gets a receipt of ReachSubmitted, see
// [Client.Track]. One that the site stores and neither shows nor reviews is an error whose outcome is unknown: there is
// something, and a person has to look.
//
// POST /wp/v2/posts (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22).
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	const op = "posts.create"
	who, err := as(op, s.Account, s.Credential)
	if err != nil {
		return nil, err
	}
	if s.Operation == "" {
		return nil, invalid(op, "a submission without operation could never be found again")
	}
	if err := c.check(s.Rendition); err != nil {
		return nil, err
	}
	a := &attempt{c: c, s: s, who: who}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	var got post
	if _, err := c.call(ctx, query{op: op, path: "/posts", as: who, body: a.body()}, &got); err != nil {
		return nil, err
	}
	return c.receipt(op, &got.item, reachOf(got.Status, s.Rendition.Want))
}

// body is what is sent for a post whose files the site holds.
func (a *attempt) body() map[string]any {
	var shown []file
	for _, digest := range a.s.Rendition.Media {
		shown = append(shown, a.Files[digest])
	}
	article := compose(a.s.Rendition, shown)
	body := map[string]any{"title": article.Title, "content": article.Content, "slug": Marker(a.s.Operation), "status": "publish"}
	if a.s.Rendition.Want == govmedia.ReachDraft {
		body["status"] = "draft"
	}
	if cover := a.s.Rendition.Cover; cover != "" {
		body["featured_media"] = a.Files[cover].ID
	}
	return body
}
