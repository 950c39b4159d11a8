package publishtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish"
)

// served returns harnesses whose platform is on a socket, as a real one would be.
func served(build func(*http.Client) publish.Adapter) func(*testing.T) *Harness {
	return func(t *testing.T) *Harness {
		t.Helper()
		h := harness(build)(t)
		server := httptest.NewServer(h.Handler)
		t.Cleanup(server.Close)
		h.Handler, h.Live = nil, server.URL
		return h
	}
}

func TestP16_RunLive(t *testing.T) {
	for name, skip := range map[string]string{
		"publish": "", "concurrent": "", "cancelled-before": "", "connection-refused": "", "refuse": "", "commit-hang": "",
		"hang": "", "cancel-in-flight": "", "drop-after-commit": "", "5xx-before-commit": "", "5xx-after-commit": "",
		"4xx-after-commit": "", "garbage": "", "redirect": "", "429-seconds": "", "429-date": "", "429-none": "", "captcha": "",
		"finder-finds": "", "finder-absent": "", "finder-down": "", "finder-buried": "", "finder-older": "90 minutes",
		"withdraw": "", "withdraw-hang": "", "withdraw-commit-hang": "", "withdraw-5xx": "", "withdraw-unnamed": "", "withdraw-draft": "",
		"shown-down": "", "picture": "", "media-rejected": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipped, problems := examineLive(t, find(t, name), served(correct))
			if (skipped != "") != (skip != "") || !strings.Contains(skipped, skip) || len(problems) > 0 {
				t.Errorf("skipped %q, problems %q", skipped, problems)
			}
		})
	}
}

func TestP16_RunLiveCatchesBrokenAdapters(t *testing.T) {
	for name, c := range map[string]struct {
		wrong wrong
		says  string
	}{
		"commit-hang":       {*resend(kindIs("transport"), context.WithoutCancel), "left 2 posts"},
		"drop-after-commit": {*says(kindIs("transport"), notApplied), "nothing was applied but"},
		"5xx-after-commit":  {*says(kindIs("unavailable"), notApplied), "nothing was applied but"},
		"hang":              {wrong{publish: ignoreContext}, "still running 1s after"},
		ruleSecrets:         {wrong{publish: leak}, "contains a secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := examineLive(t, find(t, name), served(func(client *http.Client) publish.Adapter {
				w := c.wrong
				w.adapter = newAdapter(client)
				return &w
			}))
			if !strings.Contains(strings.Join(problems, "\n"), c.says) {
				t.Errorf("not caught: want %q in %q", c.says, problems)
			}
		})
	}
}
