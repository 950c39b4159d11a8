package verify_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// bulletin is a megabyte of ordinary notices, rich in digits.
func bulletin() string {
	r := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	for b.Len() < 1<<20 {
		b.WriteString(ordinary(r, measured) + "\n")
	}
	return b.String()
}

// tenThousand are invented words of two to five characters that occur in Chinese texts.
func tenThousand() verify.Lexicon {
	r := rand.New(rand.NewPCG(6, 6))
	letters := []rune(strings.Join(measured, "") + strings.Join(tuned, ""))
	seen, words := map[string]bool{}, []verify.Word{}
	for len(words) < 10_000 {
		var w []rune
		for range 2 + r.IntN(4) {
			w = append(w, letters[r.IntN(len(letters))])
		}
		if s := string(w); !seen[s] && strings.Trim(s, "0123456789{}") != "" && len(s) > 6 {
			seen[s] = true
			words = append(words, verify.Word{Wrong: s, Right: "对"})
		}
	}
	return verify.Lexicon{Version: "1", Rules: []verify.WordRule{{
		Rule: verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError}, Words: words,
	}}}
}

func BenchmarkText(b *testing.B) {
	text := bulletin()
	gate, err := verify.NewText(tenThousand())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("gate of 10,000 words", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			gate.Check(text)
		}
	})
	b.Run("personal data alone", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			verify.Personal{}.Check(text)
		}
	})
	b.Run("compile 10,000 words", func(b *testing.B) {
		lexicon := tenThousand()
		for b.Loop() {
			if _, err := verify.NewText(lexicon); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compile what is built in", func(b *testing.B) {
		for b.Loop() {
			if _, err := verify.NewText(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
