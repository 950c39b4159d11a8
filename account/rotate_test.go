package account_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

func TestC9_KeyRotation(t *testing.T) {
	t.Parallel()
	engine := newStore(t, sqlite.Memory, "a", "b", "c")
	old := vault(t, engine, nil, ring("k1"))
	for _, id := range []string{"a", "b", "c"} {
		put(t, old, credential(id, time.Hour))
	}
	both := vault(t, engine, nil, ring("k2", "k1"))
	put(t, both, credential("c", time.Hour)) // new ones are under the new key already

	n, err := both.Rotate(t.Context(), "admin")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	n, err = both.Rotate(t.Context(), "admin")
	require.NoError(t, err)
	require.Zero(t, n, "repeating changes nothing")

	alone := vault(t, engine, nil, ring("k2"))
	for _, id := range []string{"a", "b", "c"} {
		c, err := alone.Open(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, "access-hush refresh-hush", c.Access.Reveal()+" "+c.Refresh.Reveal())
		_, err = old.Open(t.Context(), id)
		require.ErrorContains(t, err, `"k2"`, "the old key opens nothing")
	}
	list, err := alone.Expiries(t.Context())
	require.NoError(t, err)
	for _, e := range list {
		require.Equal(t, "k2", e.KeyID)
	}
}

func TestC9_AnInterruptedRotationIsRepeated(t *testing.T) {
	t.Parallel()
	store := &flaky{Engine: newStore(t, sqlite.Memory, "a", "b", "c")}
	for _, id := range []string{"a", "b", "c"} {
		put(t, vault(t, store, nil, ring("k1")), credential(id, time.Hour))
	}
	v := vault(t, store, nil, ring("k2", "k1"))
	store.broken = 2
	n, err := v.Rotate(t.Context(), "admin")
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	require.Equal(t, 1, n, "one failure does not stop the others")
	for _, id := range []string{"a", "b", "c"} {
		_, err := v.Open(t.Context(), id)
		require.NoError(t, err, "everything opens half way")
	}
	n, err = v.Rotate(t.Context(), "admin")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = vault(t, store, nil, ring("k2")).Open(t.Context(), "a")
	require.NoError(t, err)
}

func TestC9_OneDamagedRowStopsNothing(t *testing.T) {
	t.Parallel()
	engine := newStore(t, sqlite.Memory, "a", "b")
	put(t, vault(t, engine, nil, ring("k1")), credential("a", time.Hour))
	put(t, vault(t, engine, nil, ring("k9")), credential("b", time.Hour))
	n, err := vault(t, engine, nil, ring("k2", "k1")).Rotate(t.Context(), "admin")
	require.ErrorContains(t, err, `"k9"`)
	require.Equal(t, 1, n)
}

// A rotation at any instant of a renewal, in the same process or another, loses no token and spends none twice.
func TestC9_RotationBesideARenewal(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{true, false} {
		for _, at := range []time.Duration{0, time.Second, 4 * time.Second, 6 * time.Second} {
			t.Run(fmt.Sprintf("same process %t, after %s", same, at), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					engine := newStore(t, sqlite.Memory, "a")
					p := &platform{}
					p.script = []refresh{p.slow(5 * time.Second)}
					put(t, vault(t, engine, nil, ring("k1")), credential("a", time.Minute))
					v := vault(t, engine, p, ring("k2", "k1"))
					rotating := v
					if !same {
						rotating = vault(t, engine, p, ring("k2", "k1"))
					}
					rotated := make(chan error, 1)
					go func() {
						time.Sleep(at)
						_, err := rotating.Rotate(context.Background(), "admin")
						rotated <- err
					}()
					_, errs := crowd(20, func(int) (account.Credential, error) { return v.Open(context.Background(), "a") })
					require.NoError(t, errors.Join(errs...))
					require.NoError(t, <-rotated)
					for range 3 { // each needs the token that the one before brought
						c, err := vault(t, engine, nil, ring("k2")).Open(t.Context(), "a")
						require.NoError(t, err)
						_, err = v.Renew(t.Context(), c)
						require.NoError(t, err)
					}
					require.Equal(t, 4, p.asked())
				})
			})
		}
	}
}

// A process that is paused until its lease has ended finds the row re-encrypted; what it brings still goes in.
func TestC9_ALateAnswerGoesOverARotatedRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		put(t, vault(t, engine, nil, ring("k1")), credential("a", time.Hour))
		v := vault(t, engine, p, ring("k1", "k2"))
		p.script = []refresh{func(_ context.Context, c account.Credential) (account.Credential, error) {
			time.Sleep(31 * time.Second) // does not listen to its context
			rotated, err := vault(t, engine, nil, ring("k2", "k1")).Rotate(context.Background(), "admin")
			require.NoError(t, err)
			require.Equal(t, 1, rotated)
			return p.serve(c)
		}}
		c, err := v.Open(t.Context(), "a")
		require.NoError(t, err)
		got, err := v.Renew(t.Context(), c)
		require.NoError(t, err)
		require.EqualValues(t, 3, got.Version)
		_, err = v.Renew(t.Context(), got)
		require.NoError(t, err, "the stored refresh token is the one that works")
	})
}

func TestC9_ConnectingDuringARenewalWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a")
		p := &platform{}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", time.Hour))
		p.script = []refresh{func(_ context.Context, c account.Credential) (account.Credential, error) {
			fresh := credential("a", time.Hour)
			fresh.Access, fresh.Refresh = govmedia.NewSecret("person"), govmedia.NewSecret("person-refresh")
			require.NoError(t, v.Put(context.Background(), "admin", fresh))
			return p.serve(c)
		}}
		got, err := v.Renew(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, "person", got.Access.Reveal())

		// A connection that brings no refresh token lives on the old one, which the renewal has just replaced.
		p.current = nil
		p.script = []refresh{func(_ context.Context, c account.Credential) (account.Credential, error) {
			require.NoError(t, v.Put(context.Background(), "admin", account.Credential{Account: "a", Access: govmedia.NewSecret("person")}))
			return p.serve(c)
		}}
		got, err = v.Renew(t.Context(), got)
		require.NoError(t, err)
		_, err = v.Renew(t.Context(), got)
		require.NoError(t, err, "the token that works is the stored one")
	})
}
