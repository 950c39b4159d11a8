package govmedia_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/stretchr/testify/require"
)

const hidden = "s3cr3t-令牌"

type holder struct {
	Name  string
	own   govmedia.Secret // fmt calls no method of an unexported field
	Token govmedia.Secret
	Ptr   *govmedia.Secret
	Any   any
	List  []govmedia.Secret
	Map   map[string]govmedia.Secret
	Keys  map[govmedia.Secret]int
}

func newHolder() holder {
	s := govmedia.NewSecret(hidden)
	return holder{
		Name: "凭证", own: s, Token: s, Ptr: &s, Any: s, List: []govmedia.Secret{s},
		Map: map[string]govmedia.Secret{"token": s}, Keys: map[govmedia.Secret]int{s: 1},
	}
}

// verbs are all letters, with and without flags: fmt answers a verb it does not know by printing the value.
func verbs() []string {
	var all []string
	for _, flag := range []string{"", "+", "#", "-", " ", "0", "30", ".3", "[1]", "#+0 -20.3"} {
		for c := 'A'; c <= 'z'; c++ {
			all = append(all, "%"+flag+string(c))
		}
	}
	return append(all, "%!", "%é", "%", "%v %v", "%*d", "%.*v", "%[2]v", "%[x]v")
}

// leaks reports whether text shows the hidden value, plainly, in hex, quoted or byte by byte.
func leaks(text string) bool {
	text = strings.ToLower(text)
	for _, form := range []string{"%s", "%x", "% x", "%#x", "%q", "%+q", "%d", "%c", "%o", "%b"} {
		for _, v := range []any{hidden, []byte(hidden), []rune(hidden)} {
			if strings.Contains(text, strings.ToLower(strings.Trim(fmt.Sprintf(form, v), `"[]`))) {
				return true
			}
		}
	}
	return strings.Contains(text, "s3cr3t") || strings.Contains(text, "令牌")
}

func TestSecretNeverPrints(t *testing.T) {
	require.True(t, leaks(fmt.Sprintf("%x", hidden)) && leaks(fmt.Sprintf("%d", []byte(hidden))), "the check itself works")
	h := newHolder()
	values := map[string]any{
		"secret": h.Token, "pointer": h.Ptr, "pointer to pointer": &h.Ptr, "struct": h, "pointer to struct": &h, "slice": h.List, "map": h.Map,
		"map key": h.Keys, "array": [1]govmedia.Secret{h.Token}, "slice of any": []any{h.Token, h},
		"error": fmt.Errorf("refresh with %v: %w", h.Token, &govmedia.Error{Err: fmt.Errorf("token %s", h.Token)}),
	}
	for name, v := range values {
		for _, verb := range verbs() {
			got := fmt.Sprintf(verb, v)
			require.False(t, leaks(got), "%s with %s prints %s", name, verb, got)
		}
		require.False(t, leaks(fmt.Sprint(v, v)))
		require.False(t, leaks(fmt.Sprintln(v)))
	}
	require.Equal(t, "[redacted]", fmt.Sprint(h.Token))
	require.Equal(t, "[redacted]", h.Token.String())
	require.Equal(t, "token=[redacted]", fmt.Sprintf("token=%s", h.Token))
}

func TestSecretNeverLogs(t *testing.T) {
	h := newHolder()
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		log := slog.New(handler(&out)).With("with", h.Token, "with struct", h)
		log.LogAttrs(context.Background(), slog.LevelInfo, "refresh",
			slog.Any("value", h.Token), slog.Any("pointer", h.Ptr), slog.Any("struct", h), slog.Any("list", h.List),
			slog.Group("group", slog.Any("value", h.Token)), slog.Any("error", errors.Join(fmt.Errorf("with %v", h.Token))))
		require.False(t, leaks(out.String()), "%s: %s", name, out.String())
		require.Contains(t, out.String(), "[redacted]")
	}
}

func TestSecretNeverEncodes(t *testing.T) {
	h := newHolder()
	for name, v := range map[string]any{"secret": h.Token, "struct": h, "pointer": &h, "map": h.Map, "key": h.Keys} {
		got, err := json.Marshal(v)
		require.NoError(t, err, name)
		require.False(t, leaks(string(got)), "%s: %s", name, got)
		require.Contains(t, string(got), "[redacted]")
	}
	type element struct{ Token govmedia.Secret }
	got, err := xml.Marshal(element{h.Token})
	require.NoError(t, err)
	require.False(t, leaks(string(got)), "%s", got)

	var buf bytes.Buffer
	_ = gob.NewEncoder(&buf).Encode(h.Token) // refused or redacted, both are right
	require.False(t, leaks(buf.String()))

	// Nor does it come back: a redacted text must not be taken for a token.
	var back struct{ Token govmedia.Secret }
	require.Error(t, json.Unmarshal([]byte(`{"Token":"[redacted]"}`), &back))
}

func TestSecretValue(t *testing.T) {
	s := govmedia.NewSecret(hidden)
	require.Equal(t, hidden, s.Reveal())
	require.False(t, s.IsZero())

	var zero govmedia.Secret
	require.True(t, zero.IsZero())
	require.True(t, govmedia.NewSecret("").IsZero())
	require.Empty(t, zero.Reveal())
	require.Equal(t, "[redacted]", zero.String(), "an empty one looks like any other")
	require.Equal(t, zero, govmedia.NewSecret(""))

	require.True(t, reflect.DeepEqual(s, govmedia.NewSecret(hidden)))
	same := map[govmedia.Secret]bool{s: true, govmedia.NewSecret(hidden): true, govmedia.NewSecret("other"): true}
	require.Len(t, same, 2, "secrets are compared by value")
}
