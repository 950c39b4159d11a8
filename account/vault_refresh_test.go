package account_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

type refresh = func(context.Context, account.Credential) (account.Credential, error)

var errDown = &govmedia.Error{Platform: "board", Kind: govmedia.KindUnavailable, Outcome: govmedia.NotApplied}

func fail(err error) refresh {
	return func(context.Context, account.Credential) (account.Credential, error) {
		return account.Credential{}, err
	}
}

// slow answers after d, or when the call is cut off.
func (p *platform) slow(d time.Duration) refresh {
	return func(ctx context.Context, c account.Credential) (account.Credential, error) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return p.serve(c)
		case <-ctx.Done():
			return account.Credential{}, ctx.Err()
		}
	}
}

// most is how many goroutines want one credential at the same time.
func most() int {
	if testing.Short() {
		return 100
	}
	return 1000
}

func TestA8_OneRefreshForAThousand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		vaults int
		left   time.Duration // until the credential ends
		ask    func(*account.Vault, account.Credential) (account.Credential, error)
	}{
		{"ended", 1, 0, open},
		{"about to end", 1, time.Minute, open},
		{"refused by the platform", 1, time.Hour, renew},
		{"two processes, ended", 2, 0, open},
		{"two processes, refused by the platform", 2, time.Hour, renew},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				engine := newStore(t, sqlite.Memory, "a")
				p := &platform{}
				p.script = []refresh{p.slow(time.Second)}
				var vaults []*account.Vault
				for range c.vaults {
					vaults = append(vaults, vault(t, engine, p, ring("k1")))
				}
				first := credential("a", time.Hour)
				first = put(t, vaults[0], first)
				time.Sleep(time.Hour - c.left)
				creds, errs := crowd(most(), func(i int) (account.Credential, error) { return c.ask(vaults[i%c.vaults], first) })
				require.NoError(t, errors.Join(errs...))
				require.Equal(t, 1, p.asked())
				for _, got := range creds {
					require.EqualValues(t, 2, got.Version)
					require.Equal(t, creds[0].Access, got.Access)
				}
			})
		})
	}
}

func open(v *account.Vault, c account.Credential) (account.Credential, error) {
	return v.Open(context.Background(), c.Account)
}

func renew(v *account.Vault, c account.Credential) (account.Credential, error) {
	return v.Renew(context.Background(), c)
}

func TestA8_AFailingRefreshIsAskedOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{script: []refresh{fail(errDown)}}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", time.Hour))

		_, errs := crowd(most(), func(int) (account.Credential, error) { return renew(v, c) })
		for _, err := range errs {
			require.ErrorIs(t, err, errDown, "each learns why")
		}
		require.Equal(t, 1, p.asked())

		got, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, c.Access, got.Access, "the old one is good until it ends")

		time.Sleep(11 * time.Second)
		got, err = v.Renew(t.Context(), c)
		require.NoError(t, err, "asked again a little later")
		require.EqualValues(t, 2, got.Version)
	})
}

func TestA8_ConnectingEndsTheCoolDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{script: []refresh{fail(errDown)}}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", time.Hour))
		_, err := v.Renew(t.Context(), c)
		require.ErrorIs(t, err, errDown)
		c = put(t, v, credential("a", time.Hour))
		_, err = v.Renew(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, 2, p.asked())
	})
}

func in(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }

