package weibo

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// ConnectConfig configures the handler that connects accounts. All fields but the last four are required.
type ConnectConfig struct {
	Registry *account.Registry // knows the accounts
	Vault    *account.Vault    // receives the credentials
	Key      []byte            // 32 bytes that sign the state; the same in every process that serves the handler

	// Authorize says who is asking and whether that person may connect the account; nil denies everybody. It is asked
	// when the connection starts and again when the browser returns, then with the same cookies if they are
	// SameSite=Lax. The actor is recorded with the credential; why somebody is denied is not shown.
	Authorize func(r *http.Request, account string) (actor string, err error)

	Scope      string            // OAuth scope; empty asks for none in particular
	ForceLogin bool              // the platform asks for the login even of a browser that is logged in
	Done       string            // where the browser is sent afterwards; empty shows a page
	Observer   govmedia.Observer // hears "account.connected" and "account.connect_refused"; nil means nobody
}

// ConnectHandler returns the handler through which a person connects an account (授权): GET …/start?account=ID sends
// the browser to the platform, and GET …/callback takes it back, fetches the credential and puts it into the vault.
// Mount it where Config.RedirectURL points: that must be the public address of …/callback.
//
// The state is signed, ends after ten minutes and belongs to one account and to the browser that started. A credential
// is stored only if the platform says that it is that of the account's UID in the register, so that nobody connects an
// account by being logged in with another. Every refusal is a page in Chinese that shows no secret.
//
// The handler is safe for concurrent use. The error joins what is wrong with the configuration.
func (c *Client) ConnectHandler(cfg *ConnectConfig) (http.Handler, error) {
	if cfg == nil {
		cfg = &ConnectConfig{}
	}
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, invalid("weibo.connect", "%s", what))
		}
	}
	need(cfg.Registry != nil, "Registry is nil")
	need(cfg.Vault != nil, "Vault is nil")
	need(len(cfg.Key) == 32, "Key must have 32 bytes")
	need(!c.cfg.AppSecret.IsZero(), "the client's Config.AppSecret is empty")
	need(c.cfg.RedirectURL != "", "the client's Config.RedirectURL is empty")
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	own := *cfg
	own.Key = append([]byte(nil), cfg.Key...)
	return &connect{client: c, cfg: own, page: template.Must(template.New("page").Parse(pageText))}, nil
}

type connect struct {
	client *Client
	cfg    ConnectConfig
	page   *template.Template
}

// ServeHTTP implements http.Handler.
func (h *connect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serve := h.start
	switch path.Base(r.URL.Path) {
	case "start":
	case "callback":
		serve = h.callback
	default:
		h.show(w, notFound)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		h.show(w, wrongMethod)
		return
	}
	id, err := serve(w, r)
	if err == nil {
		return
	}
	n, ok := errors.AsType[*notice](err)
	if !ok {
		n = broken
	}
	h.observe(r.Context(), "account.connect_refused", id, err)
	h.show(w, n)
}

func (h *connect) observe(ctx context.Context, name, id string, err error) {
	if h.cfg.Observer == nil {
		return
	}
	h.cfg.Observer.Observe(ctx, govmedia.Event{Name: name, At: h.client.cfg.Now(), Platform: Platform, Account: id, Subject: id, Err: err})
}

// start sends the browser to the platform.
//
// GET oauth2/authorize (open.weibo.com/wiki/Oauth2/authorize, read 2026-11-22).
func (h *connect) start(w http.ResponseWriter, r *http.Request) (string, error) {
	id := r.URL.Query().Get("account")
	if id == "" {
		return "", noAccount
	}
	if _, _, err := h.admit(r, id); err != nil {
		return id, err
	}
	signed, cookie := h.newState(id)
	q := url.Values{
		"client_id": {h.client.cfg.AppKey}, "redirect_uri": {h.client.cfg.RedirectURL},
		"response_type": {"code"}, "state": {signed},
	}
	if h.cfg.Scope != "" {
		q.Set("scope", h.cfg.Scope)
	}
	if h.cfg.ForceLogin {
		q.Set("forcelogin", "true")
	}
	http.SetCookie(w, cookie)
	secure(w.Header())
	http.Redirect(w, r, h.client.cfg.BaseURL+"/oauth2/authorize?"+q.Encode(), http.StatusFound)
	return id, nil
}

// admit says who asks and which account is meant, if both are in order.
func (h *connect) admit(r *http.Request, id string) (actor string, a account.Account, err error) {
	if h.cfg.Authorize == nil {
		return "", a, denied
	}
	actor, err = h.cfg.Authorize(r, id)
	if err != nil || actor == "" {
		return "", a, denied.because(err)
	}
	a, err = h.cfg.Registry.Account(r.Context(), id)
	switch {
	case errors.Is(err, govmedia.KindNotFound):
		return "", a, unknownAccount.because(err)
	case err != nil:
		return "", a, broken.because(err)
	case a.App != h.client.App():
		return "", a, otherApp
	case strings.TrimSpace(a.UID) == "":
		return "", a, noUID
	}
	return actor, a, nil
}

// callback takes the browser back. The code is spent by then, so nothing here is tried twice.
func (h *connect) callback(w http.ResponseWriter, r *http.Request) (string, error) {
	s, fault := h.openState(r)
	q := r.URL.Query()
	if fault == stateGood {
		h.dropCookie(w, s.ID)
	}
	switch {
	case q.Get("error") != "" || q.Get("error_code") != "":
		// The platform has been seen to send a refusal back without the state. Nothing is changed by it.
		return s.Account, refusalNotice(q)
	case fault == stateForged:
		return "", forged
	case fault == stateExpired:
		return s.Account, expired
	case fault == stateElsewhere:
		return s.Account, elsewhere
	case q.Get("code") == "":
		return s.Account, noCode
	}
	actor, a, err := h.admit(r, s.Account)
	if err != nil {
		return s.Account, err
	}
	g, err := h.client.exchange(r.Context(), q.Get("code"))
	switch {
	case errors.Is(err, govmedia.KindUnauthorized):
		return a.ID, spentCode.because(err)
	case err != nil:
		return a.ID, platformDown.because(err)
	case g.uid != a.UID:
		return a.ID, wrongAccount(a, g.uid)
	}
	cred := account.Credential{Account: a.ID, Access: g.access, Refresh: g.refresh, Expires: g.expires}
	if err := h.cfg.Vault.Put(r.Context(), actor, cred); err != nil {
		return a.ID, notStored.because(err)
	}
	h.observe(r.Context(), "account.connected", a.ID, nil)
	if h.cfg.Done != "" {
		secure(w.Header())
		http.Redirect(w, r, h.cfg.Done, http.StatusSeeOther)
		return a.ID, nil
	}
	h.show(w, &notice{http.StatusOK, "授权成功", "账号“" + a.Name + "”已经连接，凭证已加密保存，有效期至 " +
		g.expires.In(beijing()).Format("2006年1月2日 15:04") + "（北京时间）。可以关闭本页。", nil})
	return a.ID, nil
}

func refusalNotice(q url.Values) *notice {
	if q.Get("error") == "access_denied" || q.Get("error_code") == "21330" {
		return userRefused
	}
	code := clip(q.Get("error_code"))
	return platformDown.because(&govmedia.Error{Platform: Platform, Op: "oauth2/authorize", Kind: refusals[code].kind, Code: code, Outcome: no})
}
