package matrix_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

// walk takes a new post through steps such as "submit author" and returns it with the last error.
func walk(t *testing.T, m *matrix.Matrix, steps ...string) (publish.Post, error) {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "停水通知", Targets: []string{"a1"}})
	require.NoError(t, err)
	for i, s := range steps {
		step, actor, _ := strings.Cut(s, " ")
		next, err := take(t.Context(), m, publish.Step(step), actor, p)
		if err != nil {
			require.Equal(t, len(steps)-1, i, "step %q: %v", s, err)
			return p, err
		}
		p = next
	}
	return p, nil
}

func take(ctx context.Context, m *matrix.Matrix, step publish.Step, actor string, p publish.Post) (publish.Post, error) {
	switch step {
	case publish.StepDraft:
		return m.Publisher.Draft(ctx, actor, p)
	case publish.StepSubmit:
		return m.Publisher.Submit(ctx, actor, p, "")
	case publish.StepReview:
		return m.Publisher.Review(ctx, actor, p, "")
	case publish.StepApprove:
		return m.Publisher.Approve(ctx, actor, p, "")
	case publish.StepReturn:
		return m.Publisher.Return(ctx, actor, p, "")
	}
	_, err := m.Publisher.Publish(ctx, actor, p.ID)
	return p, err
}

func TestReview_EveryWrongOrderIsRefused(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	for _, c := range []struct {
		name  string
		steps []string
		kind  govmedia.Kind // of the refusal of the last step; empty when it is allowed
	}{
		{"in order", []string{"submit author", "review reviewer", "approve approver", "publish author"}, ""},
		{"review before submission", []string{"review reviewer"}, govmedia.KindConflict},
		{"approval before submission", []string{"approve approver"}, govmedia.KindConflict},
		{"publication of a draft", []string{"publish author"}, govmedia.KindConflict},
		{"approval before review", []string{"submit author", "approve approver"}, govmedia.KindConflict},
		{"publication before review", []string{"submit author", "publish author"}, govmedia.KindConflict},
		{"publication before approval", []string{"submit author", "review reviewer", "publish author"}, govmedia.KindConflict},
		{"submitted twice", []string{"submit author", "submit other"}, govmedia.KindConflict},
		{"reviewed twice", []string{"submit author", "review reviewer", "review other"}, govmedia.KindConflict},
		{"approved twice", []string{"submit author", "review reviewer", "approve approver", "approve other"}, govmedia.KindConflict},
		{"author reviews", []string{"submit author", "review author"}, govmedia.KindForbidden},
		{"author approves", []string{"submit author", "review reviewer", "approve author"}, govmedia.KindForbidden},
		{"reviewer approves", []string{"submit author", "review reviewer", "approve reviewer"}, govmedia.KindForbidden},
		{"nobody submits", []string{"submit "}, govmedia.KindForbidden},
		{"nobody publishes", []string{"submit author", "review reviewer", "approve approver", "publish "}, govmedia.KindForbidden},
		{"returned: back to the start", []string{"submit author", "review reviewer", "return reviewer", "approve approver"}, govmedia.KindConflict},
		{"returned after approval", []string{"submit author", "review reviewer", "approve approver", "return approver", "publish author"}, govmedia.KindConflict},
		{"edited after approval", []string{"submit author", "review reviewer", "approve approver", "draft author", "publish author"}, govmedia.KindConflict},
		{"edited after approval, and everybody signs again", []string{
			"submit author", "review reviewer", "approve approver", "draft author", "submit author", "review reviewer", "approve approver", "publish author"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := walk(t, m, c.steps...)
			stored, readErr := m.Publisher.Post(t.Context(), p.ID)
			require.NoError(t, readErr)
			require.Equal(t, p, stored, "what was refused changed nothing")
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, p.Digest(), p.Seal)
				return
			}
			require.ErrorIs(t, err, c.kind)
			if p.ID != "" && c.kind == govmedia.KindConflict {
				require.ErrorContains(t, err, p.ID)
			}
		})
	}
	verifyAudit(t, engine)
}

