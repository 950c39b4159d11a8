package matrix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// gallery is a platform to which pictures are uploaded before the post that they go with.
type gallery struct {
	*readable
	uploads map[string][]error // by name: what successive uploads answer; nil, and after the last, they work
	tried   int
	shown   [][]string // digests with each post, its cover first
	drops   string     // a name that the platform leaves out by itself, and says so
}

func (g *gallery) Limits() publish.Limits {
	l := g.readable.Limits()
	l.Article, l.Media = true, publish.MediaLimit{Pictures: 9, Films: 1}
	return l
}

func (g *gallery) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	var shown []string
	var missing []govmedia.Missing
	for _, digest := range append([]string{s.Rendition.Cover}, s.Rendition.Media...) {
		if digest == "" {
			continue
		}
		m, err := s.Media(ctx, digest)
		if err != nil {
			return nil, err
		}
		g.tried++
		if answers := g.uploads[m.Name]; len(answers) > 0 {
			if g.uploads[m.Name] = answers[1:]; answers[0] != nil {
				return nil, publish.MediaFailed(m, answers[0])
			}
		}
		if m.Name == g.drops {
			missing = append(missing, govmedia.Missing{Digest: digest, Name: m.Name, Reason: "the platform left it out"})
			continue
		}
		shown = append(shown, digest)
	}
	r, err := g.readable.Publish(ctx, s)
	if r != nil {
		g.shown = append(g.shown, shown)
		r.Missing = missing
	}
	return r, err
}

func times(n int, err error) (list []error) {
	for range n {
		list = append(list, err)
	}
	return list
}

var (
	badPicture = &govmedia.Error{Platform: "board", Op: "media/upload", Kind: govmedia.KindRejected, Code: "40113", Outcome: govmedia.NotApplied}
	uploadDown = &govmedia.Error{Platform: "board", Op: "media/upload", Kind: govmedia.KindUnavailable} // of the upload: unknown
	badToken   = &govmedia.Error{Platform: "board", Op: "media/upload", Kind: govmedia.KindUnauthorized, Outcome: govmedia.NotApplied}
)

// illustrated publishes a post with the pictures 一.png and 二.png and the cover 封面.png, and returns its id and the digests.
func illustrated(t *testing.T, m *matrix.Matrix, change func(*publish.Post)) (id string, digests map[string]string) {
	t.Helper()
	digests = map[string]string{}
	for i, name := range []string{"封面.png", "一.png", "二.png"} {
		file := pngOf(t, i+1, 1)
		file.Name = name
		digest, err := m.Publisher.AddMedia(t.Context(), "author", file)
		require.NoError(t, err)
		digests[name] = digest
	}
	p := publish.Post{
		Title: "通知", Text: "今晚停水", Targets: []string{"a1"}, Cover: digests["封面.png"], Media: []string{digests["一.png"], digests["二.png"]},
	}
	if change != nil {
		change(&p)
	}
	p, err := m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	p = sign(t, m, p)
	_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
	require.NoError(t, err)
	return p.ID, digests
}

