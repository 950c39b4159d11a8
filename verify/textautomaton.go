package verify

import (
	"cmp"
	"slices"
)

// automaton finds all occurrences of many words in one pass over a text (Aho–Corasick), whatever their number. The trie
// lies in a double array, because words of Chinese share few beginnings: ten thousand of them take about two megabytes.
type automaton struct {
	nodes []node
	words []int32 // length of each word in bytes
}

// node is one place in the double array: the children of node s are those t = nodes[s].base + byte whose parent is s.
type node struct {
	base   int32
	parent int32 // -1: the place is free
	fail   int32 // the longest proper suffix of what was read that is a beginning of a word
	word   int32 // the word that ends here, or -1
	link   int32 // the next shorter suffix that is a word; 0 when there is none
}

// newAutomaton compiles words, which are different and not empty. Its numbers of words are indices of the slice.
func newAutomaton(words []string) automaton {
	order := make([]int32, len(words))
	a := automaton{words: make([]int32, len(words))}
	for i, w := range words {
		order[i], a.words[i] = int32(i), int32(len(w))
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(words[x], words[y]) })
	a.grow(512)
	a.nodes[0].parent = 0
	b := builder{automaton: &a, words: words, order: order, first: 257} // below, there is no base for every letter
	type task struct {
		state    int32
		from, to int // of order
		depth    int
	}
	// Breadth first, so that a node's suffixes have their children before the node has its own.
	for queue := []task{{0, 0, len(words), 0}}; len(queue) > 0; queue = queue[1:] {
		t := queue[0]
		for _, c := range b.place(t.state, t.from, t.to, t.depth) {
			queue = append(queue, task{c.state, c.from, c.to, t.depth + 1})
		}
	}
	return a
}

type builder struct {
	*automaton
	words []string
	order []int32
	first int32 // no place before it is free
	roomy int32 // before it there is hardly room for several
}

type child struct {
	letter   byte
	state    int32
	from, to int
}

// place gives the children of a node their places. The words from..to of the order share the node's beginning.
func (b *builder) place(parent int32, from, to, depth int) []child {
	var all []child
	for i := from; i < to; i++ {
		letter := b.words[b.order[i]][depth]
		if n := len(all); n == 0 || all[n-1].letter != letter {
			all = append(all, child{letter: letter, from: i})
		}
		all[len(all)-1].to = i + 1
	}
	if len(all) == 0 {
		return nil
	}
	base := b.room(all)
	b.nodes[parent].base = base
	for i, c := range all {
		s := base + int32(c.letter)
		all[i].state = s
		n := node{parent: parent, word: -1}
		if parent != 0 {
			n.fail = b.next(b.nodes[parent].fail, c.letter)
		}
		if b.nodes[n.fail].word >= 0 {
			n.link = n.fail
		} else {
			n.link = b.nodes[n.fail].link
		}
		if w := b.order[c.from]; len(b.words[w]) == depth+1 {
			n.word = w
			all[i].from++
		}
		b.nodes[s] = n
	}
	return all
}

// room finds a base at which the place of every child is free. An only child takes the first free place; for several the
// search goes on where the last one ended, so that it does not read the full part of the array again and again.
func (b *builder) room(all []child) int32 {
	for b.nodes[b.first].parent >= 0 {
		b.first++
		b.grow(int(b.first) + 512)
	}
	b.roomy = max(b.roomy, b.first)
	from := b.first
	if len(all) > 1 {
		from = b.roomy
	}
	base := from - int32(all[0].letter)
	for tries := 0; ; base++ {
		b.grow(int(base) + 512)
		if b.free(base, all) {
			return base
		}
		if tries++; tries%32 == 0 {
			b.roomy = base + int32(all[0].letter)
		}
	}
}

func (b *builder) free(base int32, all []child) bool {
	for _, c := range all {
		if b.nodes[base+int32(c.letter)].parent >= 0 {
			return false
		}
	}
	return true
}

// grow makes room for n nodes. Every base has 256 places after it, so that a search needs no bounds.
func (a *automaton) grow(n int) {
	for len(a.nodes) < n {
		a.nodes = append(a.nodes, node{parent: -1, word: -1})
	}
}

func (a *automaton) next(state int32, letter byte) int32 {
	for {
		if t := a.nodes[state].base + int32(letter); t != 0 && a.nodes[t].parent == state {
			return t
		}
		if state == 0 {
			return 0
		}
		state = a.nodes[state].fail
	}
}

// walk calls found for every occurrence of every word, by increasing end and decreasing length.
func (a *automaton) walk(text string, found func(word int32, start, end int)) {
	state := int32(0)
	for i := range len(text) {
		state = a.next(state, text[i])
		s := state
		if a.nodes[s].word < 0 {
			s = a.nodes[s].link
		}
		for ; s != 0; s = a.nodes[s].link {
			w := a.nodes[s].word
			found(w, i+1-int(a.words[w]), i+1)
		}
	}
}
