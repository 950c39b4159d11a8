package weibotest

import (
	"fmt"
	"strconv"
	"strings"
)

const base62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// A mid is the decimal id cut from the right into groups of seven digits, each
// written as four base62 characters.
const (
	groupDigits = 7
	groupChars  = 4
	groupLimit  = 10_000_000
	maxChars    = 11 // of the largest int64
)

// MID returns the short form of a post's or comment's id that Weibo shows in
// addresses: https://weibo.com/<uid>/<mid>. An id that is not positive has none,
// and MID returns "".
func MID(id int64) string {
	if id <= 0 {
		return ""
	}
	out := ""
	for id >= groupLimit {
		group := encode62(id % groupLimit)
		out = strings.Repeat("0", groupChars-len(group)) + group + out
		id /= groupLimit
	}
	return encode62(id) + out
}

// ID returns the id behind a mid, the reverse of [MID]. It accepts only what MID
// produces and reports anything else as an error.
func ID(mid string) (int64, error) {
	var id int64
	for rest, scale := mid, int64(1); rest != "" && len(mid) <= maxChars; scale *= groupLimit {
		cut := max(0, len(rest)-groupChars)
		group, ok := decode62(rest[cut:])
		if !ok {
			break
		}
		id += group * scale
		rest = rest[:cut]
	}
	// The way back also finds a wrong digit, wrong padding and a sum that overflowed.
	if id <= 0 || MID(id) != mid {
		return 0, fmt.Errorf("weibotest: %q is not a mid", mid)
	}
	return id, nil
}

func encode62(n int64) string {
	if n == 0 {
		return "0"
	}
	out := ""
	for ; n > 0; n /= 62 {
		out = base62[n%62:n%62+1] + out
	}
	return out
}

func decode62(s string) (int64, bool) {
	var n int64
	for i := range len(s) {
		digit := strings.IndexByte(base62, s[i])
		if digit < 0 {
			return 0, false
		}
		n = n*62 + int64(digit)
	}
	return n, n < groupLimit
}

// parseID reads the decimal form of an id as clients send it.
func parseID(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }
