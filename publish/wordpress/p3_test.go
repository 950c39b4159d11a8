package wordpress_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// everyFault are the ways in which one call goes wrong, once.
var everyFault = []wordpresstest.FaultName{
	wordpresstest.FaultRefuse, wordpresstest.FaultDropAfter, wordpresstest.FaultHangAfter, wordpresstest.FaultHang, wordpresstest.Fault5xxBefore,
	wordpresstest.Fault5xxAfter, wordpresstest.Fault4xxAfter, wordpresstest.FaultTooMany, wordpresstest.FaultGarbage, wordpresstest.FaultNotice,
	wordpresstest.FaultDown, wordpresstest.FaultMaintenance,
}

// copies counts what the site holds of a post and of its files, whatever anybody said.
func (e *engine) copies(name string, files ...publish.Media) (posts, uploads int) {
	j := e.fake.Journal()
	for _, p := range j.Posts {
		if p.Title == name && !p.Deleted {
			posts++
		}
	}
	for _, m := range j.Media {
		for _, f := range files {
			if m.SHA256 == f.Digest() && !m.Deleted {
				uploads++
			}
		}
	}
	return posts, uploads
}

// Whichever call goes wrong, and however: in the end the site has the post once, with its cover and every file once.
func TestP3_WordPressPosts(t *testing.T) {
	for _, endpoint := range []string{"users.me", "media.list", "media.create", "posts.create"} {
		for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft} {
			t.Run(endpoint+"/"+string(want), func(t *testing.T) {
				house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
					for n, fault := range everyFault {
						name := fmt.Sprint("通知", n)
						cover, map1, clip := picture("封面.png", 3*n), picture("图.png", 3*n+1), film("现场.mp4", n)
						id := e.post(t, publish.Post{
							Title: name, Text: text, Link: link, Cover: e.add(t, cover), Media: []string{e.add(t, map1), e.add(t, clip)}, Want: want,
						})
						skip := 0
						if endpoint == "media.create" {
							skip = n % 3 // the first, the second or the last of them
						}
						e.fake.Script(wordpresstest.Fault{Name: fault, Endpoint: endpoint, Times: 1, Skip: skip})
						d := e.settle(t, id)
						require.Empty(t, e.fake.PendingFaults(), "the fault has acted: %s", fault)
						require.NotNil(t, d.Receipt, "%s: %s", fault, d.Reason)
						posts, uploads := e.copies(name, cover, map1, clip)
						require.Equal(t, []int{1, 3}, []int{posts, uploads}, fault)
						e.whole(t, cover, map1, clip)
					}
				})
			})
		}
	}
}

// whole asserts that the newest post shows its files, by the ids and addresses that the site gave them.
func (r *rig) whole(t *testing.T, cover, picture, film publish.Media) {
	t.Helper()
	j := r.fake.Journal()
	p, held := j.Posts[len(j.Posts)-1], map[string]wordpresstest.Media{}
	for _, m := range j.Media {
		if !m.Deleted {
			held[m.SHA256] = m
		}
	}
	require.Equal(t, held[cover.Digest()].ID, p.FeaturedMedia)
	image, clip := held[picture.Digest()], held[film.Digest()]
	require.Regexp(t, `(?s)<figure class="wp-block-image"><img src="http://[^"]*/`+image.File+`" alt="图" class="wp-image-`+image.ID+`" /></figure>`+"\n"+
		`<figure class="wp-block-video"><video controls src="http://[^"]*/`+clip.File+`"></video></figure>`+"\n<p>原文链接", p.Content)
	require.Equal(t, []string{"封面", "封面"}, []string{held[cover.Digest()].Title, held[cover.Digest()].AltText})
}

// Uploads that never succeed leave the post unsent, and nobody is told otherwise; a file that the site refuses ends it.
func TestP3_WordPressUploadsInDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		fault wordpresstest.Fault
		state govmedia.DeliveryState
		calls int
	}{
		"uploads down":              {wordpresstest.Fault{Name: wordpresstest.FaultDown, Endpoint: "media.create"}, govmedia.NotSent, 8},
		"the site takes no file":    {wordpresstest.Fault{Name: wordpresstest.FaultMediaRejected}, govmedia.Rejected, 1},
		"the user may not upload":   {wordpresstest.Fault{Name: wordpresstest.FaultMediaRejected, Code: "rest_cannot_create", Status: 403}, govmedia.NeedsPerson, 1},
		"too large for the gateway": {wordpresstest.Fault{Name: wordpresstest.FaultDown, Endpoint: "media.create", Status: 413}, govmedia.Rejected, 1},
		"looking up down":           {wordpresstest.Fault{Name: wordpresstest.FaultReadDown, Endpoint: "media.list"}, govmedia.NotSent, 0},
	} {
		t.Run(name, func(t *testing.T) {
			house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
				id := e.post(t, publish.Post{Title: title, Text: text, Cover: e.add(t, picture("封面.png", 0))})
				e.fake.Script(c.fault)
				d := e.settle(t, id)
				require.Equal(t, c.state, d.State, d.Reason)
				j := e.fake.Journal()
				require.Empty(t, j.Posts)
				require.Equal(t, []int{c.calls, 0}, []int{j.Calls["media.create"], j.Calls["posts.create"]})
			})
		})
	}
}

