package matrix_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// policies is a matrix with an approved policy and an approved post that explains it.
type policies struct {
	*matrix.Matrix
	t                 *testing.T
	board             *readable
	policy, explainer publish.Post
}

func newPolicies(t *testing.T, cfg publish.Config, policy, explainer *publish.Schedule) *policies {
	t.Helper()
	p := &policies{t: t, board: &readable{board: &board{}}}
	p.Matrix, _ = open(t, matrix.Config{Adapters: []publish.Adapter{p.board}, Publish: cfg})
	draft := func(post publish.Post) publish.Post {
		post, err := p.Publisher.Draft(t.Context(), "author", post)
		require.NoError(t, err)
		return post
	}
	p.policy = draft(publish.Post{ID: "policy", Title: "养老补贴办法", Text: "全文", Targets: []string{"a1", "a2"}, Policy: true, Schedule: policy})
	p.explainer = sign(t, p.Matrix, draft(publish.Post{
		ID: "explainer", Title: "一图读懂", Text: "谁能领", Targets: []string{"a1"}, Schedule: explainer, Links: []publish.Link{{Kind: publish.Explains, Post: "policy"}},
	}))
	p.policy = sign(t, p.Matrix, p.policy)
	return p
}

// refused asserts that something was refused because the policy would go out alone, and what an official is told.
func (p *policies) refused(err error, says string) {
	p.t.Helper()
	require.ErrorIs(p.t, err, govmedia.KindConflict)
	found, ok := errors.AsType[*publish.FindingsError](err)
	require.True(p.t, ok, err)
	require.Equal(p.t, "policy.explainer", found.Findings[0].Rule)
	require.Equal(p.t, "policy", found.Findings[0].Subject)
	require.Contains(p.t, found.Findings[0].Explanation, "养老补贴办法")
	require.Contains(p.t, found.Findings[0].Explanation, says)
	require.NotEmpty(p.t, found.Findings[0].Suggestion)
}

func (p *policies) publish(id string) error {
	_, err := p.Publisher.Publish(p.t.Context(), "author", id)
	return err
}

// edit sends a post back to its author's desk.
func (p *policies) edit(post *publish.Post) {
	p.t.Helper()
	var err error
	*post, err = p.Publisher.Draft(p.t.Context(), "author", *post)
	require.NoError(p.t, err)
}

func TestP12_ThePolicyAndItsExplainerGoOutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolicies(t, publish.Config{}, nil, nil)
		require.NoError(t, p.publish("policy"))
		require.Equal(t, []string{"queued"}, statesOf(t, p.Matrix, "explainer"), "queued by the same call")
		stepFor(t, p.Matrix, time.Second)
		require.Equal(t, []string{"live", "live"}, statesOf(t, p.Matrix, "policy"))
		require.Equal(t, []string{"live"}, statesOf(t, p.Matrix, "explainer"))
		require.NoError(t, p.publish("policy"), "again changes nothing")
		require.Equal(t, 3, p.board.calls)
	})
}

// Both or none: what stops the explainer stops the policy.
func TestP12_BothAreQueuedOrNone(t *testing.T) {
	denied := errors.New("not this one")
	synctest.Test(t, func(t *testing.T) {
		p := newPolicies(t, publish.Config{RepeatWithin: time.Hour}, nil, nil)
		copied, err := p.Publisher.Draft(t.Context(), "author", publish.Post{Title: "一图读懂", Text: "谁能领", Targets: []string{"a1"}})
		require.NoError(t, err)
		sign(t, p.Matrix, copied)
		require.NoError(t, p.publish(copied.ID))
		require.ErrorIs(t, p.publish("policy"), govmedia.KindDuplicate, "the account has just said what the explainer says")
		require.Empty(t, statesOf(t, p.Matrix, "policy"))
		require.Empty(t, statesOf(t, p.Matrix, "explainer"))
	})
	b := &readable{board: &board{}}
	_, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
	m, err := matrix.New(engine, matrix.Config{Adapters: []publish.Adapter{b}, Keys: keys(), Publish: publish.Config{
		Authorize: func(_ context.Context, _ string, step publish.Step, p publish.Post) error {
			if step == publish.StepPublish && p.ID == "explainer" {
				return denied
			}
			return nil
		},
	}})
	require.NoError(t, err)
	p := &policies{Matrix: m, t: t, board: b}
	p.policy, err = m.Publisher.Draft(t.Context(), "author", publish.Post{ID: "policy", Text: "全文", Targets: []string{"a1"}, Policy: true})
	require.NoError(t, err)
	e, err := m.Publisher.Draft(t.Context(), "author", publish.Post{ID: "explainer", Text: "谁能领", Targets: []string{"a1"}, Links: []publish.Link{{Kind: publish.Explains, Post: "policy"}}})
	require.NoError(t, err)
	sign(t, m, e)
	sign(t, m, p.policy)
	require.ErrorIs(t, p.publish("policy"), denied)
	require.Empty(t, statesOf(t, m, "policy"))
}

