// Command fakeplatforms serves the fake platforms of this module to clients in any language.
//
//	go run ./examples/fakeplatforms -addr 127.0.0.1:9000
//
// It prints one line of JSON with the base address and ready-made credentials, and serves until it is stopped. Faults,
// journal and time are controlled over HTTP below /_fake/, see package publish/weibo/weibotest. There is no
// authentication: keep it on loopback.
package main

import (
	"context"
	"crypto/rand"
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

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
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
	BaseURL string `json:"base_url"`
	Control string `json:"control"` // faults, journal and time are below it
	Weibo   weibo  `json:"weibo"`
}

// weibo is what a client of the Weibo fake needs.
type weibo struct {
	AppKey      string    `json:"app_key"`
	AppSecret   string    `json:"app_secret"`
	RedirectURI string    `json:"redirect_uri"`
	SafeDomain  string    `json:"safe_domain"` // a post must link to it
	UID         string    `json:"uid"`
	ScreenName  string    `json:"screen_name"`
	AccessToken string    `json:"access_token"`
	Expires     time.Time `json:"expires"`
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("fakeplatforms", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:9000", "`address` to serve on; port 0 chooses a free one")
	lenient := flags.Bool("lenient", false, "bear with old clients that omit rip or encode a text twice")
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
	fake, account, err := newWeibo(base, *lenient)
	if err == nil {
		err = json.NewEncoder(stdout).Encode(greeting{BaseURL: base, Control: base + "/_fake", Weibo: account})
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

// newWeibo returns a fake with one app and one verified government account.
func newWeibo(base string, lenient bool) (*weibotest.Server, weibo, error) {
	fake := weibotest.New(&weibotest.Config{AllowMissingRIP: lenient, LenientDecode: lenient})
	app := weibotest.App{
		Key: "1000000001", Secret: rand.Text(), Name: "示例应用", RedirectURI: base + "/callback",
		SafeDomains: []string{"www.shili.example"}, Refreshable: true,
	}
	user := weibotest.User{UID: "9000000001", ScreenName: "示例发布", Verified: true, VerifiedType: 1, VerifiedReason: "示例省人民政府办公厅官方微博"}
	fake.AddApp(app)
	fake.AddUser(user)
	token, err := fake.Token(app.Key, user.UID)
	return fake, weibo{
		AppKey: app.Key, AppSecret: app.Secret, RedirectURI: app.RedirectURI, SafeDomain: app.SafeDomains[0],
		UID: user.UID, ScreenName: user.ScreenName, AccessToken: token.AccessToken, Expires: token.Expires,
	}, err
}
