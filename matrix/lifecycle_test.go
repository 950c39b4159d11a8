package matrix_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

func anybody(context.Context, string, account.Step, account.Account) error { return nil }

// An account from the request to the end, with everything between: the whole way through a matrix.
func TestA2_AnAccountFromTheRequestToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := &board{}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}, Lifecycle: account.LifecycleConfig{Authorize: anybody}})
		_, err := m.Operators.Save(ctx, "admin", account.Operator{ID: "op", Name: "王某", Unit: "u"})
		require.NoError(t, err)
		r, err := m.Lifecycle.Apply(ctx, "applicant", account.Request{
			Account:   account.Account{ID: "n1", App: account.App{Platform: "board", Key: "k"}, Name: "示例新号", Unit: "u", Kind: account.KindOfficer, Role: account.RoleBroadcast},
			Operators: []string{"op"}, Contact: account.Contact{Name: "李某", Phone: "000-0000"}, Rules: "管理办法",
		})
		require.NoError(t, err)
		r, err = m.Lifecycle.Approve(ctx, "approver", r, account.Grounds{Reason: "同意"})
		require.NoError(t, err)
		_, err = m.Publisher.Draft(ctx, "author", publish.Post{Text: "早了", Targets: []string{"n1"}})
		require.ErrorIs(t, err, govmedia.KindNotFound, "approved is not opened")
		_, err = m.Lifecycle.Open(ctx, "opener", r.ID)
		require.NoError(t, err)
		require.NoError(t, m.Vault.Put(ctx, "admin", account.Credential{Account: "n1", Access: govmedia.NewSecret("tok")}))
		id := publishPost(t, m, "第一条", "n1")
		stepFor(t, m, time.Second)
		require.Equal(t, govmedia.Live, only(t, m, id).State)
		late := publishPost(t, m, "来不及了", "n1")
		require.NoError(t, m.Lifecycle.Deregister(ctx, "chief", "n1", account.Grounds{
			Decision: "示办〔2026〕1号", Notice: account.Notice{URL: "https://www.shili.example/gg/1", On: time.Now()},
		}))
		stepFor(t, m, time.Second)
		d := only(t, m, late)
		require.Equal(t, govmedia.NotSent, d.State)
		require.Contains(t, d.Reason, "deregistered")
		require.Equal(t, 1, b.calls)
		log := verifyAudit(t, engine)
		for _, step := range []account.Step{account.StepApply, account.StepApprove, account.StepOpen, account.StepDeregister} {
			require.Contains(t, log, `"action":"account.`+string(step)+`"`)
		}
		require.NotContains(t, log, "000-0000")
	})
}

func TestA7_UnknownOperatorsAreRefusedWhereThatIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		r := &readable{board: &board{}, inbox: []reply.Message{{ID: "m1", Post: "b0", Author: "市民", Text: "几点来水？", At: time.Now()}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Lifecycle: account.LifecycleConfig{Authorize: anybody, KnownOperators: true}})
		_, err := m.Operators.Save(ctx, "admin", account.Operator{ID: "op", Name: "王某", Unit: "u"})
		require.NoError(t, err)
		cases, err := m.Desk.Poll(ctx, "a1")
		require.NoError(t, err)
		id := approved(t, m, "停水通知", "a1") // by people who are no operators: they order nothing out
		_, err = m.Publisher.Publish(ctx, "author", id)
		require.ErrorIs(t, err, govmedia.KindForbidden)
		require.ErrorContains(t, err, "not in the register of operators")
		_, err = m.Desk.Answer(ctx, "clerk", cases[0].ID, "今晚八点。")
		require.ErrorIs(t, err, govmedia.KindForbidden)
		_, err = m.Publisher.Retry(ctx, "author", publish.Retry{Post: id, Causes: []govmedia.Kind{govmedia.KindForbidden}}, "x")
		require.ErrorIs(t, err, govmedia.KindForbidden)
		_, err = m.Publisher.Publish(ctx, "op", id)
		require.NoError(t, err)
		require.NoError(t, m.Registry.Suspend(ctx, "chief", "a1", "核实中"))
		stepFor(t, m, time.Second)
		require.NoError(t, m.Registry.Reopen(ctx, "chief", "a1", "核实完毕"))
		d := only(t, m, id)
		require.ErrorIs(t, m.Resolve(ctx, "chief", d.ID, govmedia.DecideSend, "", "发"), govmedia.KindForbidden)
		require.NoError(t, m.Resolve(ctx, "op", d.ID, govmedia.DecideSend, "", "发"))
		_, err = m.Desk.Answer(ctx, "op", cases[0].ID, "今晚八点。")
		require.NoError(t, err)
		stepFor(t, m, time.Second)
		require.Equal(t, govmedia.Live, only(t, m, id).State)
	})
}

func TestA11_RunReturnsAccountsToReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &events{}
		var months atomic.Int64 // by which the clock is ahead
		m, _ := open(t, matrix.Config{
			Adapters: []publish.Adapter{&board{}}, Observer: seen, Lifecycle: account.LifecycleConfig{Authorize: anybody},
			Now: func() time.Time { return time.Now().AddDate(0, int(months.Load()), 0) }, CollectEvery: time.Minute,
		})
		require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a3", "停用"))
		waits := func() (ids []string) {
			t.Helper()
			list, err := m.Lifecycle.Check(t.Context())
			require.NoError(t, err)
			for _, f := range list {
				if f.Rule == "lifecycle.recheck" {
					ids = append(ids, f.Subject)
				}
			}
			return ids
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		time.Sleep(30 * time.Second)
		require.Empty(t, waits())
		months.Store(7)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"a1", "a2"}, waits())
		time.Sleep(3 * time.Minute)
		cancel()
		require.NoError(t, <-ended)
		require.Len(t, seen.all, 2, "once each")
		for i, id := range []string{"a1", "a2"} {
			require.Equal(t, "account.recheck", seen.all[i].Name)
			require.Equal(t, id, seen.all[i].Account)
			history, err := m.Lifecycle.History(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, history[len(history)-1].ID, seen.all[i].Subject)
		}
	})
}