// What an explainer must be when its policy is published.
func TestP12_APolicyIsNotPublishedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolicies(t, publish.Config{}, nil, nil)
		ctx := t.Context()
		p.edit(&p.explainer) // after the policy was approved
		p.refused(p.publish("policy"), "“一图读懂”（explainer）处于拟稿环节，尚未通过终审")
		require.Empty(t, statesOf(t, p.Matrix, "policy"))
		submitted, err := signing(t, p.Matrix, p.explainer)
		require.NoError(t, err)
		submitted, err = p.Publisher.Submit(ctx, "author", submitted, "")
		require.NoError(t, err)
		p.refused(p.publish("policy"), "处于待复审环节")
		submitted, err = p.Publisher.Review(ctx, "reviewer", submitted, "")
		require.NoError(t, err)
		p.refused(p.publish("policy"), "处于待终审环节")
		submitted, err = p.Publisher.Approve(ctx, "approver", submitted, "")
		require.NoError(t, err)

		// Published and cancelled: nobody will see it.
		require.NoError(t, p.publish("explainer"))
		_, err = p.Publisher.Cancel(ctx, "chief", submitted, "暂缓")
		require.NoError(t, err)
		p.refused(p.publish("policy"), "没有一个账号显示")

		// Let pass with a reason, which is recorded: it goes alone.
		p.policy, err = p.Publisher.Return(ctx, "approver", p.policy, "改为不附解读")
		require.NoError(t, err)
		p.edit(&submitted)
		p.policy, err = signing(t, p.Matrix, p.policy)
		require.NoError(t, err)
		p.policy, err = p.Publisher.Submit(ctx, "author", p.policy, "")
		require.NoError(t, err)
		p.policy, err = p.Publisher.Review(ctx, "reviewer", p.policy, "")
		require.NoError(t, err)
		p.policy, err = p.Publisher.Sign(ctx, publish.Signature{Step: publish.StepApprove, Actor: "approver", Overrides: map[string]string{"policy.explainer": "仅调整联系电话"}}, p.policy)
		require.NoError(t, err)
		require.NoError(t, p.publish("policy"))
		stepFor(t, p.Matrix, time.Second)
		require.Equal(t, []string{"live", "live"}, statesOf(t, p.Matrix, "policy"))
	})
}

func TestP12_AnExplainerThatIsLiveWillDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolicies(t, publish.Config{}, schedule(1000*time.Hour), nil)
		p.refused(p.publish("policy"), "相隔41天16小时，超过1天")
		require.NoError(t, p.publish("explainer"))
		p.refused(p.publish("policy"), "相隔41天16小时")
		stepFor(t, p.Matrix, time.Second)
		require.NoError(t, p.publish("policy"))
	})
}

// The times of both lie within a window, when they are published and when one of them is moved.
func TestP12_ScheduledTogether(t *testing.T) {
	for _, c := range []struct {
		name              string
		policy, explainer time.Duration // from now; 0 is at once
		within            time.Duration
		says              string
	}{
		{"same time", 10 * time.Hour, 10 * time.Hour, 0, ""},
		{"a day later", 10 * time.Hour, 34 * time.Hour, 0, ""},
		{"more than a day later", 10 * time.Hour, 34*time.Hour + time.Minute, 0, "相隔1天，超过1天"},
		{"policy at once, explainer tomorrow", 0, 25 * time.Hour, 0, "与文件的立即相隔1天1小时"},
		{"explainer more than a day before", 40 * time.Hour, 10 * time.Hour, 0, "相隔1天6小时，超过1天"},
		{"within an hour, as configured", 10 * time.Hour, 11 * time.Hour, time.Hour, ""},
		{"not within an hour", 10 * time.Hour, 11*time.Hour + time.Minute, time.Hour, "相隔1小时1分钟，超过1小时"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at := func(in time.Duration) *publish.Schedule {
					if in == 0 {
						return nil
					}
					return schedule(in)
				}
				p := newPolicies(t, publish.Config{ExplainWithin: c.within}, at(c.policy), at(c.explainer))
				err := p.publish("policy")
				if c.says != "" {
					p.refused(err, c.says)
					require.Empty(t, statesOf(t, p.Matrix, "policy"))
					return
				}
				require.NoError(t, err)
				require.Equal(t, []string{"scheduled"}, statesOf(t, p.Matrix, "explainer"))
				far := schedule(100 * time.Hour)
				_, err = p.Publisher.Reschedule(t.Context(), "chief", p.explainer, far, "")
				p.refused(err, "解读稿件“一图读懂”")
				_, err = p.Publisher.Reschedule(t.Context(), "chief", p.policy, far, "")
				p.refused(err, "解读稿件“一图读懂”")
				_, err = p.Publisher.Reschedule(t.Context(), "chief", p.policy, schedule(c.explainer+30*time.Minute), "")
				require.NoError(t, err)
				for range 72 * 6 { // often enough to be in time
					time.Sleep(10 * time.Minute)
					_, err = p.Step(t.Context())
					require.NoError(t, err)
				}
				require.Equal(t, []string{"live", "live"}, statesOf(t, p.Matrix, "policy"))
				require.Equal(t, []string{"live"}, statesOf(t, p.Matrix, "explainer"))
			})
		})
	}
	_, err := publish.New(nil, nil, nil, nil, publish.Config{ExplainWithin: -1})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

