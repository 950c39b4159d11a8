package govmedia

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a token, key or password. However it is printed, logged or encoded, it shows "[redacted]"; only Reveal
// gives the value. The zero value is the empty secret.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value. Call it where the value goes on the wire and nowhere else.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// Format implements fmt.Formatter, so that no verb reaches the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, and through it JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
