package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/reply"
)

// engine is the whole house over one account: what an integrator runs.
type engine struct {
	*rig
	m *matrix.Matrix
}

func house(t *testing.T, cfg *wechattest.Config, run func(*testing.T, *engine)) {
	t.Helper()
	bubble(t, cfg, func(t *testing.T, r *rig) {
		ctx := t.Context()
		db, err := sqlite.Open(ctx, sqlite.Memory, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		require.NoError(t, db.Migrate(ctx))
		m, err := matrix.New(db, matrix.Config{
			Adapters: []publish.Adapter{r.client},
			Keys:     account.Keyring{Current: "k", Keys: map[string][]byte{"k": []byte("0123456789abcdef0123456789abcdef")}},
			Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
			Reply:    reply.Config{Authorize: func(context.Context, string, reply.Case) error { return nil }},
			Patience: matrix.Patience{ReadMost: 10 * time.Minute}, // fewer steps in a day
			Logger:   slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		require.NoError(t, m.Registry.Save(ctx, "admin", account.Register{
			Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}},
			Accounts: []account.Account{{
				ID: "city", App: r.client.App(), Name: "某市发布", Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
			}},
		}))
		cred, err := r.client.Connect(ctx, "city")
		require.NoError(t, err)
		require.NoError(t, m.Vault.Put(ctx, "admin", cred))
		run(t, &engine{r, m})
	})
}

// post approves and queues one post, as impatiently as people are.
func (e *engine) post(t *testing.T, want govmedia.Reach, id string) string {
	t.Helper()
	ctx := t.Context()
	digest, err := e.m.Publisher.AddMedia(ctx, "author", cover())
	require.NoError(t, err)
	what := rendition(want)
	p, err := e.m.Publisher.Draft(ctx, "author", publish.Post{
		ID: id, Title: what.Title, Text: what.Text + id, Link: what.Link, Cover: digest, Want: want, Targets: []string{"city"},
	})
	require.NoError(t, err)
	p, err = e.m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	for range 3 {
		_, err = e.m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
	}
	return "post/" + p.ID + "/city"
}

// settle lets time pass until the delivery does not move any more.
func (e *engine) settle(t *testing.T, id string) govmedia.Delivery {
	t.Helper()
	for start := time.Now(); time.Since(start) < 72*time.Hour; {
		_, err := e.m.Step(t.Context())
		require.NoError(t, err)
		d, err := e.m.Delivery(t.Context(), id)
		require.NoError(t, err)
		if d.State.Settled() {
			return d
		}
		time.Sleep(max(time.Second, time.Until(d.Due)))
	}
	t.Fatal("the delivery does not settle")
	return govmedia.Delivery{}
}

// held is what the platform holds of one post, whatever anybody said.
type held struct{ publications, masses, drafts int }

func (e *engine) handedOver(post string) (h held) {
	j := e.fake.Journal()
	ours := func(a []wechattest.Article) int {
		if len(a) == 1 && strings.HasSuffix(plainText(a[0].Content), "。"+post) {
			return 1
		}
		return 0
	}
	for _, p := range j.Publications {
		h.publications += ours(p.Articles)
	}
	for _, m := range j.Masses {
		h.masses += ours(m.Articles)
	}
	for _, d := range j.Drafts {
		if d.State == wechattest.DraftInBox {
			h.drafts += ours(d.Articles)
		}
	}
	return h
}

// everyFault are the ways in which one call goes wrong, once.
var everyFault = []wechattest.FaultName{
	wechattest.FaultRefuse, wechattest.FaultDropAfter, wechattest.FaultHangAfter, wechattest.FaultHang, wechattest.Fault5xxBefore,
	wechattest.Fault5xxAfter, wechattest.Fault4xxAfter, wechattest.FaultTooMany, wechattest.FaultGarbage, wechattest.FaultTokenExpired,
	wechattest.FaultTokenOverwritten, wechattest.FaultSystemBusy, wechattest.FaultSystemBusyAfter, wechattest.FaultQuota,
	wechattest.FaultFrequency, wechattest.FaultDown,
}

// Whichever call goes wrong, and however: in the end readers have the post once.
func TestP3_WeChatPosts(t *testing.T) {
	for want, endpoints := range map[govmedia.Reach][]string{
		govmedia.ReachPublic: {"material/add_material", "draft/add", submitOp},
		govmedia.ReachMass:   {massOp}, // the way there is the same
		govmedia.ReachDraft:  {"draft/add"},
	} {
		for _, endpoint := range endpoints {
			t.Run(string(want)+"/"+endpoint, func(t *testing.T) {
				house(t, &wechattest.Config{MassPerDay: -1}, func(t *testing.T, e *engine) {
					for n, fault := range everyFault {
						e.once(t, want, endpoint, fault, fmt.Sprint("p", n))
					}
				})
			})
		}
	}
}

// once publishes a post while one call goes wrong once.
func (e *engine) once(t *testing.T, want govmedia.Reach, endpoint string, fault wechattest.FaultName, id string) {
	t.Helper()
	before := e.handedOver(id)
	require.Zero(t, before)
	id, post := e.post(t, want, id), id
	e.fake.Script(wechattest.Fault{Name: fault, Endpoint: endpoint, Times: 1})
	d := e.settle(t, id)
	require.Empty(t, e.fake.PendingFaults(), "the fault has acted: %s", fault)
	require.NotNil(t, d.Receipt, "%s: %s", fault, d.Reason)
	now, j := e.handedOver(post), e.fake.Journal()
	switch want {
	case govmedia.ReachPublic:
		require.Equal(t, held{publications: 1, drafts: now.drafts}, now, fault)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		p := j.Publications[len(j.Publications)-1]
		require.Equal(t, []string{p.ArticleID, p.MsgDataID}, []string{d.Receipt.ID, d.Receipt.Thread})
	case govmedia.ReachMass:
		require.Equal(t, held{masses: 1, drafts: now.drafts}, now, fault)
		require.Equal(t, []any{govmedia.Live, govmedia.ReachMass}, []any{d.State, d.Receipt.Reach}, d.Reason)
		require.Equal(t, j.Masses[len(j.Masses)-1].MsgID, d.Receipt.ID)
	default:
		require.Equal(t, held{drafts: 1}, now, fault)
		require.Equal(t, []any{govmedia.Saved, govmedia.ReachDraft}, []any{d.State, d.Receipt.Reach}, d.Reason)
	}
}

// What cannot be told goes to a person, and readers have the post at most once.
func TestP3_WeChatPostsInDoubt(t *testing.T) {
	submit := func(f wechattest.FaultName) wechattest.Fault {
		return wechattest.Fault{Name: f, Endpoint: submitOp, Times: 1}
	}
	for name, row := range map[string]struct {
		cfg    wechattest.Config
		want   govmedia.Reach
		faults []wechattest.Fault
		state  govmedia.DeliveryState
		held   int
	}{
		"committed, reading down": {
			faults: []wechattest.Fault{submit(wechattest.FaultHangAfter), {Name: wechattest.FaultReadDown}}, state: govmedia.NeedsPerson, held: 1,
		},
		"not committed, reading down": {
			faults: []wechattest.Fault{submit(wechattest.FaultHang), {Name: wechattest.FaultReadDown}}, state: govmedia.NeedsPerson,
		},
		"reading comes back": {
			faults: []wechattest.Fault{submit(wechattest.FaultHangAfter), {Name: wechattest.FaultReadDown, Times: 9}}, state: govmedia.Live, held: 1,
		},
		"drafts stay in the box while the platform works": {
			cfg:    wechattest.Config{KeepDrafts: true, ProcessDelay: 9 * time.Minute, ProcessPolls: -1},
			faults: []wechattest.Fault{submit(wechattest.FaultDropAfter)}, state: govmedia.Live, held: 1,
		},
		"a colleague takes the draft": {
			faults: []wechattest.Fault{{Name: wechattest.FaultDraftVanishes, Endpoint: submitOp, Times: 1}}, state: govmedia.NeedsPerson,
		},
		"the platform refuses the content": {
			faults: []wechattest.Fault{{Name: wechattest.FaultReviewReject, Times: 1}}, state: govmedia.Rejected, held: 1,
		},
		"refused after an answer was lost": { // the draft is back in the box, is handed over again, and the refusal is heard
			faults: []wechattest.Fault{{Name: wechattest.FaultReviewReject, Times: 2}, submit(wechattest.FaultDropAfter)}, state: govmedia.Rejected, held: 2,
		},
		"never through": {
			faults: []wechattest.Fault{{Name: wechattest.FaultProcessing, Times: 1}}, state: govmedia.NeedsPerson, held: 1,
		},
		"mass message that is never answered": {
			want: govmedia.ReachMass, faults: []wechattest.Fault{{Name: wechattest.FaultHangAfter, Endpoint: massOp}}, state: govmedia.NeedsPerson, held: 1,
		},
		"mass message that is answered the third time": {
			want: govmedia.ReachMass, faults: []wechattest.Fault{{Name: wechattest.FaultHangAfter, Endpoint: massOp, Times: 2}}, state: govmedia.Live, held: 1,
		},
		"mass message refused by the review": {
			want: govmedia.ReachMass, faults: []wechattest.Fault{{Name: wechattest.FaultReviewReject, Times: 1}}, state: govmedia.Rejected, held: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			house(t, &row.cfg, func(t *testing.T, e *engine) {
				want := row.want
				if want == "" {
					want = govmedia.ReachPublic
				}
				id := e.post(t, want, "p1")
				e.fake.Script(row.faults...)
				d := e.settle(t, id)
				require.Equal(t, row.state, d.State, d.Reason)
				now := e.handedOver("p1")
				require.Equal(t, row.held, now.publications+now.masses)
			})
		})
	}
}

