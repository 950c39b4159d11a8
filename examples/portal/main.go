// Command portal plays one day of a province's official accounts, offline: it loads a register, connects the accounts
// of an invented province to a fake Weibo, a fake WeChat and a fake government website, takes a notice through its
// review, publishes it to every account, receives citizens' comments, routes and answers them, and shows all of it on
// a page.
//
//	go run ./examples/portal                 # then open http://127.0.0.1:8080
//	go run ./examples/portal -once -json     # the same day without the page; prints what happened as JSON
//	go run ./examples/portal -db postgres://portal@127.0.0.1/portal    # on a PostgreSQL server in place of a file
//
// Nothing is ever said in a real unit's name: the accounts of real units in the register have no app and cannot be
// published to.
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
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type options struct {
	addr  string
	data  string
	db    string
	once  bool
	json  bool
	fault string

	wordpress string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "portal:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.once {
		return once(ctx, o, stdout, stderr)
	}
	return serve(ctx, o, stderr)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("portal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "`address` of the page")
	flags.StringVar(&o.data, "data", "", "`folder` of portal.db and its key (default: govmedia-portal under the user's cache folder)")
	flags.StringVar(&o.db, "db", "", "`address` of a PostgreSQL database to use in place of portal.db, such as postgres://portal@127.0.0.1/portal")
	flags.BoolVar(&o.once, "once", false, "play the day once without serving the page, and exit")
	flags.BoolVar(&o.json, "json", false, "with -once: print the result as one JSON object")
	flags.StringVar(&o.fault, "fault", "", "what a platform does wrong: `PLATFORM=NAME` with PLATFORM one of "+strings.Join(platformNames(), ", ")+
		" and NAME one of "+strings.Join(faultNames(), ", "))
	flags.StringVar(&o.wordpress, "wordpress", "", "`address` of a real WordPress to use in place of the fake website")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.data == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return o, fmt.Errorf("no cache folder for portal.db; name one with -data: %w", err)
		}
		o.data = filepath.Join(cache, "govmedia-portal")
	}
	if o.json && !o.once {
		return o, errors.New("-json prints what -once did; give both")
	}
	platform, _, err := parseFault(o.fault)
	if err == nil && o.wordpress != "" && platform == "wordpress" {
		err = errors.New("-fault wordpress=… needs the fake; a real WordPress misbehaves when it likes")
	}
	return o, err
}

// once plays the day and prints what happened. It fails unless everything happened.
func once(ctx context.Context, o options, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	d, err := openDay(ctx, o, nil, stderr)
	if err != nil {
		return err
	}
	playErr := d.play(ctx)
	closeErr := d.close()
	r, reportErr := d.result, errors.Join(playErr, closeErr)
	if o.json {
		reportErr = errors.Join(reportErr, json.NewEncoder(stdout).Encode(r))
	} else {
		_, _ = fmt.Fprintln(stdout, r)
	}
	return errors.Join(reportErr, r.check())
}

// serve plays the day behind the page and stays until ctx ends.
func serve(ctx context.Context, o options, stderr io.Writer) error {
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("the page cannot be served on %s; choose another address with -addr: %w", o.addr, err)
	}
	moves := &progress{}
	d, err := openDay(ctx, o, moves, stderr)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: d.site(moves), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	d.say("page: http://%s", listener.Addr())

	if err := d.play(ctx); err != nil && ctx.Err() == nil {
		d.say("the day stopped: %v", err)
	} else if err := d.result.check(); err != nil && ctx.Err() == nil {
		d.say("not everything happened: %v", err)
	}
	d.say("the page stays open; stop with Ctrl-C")
	select {
	case err = <-served:
	case <-ctx.Done():
		moves.Close() // browsers that listen for progress would keep the server open
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = server.Shutdown(last)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, d.close())
}
