package wechattest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The platform waits 5 seconds for an answer to a push and tries three times in all.
const (
	pushTimeout  = 5 * time.Second
	pushAttempts = 3
	maxPushReply = 64 << 10
)

type push struct {
	Push
	app *account
	msg message
}

// push queues a message for an account's callback address.
func (s *Server) push(app *account, m message) *push {
	s.issued++
	p := &push{app: app, msg: m, Push: Push{
		ID: "push-" + strconv.FormatInt(s.issued, 10), AppID: app.ID, Kind: m.kind, OpenID: m.from,
		XML: m.xml(app.original()), Created: m.created, State: PushQueued,
	}}
	s.pushes = append(s.pushes, p)
	return p
}

func (p *push) snapshot() Push {
	out := p.Push
	out.Forged = append([]int(nil), p.Forged...)
	return out
}

func (a *App) original() string {
	if a.OriginalID != "" {
		return a.OriginalID
	}
	return "gh_" + digest(a.ID, 12)
}

// digest returns n hexadecimal characters that stand for a text, at most 64.
func digest(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:n]
}

// Envelope returns a push as [Envelope.Request] sends it, or a forged variant. The
// forged one tells something else from somebody else (oForged), so that a handler that
// falls for it gives itself away. The error is [ErrUnknown].
func (s *Server) Envelope(pushID string, forge Forgery) (Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	for _, p := range s.pushes {
		if p.ID == pushID {
			return s.envelope(p, forge), nil
		}
	}
	return Envelope{}, unknown("push", pushID)
}

const forger = "oForged"

func (s *Server) envelope(p *push, forge Forgery) Envelope {
	e := Envelope{
		Mode: p.app.PushMode, AppID: p.app.ID, Token: p.app.Token, AESKey: p.app.AESKey,
		To: p.app.original(), OpenID: p.OpenID, XML: p.XML, Time: s.now(), Forge: forge,
	}
	s.issued++
	e.Nonce = digest(strconv.FormatInt(s.issued, 10), 10)
	e.Random = digest(e.Nonce, 16)
	if forge != ForgeNothing {
		m := p.msg
		m.from = forger
		if m.msgID != 0 {
			m.msgID += 2 // so that deduplication does not hide it
		}
		e.OpenID, e.XML = forger, m.xml(p.app.original())
	}
	return e
}

// dispatch is one request on its way to a callback address.
type dispatch struct {
	push   *push
	app    App // as it was when the push was taken
	forged bool
	env    Envelope
}

// take removes the pushes from the queue that go out now, with what faults make of
// them.
func (s *Server) takePushes(ready func(*push) bool) []dispatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var out, late []dispatch
	for _, p := range s.pushes {
		if p.State != PushQueued || !ready(p) {
			continue
		}
		plan := s.planPush(p)
		if plan.lost {
			p.State = PushLost
			continue
		}
		p.State = PushSending
		if plan.forge != ForgeNothing {
			out = append(out, dispatch{push: p, app: p.app.App, forged: true, env: s.envelope(p, plan.forge)})
		}
		for range 1 + plan.extra {
			d := dispatch{push: p, app: p.app.App, env: s.envelope(p, ForgeNothing)}
			if plan.late {
				late = append(late, d)
			} else {
				out = append(out, d)
			}
		}
	}
	return append(out, late...)
}

// TakePushes takes every queued push of every account and returns the requests that
// would carry them to target, in order, scripted faults included. The platform counts
// them as delivered. Use it where nothing listens on an address; otherwise
// [Server.DeliverPushes].
func (s *Server) TakePushes(ctx context.Context, target string) ([]*http.Request, error) {
	var out []*http.Request
	for _, d := range s.takePushes(func(*push) bool { return true }) {
		req, err := d.env.Request(ctx, target)
		if err != nil {
			return out, err
		}
		out = append(out, req)
		s.mu.Lock()
		d.push.State = PushDelivered
		if !d.forged {
			d.push.Attempts++
		}
		s.mu.Unlock()
	}
	return out, nil
}

// DeliverPushes posts the queued pushes of the accounts that have a callback address,
// one after the other, and returns them as they stand then. The platform gives an
// answer 5 seconds and a push three attempts; a status other than 200 counts as no
// answer. It runs in the caller's goroutine and ends early with ctx, whose error it
// returns; what was not sent is queued again. A nil client is Config.Client.
func (s *Server) DeliverPushes(ctx context.Context, client *http.Client) ([]Push, error) {
	if client == nil {
		client = s.cfg.Client
	}
	var order []*push
	seen := map[*push]bool{}
	all := s.takePushes(func(p *push) bool { return p.app.CallbackURL != "" })
	for i, d := range all {
		if ctx.Err() != nil {
			s.requeue(all[i:])
			break
		}
		if err := s.dispatch(ctx, client, d); err != nil {
			s.requeue(all[i:])
			return nil, err
		}
		if !seen[d.push] {
			seen[d.push] = true
			order = append(order, d.push)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Push, 0, len(order))
	for _, p := range order {
		out = append(out, p.snapshot())
	}
	return out, ctx.Err()
}

func (s *Server) requeue(all []dispatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range all {
		if d.push.State == PushSending {
			d.push.State = PushQueued
		}
	}
}

// dispatch sends one request, as often as the platform does. Only an address or a key
// that does not work, or the end of ctx, is an error.
func (s *Server) dispatch(ctx context.Context, client *http.Client, d dispatch) error {
	tries := pushAttempts
	if d.forged {
		tries = 1
	}
	for range tries {
		req, err := d.env.Request(ctx, d.app.CallbackURL)
		if err != nil {
			return err
		}
		status, body, err := exchange(client, req)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.record(d, status, body, err) {
			break
		}
	}
	return nil
}

// exchange carries one request, for at most 5 seconds.
func exchange(client *http.Client, req *http.Request) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(req.Context(), pushTimeout)
	defer cancel()
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return 0, "", err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxPushReply))
	return resp.StatusCode, string(data), errors.Join(err, resp.Body.Close())
}

// record keeps what a callback address answered and reports whether that was an answer.
func (s *Server) record(d dispatch, status int, body string, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.forged {
		d.push.Forged = append(d.push.Forged, status)
		return true
	}
	p := d.push
	p.Attempts++
	answered := err == nil && status == http.StatusOK
	if !answered {
		if p.State == PushSending && p.Attempts >= pushAttempts {
			p.State, p.Notice = PushFailed, !p.msg.event
		}
		return false
	}
	reply, sense := openReply(&d.app, body)
	p.State, p.Answer, p.Notice = PushDelivered, reply, !sense && !p.msg.event
	return true
}

// CheckCallback does what the platform does when a callback address is entered in the
// console: it asks the address to echo. The error says what is wrong with the answer. A
// nil client is Config.Client.
func (s *Server) CheckCallback(ctx context.Context, client *http.Client, appID string) error {
	s.mu.Lock()
	app := s.apps[appID]
	if app == nil {
		s.mu.Unlock()
		return unknown("app", appID)
	}
	echo := s.secret(19)
	e, target := Envelope{AppID: app.ID, Token: app.Token, Time: s.now()}, app.CallbackURL
	s.mu.Unlock()
	req, err := e.CheckRequest(ctx, target, echo)
	if err != nil {
		return err
	}
	if client == nil {
		client = s.cfg.Client
	}
	status, body, err := exchange(client, req)
	if err != nil {
		return err
	}
	if status != http.StatusOK || body != echo {
		return fmt.Errorf("wechattest: callback address answered %d %.40q to echostr %q", status, body, echo)
	}
	return nil
}