func TestA8_AnswersAreProved(t *testing.T) {
	t.Parallel()
	fresh := govmedia.NewSecret("fresh-hush")
	for _, c := range []struct {
		name   string
		answer account.Credential
		ends   func() time.Time // nil leaves its expiry zero
		kept   string           // the refresh token afterwards; empty when the answer is refused
	}{
		{"good", account.Credential{Access: fresh, Refresh: govmedia.NewSecret("next-hush")}, in(time.Hour), "next-hush"},
		{"no refresh token: the old one stays", account.Credential{Access: fresh}, in(time.Hour), "refresh-hush"},
		{"for another account: it is ours", account.Credential{Access: fresh, Account: "b", Version: 77}, in(time.Hour), "refresh-hush"},
		{"empty", account.Credential{}, nil, ""},
		{"no access token", account.Credential{Refresh: govmedia.NewSecret("next-hush")}, in(time.Hour), ""},
		{"no expiry", account.Credential{Access: fresh}, nil, ""},
		{"ends now", account.Credential{Access: fresh}, in(0), ""},
		{"ended", account.Credential{Access: fresh}, in(-time.Second), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				engine := newStore(t, sqlite.Memory, "a", "b")
				p := &platform{}
				v := vault(t, engine, p, ring("k1"))
				put(t, v, credential("a", time.Hour))
				time.Sleep(55 * time.Minute)
				p.script = []refresh{func(context.Context, account.Credential) (account.Credential, error) {
					a := c.answer
					if c.ends != nil {
						a.Expires = c.ends()
					}
					return a, nil
				}}
				got, err := v.Open(t.Context(), "a")
				require.NoError(t, err)
				require.Equal(t, 1, p.asked())
				require.Equal(t, "a", got.Account)
				if c.kept == "" {
					require.Equal(t, "access-hush", got.Access.Reveal(), "still usable")
					require.EqualValues(t, 1, got.Version)
					time.Sleep(5 * time.Minute)
					p.script = []refresh{fail(errDown)}
					_, err = v.Open(t.Context(), "a")
					require.ErrorIs(t, err, errDown, "it has ended now")
					return
				}
				require.Equal(t, fresh, got.Access)
				again, err := v.Open(t.Context(), "a")
				require.NoError(t, err)
				require.EqualValues(t, 2, again.Version)
				require.Equal(t, c.kept, again.Refresh.Reveal())
			})
		})
	}
}

func TestA8_RenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		v, err := account.NewVault(engine, account.VaultConfig{
			Keys: ring("k1"), Before: 30 * time.Minute,
			Refresher: func(context.Context, string) (account.Refresher, error) { return p, nil },
		})
		require.NoError(t, err)
		put(t, v, credential("a", time.Hour))
		time.Sleep(30 * time.Minute)
		_, err = v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.Zero(t, p.asked(), "exactly Before is early enough")
		time.Sleep(time.Microsecond)
		c, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, 1, p.asked())
		require.Equal(t, time.Hour, time.Until(c.Expires))
	})
}

func TestA8_ALoserReadsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		v, w := vault(t, engine, p, ring("k1")), vault(t, engine, p, ring("k1"))
		stale := put(t, v, credential("a", time.Hour))
		fresh, err := v.Renew(t.Context(), stale)
		require.NoError(t, err)
		late, err := w.Renew(t.Context(), stale)
		require.NoError(t, err)
		require.Equal(t, fresh.Access, late.Access)
		require.Equal(t, 1, p.asked())
	})
}

func TestA8_ACrashInTheMiddleRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", 0))
		now := time.Now()
		mine, err := engine.LeaseCredential(t.Context(), "a", c.Version, "a process that died", now, now.Add(30*time.Second))
		require.NoError(t, err)
		require.True(t, mine)

		creds, errs := crowd(50, func(int) (account.Credential, error) { return open(v, c) })
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 1, p.asked())
		require.GreaterOrEqual(t, time.Since(now), 30*time.Second, "the dead one's lease was respected")
		require.EqualValues(t, 2, creds[0].Version)
	})
}

func TestA8_ALostAnswerRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		p.script = []refresh{func(ctx context.Context, _ account.Credential) (account.Credential, error) {
			<-ctx.Done()
			return account.Credential{}, ctx.Err()
		}}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", time.Minute))
		began := time.Now()
		got, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, c.Version, got.Version, "the old one until it ends")
		require.Equal(t, 15*time.Second, time.Since(began), "half a lease, then the call is cut off")
		time.Sleep(time.Minute)
		got, err = v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Version)
	})
}

func TestA8_ACallerWhoLeavesLosesNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		p.script = []refresh{p.slow(5 * time.Second)}
		v := vault(t, engine, p, ring("k1"))
		stale := put(t, v, credential("a", time.Hour))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		waited := make(chan error, 1)
		go func() {
			time.Sleep(100 * time.Millisecond)
			_, err := v.Renew(ctx, stale)
			waited <- err
		}()
		_, err := v.Renew(ctx, stale)
		require.NoError(t, err, "it asked, so it hears the answer")
		require.Equal(t, 5*time.Second, time.Since(began))
		require.ErrorIs(t, <-waited, context.DeadlineExceeded, "who only waits may leave")

		got, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Version)
		_, err = v.Renew(t.Context(), got)
		require.NoError(t, err, "the stored refresh token is the one that works")

		gone, stop := context.WithCancel(t.Context())
		stop()
		_, err = v.Renew(gone, got)
		require.Error(t, err)
		require.Equal(t, 2, p.asked(), "nothing is begun for somebody who has left")
	})
}

func TestA8_WaitingForAnotherProcessCanBeCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		v := vault(t, engine, &platform{}, ring("k1"))
		c := put(t, v, credential("a", time.Hour))
		now := time.Now()
		_, err := engine.LeaseCredential(t.Context(), "a", c.Version, "other", now, now.Add(time.Hour))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err = v.Renew(ctx, c)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(now))
	})
}

func TestA8_ANewTokenOutlivesAFullDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{Engine: newStore(t, sqlite.Memory, "a")}
		p := &platform{}
		v := vault(t, store, p, ring("k1"))
		c := put(t, v, credential("a", time.Hour))
		store.broken = 10
		got, err := v.Renew(t.Context(), c)
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Version)
		store.broken = 100
		_, err = v.Renew(t.Context(), got)
		require.ErrorIs(t, err, govmedia.KindUnavailable, "it does not wait for ever")
	})
}

func TestA8_TendKeepsSleepersAwake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a", "b", "c", "d", "e")
		refuse := map[string]bool{"b": true}
		good, bad := &platform{}, &platform{script: []refresh{fail(errDown), fail(errDown)}}
		v, err := account.NewVault(engine, account.VaultConfig{
			Keys: ring("k1"),
			Refresher: func(_ context.Context, id string) (account.Refresher, error) {
				if refuse[id] {
					return bad, nil
				}
				return good, nil
			},
		})
		require.NoError(t, err)
		for _, id := range []string{"a", "b", "c"} {
			put(t, v, credential(id, time.Hour))
		}
		never := credential("d", time.Hour)
		never.Refresh = govmedia.Secret{}
		put(t, v, never)
		put(t, v, account.Credential{Account: "e", Access: govmedia.NewSecret("x")})

		require.NoError(t, v.Tend(t.Context()))
		require.Zero(t, good.asked(), "nothing is about to end")
		time.Sleep(55 * time.Minute)
		require.ErrorIs(t, v.Tend(t.Context()), errDown, "a failure is told even while the old credential works")
		require.Equal(t, 2, good.asked(), "a and c are renewed all the same")

		list, err := v.Expiries(t.Context())
		require.NoError(t, err)
		left := map[string]time.Duration{}
		for _, e := range list {
			left[e.Account] = time.Until(e.Expires)
			require.Equal(t, e.Account < "d", e.Renews, e.Account)
			require.Equal(t, "k1", e.KeyID)
		}
		require.True(t, list[4].Expires.IsZero())
		delete(left, "e")
		require.Equal(t, map[string]time.Duration{"a": time.Hour, "b": 5 * time.Minute, "c": time.Hour, "d": 5 * time.Minute}, left)

		time.Sleep(10 * time.Minute)
		_, err = v.Open(t.Context(), "b")
		require.ErrorIs(t, err, errDown)
		_, err = v.Open(t.Context(), "d")
		require.ErrorIs(t, err, govmedia.KindUnauthorized)
		require.ErrorContains(t, err, `"d" must be connected again`)
	})
}

