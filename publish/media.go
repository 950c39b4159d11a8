package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif"  // a format that Info knows
	_ "image/jpeg" // a format that Info knows
	_ "image/png"  // a format that Info knows
	"net/http"
	"slices"
	"strings"
	"time"

	_ "golang.org/x/image/bmp"  // a format that Info knows
	_ "golang.org/x/image/webp" // a format that Info knows

	"github.com/govmedia/govmedia"
)

// Media (媒体文件) is a picture or a film that belongs to a post.
type Media struct {
	Name string // as it was called where it came from
	Type string // media type, such as image/png
	Data []byte
}

// Digest is the hex SHA-256 of the bytes, under which a post names them.
func (m Media) Digest() string {
	sum := sha256.Sum256(m.Data)
	return hex.EncodeToString(sum[:])
}

// known reports whether files of this type can be told from others by their bytes.
func known(mediaType string) bool {
	return slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp", "video/mp4"}, mediaType)
}

// IsFilm reports whether it is a film (视频).
func (m Media) IsFilm() bool { return strings.HasPrefix(m.Type, "video/") }

// MediaInfo is what the bytes themselves say of a picture or a film.
type MediaInfo struct {
	Type          string        // media type of the bytes, whatever they were called
	Width, Height int           // in pixels
	Length        time.Duration // of a film; 0 for a picture, and when the film does not say
}

// Info reads the head of the file. JPEG, PNG, GIF, BMP, WebP and MP4 are known; what is damaged, or no picture or film at
// all, is a KindInvalid error. A file of another kind has its Type only, as far as its first bytes tell.
func (m Media) Info() (MediaInfo, error) {
	info := MediaInfo{Type: sniff(m.Data)}
	bad := func(err error) (MediaInfo, error) {
		return info, govmedia.Errorf(govmedia.KindInvalid, "publish.media", "%q cannot be read as %s: %w", m.Name, info.Type, err)
	}
	switch {
	case info.Type == "video/mp4":
		var err error
		if info.Width, info.Height, info.Length, err = film(m.Data); err != nil {
			return bad(err)
		}
	case strings.HasPrefix(info.Type, "image/"):
		c, _, err := image.DecodeConfig(bytes.NewReader(m.Data))
		if err != nil {
			return bad(err)
		}
		info.Width, info.Height = c.Width, c.Height
	}
	return info, nil
}

// sniff is http.DetectContentType, but takes a film for one whatever brand of MP4 it calls itself.
func sniff(data []byte) string {
	if len(data) >= 12 && string(data[4:8]) == "ftyp" {
		switch string(data[8:12]) {
		case "heic", "heix", "hevc", "mif1", "msf1", "avif", "avis", "qt  ":
		default:
			return "video/mp4"
		}
	}
	return http.DetectContentType(data)
}

// FileLimit says what a picture or a film must be. The zero value takes any.
type FileLimit struct {
	MaxBytes  int           // 0 means no limit
	Types     []string      // media types that are taken; empty means all
	MaxSide   int           // most pixels of the longer side; 0 means no limit
	MaxLength time.Duration // of a film; 0 means no limit
}

// check names what is wrong and by how much.
func (l FileLimit) check(platform, what string, m *Media) error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.media", platform+": "+what+" %q "+format, append([]any{m.Name}, args...)...)
	}
	info, err := m.Info()
	switch {
	case err != nil:
		return err
	case len(l.Types) > 0 && !slices.Contains(l.Types, info.Type):
		return bad("is %s; allowed are %v", info.Type, l.Types)
	case l.MaxBytes > 0 && len(m.Data) > l.MaxBytes:
		return bad("has %d bytes, which is %d more than the %d allowed", len(m.Data), len(m.Data)-l.MaxBytes, l.MaxBytes)
	case l.MaxSide > 0 && max(info.Width, info.Height) > l.MaxSide:
		return bad("is %d×%d pixels, which is %d more than the %d allowed for a side",
			info.Width, info.Height, max(info.Width, info.Height)-l.MaxSide, l.MaxSide)
	case l.MaxLength > 0 && info.Length == 0:
		return bad("does not say how long it is; %v are allowed", l.MaxLength)
	case l.MaxLength > 0 && info.Length > l.MaxLength:
		return bad("lasts %v, which is %v more than the %v allowed", info.Length, info.Length-l.MaxLength, l.MaxLength)
	}
	return nil
}

// CoverLimit says what a cover (封面) must be. The zero value asks for none and takes any.
type CoverLimit struct {
	Required bool
	FileLimit
}

func (l CoverLimit) check(platform string, cover *Media) error {
	switch {
	case cover == nil && l.Required:
		return govmedia.Errorf(govmedia.KindInvalid, "publish.cover", "%s: a cover (封面) is required; add one with AddMedia", platform)
	case cover == nil:
		return nil
	case cover.IsFilm():
		return govmedia.Errorf(govmedia.KindInvalid, "publish.cover", "%s: the cover %q is a film; it must be a picture", platform, cover.Name)
	}
	return l.FileLimit.check(platform, "the cover", cover)
}

// MediaLimit says how many pictures and films go with one post, and what they must be. The zero value takes none.
type MediaLimit struct {
	Pictures int // most in one post
	Picture  FileLimit
	Films    int // most in one post
	Film     FileLimit
	Room     int // what each takes of Limits.Text, in its unit; 0 where they take nothing
}

func (l MediaLimit) check(platform string, media []*Media) error {
	var errs []error
	pictures, films := 0, 0
	for _, m := range media {
		if m.IsFilm() {
			films++
			errs = append(errs, l.Film.check(platform, "the film", m))
		} else {
			pictures++
			errs = append(errs, l.Picture.check(platform, "the picture", m))
		}
	}
	count := func(what string, n, most int) {
		if n > most {
			errs = append(errs, govmedia.Errorf(govmedia.KindInvalid, "publish.media",
				"%s takes %d %s with a post; this one has %d, which is %d too many: give it others in Post.Variants", platform, most, what, n, n-most))
		}
	}
	count("pictures (图片)", pictures, l.Pictures)
	count("films (视频)", films, l.Films)
	return errors.Join(errs...)
}