// The process dies between any two steps. What the next one has is the last checkpoint, or none, and that is enough.
func TestP3_WordPressCrashBetweenSteps(t *testing.T) {
	cover, map1, clip := picture("封面.png", 0), picture("图.png", 1), film("现场.mp4", 0)
	crash := func(endpoint string, fault wordpresstest.FaultName, skip int) func(*rig) {
		return func(r *rig) {
			r.fake.Script(wordpresstest.Fault{Name: fault, Endpoint: endpoint, Times: 1, Skip: skip})
		}
	}
	checkpoint := func(n int, durable bool) func(*rig) {
		return func(r *rig) {
			count := 0
			r.lose = func(data []byte) error {
				if count++; count != n {
					return nil
				}
				if durable {
					r.prior = data
				}
				return context.Canceled
			}
		}
	}
	for name, c := range map[string]struct {
		first   func(*rig)
		between func(*testing.T, *rig)
		uploads int // in all, when it is not one each
		posts   int // calls, when it is not one
	}{
		"first upload on its way":    {first: crash("media.create", wordpresstest.FaultHang, 0), uploads: 4},
		"first upload there":         {first: crash("media.create", wordpresstest.FaultHangAfter, 0)},
		"last upload on its way":     {first: crash("media.create", wordpresstest.FaultHang, 2), uploads: 4},
		"last upload there":          {first: crash("media.create", wordpresstest.FaultHangAfter, 2)},
		"first checkpoint lost":      {first: checkpoint(1, false)},
		"first checkpoint":           {first: checkpoint(1, true)},
		"last checkpoint lost":       {first: checkpoint(3, false)},
		"last checkpoint":            {first: checkpoint(3, true)},
		"post on its way":            {first: crash("posts.create", wordpresstest.FaultHang, 0), posts: 2},
		"post there":                 {first: crash("posts.create", wordpresstest.FaultHangAfter, 0)},
		"checkpoint unreadable":      {first: checkpoint(3, true), between: func(_ *testing.T, r *rig) { r.prior = []byte("{") }},
		"checkpoint of nothing":      {first: checkpoint(3, true), between: func(_ *testing.T, r *rig) { r.prior = []byte("null") }},
		"a person deletes the cover": {first: checkpoint(3, true), between: func(t *testing.T, r *rig) { require.NoError(t, r.fake.DeleteMedia(r.first())) }, uploads: 4},
		"a person crops the cover":   {first: checkpoint(3, true), between: func(t *testing.T, r *rig) { require.NoError(t, r.fake.EditMedia(r.first())) }, uploads: 4},
		"a plugin renames the cover": {first: checkpoint(3, true), between: func(t *testing.T, r *rig) {
			require.Equal(t, http.StatusOK, r.other(t, "/media/"+r.first(), "application/json", "", []byte(`{"slug":"cover"}`)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				what := article(text)
				what.Cover, what.Media = r.files.add(cover), []string{r.files.add(map1), r.files.add(clip)}
				attempt := func() error {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					_, err := r.client.Publish(ctx, r.attempt("op", what))
					r.errs = append(r.errs, err)
					return err
				}
				c.first(r)
				since := time.Now()
				err := attempt()
				require.Error(t, err)
				if r.fake.Journal().Calls["posts.create"] == 0 {
					require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
				}
				if r.lose = nil; c.between != nil {
					c.between(t, r)
				}
				// as the engine does with a delivery in doubt
				found, err := r.client.Find(t.Context(), &publish.Query{
					Operation: "op", Account: r.acct, Credential: r.cred, Rendition: what, Prior: r.prior, Since: since,
				})
				require.NoError(t, err)
				require.True(t, found.Complete)
				if len(found.Receipts) == 0 {
					require.NoError(t, attempt())
				}
				j := r.fake.Journal()
				require.Len(t, j.Posts, 1)
				require.Equal(t, max(1, c.posts), j.Calls["posts.create"])
				require.Equal(t, max(3, c.uploads), j.Calls["media.create"])
				if c.between == nil {
					r.whole(t, cover, map1, clip)
				}
			})
		})
	}
}

// first is the id of the first file that the site got.
func (r *rig) first() string { return r.fake.Journal().Media[0].ID }

// other calls the site as another editor, and returns the status.
func (r *rig) other(t *testing.T, path, kind, file string, body []byte) int {
	t.Helper()
	password, err := r.fake.Password("other")
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/wp-json/wp/v2"+path, bytes.NewReader(body))
	req.SetBasicAuth("other", password)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Content-Disposition", `attachment; filename="`+file+`"`)
	answer := httptest.NewRecorder()
	r.fake.ServeHTTP(answer, req)
	return answer.Code
}

// A file that another user of the site has put there under our name for it, whatever it shows, is not taken for ours.
func TestP3_WordPressTakesNoStrangersFile(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		cover := picture("封面.png", 0)
		what := article(text)
		what.Cover = r.files.add(cover)
		name := "gm-" + what.Cover[:20]
		require.Equal(t, http.StatusCreated, r.other(t, "/media?slug="+name, "image/png", name+".png", picture("", 9).Data))
		_, err := r.client.Publish(t.Context(), r.attempt("op", what))
		require.NoError(t, err)
		j := r.fake.Journal()
		require.Len(t, j.Media, 2)
		require.Equal(t, []string{cover.Digest(), j.Media[1].ID}, []string{j.Media[1].SHA256, j.Posts[0].FeaturedMedia})
	})
}

// The same file in another post is uploaded once.
func TestP3_WordPressKnowsItsFiles(t *testing.T) {
	house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
		cover := picture("封面.png", 0)
		for n := range 3 {
			d := e.settle(t, e.post(t, publish.Post{Title: fmt.Sprint("通知", n), Text: text, Cover: e.add(t, cover), Media: []string{cover.Digest()}}))
			require.Equal(t, govmedia.Live, d.State, d.Reason)
		}
		_, uploads := e.copies("", cover)
		require.Equal(t, 1, uploads)
	})
}
