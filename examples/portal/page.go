package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
)

//go:embed web
var pageFiles embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"table": func(caption string, rows any) tableView { return tableView{caption, rows} },
}).ParseFS(pageFiles, "web/*"))

type tableView struct {
	Caption string
	Rows    any
}

// siteConfig configures a site. Zero fields mean their defaults.
type siteConfig struct {
	Title    string             // 政务新媒体矩阵
	Findings []govmedia.Finding // of the register and its names, computed once
	Post     func() string      // id of the post being broadcast, "" before; nil means never one
	Now      func() time.Time   // time.Now
	Invented bool               // the accounts are, so that the addresses of their posts would lead to strangers
	Logger   *slog.Logger       // slog.Default
}

// site is the page of one matrix, read-only.
type site struct {
	matrix   *matrix.Matrix
	progress *progress
	cfg      siteConfig
}

// newSite returns the page. p should be, or be told by, the matrix's observer; Close it so that open streams end before
// the server shuts down.
func newSite(m *matrix.Matrix, p *progress, cfg siteConfig) *site {
	if cfg.Title == "" {
		cfg.Title = "政务新媒体矩阵"
	}
	if cfg.Post == nil {
		cfg.Post = func() string { return "" }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &site{matrix: m, progress: p, cfg: cfg}
}

// ServeHTTP serves the page at /, its changing part at /progress and word of changes at /events.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nonce := rand.Text()
	secure(w.Header(), nonce)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		s.problem(w, r, nonce, http.StatusMethodNotAllowed, "不支持这种请求", "本页面只供查看，不接受提交。")
		return
	}
	switch r.URL.Path {
	case "/":
		s.page(w, r, nonce, "page.html")
	case "/progress":
		s.page(w, r, nonce, "sections.html")
	case "/events":
		s.events(w, r)
	default:
		s.problem(w, r, nonce, http.StatusNotFound, "没有这个页面", "请检查网址，或返回首页。")
	}
}

func secure(h http.Header, nonce string) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; style-src 'nonce-"+nonce+
		"'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Cache-Control", "no-store")
}

func (s *site) page(w http.ResponseWriter, r *http.Request, nonce, name string) {
	view, err := s.view(r.Context())
	if err != nil {
		if r.Context().Err() == nil {
			s.cfg.Logger.ErrorContext(r.Context(), "the page could not be read", "error", err)
		}
		s.problem(w, r, nonce, http.StatusInternalServerError, "暂时读不到矩阵数据",
			"页面没有显示任何内容，以免数据不全造成误判。请稍后刷新；如一直如此，请联系系统管理员查看运行日志。")
		return
	}
	view.Nonce = nonce
	s.render(w, r, http.StatusOK, name, view)
}

type problemView struct {
	Nonce, Site, Title, Text string
	Status                   int
}

func (s *site) problem(w http.ResponseWriter, r *http.Request, nonce string, status int, title, text string) {
	s.render(w, r, status, "problem.html", problemView{nonce, s.cfg.Title, title, text, status})
}

// render executes the template completely before the first byte is sent.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	var body bytes.Buffer
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pageTemplates.ExecuteTemplate(&body, name, view); err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "the page could not be written", "template", name, "error", err)
		body.Reset()
		body.WriteString("<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>出错</title><p>页面生成失败，请联系系统管理员。")
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes())
	}
}

const (
	eventPause     = 500 * time.Millisecond // at most one event in this time
	eventHeartbeat = 15 * time.Second
)

// events streams one event for every burst of changes until the reader leaves or the progress is closed.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return
	}
	changes, leave := s.progress.subscribe()
	defer leave()
	stream := http.NewResponseController(w)
	_ = stream.SetWriteDeadline(time.Time{}) // a server's WriteTimeout is meant for pages
	say := func(text string) bool {
		_, err := w.Write([]byte(text))
		return err == nil && stream.Flush() == nil
	}
	heartbeat := time.NewTicker(eventHeartbeat)
	defer heartbeat.Stop()
	for text, open := "retry: 2000\n\n", true; say(text); {
		select {
		case _, open = <-changes:
			text = "event: change\ndata: 1\n\n"
		case <-heartbeat.C:
			text = ": 在线\n\n"
		case <-r.Context().Done():
			return
		}
		if !open || !pause(r.Context(), eventPause) {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// progress tells open pages that something happened. It is a govmedia.Observer, never waits for a page, and its zero
// value is ready. Safe for concurrent use.
type progress struct {
	mu     sync.Mutex
	pages  map[chan struct{}]bool
	closed bool
}

// Observe implements govmedia.Observer.
func (p *progress) Observe(context.Context, govmedia.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for page := range p.pages {
		select {
		case page <- struct{}{}:
		default: // it has not seen the last change yet and will find both
		}
	}
}

// Close ends every open stream and lets no new one begin. Register it with http.Server.RegisterOnShutdown.
func (p *progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for page := range p.pages {
		close(page)
	}
	p.pages = nil
}

func (p *progress) subscribe() (changes <-chan struct{}, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page := make(chan struct{}, 1)
	if p.closed {
		close(page)
		return page, func() {}
	}
	if p.pages == nil {
		p.pages = map[chan struct{}]bool{}
	}
	p.pages[page] = true
	return page, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.pages, page)
	}
}
