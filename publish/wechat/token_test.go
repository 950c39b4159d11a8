package wechat_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestConnect(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		cred, err := r.client.Connect(t.Context(), "city")
		require.NoError(t, err)
		require.Equal(t, r.cred.Access, cred.Access, "the stable token is the one that everybody has")
		require.Equal(t, "city", cred.Account)
		require.False(t, cred.Refresh.IsZero(), "the vault renews only what has one")
		require.Equal(t, time.Now().Add(2*time.Hour).UTC(), cred.Expires)
		require.Equal(t, map[string]int{"stable_token": 1}, r.fake.Journal().Calls)
	})
}

func TestRefresh(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(111 * time.Minute) // the vault asks ten minutes before the end
		_, err := r.client.Refresh(t.Context(), r.cred)
		require.ErrorIs(t, err, govmedia.KindUnavailable, "the platform has no other token yet, and nobody's is ended")
		require.ErrorIs(t, err, account.ErrNoNewer)
		time.Sleep(5 * time.Minute)
		fresh, err := r.client.Refresh(t.Context(), r.cred)
		require.NoError(t, err)
		require.NotEqual(t, r.cred.Access, fresh.Access)
		require.False(t, fresh.Refresh.IsZero())

		// Somebody forced a new token: the stored one is refused, and the platform gives the new one.
		require.NoError(t, r.fake.Overwrite(fresh.Access.Reveal()))
		r.cred = fresh
		_, err = r.attempt(t.Context(), rendition(govmedia.ReachPublic))
		require.ErrorIs(t, err, govmedia.KindUnauthorized)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		again, err := r.client.Refresh(t.Context(), fresh)
		require.NoError(t, err)
		require.NotEqual(t, fresh.Access, again.Access)
		r.cred = again
		_, err = r.attempt(t.Context(), rendition(govmedia.ReachPublic))
		require.NoError(t, err)
	})
}

// TestRefresh_forces holds that a token is forced out only after the platform refused it.
func TestRefresh_forces(t *testing.T) {
	client, s := answering(t, 200, nil, "")
	s.answers["stable_token"] = `{"access_token":"tok-hush","expires_in":7200}`
	cred := credential()
	cred.Expires = time.Date(2026, 11, 22, 11, 40, 0, 0, time.UTC)
	_, err := client.Refresh(t.Context(), cred)
	require.ErrorIs(t, err, account.ErrNoNewer)
	require.NotContains(t, strings.Join(s.bodies, ""), `"force_refresh":true`)
	s.answers["material/add_material"] = `{"errcode":40001}`
	sub := submission(govmedia.ReachPublic)
	_, err = client.Publish(t.Context(), sub)
	require.ErrorIs(t, err, govmedia.KindUnauthorized)
	_, err = client.Refresh(t.Context(), cred)
	require.NoError(t, err)
	require.Contains(t, s.bodies[len(s.bodies)-1], `"force_refresh":true`)
	// A stored end that was wrong is put right without force.
	client, s = answering(t, 200, nil, "")
	s.answers["stable_token"] = `{"access_token":"tok-hush","expires_in":"7200"}`
	cred.Expires = cred.Expires.Add(-time.Hour)
	fresh, err := client.Refresh(t.Context(), cred)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 11, 22, 11, 40, 0, 0, time.UTC), fresh.Expires)
}

// TestTend holds that the ordinary case, in which the platform gives the same token until five minutes before its end, is
// no failure, and that a token endpoint that fails is one.
func TestTend(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		ends := func() time.Time {
			list, err := e.m.Vault.Expiries(t.Context())
			require.NoError(t, err)
			return list[0].Expires
		}
		first := ends()
		for ends().Equal(first) {
			require.NoError(t, e.m.Vault.Tend(t.Context()), time.Until(first))
			time.Sleep(time.Minute)
		}
		require.Greater(t, time.Until(first), 3*time.Minute, "it is renewed in time")

		time.Sleep(time.Until(ends()) - 8*time.Minute)
		e.fake.Script(wechattest.Fault{Name: wechattest.FaultDown, Times: 1})
		require.ErrorIs(t, e.m.Vault.Tend(t.Context()), govmedia.KindUnavailable)
	})
}