// The process dies between any two steps. What the next one has is the last checkpoint, and that is enough.
func TestP3_WeChatCrashBetweenSteps(t *testing.T) {
	for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachMass, govmedia.ReachDraft} {
		last := map[govmedia.Reach]string{govmedia.ReachPublic: submitOp, govmedia.ReachMass: massOp, govmedia.ReachDraft: "draft/add"}[want]
		crashes := map[string]wechattest.Fault{
			"cover on its way":      {Name: wechattest.FaultHang, Endpoint: "material/add_material", Times: 1},
			"cover there":           {Name: wechattest.FaultHangAfter, Endpoint: "material/add_material", Times: 1},
			"draft on its way":      {Name: wechattest.FaultHang, Endpoint: "draft/add", Times: 1},
			"draft there":           {Name: wechattest.FaultHangAfter, Endpoint: "draft/add", Times: 1},
			"hand-over on its way":  {Name: wechattest.FaultHang, Endpoint: last, Times: 1},
			"handed over":           {Name: wechattest.FaultHangAfter, Endpoint: last, Times: 1},
			"checkpoint, no answer": {Name: wechattest.FaultRefuse, Endpoint: last, Times: 1},
		}
		for name, fault := range crashes {
			t.Run(string(want)+"/"+name, func(t *testing.T) {
				bubble(t, nil, func(t *testing.T, r *rig) {
					r.fake.Script(fault)
					since := time.Now()
					_, err := r.attempt(within(t), rendition(want))
					require.Error(t, err)
					r.afterCrash(t, want, since)
				})
			})
		}
		for n := range 3 { // the process dies while it writes its nth checkpoint, before or after that is durable
			for _, durable := range []bool{false, true} {
				t.Run(string(want)+"/checkpoint", func(t *testing.T) {
					bubble(t, nil, func(t *testing.T, r *rig) {
						count := 0
						r.lose = func(data []byte) error {
							if count++; count != n+1 {
								return nil
							}
							if durable {
								r.prior = data
							}
							return context.Canceled
						}
						since := time.Now()
						_, _ = r.attempt(within(t), rendition(want))
						r.lose = nil
						r.afterCrash(t, want, since)
					})
				})
			}
		}
	}
}

