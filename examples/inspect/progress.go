package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// bar (进度条) shows on a terminal how far the work has come. It writes nothing where w is nil.
type bar struct {
	w    io.Writer
	last string
}

// newBar returns a bar for a terminal, and for anything else one that stays silent.
func newBar(stderr io.Writer) *bar {
	f, ok := stderr.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return &bar{}
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	return &bar{w: stderr}
}

// show draws the bar if it looks different from the last time.
func (b *bar) show(what string, done, all int) {
	if b.w == nil || all <= 0 {
		return
	}
	const width = 30
	percent := done * 100 / all
	full := percent * width / 100
	line := fmt.Sprintf("%s%s %3d%% %s", strings.Repeat("█", full), strings.Repeat("░", width-full), percent, what)
	if line != b.last {
		b.last = line
		_, _ = fmt.Fprint(b.w, "\r\x1b[K", line)
	}
}

// end takes the bar away, so that what follows begins a line.
func (b *bar) end() {
	if b.w != nil && b.last != "" {
		b.last = ""
		_, _ = fmt.Fprint(b.w, "\r\x1b[K")
	}
}