func TestReview_AnEditVoidsSignaturesAndSeal(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := walk(t, m, "submit author", "review reviewer", "approve approver")
	require.NoError(t, err)
	require.NotEmpty(t, p.Seal)
	require.Len(t, p.Signatures, 3)

	p.Stage, p.Text = publish.StageApproved, "停电通知"
	p, err = m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	require.Equal(t, publish.StageDraft, p.Stage)
	require.Empty(t, p.Seal)
	require.Empty(t, p.Signatures)
}

// What a caller writes into the value that it hands back counts for nothing.
func TestReview_StepsTakeTheStoredPost(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := walk(t, m, "submit author")
	require.NoError(t, err)
	forged := p
	forged.Text, forged.Stage, forged.Signatures = "假消息", publish.StageReviewed, nil
	forged.Renditions = map[string]publish.Rendition{"board": {Text: "假消息"}}
	_, err = m.Publisher.Approve(t.Context(), "approver", forged, "")
	require.ErrorIs(t, err, govmedia.KindConflict)
	_, err = m.Publisher.Review(t.Context(), "author", forged, "")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	p, err = m.Publisher.Review(t.Context(), "reviewer", forged, "")
	require.NoError(t, err)
	require.Equal(t, "停水通知", p.Text)
	require.Equal(t, "停水通知", p.Renditions["board"].Text)
}

func TestReview_NobodyMayWithoutAuthorize(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	r := &readable{board: &board{}, inbox: []reply.Message{{ID: "m1", Text: "几点来水？"}}}
	closed, err := matrix.New(engine, matrix.Config{Keys: keys(), Adapters: []publish.Adapter{r}})
	require.NoError(t, err)
	m := build(t, engine, matrix.Config{Adapters: []publish.Adapter{r}})
	register(t, m)
	cases, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)

	var p publish.Post
	for _, step := range []publish.Step{publish.StepDraft, publish.StepSubmit, publish.StepReview, publish.StepApprove, publish.StepReturn, publish.StepPublish} {
		if step == publish.StepSubmit {
			p, err = walk(t, m, "submit author", "review reviewer", "approve approver")
			require.NoError(t, err)
		}
		_, err := take(t.Context(), closed, step, "chief", p)
		require.ErrorIs(t, err, govmedia.KindForbidden, step)
		require.ErrorContains(t, err, "Authorize")
	}
	_, err = closed.Desk.Answer(t.Context(), "chief", cases[0].ID, "今晚八点。")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	_, err = m.Desk.Answer(t.Context(), "", cases[0].ID, "今晚八点。")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	ds, err := m.Publisher.Deliveries(t.Context(), p.ID)
	require.NoError(t, err)
	require.Empty(t, ds)
}

func TestReview_AuthorizeSeesThePostAndTheReasonIsKept(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	errNight := errors.New("not at night")
	m, err := matrix.New(engine, matrix.Config{Keys: keys(), Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{
		Authorize: func(_ context.Context, actor string, step publish.Step, p publish.Post) error {
			if step == publish.StepReview && actor == "reviewer" && p.Text == "停水通知" && p.Stage == publish.StageSubmitted {
				return errNight
			}
			return nil
		},
	}})
	require.NoError(t, err)
	register(t, m)
	_, err = walk(t, m, "submit author", "review reviewer")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorIs(t, err, errNight)
	require.ErrorContains(t, err, `"reviewer" may not review`)
}