func TestA8_TendIsQuietWhileThePlatformHasNoNewerOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a", "b")
		notYet := &govmedia.Error{Platform: "board", Kind: govmedia.KindUnavailable, Outcome: govmedia.NotApplied, Err: account.ErrNoNewer}
		patient, broken := &platform{script: []refresh{fail(notYet), fail(notYet), fail(notYet)}}, &platform{script: []refresh{fail(errDown)}}
		v, err := account.NewVault(engine, account.VaultConfig{
			Keys: ring("k1"),
			Refresher: func(_ context.Context, id string) (account.Refresher, error) {
				if id == "b" {
					return broken, nil
				}
				return patient, nil
			},
		})
		require.NoError(t, err)
		a := put(t, v, credential("a", 8*time.Minute))
		require.NoError(t, v.Tend(t.Context()))
		require.NoError(t, v.Tend(t.Context()), "nor is it one for ten seconds more, in which nobody is asked")
		require.Equal(t, 1, patient.asked())
		got, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, a.Access, got.Access)
		_, err = v.Renew(t.Context(), a)
		require.ErrorIs(t, err, account.ErrNoNewer, "whoever needs another one learns that there is none")

		put(t, v, credential("b", 9*time.Minute))
		time.Sleep(time.Minute)
		err = v.Tend(t.Context())
		require.ErrorIs(t, err, errDown, "one account's patience hides no other's failure")
		require.NotErrorIs(t, err, account.ErrNoNewer)

		time.Sleep(7 * time.Minute)
		require.ErrorIs(t, v.Tend(t.Context()), account.ErrNoNewer, "it has ended: now it is a failure")
		time.Sleep(time.Minute)
		require.NoError(t, v.Tend(t.Context()))
		got, err = v.Open(t.Context(), "a")
		require.NoError(t, err)
		require.NotEqual(t, a.Access, got.Access)
	})
}

func TestA8_RecoverSaysWhatToDo(t *testing.T) {
	t.Parallel()
	refused := &govmedia.Error{Platform: "board", Op: "write", Kind: govmedia.KindUnauthorized, Outcome: govmedia.NotApplied}
	timeout := &govmedia.Error{Platform: "board", Op: "token", Kind: govmedia.KindTransport}
	for _, c := range []struct {
		name   string
		err    error
		answer refresh
		remedy govmedia.Remedy
		says   string // empty when err comes back as it is
		asked  int
	}{
		{"renewed", refused, nil, govmedia.Retry, "has been renewed", 1},
		{"platform down", refused, fail(errDown), govmedia.Retry, "cannot be renewed now", 1},
		{"renewal timed out", refused, fail(timeout), govmedia.Retry, "cannot be renewed now", 1},
		{"refresh token refused", refused, fail(refused), govmedia.Reauthorize, `"a" must be connected again`, 1},
		{"nobody knows", refused, fail(errSpent), govmedia.Reauthorize, "", 1},
		{"refused after the write", &govmedia.Error{Kind: govmedia.KindUnauthorized, Outcome: govmedia.Unknown}, nil, govmedia.Reconcile, "", 0},
		{"another refusal", &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}, nil, govmedia.Abandon, "", 0},
		{"untyped", errSpent, nil, govmedia.Human, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &platform{}
				if c.answer != nil {
					p.script = []refresh{c.answer}
				}
				v := vault(t, newStore(t, sqlite.Memory, "a"), p, ring("k1"))
				used := put(t, v, credential("a", time.Hour))
				err := v.Recover(t.Context(), used, c.err)
				require.ErrorIs(t, err, c.err)
				require.Equal(t, c.remedy, govmedia.AsError(err).Remedy())
				require.Equal(t, c.asked, p.asked())
				if c.says == "" {
					require.Equal(t, c.err, err)
					return
				}
				require.ErrorContains(t, err, c.says)
			})
		})
	}
	require.NoError(t, vault(t, newStore(t, sqlite.Memory), nil, ring("k1")).Recover(t.Context(), account.Credential{}, nil))
}
