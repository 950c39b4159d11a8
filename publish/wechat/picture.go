package wechat

import (
	"bytes"
	"context"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// Limits of the pictures inside an article. How many there may be is not documented for articles (news); 20 is the number
// for posts of pictures (newspic), and what an attempt has the time to upload. Their size and type are those of
// media/uploadimg (developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage, read 2026-11-22).
const (
	maxPictures = 20
	maxPicture  = 1<<20 - 1 // bytes: less than 1 MB
)

func pictureTypes() []string { return []string{"image/jpeg", "image/png"} }

// What one picture adds to the content. Its address is the platform's, known only after the upload; those that were seen
// have about 150 characters, escapes included, and this much is kept free for each.
const (
	pictureHead   = `<p><img src="`
	pictureTail   = `"/></p>`
	maxAddress    = 256
	pictureLength = len(pictureHead) + maxAddress + len(pictureTail)
)

func pictureHTML(address string) string {
	return pictureHead + html.EscapeString(address) + pictureTail
}

// checkPicture refuses what media/uploadimg would certainly refuse.
func checkPicture(m *publish.Media) error {
	const op = "media/uploadimg"
	switch n := len(m.Data); {
	case n == 0:
		return invalid(op, "the picture %q is empty", m.Name)
	case n > maxPicture:
		return invalid(op, "the picture %q has %d bytes, which is %d more than the %d allowed", m.Name, n, n-maxPicture, maxPicture)
	case !slices.Contains(pictureTypes(), m.Type):
		return invalid(op, "the picture %q is %q; allowed are %v", m.Name, m.Type, pictureTypes())
	}
	return nil
}

// hasCover reports whether an earlier attempt has uploaded the cover.
func (a *attempt) hasCover() bool { return a.Cover != "" && a.CoverOf == a.s.Rendition.Cover }

// address is where the platform keeps an uploaded picture.
func (a *attempt) address(digest string) string { return a.Pictures[digest] }

// load loads and checks every file that is still to be uploaded, so that nothing leaves when one cannot go.
func (a *attempt) load(ctx context.Context) (map[string]*publish.Media, error) {
	files := map[string]*publish.Media{}
	if !a.hasCover() {
		cover, err := a.file(ctx, "material/add_material", a.s.Rendition.Cover)
		if err != nil {
			return nil, err
		}
		files[a.s.Rendition.Cover] = cover
	}
	for _, digest := range a.s.Rendition.Media {
		if a.address(digest) != "" {
			continue
		}
		if files[digest] == nil {
			picture, err := a.file(ctx, "media/uploadimg", digest)
			if err != nil {
				return nil, err
			}
			files[digest] = picture
		}
		if err := checkPicture(files[digest]); err != nil {
			return nil, publish.MediaFailed(*files[digest], err)
		}
	}
	return files, nil
}

func (a *attempt) file(ctx context.Context, op, digest string) (*publish.Media, error) {
	if a.s.Media == nil {
		return nil, invalid(op, "the submission has no Media to load pictures from")
	}
	m, err := a.s.Media(ctx, digest)
	if err == nil {
		return &m, nil
	}
	if e := govmedia.AsError(err); e.Kind == govmedia.KindInternal {
		return nil, &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Outcome: no, Err: err}
	}
	return nil, unpublished(err)
}

// uploadPictures uploads the pictures that have no address yet, each with a checkpoint behind it.
func (a *attempt) uploadPictures(ctx context.Context, files map[string]*publish.Media) error {
	for _, digest := range a.s.Rendition.Media {
		if a.address(digest) != "" {
			continue
		}
		address, err := a.c.UploadImage(ctx, a.s.Credential, *files[digest])
		if err != nil {
			return publish.MediaFailed(*files[digest], err)
		}
		if a.Pictures == nil {
			a.Pictures = map[string]string{}
		}
		a.Pictures[digest] = address
		if err := a.save(ctx, a.s); err != nil {
			return err
		}
	}
	return nil
}

// UploadImage uploads a picture for inside an article's HTML (Config.Body) and returns the address to use there; the
// platform drops pictures from anywhere else. JPEG and PNG below 1 MB are taken, a thousand a day. Nothing becomes
// visible by it, so every error is NotApplied. It is safe for concurrent use.
//
// POST cgi-bin/media/uploadimg (developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage, read
// 2026-11-22).
func (c *Client) UploadImage(ctx context.Context, cred account.Credential, picture publish.Media) (string, error) {
	const op = "media/uploadimg"
	if err := checkPicture(&picture); err != nil {
		return "", err
	}
	var answer struct {
		URL loose `json:"url"`
	}
	picture.Data = bytes.Clone(picture.Data)
	if err := c.call(ctx, query{op: op, cred: cred, file: &picture}, &answer); err != nil {
		return "", err
	}
	if !webAddress(string(answer.URL)) || !plain(string(answer.URL)) {
		return "", unreadable(op, "the answer has no address")
	}
	return string(answer.URL), nil
}

// pictureTag finds pictures in HTML; the platform shows some with data-src instead of src.
var pictureTag = regexp.MustCompile(`(?is)<img\b[^>]*?\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"'\s>]+))`)

// samePictures reports whether two contents show the same pictures in the same order. The platform may show a picture under
// another scheme, host, size or query; what names it is the longest part of its path.
func samePictures(one, other string) bool { return slices.Equal(pictureKeys(one), pictureKeys(other)) }

func pictureKeys(content string) []string {
	var keys []string
	for _, tag := range pictureTag.FindAllStringSubmatch(content, -1) {
		address := html.UnescapeString(tag[1] + tag[2] + tag[3])
		if u, err := url.Parse(address); err == nil {
			address = u.Path
		}
		key := ""
		for part := range strings.SplitSeq(address, "/") {
			if len(part) > len(key) {
				key = part
			}
		}
		keys = append(keys, key)
	}
	return keys
}
