package wechat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

const tokenOp = "stable_token"

// renewable stands where other platforms have a refresh token. A WeChat account has none: a new token is fetched with the
// app secret, at any time and by nobody else. The vault renews only what has a refresh token, so every credential of
// ours carries this word; it opens nothing.
const renewable = "client_credential"

// handleLife is for how long a token from Config.AccessTokenHandle counts as fresh, which its interface does not tell.
// The vault then asks again; calls ask every time anyway.
const handleLife = 2 * time.Hour

// Connect fetches the account's first credential, for [account.Vault.Put]. No person has to log in: the app secret, or
// Config.AccessTokenHandle, is enough. The vault renews it from then on through [Client.Refresh].
func (c *Client) Connect(ctx context.Context, accountID string) (account.Credential, error) {
	if c.cfg.AccessTokenHandle != nil {
		return c.borrow(ctx, accountID)
	}
	return c.fetch(ctx, accountID, false)
}

// Refresh implements [account.Refresher]. The platform gives the same stable token until five minutes before its end.
// When that is all it has, Refresh fails with [account.ErrNoNewer], and the vault goes on with the token it holds; only a
// token that the platform has refused is forced out (force_refresh, which is allowed 20 times a day and once in 30 s).
// So nobody's token is ended early, whatever [account.VaultConfig].Before says.
//
// With an AccessTokenHandle the token is the handle's. One that the platform has refused and the handle still gives is
// KindUnauthorized: silenceper's SDK keeps it until it ends, and somebody must delete it from its cache.
func (c *Client) Refresh(ctx context.Context, cred account.Credential) (account.Credential, error) {
	if cred.Refresh.IsZero() {
		e := govmedia.Errorf(govmedia.KindUnauthorized, tokenOp, "the credential of account %q was not made by Connect", cred.Account)
		e.Platform = Platform
		return account.Credential{}, e
	}
	if c.cfg.AccessTokenHandle != nil {
		return c.borrow(ctx, cred.Account)
	}
	fresh, err := c.fetch(ctx, cred.Account, false)
	if err != nil || fresh.Access != cred.Access {
		return fresh, err
	}
	switch {
	case c.isRefused(cred.Access):
		return c.fetch(ctx, cred.Account, true)
	case fresh.Expires.After(cred.Expires.Add(time.Minute)): // what was stored about its end was wrong
		return fresh, nil
	}
	return account.Credential{}, &govmedia.Error{
		Platform: Platform, Op: tokenOp, Kind: govmedia.KindUnavailable, Outcome: no,
		Err: fmt.Errorf("%w; it has one five minutes before the end of this one", account.ErrNoNewer),
	}
}

func (c *Client) isRefused(token govmedia.Secret) bool {
	last := c.refused.Load()
	return last != nil && *last == token
}

// fetch asks for the stable token.
//
// POST cgi-bin/stable_token (developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken, read 2026-11-22).
func (c *Client) fetch(ctx context.Context, accountID string, force bool) (account.Credential, error) {
	if c.cfg.AppSecret.IsZero() {
		return account.Credential{}, invalid(tokenOp, "Config.AppSecret is empty")
	}
	var answer struct {
		Access  loose `json:"access_token"`
		Expires loose `json:"expires_in"`
	}
	asked := c.cfg.Now()
	err := c.call(ctx, query{op: tokenOp, bare: true, body: map[string]any{
		"grant_type": renewable, "appid": c.cfg.AppID, "secret": c.cfg.AppSecret.Reveal(), "force_refresh": force,
	}}, &answer)
	if err != nil {
		return account.Credential{}, err
	}
	seconds, ok := answer.Expires.number()
	if answer.Access == "" || !ok || seconds == 0 {
		return account.Credential{}, unreadable(tokenOp, "the answer has no token or does not say how long it lives")
	}
	const century = 100 * 365 * 24 * 60 * 60
	return account.Credential{
		Account: accountID, Access: govmedia.NewSecret(string(answer.Access)), Refresh: govmedia.NewSecret(renewable),
		Expires: asked.Add(time.Duration(min(seconds, century)) * time.Second).UTC(),
	}, nil
}

// borrow makes a credential of the handle's token.
func (c *Client) borrow(ctx context.Context, accountID string) (account.Credential, error) {
	token, err := c.handled(ctx, tokenOp)
	if err != nil {
		return account.Credential{}, err
	}
	if c.isRefused(token) {
		e := govmedia.Errorf(govmedia.KindUnauthorized, tokenOp, "the AccessTokenHandle still gives the token that the platform refused")
		e.Platform = Platform
		return account.Credential{}, e
	}
	return account.Credential{
		Account: accountID, Access: token, Refresh: govmedia.NewSecret(renewable), Expires: c.cfg.Now().Add(handleLife).UTC(),
	}, nil
}

// token returns the token of one call.
func (c *Client) token(ctx context.Context, q *query) (govmedia.Secret, error) {
	if c.cfg.AccessTokenHandle != nil {
		return c.handled(ctx, q.op)
	}
	if q.cred.Access.IsZero() {
		e := govmedia.Errorf(govmedia.KindUnauthorized, q.op, "the credential has no access token; call Connect")
		e.Platform = Platform
		return govmedia.Secret{}, e
	}
	return q.cred.Access, nil
}

// handled asks the handle and stops waiting for it when ctx ends. Its error is not passed on: it may hold an address with
// the secret in it.
func (c *Client) handled(ctx context.Context, op string) (govmedia.Secret, error) {
	type result struct {
		token string
		err   error
	}
	e := &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Outcome: no}
	if e.Err = ctx.Err(); e.Err != nil {
		e.Kind = govmedia.KindTransport
		return govmedia.Secret{}, e
	}
	got := make(chan result, 1)
	go func() {
		defer func() {
			if recover() != nil { // silenceper's cache panics on a value that is no string
				got <- result{err: errors.New("panic")}
			}
		}()
		token, err := c.cfg.AccessTokenHandle.GetAccessToken()
		got <- result{token, err}
	}()
	select {
	case r := <-got:
		if r.err == nil && r.token != "" {
			return govmedia.NewSecret(r.token), nil
		}
		e.Err = errors.New("the AccessTokenHandle gave no token")
	case <-ctx.Done():
		e.Kind, e.Err = govmedia.KindTransport, ctx.Err()
	}
	return govmedia.Secret{}, e
}
