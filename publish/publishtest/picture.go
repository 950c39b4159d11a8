package publishtest

import (
	"errors"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// pictureCases are about what goes with a text.
func pictureCases() []testCase {
	return []testCase{
		{"picture", "A post is shown with all of its pictures, or its receipt says what is missing.", withPictures(pictures)},
		{"media-rejected", "A picture that the platform refuses is no reason to publish the text without it: nothing is there, and the error names the file.",
			withPictures(mediaRejected)},
	}
}

func withPictures(run func(*session)) func(*session) {
	return func(s *session) {
		if s.h.Illustrated == nil {
			s.skipped = "the harness has no pictures"
			return
		}
		run(s)
	}
}

func pictures(s *session) {
	r := s.h.Illustrated(1)
	a := s.submit(s.ctx, r)
	s.holds(a, 1)
	if a.err != nil {
		s.failf("Publish failed: %v", a.err)
		return
	}
	for _, p := range s.h.Posts() {
		if want := len(r.Media) - len(a.receipt.Missing); p.Text == r.Text && p.Pictures != want {
			s.failf("the post is shown with %d pictures, want %d: nobody would know", p.Pictures, want)
		}
	}
}

func mediaRejected(s *session) {
	if !s.script("media-rejected") {
		return
	}
	r := s.h.Illustrated(1)
	a := s.submit(s.ctx, r)
	s.failed(a, govmedia.NotApplied, govmedia.Abandon, 0)
	if a.err == nil {
		return
	}
	file, ok := errors.AsType[*publish.MediaError](error(a.err))
	switch {
	case !ok:
		s.failf("the error is no publish.MediaError, so that nobody knows which file it was: %v", a.err)
	case file.Name == "" || file.Digest != r.Cover && !slices.Contains(r.Media, file.Digest):
		s.failf("the error names the file %q with the digest %q, which is none of the post's", file.Name, file.Digest)
	}
}
