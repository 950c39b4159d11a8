package weibo

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// grant is what oauth2/access_token gives.
type grant struct {
	uid     string
	access  govmedia.Secret
	refresh govmedia.Secret // empty for web apps
	expires time.Time
}

// Refresh implements [account.Refresher]. Only apps that log in through the mobile SDK have refresh tokens; a credential
// without one, and one that the platform no longer accepts, is a KindUnauthorized error: connect the account again. The
// answer's Refresh is empty when the platform keeps the old refresh token.
func (c *Client) Refresh(ctx context.Context, cred account.Credential) (account.Credential, error) {
	if cred.Refresh.IsZero() {
		e := govmedia.Errorf(govmedia.KindUnauthorized, "oauth2/access_token", "account %q has no refresh token", cred.Account)
		e.Platform = Platform
		return account.Credential{}, e
	}
	g, err := c.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {cred.Refresh.Reveal()}})
	if err != nil {
		return account.Credential{}, err
	}
	return account.Credential{Account: cred.Account, Access: g.access, Refresh: g.refresh, Expires: g.expires}, nil
}

// exchange turns an authorisation code, which works once, into a grant.
func (c *Client) exchange(ctx context.Context, code string) (grant, error) {
	return c.token(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.cfg.RedirectURL}})
}

// token asks for an access token. How long it lives is what the answer says: the published table by app level has been
// seen not to hold.
//
// POST oauth2/access_token (open.weibo.com/wiki/Oauth2/access_token, read 2026-11-22).
func (c *Client) token(ctx context.Context, form url.Values) (grant, error) {
	const op = "oauth2/access_token"
	form.Set("client_id", c.cfg.AppKey)
	form.Set("client_secret", c.cfg.AppSecret.Reveal())
	var answer struct {
		Access  loose `json:"access_token"`
		Refresh loose `json:"refresh_token"`
		Expires loose `json:"expires_in"`
		UID     loose `json:"uid"`
	}
	asked := c.cfg.Now()
	if _, err := c.call(ctx, query{op: op, write: true, form: form}, &answer); err != nil {
		return grant{}, err
	}
	seconds, ok := answer.Expires.number()
	if answer.Access == "" || !ok || seconds == 0 {
		return grant{}, unclear(op, http.StatusOK, "the answer has no token or does not say how long it lives")
	}
	const century = 100 * 365 * 24 * 60 * 60
	return grant{
		uid: string(answer.UID), access: govmedia.NewSecret(string(answer.Access)), refresh: govmedia.NewSecret(string(answer.Refresh)),
		expires: asked.Add(time.Duration(min(seconds, century)) * time.Second).UTC(),
	}, nil
}
