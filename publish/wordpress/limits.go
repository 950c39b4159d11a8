package wordpress

import (
	"errors"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

const (
	// maxTitle is what the column post_title, a TEXT, holds; the site answers a longer one with db_insert_error
	// (developer.wordpress.org/apis/database and WordPress 6.1.9, read 2026-11-22).
	maxTitle = 65_535

	// defaultUpload is PHP's own upload_max_filesize (php.net/manual/en/ini.core.php, read 2026-11-22).
	defaultUpload = 2 << 20

	// defaultContent leaves room for everything else in the 1 MiB that nginx lets through unless it is told otherwise
	// (client_max_body_size, nginx.org/en/docs/http/ngx_http_core_module.html, read 2026-11-22). PHP's post_max_size
	// is 8 MiB, what MariaDB takes in one statement 16 MiB, and the column a LONGTEXT of 4 GiB.
	defaultContent = 512 << 10

	// What goes with one post is our own measure: WordPress has none, but the time for one attempt has an end.
	maxPictures = 50
	maxFilms    = 5
)

// endings are the media types that a fresh WordPress takes, of those that publish knows, and how the name of such a file
// ends there (wp_get_mime_types of WordPress 6.1.9, read 2026-11-22).
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4",
}

// Limits implements [publish.Adapter]: an article, whose title and text are counted in the bytes that the site stores, and
// is shown at once. Link, pictures and films add to the content and are not counted.
func (c *Client) Limits() publish.Limits {
	picture := publish.FileLimit{MaxBytes: c.cfg.MaxUpload, Types: []string{"image/jpeg", "image/png", "image/gif", "image/webp"}}
	film := publish.FileLimit{MaxBytes: c.cfg.MaxUpload, Types: []string{"video/mp4"}}
	return publish.Limits{
		Article: true,
		Title:   verify.TextLimit{Platform: Platform, Max: maxTitle, Unit: "字节", Count: func(t string) int { return len(escapeAll(strings.TrimSpace(t))) }},
		Text:    verify.TextLimit{Platform: Platform, Max: c.cfg.MaxContent, Unit: "字节", Count: func(t string) int { return len(lines(paragraphs(t))) }},
		Cover:   publish.CoverLimit{FileLimit: picture},
		Media:   publish.MediaLimit{Pictures: maxPictures, Picture: picture, Films: maxFilms, Film: film},
		Reaches: []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft},
		Check:   acceptable,
	}
}

// acceptable refuses a rendition that the site would refuse or change.
func acceptable(r publish.Rendition) error {
	const op = "posts.create"
	if err := fits(op, r.Title); err != nil {
		return err
	}
	if strings.ContainsAny(r.Title, "\r\n") {
		return invalid(op, "the title has several lines")
	}
	if err := fits(op, r.Text); err != nil {
		return err
	}
	if r.Link != "" && (fits(op, r.Link) != nil || !web(r.Link)) {
		return invalid(op, "the link to the original must be an http or https address")
	}
	return nil
}

// check is what of Limits can be told without the files, for callers that did not come through a Publisher.
func (c *Client) check(r publish.Rendition) error {
	const op = "posts.create"
	limits := c.Limits()
	if err := errors.Join(limits.Title.Check(r.Title), limits.Text.Check(r.Text)); err != nil {
		return invalid(op, "%w", err)
	}
	if want := r.Want; want != "" && want != govmedia.ReachPublic && want != govmedia.ReachDraft {
		e := govmedia.Errorf(govmedia.KindUnsupported, op, "a site cannot make a post %q", want)
		e.Platform = Platform
		return e
	}
	return acceptable(r)
}