// Text that went out while its pictures were missing and nobody knew; a post lost because of a picture, in silence; a cover
// that disappeared: by policy, what becomes of the post, and who knows.
func TestP14_APictureFails(t *testing.T) {
	all := []string{"封面.png", "一.png", "二.png"}
	for _, c := range []struct {
		name    string
		policy  publish.MediaPolicy
		lane    govmedia.Lane
		uploads map[string][]error
		within  time.Duration // 0 means an hour
		state   govmedia.DeliveryState
		shown   []string // names; nil when nothing went out
		missing []string
		says    string // in the reason
		tried   int    // 0 means any
	}{
		{name: "nothing fails", state: govmedia.Live, shown: all, tried: 3},
		{name: "fail: refused", uploads: map[string][]error{"二.png": times(99, badPicture)}, state: govmedia.Rejected, says: `the file "二.png"`, tried: 3},
		{name: "fail: down for a moment", uploads: map[string][]error{"二.png": times(2, uploadDown)}, state: govmedia.Live, shown: all},
		{name: "fail: down for good", uploads: map[string][]error{"二.png": times(99, uploadDown)}, state: govmedia.NotSent, says: `the file "二.png"`},
		{name: "fail: the cover is refused", uploads: map[string][]error{"封面.png": times(99, badPicture)}, state: govmedia.Rejected, says: `the file "封面.png"`, tried: 1},
		{name: "degrade: refused", policy: publish.MediaDegrade, uploads: map[string][]error{"二.png": times(99, badPicture)},
			state: govmedia.Live, shown: all[:2], missing: []string{"二.png"}, tried: 5},
		{name: "degrade: down for a moment", policy: publish.MediaDegrade, uploads: map[string][]error{"二.png": times(2, uploadDown)}, state: govmedia.Live, shown: all},
		{name: "degrade: down for good", policy: publish.MediaDegrade, uploads: map[string][]error{"一.png": times(99, uploadDown), "二.png": times(99, uploadDown)},
			state: govmedia.Live, shown: all[:1], missing: []string{"一.png", "二.png"}, tried: 8*2 + 2 + 1},
		{name: "degrade: an emergency does not wait for a picture", policy: publish.MediaDegrade, lane: govmedia.LaneEmergency, within: time.Second,
			uploads: map[string][]error{"一.png": times(99, uploadDown)}, state: govmedia.Live, shown: []string{"封面.png", "二.png"}, missing: []string{"一.png"}},
		{name: "degrade: the cover is refused", policy: publish.MediaDegrade, uploads: map[string][]error{"封面.png": times(99, badPicture)},
			state: govmedia.Live, shown: all[1:], missing: []string{"封面.png"}},
		{name: "degrade: everything is refused", policy: publish.MediaDegrade, state: govmedia.Live, shown: []string{}, missing: all,
			uploads: map[string][]error{"封面.png": times(99, badPicture), "一.png": times(99, badPicture), "二.png": times(99, badPicture)}},
		{name: "degrade: the account is no picture's fault", policy: publish.MediaDegrade, uploads: map[string][]error{"二.png": times(99, badToken)},
			state: govmedia.NeedsPerson, says: "unauthorized"},
		{name: "hold: refused", policy: publish.MediaHold, uploads: map[string][]error{"二.png": times(99, badPicture)}, state: govmedia.NeedsPerson, says: `the file "二.png"`},
		{name: "hold: down for a moment", policy: publish.MediaHold, uploads: map[string][]error{"二.png": times(2, uploadDown)}, state: govmedia.Live, shown: all},
		{name: "hold: down for good", policy: publish.MediaHold, uploads: map[string][]error{"二.png": times(99, uploadDown)}, state: govmedia.NeedsPerson, says: `the file "二.png"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gallery{readable: &readable{board: &board{}}, uploads: c.uploads}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
				id, digests := illustrated(t, m, func(p *publish.Post) { p.OnMedia, p.Lane = c.policy, c.lane })
				if c.within > 0 {
					stepFor(t, m, c.within)
				} else {
					stepFor(t, m, time.Hour)
				}
				d := only(t, m, id)
				require.Equal(t, c.state, d.State, d.Reason)
				require.Contains(t, d.Reason, c.says)
				if c.tried > 0 {
					require.Equal(t, c.tried, g.tried)
				}
				waiting, err := m.Attention(t.Context())
				require.NoError(t, err)
				if c.shown == nil {
					require.Empty(t, g.posts, "nothing goes out without it")
					require.Len(t, waiting, 1, "nor is it lost in silence")
					return
				}
				require.Empty(t, waiting)
				require.Len(t, g.posts, 1)
				var shown, missing []string
				for _, name := range c.shown {
					shown = append(shown, digests[name])
				}
				require.Equal(t, shown, g.shown[0])
				for _, lost := range d.Receipt.Missing {
					missing = append(missing, lost.Name)
					require.Equal(t, digests[lost.Name], lost.Digest)
					require.NotEmpty(t, lost.Reason)
				}
				require.Equal(t, c.missing, missing)
				log := verifyAudit(t, engine)
				for _, name := range missing {
					require.Contains(t, log, name)
				}
			})
		})
	}
}

// What was asked for is decided by a person: to try it again in full, to go without, or to give it up.
func TestP14_APersonDecidesAboutAPicture(t *testing.T) {
	for _, c := range []struct {
		name     string
		policy   publish.MediaPolicy
		mended   bool
		decision govmedia.Decision
		refused  bool // the decision
		state    govmedia.DeliveryState
		shown    int // pictures
		missing  int
	}{
		{"send, and it works by now", publish.MediaHold, true, govmedia.DecideSend, false, govmedia.Live, 3, 0},
		{"send, and it still fails", publish.MediaHold, false, govmedia.DecideSend, false, govmedia.NeedsPerson, 0, 0},
		{"without", publish.MediaHold, false, govmedia.DecideBare, false, govmedia.Live, 2, 1},
		{"without, and it works by now", publish.MediaHold, true, govmedia.DecideBare, false, govmedia.Live, 3, 0},
		{"give it up", publish.MediaHold, false, govmedia.DecideCancel, false, govmedia.Cancelled, 0, 0},
		{"without, and the policy forbids it", publish.MediaFail, false, govmedia.DecideBare, true, govmedia.Rejected, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gallery{readable: &readable{board: &board{}}, uploads: map[string][]error{"二.png": times(99, badPicture)}}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
				id, _ := illustrated(t, m, func(p *publish.Post) { p.OnMedia = c.policy })
				stepFor(t, m, time.Minute)
				if c.mended {
					g.uploads = nil
				}
				err := m.Resolve(t.Context(), "chief", only(t, m, id).ID, c.decision, "", "已核实")
				if c.refused {
					require.ErrorIs(t, err, govmedia.KindConflict)
				} else {
					require.NoError(t, err)
				}
				stepFor(t, m, time.Minute)
				d := only(t, m, id)
				require.Equal(t, c.state, d.State, d.Reason)
				if c.state == govmedia.Live {
					require.Len(t, g.shown[0], c.shown)
					require.Len(t, d.Receipt.Missing, c.missing)
				} else {
					require.Empty(t, g.posts)
				}
				verifyAudit(t, engine)
			})
		})
	}
}

// The policy is part of what was approved.
func TestP14_ThePolicyIsSealed(t *testing.T) {
	p := publish.Post{ID: "p", Text: "文"}
	seals := map[string]bool{p.Digest(): true}
	for _, policy := range []publish.MediaPolicy{publish.MediaDegrade, publish.MediaHold} {
		p.OnMedia = policy
		seals[p.Digest()] = true
	}
	require.Len(t, seals, 3)
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	_, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "文", Targets: []string{"a1"}, OnMedia: "drop"})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, `"drop"`)
}

// The outcome of what went out without a picture is unknown at first: what is found by reading still says what is missing.
func TestP14_WhatIsMissingSurvivesADoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gallery{readable: &readable{board: &board{script: []script{commitHang}}}, uploads: map[string][]error{"二.png": times(99, badPicture)}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
		id, _ := illustrated(t, m, func(p *publish.Post) { p.OnMedia = publish.MediaDegrade })
		stepFor(t, m, 10*time.Minute)
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, govmedia.EvidenceFound, d.Receipt.Evidence)
		require.Len(t, d.Receipt.Missing, 1)
		require.Len(t, g.posts, 1)
	})
}

// An adapter that goes on about a file which it was not even given does not keep the engine busy for ever.
func TestP14_AFileIsLeftOutOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &stubborn{gallery: &gallery{readable: &readable{board: &board{}}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
		id, _ := illustrated(t, m, func(p *publish.Post) { p.OnMedia = publish.MediaDegrade })
		stepFor(t, m, time.Minute)
		d := only(t, m, id)
		require.Equal(t, govmedia.Rejected, d.State)
		require.Equal(t, 2, d.Attempt)
		require.Empty(t, g.posts)
	})
}

type stubborn struct{ *gallery }

func (*stubborn) Publish(context.Context, *publish.Submission) (*govmedia.Receipt, error) {
	return nil, publish.MediaFailed(publish.Media{Name: "一.png"}, badPicture)
}

// A platform that leaves a picture out by itself and says so is believed, whatever the policy.
func TestP14_WhatThePlatformLeavesOutIsOnTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gallery{readable: &readable{board: &board{}}, drops: "一.png"}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
		id, digests := illustrated(t, m, nil)
		stepFor(t, m, time.Minute)
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State)
		require.Equal(t, []govmedia.Missing{{Digest: digests["一.png"], Name: "一.png", Reason: "the platform left it out"}}, d.Receipt.Missing)
	})
}

// An expired token that is renewed is no reason to leave a picture out, even in an emergency.
func TestP14_ARenewedTokenKeepsThePicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &refreshable{&gallery{readable: &readable{board: &board{}}, uploads: map[string][]error{"二.png": {badToken}}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{
			Account: "a1", Access: govmedia.NewSecret("old"), Refresh: govmedia.NewSecret("more"), Expires: time.Now().Add(24 * time.Hour),
		}))
		id, _ := illustrated(t, m, func(p *publish.Post) { p.OnMedia, p.Lane = publish.MediaDegrade, govmedia.LaneEmergency })
		stepFor(t, m, time.Minute)
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Empty(t, d.Receipt.Missing)
	})
}

type refreshable struct{ *gallery }

func (r *refreshable) Refresh(_ context.Context, c account.Credential) (account.Credential, error) {
	c.Access = govmedia.NewSecret("fresh")
	return c, nil
}