func TestA10_TheArchiveOfAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		asked := reply.Message{ID: "m1", Post: "b0", Author: "市民", Text: "我的电话是000-0000，几点来水？", At: time.Now()}
		r := &readable{board: &board{}, inbox: []reply.Message{asked}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Lifecycle: account.LifecycleConfig{Authorize: anybody}})
		cases, err := m.Desk.Poll(ctx, "a1")
		require.NoError(t, err)
		_, err = m.Desk.Answer(ctx, "clerk", cases[0].ID, "今晚八点。")
		require.NoError(t, err)
		for _, text := range []string{"停水通知", "恢复供水"} {
			publishPost(t, m, text, "a1", "a2")
		}
		publishPost(t, m, "别处的", "a2")
		stepFor(t, m, time.Minute)

		var out bytes.Buffer
		made, err := m.Archive(ctx, "archivist", "a1", &out)
		require.NoError(t, err)
		require.Equal(t, "archivist", made.Actor)
		b := out.Bytes()
		m2, err := account.VerifyArchive(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		require.Equal(t, made, m2)
		lines := map[string]int{}
		for _, f := range made.Files {
			lines[f.Name] = len(f.Lines)
		}
		require.Equal(t, map[string]int{"account.jsonl": 1, "events.jsonl": 1, "posts.jsonl": 2, "sealed.jsonl": 2, "answers.jsonl": 1, "deliveries.jsonl": 3}, lines)
		require.NotContains(t, string(b), "别处的")
		require.NotContains(t, string(b), "000-0000", "what citizens write is not the account's")
		require.Contains(t, verifyAudit(t, engine), made.Digest)

		at := bytes.Index(b, []byte("恢复供水"))
		b[at] ^= 1
		_, err = account.VerifyArchive(bytes.NewReader(b), int64(len(b)))
		require.ErrorIs(t, err, govmedia.KindCorrupt)
		require.ErrorContains(t, err, `file "posts.jsonl": line `)

		_, err = m.Archive(ctx, "archivist", "a1", failing{})
		require.ErrorIs(t, err, errFull)
		history, err := m.Lifecycle.History(ctx, "a1")
		require.NoError(t, err)
		require.Len(t, history, 2, "an archive that was not written is not recorded")
	})
}

var errFull = errors.New("the disk is full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestA10_TheArchiveHasThePictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&gallery{readable: &readable{board: &board{}}}}, Lifecycle: account.LifecycleConfig{Authorize: anybody}})
		_, digests := illustrated(t, m, nil)
		var out bytes.Buffer
		made, err := m.Archive(t.Context(), "archivist", "a1", &out)
		require.NoError(t, err)
		held := map[string]string{}
		for _, f := range made.Files {
			held[f.Name] = f.SHA256
		}
		for name, digest := range digests {
			require.Equal(t, digest, held["media/"+digest], name)
		}
	})
}

// TestA12_… flips every byte of an export, and moves its lines. What every engine does is checked by internal/enginetest.
func TestA12_EveryAlteredByteOfAnExportIsFoundAndLocated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: &board{}}}, Lifecycle: account.LifecycleConfig{Authorize: anybody}})
		publishPost(t, m, "停水通知 <b>&\u2028", "a1")
		stepFor(t, m, time.Second)
		log := verifyAudit(t, engine)
		lines := strings.SplitAfter(strings.TrimSuffix(log, "\n"), "\n")
		at := 0
		for n := range lines {
			end := at + len(lines[n])
			for i := at; i < end; i++ {
				flipped := log[:i] + string([]byte{log[i] ^ 1}) + log[i+1:]
				broken(t, flipped, n+1)
			}
			at = end
		}
	})
}

// broken asserts that a log is found to be broken at a line, and covered before it.
func broken(t *testing.T, log string, line int) {
	t.Helper()
	report, err := govmedia.VerifyAudit(strings.NewReader(log))
	require.ErrorIs(t, err, govmedia.KindCorrupt)
	require.ErrorContains(t, err, fmt.Sprintf("line %d: ", line))
	require.EqualValues(t, line-1, report.Sealed)
}

func TestA12_LinesThatAreRemovedMovedOrAddedAreFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: &board{}}}})
		publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Second)
		log := verifyAudit(t, engine)
		lines := strings.SplitAfter(log, "\n")
		lines = lines[:len(lines)-1]
		for n := range lines {
			broken(t, strings.Join(lines[:n], "")+lines[n]+lines[n]+strings.Join(lines[n+1:], ""), n+2)
			if n+1 < len(lines) {
				broken(t, strings.Join(lines[:n], "")+strings.Join(lines[n+1:], ""), n+1)
				broken(t, strings.Join(lines[:n], "")+lines[n+1]+lines[n]+strings.Join(lines[n+2:], ""), n+1)
			}
		}
	})
}