// TestRefresh_troubles holds that the token endpoint's refusals are not those of the others.
func TestRefresh_troubles(t *testing.T) {
	for code, kind := range map[string]govmedia.Kind{
		"40001": govmedia.KindForbidden, "40013": govmedia.KindForbidden, "40125": govmedia.KindForbidden, "40164": govmedia.KindForbidden,
		"40243": govmedia.KindForbidden, "89503": govmedia.KindChallenge, "45009": govmedia.KindRateLimited, "-1": govmedia.KindUnavailable,
	} {
		client, _ := answering(t, 200, nil, `{"errcode":`+code+`,"errmsg":"app-secret-hush"}`)
		_, err := client.Connect(t.Context(), "city")
		require.Equal(t, kind, typed(t, err).Kind, code)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		require.NotContains(t, err.Error(), "hush")
	}
	for _, body := range []string{`{}`, `{"access_token":"x"}`, `{"access_token":"x","expires_in":0}`, `{"expires_in":7200}`, `[]`, `<html>`} {
		client, _ := answering(t, 200, nil, body)
		_, err := client.Refresh(t.Context(), credential())
		require.ErrorIs(t, err, govmedia.KindUnavailable, body)
	}
	client, _ := answering(t, 200, nil, `{"access_token":"x","expires_in":9223372036854775807}`)
	fresh, err := client.Connect(t.Context(), "city")
	require.NoError(t, err)
	require.True(t, fresh.Expires.After(time.Now()), "however long it lives, nothing overflows")
	_, err = client.Refresh(t.Context(), account.Credential{Account: "city"})
	require.Equal(t, govmedia.Reauthorize, typed(t, err).Remedy())
}

// handle is an integrator's own source of tokens, as silenceper's SDK is one.
type handle struct{ get func() (string, error) }

func (h handle) GetAccessToken() (string, error) { return h.get() }

func handled(t *testing.T, run func(t *testing.T, fake *wechattest.Server, build func(func() (string, error)) *wechat.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := wechattest.New(nil)
		fake.AddApp(wechattest.App{ID: appID, Secret: appSecret})
		server := memnet.Serve(fake)
		defer server.Close()
		run(t, fake, func(get func() (string, error)) *wechat.Client {
			cfg := config(server.Client(), "http://wechat.invalid")
			cfg.AppSecret, cfg.AccessTokenHandle = govmedia.Secret{}, handle{get}
			client, err := wechat.New(cfg)
			require.NoError(t, err)
			return client
		})
	})
}

func TestAccessTokenHandle(t *testing.T) {
	handled(t, func(t *testing.T, fake *wechattest.Server, build func(func() (string, error)) *wechat.Client) {
		token, err := fake.Token(appID, false)
		require.NoError(t, err)
		client := build(func() (string, error) { return token.AccessToken, nil })
		cred, err := client.Connect(t.Context(), "city")
		require.NoError(t, err)
		require.Equal(t, token.AccessToken, cred.Access.Reveal())
		cred.Access = govmedia.NewSecret("an older one") // every call asks the handle
		sub := submission(govmedia.ReachPublic)
		sub.Credential = cred
		_, err = client.Publish(t.Context(), sub)
		require.NoError(t, err)
		require.Zero(t, fake.Journal().Calls["stable_token"]+fake.Journal().Calls["token"])

		// A token that the platform refused and the handle still gives is no renewal.
		require.NoError(t, fake.Overwrite(token.AccessToken))
		_, err = client.Publish(t.Context(), sub)
		require.ErrorIs(t, err, govmedia.KindUnauthorized)
		_, err = client.Refresh(t.Context(), cred)
		require.ErrorIs(t, err, govmedia.KindUnauthorized)
		token, err = fake.Token(appID, false)
		require.NoError(t, err)
		fresh, err := client.Refresh(t.Context(), cred)
		require.NoError(t, err)
		require.True(t, fresh.Expires.After(time.Now()))
	})
}

// TestAccessTokenHandle_troubles holds that a handle may fail, hang or panic, and that its words are never repeated.
func TestAccessTokenHandle_troubles(t *testing.T) {
	handled(t, func(t *testing.T, fake *wechattest.Server, build func(func() (string, error)) *wechat.Client) {
		release := make(chan struct{})
		defer close(release)
		for name, get := range map[string]func() (string, error){
			"fails": func() (string, error) {
				return "", errors.New("get https://api.weixin.qq.com/cgi-bin/token?secret=app-secret-hush: 502")
			},
			"empty":  func() (string, error) { return "", nil },
			"panics": func() (string, error) { panic("interface conversion: app-secret-hush") },
			"hangs":  func() (string, error) { <-release; return "", nil },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := build(get).Publish(ctx, submission(govmedia.ReachPublic))
			cancel()
			require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), name)
			require.NotContains(t, err.Error(), "hush", name)
		}
		require.Empty(t, fake.Journal().Calls)
	})
}

// TestSecrets holds that a dump of a client or of its config shows none.
func TestSecrets(t *testing.T) {
	cfg := config(http.DefaultClient, "http://wechat.invalid")
	for _, v := range []any{*cfg, cfg} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			require.NotContains(t, sprint(verb, v), "hush")
		}
	}
}
