package verify

import (
	"github.com/govmedia/govmedia"
)

// TextLimit is a platform's limit on the length of a text, in the platform's own counting. The zero value limits
// nothing.
type TextLimit struct {
	Platform string
	Max      int              // the most that Count may return; 0 means no limit
	Unit     string           // what is counted, as an official would say it: 字, 字节
	Count    func(string) int // nil counts code points
}

// Length returns the length of the text in the platform's counting.
func (l TextLimit) Length(text string) int {
	if l.Count != nil {
		return l.Count(text)
	}
	return len([]rune(text))
}

// Check refuses an empty text and one over the limit with a KindInvalid error that names the excess.
func (l TextLimit) Check(text string) error {
	n := l.Length(text)
	switch {
	case n == 0:
		return govmedia.Errorf(govmedia.KindInvalid, "text.limit", "%s: the text is empty", l.Platform)
	case l.Max > 0 && n > l.Max:
		return govmedia.Errorf(govmedia.KindInvalid, "text.limit", "%s allows %d %s; the text has %d, which is %d too many: shorten it",
			l.Platform, l.Max, l.Unit, n, n-l.Max)
	}
	return nil
}
