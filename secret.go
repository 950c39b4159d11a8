package govmedia

import (
	"fmt"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Secret is a token, key or password. However it is printed, logged or encoded, it shows "[redacted]"; only Reveal
// gives the value. Secrets compare equal when their values are equal. The zero value is the empty secret.
type Secret struct {
	// A handle prints as an address. A string would show wherever fmt calls no method: in an unexported field of
	// a printed struct, and under a verb that does not fit, such as %p.
	value unique.Handle[string]
}

// NewSecret wraps a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{unique.Make(value)}
}

// Reveal returns the value. Call it where the value goes on the wire and nowhere else.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.value.Value()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// Format implements fmt.Formatter, so that no verb reaches the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, and through it JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
