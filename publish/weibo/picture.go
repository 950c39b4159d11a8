package weibo

import (
	"context"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// Limits of what goes with a post (open.weibo.com/wiki/2/statuses/share, read 2026-11-22).
const (
	maxPictures = 1
	maxPicture  = 5<<20 - 1 // bytes: less than 5 MB
)

func pictureTypes() []string { return []string{"image/jpeg", "image/gif", "image/png"} }

// picture loads and checks the picture of a rendition, nil when it has none. Nothing has left when it fails.
func picture(ctx context.Context, op string, s *publish.Submission) (*publish.Media, error) {
	switch n := len(s.Rendition.Media); {
	case n == 0:
		return nil, nil
	case n > maxPictures:
		return nil, invalid(op, "a post takes %d picture (图片); this one has %d, which is %d too many", maxPictures, n, n-maxPictures)
	case s.Media == nil:
		return nil, invalid(op, "the submission has no Media to load the picture from")
	}
	m, err := s.Media(ctx, s.Rendition.Media[0])
	if err != nil {
		return nil, unsent(op, err)
	}
	info, err := m.Info()
	switch {
	case err != nil:
		return nil, publish.MediaFailed(m, invalid(op, "%w", err))
	case !slices.Contains(pictureTypes(), info.Type):
		return nil, publish.MediaFailed(m, invalid(op, "the picture %q is %s; allowed are %v", m.Name, info.Type, pictureTypes()))
	case len(m.Data) > maxPicture:
		return nil, publish.MediaFailed(m, invalid(op, "the picture %q has %d bytes, which is %d more than the %d allowed",
			m.Name, len(m.Data), len(m.Data)-maxPicture, maxPicture))
	}
	m.Type = info.Type
	return &m, nil
}

// pictureRefusals are the codes by which the platform refuses the picture and not the text; nothing is published then
// (open.weibo.com/wiki/Error_code, read 2026-11-22).
var pictureRefusals = []string{"10007", "20005", "20006", "20007"}

// ofPicture makes the refusal of a picture one that names it.
func ofPicture(pic *publish.Media, err error) error {
	if e := govmedia.AsError(err); pic == nil || e == nil || !slices.Contains(pictureRefusals, e.Code) {
		return err
	}
	return publish.MediaFailed(*pic, err)
}

// unsent is the error of what had to be done before the call: an untyped one is a store that is down.
func unsent(op string, err error) error {
	e := *govmedia.AsError(err)
	if e.Kind == govmedia.KindInternal {
		return failed(govmedia.KindUnavailable, op, "%w", err)
	}
	e.Outcome = no
	return &e
}

// fileName is what an upload is called; the platform shows it to nobody.
func fileName(m *publish.Media) string {
	_, ending, _ := strings.Cut(m.Type, "/")
	return m.Digest()[:16] + "." + ending
}
