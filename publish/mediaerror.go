package publish

import (
	"slices"
	"strconv"

	"github.com/govmedia/govmedia"
)

// MediaPolicy (媒体失败处理) says what becomes of a delivery when a picture or film cannot go with it: the platform refuses
// the file, or its upload fails for longer than an attempt is repeated. It is sealed with the post. Whatever it is, no
// file is left out silently: the delivery's reason or its Receipt.Missing names it.
type MediaPolicy string

// The policies.
const (
	MediaFail    MediaPolicy = ""        // 整体不发: nothing goes out; the delivery is rejected or not sent
	MediaDegrade MediaPolicy = "degrade" // 缺图照发: it goes out without the file. An emergency does so at the first failure
	MediaHold    MediaPolicy = "hold"    // 请示: a person decides, see govmedia.DecideBare
)

// MediaError says that a write was not made because one of its files could not go with it. An Adapter reports it as the
// cause of a *govmedia.Error, see [MediaFailed]; what follows is for the engine to decide.
type MediaError struct {
	Digest string // as in Rendition.Media or Rendition.Cover
	Name   string
	Err    error // must be free of secrets
}

// Error implements error.
func (e *MediaError) Error() string {
	text := "the file " + strconv.Quote(e.Name) + " cannot go with it"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *MediaError) Unwrap() error { return e.Err }

// Lacks returns the file for a receipt.
func (e *MediaError) Lacks() govmedia.Missing {
	m := govmedia.Missing{Digest: e.Digest, Name: e.Name}
	if e.Err != nil {
		m.Reason = e.Err.Error()
	}
	return m
}

// MediaFailed makes of the error of one file, of its upload or of its refusal by the platform, the error of the whole
// write. Outcome is NotApplied: an Adapter uses it only when nothing of the post can be there. An error that has to do
// with the account and not with the file stays what it is but for its Outcome.
func MediaFailed(m Media, err error) error {
	if err == nil {
		return nil
	}
	e := *govmedia.AsError(err)
	e.Outcome = govmedia.NotApplied
	switch e.Kind {
	case govmedia.KindUnauthorized, govmedia.KindForbidden, govmedia.KindChallenge, govmedia.KindCorrupt:
	default:
		e.Err = &MediaError{Digest: m.Digest(), Name: m.Name, Err: govmedia.AsError(err)}
	}
	return &e
}

// without returns the rendition less the files.
func (r Rendition) without(files []govmedia.Missing) Rendition {
	gone := func(digest string) bool {
		return slices.ContainsFunc(files, func(m govmedia.Missing) bool { return m.Digest == digest })
	}
	if gone(r.Cover) {
		r.Cover = ""
	}
	r.Media = slices.DeleteFunc(slices.Clone(r.Media), gone)
	return r
}
