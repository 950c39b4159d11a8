// Package memnet serves an http.Handler over in-memory connections, so that a client and a server can meet inside a
// testing/synctest bubble, where a loopback socket would hang.
package memnet

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server serves one handler.
type Server struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	http  *http.Server
	ended chan struct{}
	tr    *http.Transport
}

// Serve starts serving h; call Close when done.
func Serve(h http.Handler) *Server {
	s := &Server{conns: make(chan net.Conn), done: make(chan struct{}), ended: make(chan struct{}), http: &http.Server{Handler: h}}
	s.tr = &http.Transport{DialContext: s.dial}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(listener{s}) // ends with ErrServerClosed
	}()
	return s
}

// Client returns a client whose every request goes to the server, whatever its host.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.tr} }

// Close stops the server and waits for its goroutines; net/http lets closed connections linger for half a second.
func (s *Server) Close() {
	s.tr.CloseIdleConnections()
	_ = s.http.Close()
	<-s.ended
	time.Sleep(time.Second)
}

func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case s.conns <- theirs:
		return ours, nil
	case <-s.done:
		return nil, errors.New("memnet: server closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct{ s *Server }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.s.conns:
		return c, nil
	case <-l.s.done:
		return nil, net.ErrClosed
	}
}

func (l listener) Close() error {
	l.s.once.Do(func() { close(l.s.done) })
	return nil
}

func (l listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "memory" }