func TestReview_OfManyEditorsOneWins(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := walk(t, m)
	require.NoError(t, err)
	for _, step := range []publish.Step{publish.StepDraft, publish.StepSubmit} {
		const editors = 20
		var wg sync.WaitGroup
		posts, errs := make([]publish.Post, editors), make([]error, editors)
		for i := range editors {
			wg.Go(func() {
				mine := p
				mine.Text = strings.Repeat("水", i+1)
				posts[i], errs[i] = take(t.Context(), m, step, "editor", mine)
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			if err == nil {
				require.Negative(t, won, "two won")
				won = i
				continue
			}
			require.ErrorIs(t, err, govmedia.KindConflict)
			require.ErrorContains(t, err, p.ID)
		}
		require.GreaterOrEqual(t, won, 0)
		p, err = m.Publisher.Post(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, posts[won], p)
	}
}

func TestDraft_RefusesWhatCannotBePublished(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&narrow{board: &board{}, length: 4}}})
	reg, err := m.Registry.All(t.Context())
	require.NoError(t, err)
	reg.Accounts[1].App = account.App{Platform: "elsewhere", Key: "x"}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a3", "被盗用"))
	for _, c := range []struct {
		name string
		post publish.Post
		kind govmedia.Kind
		says []string
	}{
		{"as long as allowed", publish.Post{Text: "停水通知", Targets: []string{"a1"}}, "", nil},
		{"over the limit", publish.Post{Text: "今晚停水通知", Targets: []string{"a1"}}, govmedia.KindInvalid, []string{"board", "6", "4", "2"}},
		{"over the limit with its title", publish.Post{Title: "通知", Text: "停水", Targets: []string{"a1"}}, govmedia.KindInvalid, []string{"board", "2"}},
		{"not UTF-8", publish.Post{ID: "p8", Text: "停\xff", Targets: []string{"a1"}}, govmedia.KindInvalid, []string{"p8", "UTF-8"}},
		{"no target", publish.Post{ID: "p9", Text: "停水"}, govmedia.KindInvalid, []string{"p9"}},
		{"a target twice", publish.Post{Text: "停水", Targets: []string{"a1", "a1"}}, govmedia.KindInvalid, []string{"a1", "twice"}},
		{"an unknown account", publish.Post{Text: "停水", Targets: []string{"a1", "a77"}}, govmedia.KindNotFound, []string{"a77"}},
		{"a platform without adapter", publish.Post{Text: "停水", Targets: []string{"a1", "a2"}}, govmedia.KindUnsupported, []string{"a2", "elsewhere", `"x"`}},
		{"a suspended account", publish.Post{Text: "停水", Targets: []string{"a3"}}, govmedia.KindForbidden, []string{"a3", "suspended"}},
		{"everything at once", publish.Post{Text: "今晚停水通知", Targets: []string{"a1", "a2", "a77"}}, govmedia.KindInvalid, []string{"a2", "a77", "4"}},
		{"an edit of what is not there", publish.Post{ID: "gone", Version: 3, Text: "停水", Targets: []string{"a1"}}, govmedia.KindConflict, []string{"gone", "version 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := m.Publisher.Draft(t.Context(), "author", c.post)
			if c.kind == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.kind)
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
			if p.ID != "" {
				_, err = m.Publisher.Post(t.Context(), p.ID)
				require.ErrorIs(t, err, govmedia.KindNotFound, "nothing was stored")
			}
		})
	}
}

// narrow is a board with a limit.
type narrow struct {
	*board
	length int
}

func (n *narrow) Limits() publish.Limits {
	return publish.Limits{Text: verify.TextLimit{Platform: "board", Max: n.length, Unit: "字", Count: func(s string) int { return len([]rune(s)) }}}
}

// An account moves to another platform after the approval. Nothing was approved for that one.
func TestPublish_AMovedAccountNeedsANewApproval(t *testing.T) {
	other := &elsewhere{&board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}, other}})
	id := approved(t, m, "停水通知", "a1")
	a, err := m.Registry.Account(t.Context(), "a1")
	require.NoError(t, err)
	a.App = other.App()
	require.NoError(t, m.Registry.Save(t.Context(), "admin", account.Register{Accounts: []account.Account{a}}))
	_, err = m.Publisher.Publish(t.Context(), "author", id)
	require.ErrorIs(t, err, govmedia.KindConflict)
	require.ErrorContains(t, err, `"a1" has moved to elsewhere`)
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Zero(t, other.calls)
}

type elsewhere struct{ *board }

func (*elsewhere) App() account.App { return account.App{Platform: "elsewhere", Key: "k"} }
