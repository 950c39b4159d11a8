package wechat

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"github.com/govmedia/govmedia"
)

// CallbackConfig configures the handler of the platform's pushes. Only Handle is required.
type CallbackConfig struct {
	// Handle gets every push once, each in a goroutine of its own, after the platform has been answered: the platform
	// waits five seconds and nobody's database is that fast every day. Its context ends after Deadline and does not
	// end with the request. What it fails to do is told to Observer and is not tried again, so whatever must not be lost
	// is also asked for: publications by Track, comments by Messages.
	Handle func(ctx context.Context, e *Event) error

	Deadline time.Duration // of one call of Handle; 0 means 30 seconds

	// AtOnce is how many calls of Handle may run at once; a push beyond is answered with 503, and the platform sends it
	// again. 0 means 64.
	AtOnce int

	// Window is how old, or how far in the future, a push may be signed; 0 means 5 minutes.
	Window time.Duration

	Observer govmedia.Observer // hears "callback.refused" and "callback.failed"; nil means nobody
}

// Callback is the handler behind the account's callback address (服务器配置).
type Callback struct {
	client *Client
	cfg    CallbackConfig
	safe   bool
	seen   *memory
	slots  chan struct{}
	wg     sync.WaitGroup
}

// CallbackHandler returns the handler for the callback address of the account. GET is the platform's check of the
// address; POST brings messages and events as XML.
//
// With Config.EncodingAESKey the handler is in safe mode (安全模式): only what is encrypted and signed is accepted, and
// of a push in compatible mode (兼容模式) only its encrypted part is read. Without the key it is in plain mode, where the
// signature does not cover the body: use safe mode. A push outside of Window is refused; one that comes again, by its
// nonce or by what it says, is answered and not handled again. What was seen is remembered by this value only: behind a
// load balancer a repetition may be handled once by each process.
//
// What is pushed about publications and mass messages need not be believed: let the engine ask the platform at once
// instead of in its turn.
//
//	Handle: func(ctx context.Context, e *wechat.Event) error {
//		return m.Nudge(ctx, client.App(), e.ReceiptID()) // m is the matrix.Matrix; without a receipt it does nothing
//	}
//
// Every push is answered with "success" and nothing else; use [Client.SendText] to answer citizens. The handler is safe
// for concurrent use. The error joins what is wrong with the configuration.
//
// developers.weixin.qq.com/doc/service/guide/dev/push, read 2026-11-22.
func (c *Client) CallbackHandler(cfg *CallbackConfig) (*Callback, error) {
	if cfg == nil {
		cfg = &CallbackConfig{}
	}
	own := *cfg
	if own.Deadline == 0 {
		own.Deadline = 30 * time.Second
	}
	if own.Window == 0 {
		own.Window = 5 * time.Minute
	}
	if own.AtOnce == 0 {
		own.AtOnce = 64
	}
	const op = "wechat.callback"
	var errs []error
	if own.Handle == nil {
		errs = append(errs, invalid(op, "Handle is nil"))
	}
	if own.Deadline < 0 || own.Window < 0 || own.AtOnce < 0 {
		errs = append(errs, invalid(op, "Deadline, Window or AtOnce is negative"))
	}
	if c.cfg.Token.IsZero() {
		errs = append(errs, invalid(op, "the client's Config.Token is empty; it is the Token of the account's 服务器配置"))
	}
	key := c.cfg.EncodingAESKey.Reveal()
	if raw, err := base64.StdEncoding.DecodeString(key + "="); key != "" && (err != nil || len(key) != 43 || len(raw) != 32) {
		errs = append(errs, invalid(op, "the client's Config.EncodingAESKey has not the 43 characters of a key"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Callback{
		client: c, cfg: own, safe: key != "", seen: newMemory(2*own.Window + time.Minute), slots: make(chan struct{}, own.AtOnce),
	}, nil
}

// Wait returns when every call of Handle that has begun has ended. Call it after the server has shut down.
func (h *Callback) Wait() { h.wg.Wait() }

// complaint is why a request is refused. Its text is shown; it repeats nothing of the request.
type complaint struct {
	status int
	text   string
}

// Error implements error.
func (c *complaint) Error() string { return c.text }

// The complaints.
var (
	wrongMethod = &complaint{http.StatusMethodNotAllowed, "only GET and POST"}
	badQuery    = &complaint{http.StatusBadRequest, "the parameters are not those of the platform"}
	badSign     = &complaint{http.StatusForbidden, "the signature is wrong"}
	stale       = &complaint{http.StatusForbidden, "the request is too old or too new"}
	inClear     = &complaint{http.StatusForbidden, "only encrypted pushes are accepted"}
	noKey       = &complaint{http.StatusForbidden, "encrypted pushes need the EncodingAESKey"}
	badCipher   = &complaint{http.StatusForbidden, "the push does not decrypt to one for this account"}
	tooLarge    = &complaint{http.StatusRequestEntityTooLarge, "the push is too large"}
	badBody     = &complaint{http.StatusBadRequest, "the push is not readable XML"}
	notXML      = &complaint{http.StatusUnsupportedMediaType, "pushes must be XML (消息格式)"}
	busy        = &complaint{http.StatusServiceUnavailable, "busy; send it again"}
)

// ServeHTTP implements http.Handler.
func (h *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	var why *complaint
	answer := "success"
	switch r.Method {
	case http.MethodGet:
		answer, why = h.check(r.URL.Query())
	case http.MethodPost:
		why = h.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		why = wrongMethod
	}
	if why != nil {
		h.observe(r.Context(), "callback.refused", "", why)
		http.Error(w, why.text, why.status)
		return
	}
	_, _ = io.WriteString(w, answer) //nolint:gosec // plain text, not to be sniffed, and only to who knows the token
}

// maxEcho bounds what is repeated to whoever knows the token.
const maxEcho = 1 << 10

// check answers the platform's check of the address, which is signed in clear in every mode.
func (h *Callback) check(q url.Values) (string, *complaint) {
	if q.Get("echostr") == "" || len(q.Get("echostr")) > maxEcho {
		return "", badQuery
	}
	if why := h.timely(q); why != nil {
		return "", why
	}
	if !h.signed(q, "signature") {
		return "", badSign
	}
	return q.Get("echostr"), nil
}

// timely looks at timestamp and nonce.
func (h *Callback) timely(q url.Values) *complaint {
	at, ok := loose(q.Get("timestamp")).instant()
	if n := len(q.Get("nonce")); !ok || n == 0 || n > 128 {
		return badQuery
	}
	if h.client.cfg.Now().Sub(at).Abs() > h.cfg.Window {
		return stale
	}
	return nil
}

// signed compares a signature over token, timestamp, nonce and whatever else, in constant time.
func (h *Callback) signed(q url.Values, name string, more ...string) bool {
	parts := append([]string{h.client.cfg.Token.Reveal(), q.Get("timestamp"), q.Get("nonce")}, more...)
	return subtle.ConstantTimeCompare([]byte(util.Signature(parts...)), []byte(q.Get(name))) == 1
}

// receive takes one push in.
func (h *Callback) receive(w http.ResponseWriter, r *http.Request) *complaint {
	q := r.URL.Query()
	if why := h.timely(q); why != nil {
		return why
	}
	if h.safe && (q.Get("encrypt_type") != "aes" || q.Get("msg_signature") == "") {
		return inClear
	}
	if !h.safe && !h.signed(q, "signature") {
		return badSign
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && strings.HasSuffix(kind, "json") {
		return notXML
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge
	}
	if err != nil {
		return badBody
	}
	p, raw, why := h.open(q, body)
	if why != nil {
		return why
	}
	e, err := p.event(raw)
	if err != nil {
		return badBody
	}
	return h.accept(r.Context(), e, "n\x00"+q.Get("timestamp")+"\x00"+q.Get("nonce"), p.key())
}

// open reads the body and, in safe mode, what is encrypted in it. The signature covers the ciphertext, so it is looked at
// before anything is decrypted.
func (h *Callback) open(q url.Values, body []byte) (*pushed, []byte, *complaint) {
	p, err := parse(body)
	switch {
	case err != nil:
		return nil, nil, badBody
	case !h.safe && (p.Encrypt != "" && p.MsgType == "" || q.Get("encrypt_type") == "aes" && p.MsgType == ""):
		return nil, nil, noKey
	case !h.safe:
		return p, body, nil
	case p.Encrypt == "":
		return nil, nil, inClear
	case !h.signed(q, "msg_signature", p.Encrypt):
		return nil, nil, badSign
	}
	_, raw, err := util.DecryptMsg(h.client.cfg.AppID, p.Encrypt, h.client.cfg.EncodingAESKey.Reveal())
	if err != nil {
		return nil, nil, badCipher
	}
	if p, err = parse(raw); err != nil {
		return nil, nil, badBody
	}
	return p, raw, nil
}

// accept starts the handling of a push that was not seen before.
func (h *Callback) accept(ctx context.Context, e *Event, keys ...string) *complaint {
	select {
	case h.slots <- struct{}{}:
	default:
		return busy
	}
	if !h.seen.add(h.client.cfg.Now(), keys...) {
		<-h.slots
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.cfg.Deadline)
	h.wg.Go(func() {
		defer func() { <-h.slots }()
		defer cancel()
		if err := h.handle(ctx, e); err != nil {
			h.observe(ctx, "callback.failed", e.From, err)
		}
	})
	return nil
}

// handle keeps a panic of the integrator's code from ending the process, as net/http does for handlers.
func (h *Callback) handle(ctx context.Context, e *Event) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("wechat: Handle panicked")
		}
	}()
	return h.cfg.Handle(ctx, e)
}

func (h *Callback) observe(ctx context.Context, name, subject string, err error) {
	if h.cfg.Observer == nil {
		return
	}
	h.cfg.Observer.Observe(ctx, govmedia.Event{
		Name: name, At: h.client.cfg.Now(), Platform: Platform, Account: h.client.cfg.AppID, Subject: subject, Err: err,
	})
}

// memory knows what was seen lately.
type memory struct {
	keep time.Duration

	mu        sync.Mutex
	now, last map[string]bool // of this span of time, and of the one before
	turned    time.Time
}

func newMemory(keep time.Duration) *memory {
	return &memory{keep: keep, now: map[string]bool{}, last: map[string]bool{}}
}

// add remembers the keys and reports whether all of them are new. It remembers for keep at least and twice that at most.
func (m *memory) add(now time.Time, keys ...string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.turned) >= m.keep {
		m.last, m.now = m.now, map[string]bool{}
		if now.Sub(m.turned) >= 2*m.keep {
			m.last = map[string]bool{}
		}
		m.turned = now
	}
	fresh := true
	for _, k := range keys {
		fresh = fresh && !m.now[k] && !m.last[k]
	}
	for _, k := range keys {
		m.now[k] = true
	}
	return fresh
}
