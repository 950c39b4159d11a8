package main

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// fault is one misbehaviour, by the names of publishtest.Fault.
type fault struct {
	name    string
	removal bool // it acts on withdrawals
	times   int  // 0 means from now on
	after   time.Duration
	date    bool // the header Retry-After is a date
	polls   int
	skew    time.Duration
}

// refusing are faults that are nothing but a code.
var refusing = map[string]string{
	"duplicate": "NUMBER_TAKEN", "captcha": "MANUAL_CHECK", "quota-app": "APP_QUOTA", "quota-account": "COLUMN_QUOTA",
}

// becoming are faults that say what becomes of the next article.
var becoming = []string{"processing", "review", "shadow-drop"}

// script takes a fault, and reports false for one that this CMS does not have.
func (c *cms) script(f fault) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f.name {
	case "shift-pages", "media-rejected", "account-unverified":
		return false // there are no lists, no files and no verification
	case "account-renamed": // a column goes by its code
	case "account-banned":
		c.closed = true
	case "review-pass", "review-reject":
		for _, d := range c.docs {
			if d.State == "reviewing" {
				d.State = map[string]string{"review-pass": "published", "review-reject": "returned"}[f.name]
			}
		}
	case "skew":
		c.skew = f.skew
	default:
		c.faults = append(c.faults, f)
	}
	return true
}

// next takes the fault that acts on a call.
func (c *cms) next(method string) fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.take(func(f fault) bool {
		if f.name == "read-down" || method == http.MethodGet {
			return f.name == "read-down" && method == http.MethodGet
		}
		return f.removal == (method == http.MethodDelete) && !slices.Contains(becoming, f.name)
	})
}

func (c *cms) take(match func(fault) bool) fault {
	i := slices.IndexFunc(c.faults, match)
	if i < 0 {
		return fault{}
	}
	f := c.faults[i]
	if f.times > 0 {
		if c.faults[i].times--; c.faults[i].times == 0 {
			c.faults = slices.Delete(c.faults, i, i+1)
		}
	}
	return f
}

// become decides what a new article is to be.
func (c *cms) become(d *document) {
	for {
		f := c.take(func(f fault) bool { return slices.Contains(becoming, f.name) })
		switch f.name {
		case "processing":
			d.State, d.polls = "generating", f.polls
		case "review":
			d.State = "reviewing"
		case "shadow-drop":
			d.shadow = true
		default:
			return
		}
		if f.times == 0 {
			return // it acts on the next one, too
		}
	}
}

// instead plays a fault that keeps a call from being carried out, and reports whether there was one.
func (c *cms) instead(w http.ResponseWriter, r *http.Request, f fault) bool {
	switch f.name {
	case "refuse":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
	case "5xx-before-commit", "read-down":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case "429":
		if f.date {
			w.Header().Set("Retry-After", time.Now().Add(f.after).UTC().Format(http.TimeFormat))
		} else if f.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.after.Seconds())))
		}
		http.Error(w, "<html>slow down</html>", http.StatusTooManyRequests)
	case "token-expired", "token-revoked":
		c.mu.Lock()
		c.dead = map[string]string{"token-expired": "KEY_EXPIRED", "token-revoked": "KEY_REVOKED"}[f.name]
		c.mu.Unlock()
		return false // from here on every call is refused
	default:
		code := refusing[f.name]
		if code != "" {
			reply(w, http.StatusBadRequest, code, nil)
		}
		return code != ""
	}
	return true
}

// afterwards plays a fault of the answer to a call that was carried out, and reports whether there was one.
func (c *cms) afterwards(w http.ResponseWriter, r *http.Request, f fault) bool {
	switch f.name {
	case "commit-hang":
		<-r.Context().Done()
	case "drop-after-commit":
		panic(http.ErrAbortHandler)
	case "5xx-after-commit":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case "4xx-after-commit":
		reply(w, http.StatusBadRequest, "SYSTEM", nil)
	case "slow-success":
		reply(w, http.StatusAccepted, "ACCEPTED", nil)
	case "garbage":
		_, _ = io.WriteString(w, `{"code":"OK","article":{"num`) // the client may have left
	default:
		return false
	}
	return true
}
