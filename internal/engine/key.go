package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// longestKey bounds what stands in an index: PostgreSQL's have room for 2,704 bytes a row, of which other columns take
// some.
const longestKey = 1 << 10

// identity makes an identity that came from a platform one that every database can hold and find: itself, or its digest
// where it is too long or no text. A message with an odd id must not keep its neighbours from being received.
func identity(text string) string {
	if len(text) <= longestKey && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// plainID is plain for what stands in an index.
func plainID(text string) string { return plain(text[:min(len(text), longestKey)]) }
