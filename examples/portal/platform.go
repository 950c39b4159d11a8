package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
)

// platform is one fake platform and our clients of it.
type platform interface {
	name() string // as in the register and in -fault
	adapters() []publish.Adapter
	// connect brings the credentials of the platform's accounts into the vault.
	connect(ctx context.Context, m *matrix.Matrix, accounts []account.Account) error
	// ask lets a citizen comment under a post of ours.
	ask(r govmedia.Receipt, citizen, text string) error
	// held counts what the platform really holds: posts that contain the mark, by account, and our answers.
	held(mark string, accounts []account.Account) (copies map[string]int, answers int)
	// script makes the first writes go wrong: so many posts and so many answers. "down" lasts until heal.
	script(fault string, posts, answers int)
	heal()
}

const (
	down       = "down"              // the fault that lasts until the platform is healed
	safeDomain = "www.shili.example" // where the notice links to
)

// faultNames lists the faults that act on writes of every platform here; the fakes have more.
func faultNames() []string {
	return []string{"refuse", "drop-after-commit", "commit-hang", "hang", "5xx-before-commit", "5xx-after-commit", "4xx-after-commit", "garbage", "429", down}
}

func platformNames() []string { return []string{"weibo", "wechat", "wordpress"} }

// parseFault reads the -fault flag, PLATFORM=NAME; empty is none.
func parseFault(flag string) (platform, fault string, err error) {
	if flag == "" {
		return "", "", nil
	}
	platform, fault, _ = strings.Cut(flag, "=")
	if !slices.Contains(platformNames(), platform) || !slices.Contains(faultNames(), fault) {
		return "", "", fmt.Errorf("-fault %q: want PLATFORM=NAME with PLATFORM one of %s and NAME one of %s",
			flag, strings.Join(platformNames(), ", "), strings.Join(faultNames(), ", "))
	}
	return platform, fault, nil
}

// platforms are all of them, on loopback servers of their own.
type platforms struct {
	all     []platform
	faulty  platform // nil when none is
	servers []*http.Server
}

// startPlatforms starts the fakes with the users that the example accounts stand for.
func startPlatforms(members []account.Account, fault, wordpressURL string) (p *platforms, err error) {
	p = &platforms{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	website := startWebsite
	if wordpressURL != "" {
		website = func(*platforms, []account.Account) (platform, error) { return startRealSite(wordpressURL) }
	}
	for _, start := range []func(*platforms, []account.Account) (platform, error){startWeibo, startWeChat, website} {
		one, err := start(p, members)
		if err != nil {
			return p, err
		}
		p.all = append(p.all, one)
	}
	name, _, err := parseFault(fault)
	for _, one := range p.all {
		if one.name() == name {
			p.faulty = one
		}
	}
	return p, err
}

// of returns the accounts on the platform.
func of(p platform, accounts []account.Account) []account.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a account.Account) bool { return a.App.Platform != p.name() })
}

func (p *platforms) adapters() []publish.Adapter {
	var list []publish.Adapter
	for _, one := range p.all {
		list = append(list, one.adapters()...)
	}
	return list
}

func (p *platforms) connect(ctx context.Context, m *matrix.Matrix, members []account.Account) error {
	for _, one := range p.all {
		if err := one.connect(ctx, m, of(one, members)); err != nil {
			return fmt.Errorf("%s: %w", one.name(), err)
		}
	}
	return nil
}

// ask lets each citizen comment under the notice on one account, on all platforms in turn, and returns how many did.
func (p *platforms) ask(deliveries []govmedia.Delivery) (int, error) {
	live := map[string][]govmedia.Delivery{}
	for _, d := range deliveries {
		if d.State == govmedia.Live {
			live[d.Platform] = append(live[d.Platform], d)
		}
	}
	asked := 0
	for asked < len(questions) {
		before := asked
		for _, one := range p.all {
			list := live[one.name()]
			if len(list) == 0 || asked == len(questions) {
				continue
			}
			live[one.name()] = list[1:]
			if err := one.ask(*list[0].Receipt, questions[asked].citizen, questions[asked].text); err != nil {
				return asked, err
			}
			asked++
		}
		if asked == before {
			break
		}
	}
	return asked, nil
}

func (p *platforms) held(mark string, members []account.Account) (copies map[string]int, answers int) {
	copies = map[string]int{}
	for _, one := range p.all {
		posts, n := one.held(mark, of(one, members))
		for id, n := range posts {
			copies[id] += n
		}
		answers += n
	}
	return copies, answers
}

func (p *platforms) serve(h http.Handler) (base string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	p.servers = append(p.servers, server)
	go func() { _ = server.Serve(listener) }() // ends when close closes the server
	return "http://" + listener.Addr().String(), nil
}

func (p *platforms) close() error {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// outbound is the client with which a platform is called.
func outbound() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

// freshID is above every id that a fake of an earlier day gave.
func freshID(base int64) int64 { return base + 2*time.Now().UnixMicro() }

// cover is the picture at the head of the notice.
func cover() publish.Media {
	img := image.NewRGBA(image.Rect(0, 0, 900, 383))
	for y := range 383 {
		for x := range 900 {
			img.Set(x, y, color.RGBA{R: 23, G: 69, B: 124, A: 255}) //nolint:mnd // the blue of the page
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return publish.Media{Name: "cover.png", Type: "image/png", Data: b.Bytes()}
}

func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key
}
