// Command fakeplatforms serves the fake platforms of this module to clients in any language.
//
//	go run ./examples/fakeplatforms -addr 127.0.0.1:9000
//
// It prints one line of JSON with the base address and ready-made credentials, and serves until it is stopped. All
// platforms share the address: Weibo has /2/ and /oauth2/, WeChat /cgi-bin/ and /datacube/, the WordPress site the rest.
// Faults, journal and time are controlled over HTTP below /_fake/weibo/, /_fake/wechat/ and /_fake/wordpress/, see the
// packages weibotest, wechattest and wordpresstest below publish; /_fake/ alone is Weibo's, too. There is no
// authentication: keep it on loopback.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeplatforms:", err)
		os.Exit(1)
	}
}

// greeting is the line that is printed.
type greeting struct {
	BaseURL   string    `json:"base_url"`
	Control   string    `json:"control"` // Weibo's, as long as there was nothing else
	Weibo     weibo     `json:"weibo"`
	WeChat    weChat    `json:"wechat"`
	WordPress wordPress `json:"wordpress"`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("fakeplatforms", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:9000", "`address` to serve on; port 0 chooses a free one")
	lenient := flags.Bool("lenient", false, "let Weibo bear with old clients that omit rip or encode a text twice")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("cannot serve on %s; choose another address with -addr: %w", *addr, err)
	}
	base := "http://" + listener.Addr().String()
	handler, hello, err := newPlatforms(base, *lenient)
	if err == nil {
		err = json.NewEncoder(stdout).Encode(hello)
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}
