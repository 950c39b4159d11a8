package verify

import (
	"math/bits"
	"slices"
)

// The kinds of keys that a registered name is found by. They are made of the sounds of its characters, so that one look
// finds homophones, variants and what is written the same.
const (
	wholeKey  = iota // all sounds
	lessOne          // all but one
	lessTwo          // all but two, of names from longEnough to short enough
	sortedKey        // all sounds in ascending order
	coreKey          // all sounds but those of the affixes
	headKey          // the beginning of a folded name
	tailKey          // the end of a folded name
)

const (
	longEnough  = 6
	shortEnough = 16
	crowd       = 256 // more names under one key say that the key says nothing
)

// index finds numbers by keys. A key is a hash of 32 bits: what comes back is a candidate. It is read-only once made.
type index struct {
	starts  []uint32 // by the first bits of the hash
	entries []uint64 // hash and number
	shift   int
}

// newIndex makes an index of what each yields. It calls each twice, once to count, so that nothing is kept twice.
func newIndex(each func(yield func(hash uint32, n int))) index {
	total := 0
	each(func(uint32, int) { total++ })
	width := max(bits.Len(uint(total))-2, 1)
	x := index{starts: make([]uint32, 1<<width+1), entries: make([]uint64, total), shift: 32 - width}
	each(func(hash uint32, _ int) { x.starts[hash>>x.shift+1]++ })
	for i := 1; i < len(x.starts); i++ {
		x.starts[i] += x.starts[i-1]
	}
	next := slices.Clone(x.starts)
	each(func(hash uint32, n int) {
		at := hash >> x.shift
		x.entries[next[at]] = uint64(hash)<<32 | uint64(n)
		next[at]++
	})
	return x
}

// find appends the numbers of a key, or nothing when they are a crowd.
func (x index) find(to []int, hash uint32) []int {
	n := len(to)
	for _, e := range x.entries[x.starts[hash>>x.shift]:x.starts[hash>>x.shift+1]] {
		if e>>32 == uint64(hash) {
			if len(to)-n == crowd {
				return to[:n]
			}
			to = append(to, int(uint32(e)))
		}
	}
	return to
}

// hasher makes a key of a sequence, character by character.
type hasher uint64

func newHash(kind int) hasher { return hasher(0x9e3779b97f4a7c15 * uint64(kind+1)) }

func (h hasher) add(s uint32) hasher {
	x := (uint64(h) ^ uint64(s)) * 0xff51afd7ed558ccd
	return hasher(x ^ x>>29)
}

func (h hasher) sum() uint32 { return uint32(h >> 32) }

func hashOf(kind int, sounds []uint32) uint32 {
	h := newHash(kind)
	for _, s := range sounds {
		h = h.add(s)
	}
	return h.sum()
}

// hashRunes is hashOf for folded characters.
func hashRunes(kind int, runes []rune) uint32 {
	h := newHash(kind)
	for _, r := range runes {
		h = h.add(uint32(r))
	}
	return h.sum()
}

// deletions yields the key of every sequence that lacks one element. Of equal neighbours one is taken out.
func deletions(kind int, sounds []uint32, yield func(hash uint32)) {
	before := newHash(kind)
	for i, s := range sounds {
		if i == 0 || sounds[i-1] != s {
			h := before
			for _, s := range sounds[i+1:] {
				h = h.add(s)
			}
			yield(h.sum())
		}
		before = before.add(s)
	}
}

// doubleDeletions yields the key of every sequence that lacks two elements, when it is neither short nor long.
func doubleDeletions(kind int, sounds []uint32, yield func(hash uint32)) {
	if len(sounds) < longEnough || len(sounds) > shortEnough {
		return
	}
	before := newHash(kind)
	for i, s := range sounds {
		between := before
		for j := i + 1; j < len(sounds); j++ {
			h := between
			for _, s := range sounds[j+1:] {
				h = h.add(s)
			}
			yield(h.sum())
			between = between.add(sounds[j])
		}
		before = before.add(s)
	}
}

func hashSorted(sounds []uint32) uint32 {
	sorted := slices.Clone(sounds)
	slices.Sort(sorted)
	return hashOf(sortedKey, sorted)
}