// afterCrash does what the engine does with a delivery that it finds in doubt: it reads, and sends again on proof of
// absence only. In the end there is one.
func (r *rig) afterCrash(t *testing.T, want govmedia.Reach, since time.Time) {
	t.Helper()
	what := rendition(want)
	found := r.find(t, what, since)
	if len(found.Receipts) == 0 {
		require.True(t, found.Complete || found.Repeatable, "nothing is found, and nothing is proved")
		require.False(t, found.Complete && count(r.fake.Journal()) > 0, "what is there is not absent")
		_, err := r.attempt(within(t), what)
		require.NoError(t, err)
	}
	j := r.fake.Journal()
	switch want {
	case govmedia.ReachPublic:
		require.Len(t, j.Publications, 1)
	case govmedia.ReachMass:
		require.Len(t, j.Masses, 1)
	default:
		drafts := 0
		for _, d := range j.Drafts {
			if d.State == wechattest.DraftInBox {
				drafts++
			}
		}
		require.Equal(t, 1, drafts)
	}
	require.LessOrEqual(t, j.Calls[submitOp], 2)
}

// count is how many posts readers will see.
func count(j wechattest.Journal) int { return len(j.Publications) + len(j.Masses) }

// Answers: whatever goes wrong, the citizen has one, and the case knows.
func TestP3_WeChatAnswers(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		d := e.settle(t, e.post(t, govmedia.ReachPublic, "p1"))
		for n, fault := range everyFault {
			_, err := e.fake.AddComment(d.Receipt.Thread, 0, "oCitizen", "什么时候来水？")
			require.NoError(t, err)
			cases, err := e.m.Desk.Poll(t.Context(), "city")
			require.NoError(t, err)
			require.Len(t, cases, 1)
			e.fake.Script(wechattest.Fault{Name: fault, Endpoint: "comment/reply/add", Times: 1})
			var a govmedia.Delivery
			for range 3 {
				a, err = e.m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "明早六点恢复。")
				require.NoError(t, err)
			}
			a = e.settle(t, a.ID)
			require.Equal(t, govmedia.Live, a.State, "%s: %s", fault, a.Reason)
			c := e.fake.Journal().Comments[n]
			require.Equal(t, "明早六点恢复。", c.Reply)
			require.Equal(t, 1, c.Replies, fault)
			got, err := e.m.Desk.Case(t.Context(), cases[0].ID)
			require.NoError(t, err)
			require.Equal(t, reply.CaseAnswered, got.State)
		}
	})
}