// The explainer is taken back while the policy waits: the policy does not leave, and a person is told why.
func TestP12_ThePolicyWaitsForAPersonWhenItsExplainerIsTakenBack(t *testing.T) {
	for name, targets := range map[string][]string{"alone": {"a1"}, "in a batch": {"a1", "a2"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPolicies(t, publish.Config{}, schedule(2*time.Hour), schedule(2*time.Hour))
				p.policy.Targets = targets
				p.edit(&p.policy)
				p.policy = sign(t, p.Matrix, p.policy)
				require.NoError(t, p.publish("policy"))
				p.edit(&p.explainer)
				require.Empty(t, statesOf(t, p.Matrix, "explainer"))
				stepFor(t, p.Matrix, 3*time.Hour)
				require.Zero(t, p.board.calls)
				list, err := p.Attention(t.Context())
				require.NoError(t, err)
				require.Len(t, list, len(targets))
				require.Contains(t, list[0].Reason, "处于拟稿环节")

				p.explainer.Schedule = nil
				p.edit(&p.explainer)
				sign(t, p.Matrix, p.explainer)
				require.NoError(t, p.publish("explainer"))
				for _, d := range list {
					require.NoError(t, p.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "解读已补齐"))
				}
				stepFor(t, p.Matrix, time.Minute)
				require.Equal(t, publish.FullyLive, publish.StateOf(must(p.Publisher.Deliveries(t.Context(), "policy"))))
			})
		})
	}
}

func must(ds []govmedia.Delivery, _ error) []govmedia.Delivery { return ds }

// "It is no policy" and "it has no topic" are sealed like the text.
func TestP12_ThatItIsAPolicyIsSealed(t *testing.T) {
	plain := publish.Post{ID: "p", Text: "全文"}
	policy, topic := plain, plain
	policy.Policy, topic.Topic = true, "养老"
	require.NotEqual(t, plain.Digest(), policy.Digest())
	require.NotEqual(t, plain.Digest(), topic.Digest())
}

// An explainer that a hold keeps back does not go out with its policy, so neither does the policy.
func TestP12_APolicyWaitsForAHeldExplainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolicies(t, publish.Config{}, nil, nil)
		require.NoError(t, p.publish("policy"))
		_, err := p.Publisher.Hold(t.Context(), "chief", publish.Hold{ID: "h", Reason: "a1 核查", Accounts: []string{"a1"}})
		require.NoError(t, err)
		stepFor(t, p.Matrix, 72*time.Hour)
		require.Equal(t, []string{"held"}, statesOf(t, p.Matrix, "explainer"))
		require.NotContains(t, statesOf(t, p.Matrix, "policy"), "live")
	})
}

type onlyDrafts struct{ *readable }

func (d *onlyDrafts) Limits() publish.Limits {
	return publish.Limits{VisibleWithin: time.Minute, Reaches: []govmedia.Reach{govmedia.ReachDraft}}
}

func (d *onlyDrafts) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	r, err := d.readable.Publish(ctx, s)
	if r != nil {
		r.Reach = govmedia.ReachDraft
	}
	return r, err
}

func TestP12_AsDraftsPolicyAndExplainerAreTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&onlyDrafts{&readable{board: &board{}}}}})
		draft := func(p publish.Post) publish.Post {
			p.Want, p.Targets = govmedia.ReachDraft, []string{"a1"}
			p, err := m.Publisher.Draft(t.Context(), "author", p)
			require.NoError(t, err)
			return p
		}
		policy := draft(publish.Post{ID: "policy", Title: "办法", Text: "全文", Policy: true, Schedule: schedule(2 * time.Hour)})
		explainer := sign(t, m, draft(publish.Post{ID: "explainer", Title: "图", Text: "谁", Schedule: schedule(time.Hour),
			Links: []publish.Link{{Kind: publish.Explains, Post: "policy"}}}))
		_, err := m.Publisher.Publish(t.Context(), "author", sign(t, m, policy).ID)
		require.NoError(t, err)
		stepFor(t, m, 3*time.Hour)
		require.Equal(t, []string{"saved"}, statesOf(t, m, explainer.ID))
		require.Equal(t, []string{"saved"}, statesOf(t, m, policy.ID))
	})
}
