package wordpress

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// file is a picture or film that the site holds.
type file struct {
	ID   number `json:"id"`
	URL  string `json:"url"`
	Alt  string `json:"alt,omitempty"`
	Film bool   `json:"film,omitempty"`
}

// progress is what a checkpoint holds: the files that the site holds already, by digest. None of it is secret.
type progress struct {
	Files map[string]file `json:"files"`
}

// fileName is what a file is called on the site, without its ending, and its slug: gm- and 20 digits of its own SHA-256.
func fileName(digest string) string { return markerPrefix + digest[:min(20, len(digest))] }

// attempt is one call of Publish.
type attempt struct {
	c   *Client
	s   *publish.Submission
	who user
	progress
}

// prepare makes sure that the site holds every file of the rendition. An error is NotApplied: what an upload leaves behind
// nobody sees.
//
// A file is not uploaded again when the user has uploaded it before: those of an earlier attempt are in the checkpoint
// and asked for by id, others are looked up by their name, which also finds an upload whose answer was lost.
func (a *attempt) prepare(ctx context.Context) error {
	digests := digestsOf(a.s.Rendition)
	a.Files = map[string]file{}
	if len(digests) == 0 {
		return nil
	}
	if a.s.Media == nil || a.s.Checkpoint == nil {
		return invalid("media.create", "the submission has no Media to load files from, or no Checkpoint to remember them in")
	}
	if len(a.s.Prior) > 0 && json.Unmarshal(a.s.Prior, &a.progress) != nil || a.Files == nil {
		a.progress = progress{Files: map[string]file{}} // then they are found by name
	}
	if err := a.recall(ctx, digests); err != nil {
		return unpublished(err)
	}
	for _, digest := range digests {
		if a.Files[digest].ID != 0 {
			continue
		}
		if err := a.upload(ctx, digest); err != nil {
			return unpublished(err)
		}
		if err := a.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// digestsOf lists the files of a rendition, the cover first, each once.
func digestsOf(r publish.Rendition) []string {
	var digests []string
	for _, digest := range append([]string{r.Cover}, r.Media...) {
		if digest != "" && !slices.Contains(digests, digest) {
			digests = append(digests, digest)
		}
	}
	return digests
}

// recall forgets files that the site does not hold any more and looks up those that the checkpoint does not know.
func (a *attempt) recall(ctx context.Context, digests []string) error {
	var ids []int64
	source := map[number]string{}
	for _, f := range a.Files {
		ids, source[f.ID] = append(ids, int64(f.ID)), f.URL
	}
	held := map[number]bool{} // as it was uploaded
	if len(ids) > 0 {
		slices.Sort(ids)
		err := a.list(ctx, url.Values{"include": {list(ids)}}, func(m *media) { held[m.ID] = string(m.Source) == source[m.ID] })
		if err != nil {
			return err
		}
	}
	names := map[string]string{}
	for _, digest := range digests {
		if !held[a.Files[digest].ID] {
			delete(a.Files, digest)
			names[fileName(digest)] = digest
		}
	}
	if len(names) == 0 {
		return nil
	}
	me, err := a.c.me(ctx, a.who)
	if err != nil {
		return err
	}
	var slugs []string
	for name := range names {
		slugs = append(slugs, name)
	}
	slices.Sort(slugs)
	form := url.Values{"slug": {strings.Join(slugs, ",")}, "author": {formatID(int64(me.ID))}}
	found := map[string]*media{}
	if err := a.list(ctx, form, func(m *media) { found[string(m.Slug)] = m }); err != nil {
		return err
	}
	for name, digest := range names {
		if m := found[name]; m != nil && m.untouched(name) {
			if err := a.keep(ctx, digest, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// media is a file as the site shows it.
type media struct {
	item
	Slug   words `json:"slug"`
	Source words `json:"source_url"`
}

func (m *media) head() *item { return &m.item }

// untouched reports whether the file still has the name that it was given, with what the site adds to it. A picture that
// somebody has cropped or turned on the page Media keeps its id and slug, and its file is called …-e1763798400000.png.
func (m *media) untouched(name string) bool {
	rest, ours := strings.CutPrefix(path.Base(string(m.Source)), name)
	return ours && added.MatchString(rest) && web(string(m.Source))
}

var added = regexp.MustCompile(`^(-\d+)?(-scaled|-rotated)?\.[a-z0-9]+$`)

// list reads files.
//
// GET /wp/v2/media (developer.wordpress.org/rest-api/reference/media, read 2026-11-22).
func (a *attempt) list(ctx context.Context, form url.Values, visit func(*media)) error {
	form.Set("_fields", "id,date_gmt,slug,source_url")
	_, err := walk(ctx, a.c, query{op: "media.list", path: "/media", as: a.who, form: form}, (*media).head, visit)
	return err
}

// upload uploads a file under a name of our making; its own name is its title and what it shows to those who cannot see.
//
// POST /wp/v2/media (developer.wordpress.org/rest-api/reference/media, read 2026-11-22).
func (a *attempt) upload(ctx context.Context, digest string) error {
	const op = "media.create"
	m, err := a.load(ctx, digest)
	if err != nil {
		return err
	}
	name := fileName(digest)
	form := url.Values{"slug": {name}}
	if about := describe(m.Name); about != "" {
		form.Set("title", escapeAll(about))
		form.Set("alt_text", escapeAll(about))
	}
	var got media
	if _, err := a.c.call(ctx, query{op: op, path: "/media", as: a.who, form: form, file: m, name: name + endings[m.Type]}, &got); err != nil {
		return publish.MediaFailed(*m, err)
	}
	if got.ID == 0 || !web(string(got.Source)) {
		return publish.MediaFailed(*m, unclear(op, http.StatusCreated, "the site says success but gives no id or address"))
	}
	a.take(digest, m, &got)
	return nil
}

func (a *attempt) take(digest string, m *publish.Media, got *media) {
	a.Files[digest] = file{ID: got.ID, URL: string(got.Source), Alt: describe(m.Name), Film: m.IsFilm()}
}

// keep takes a file that the site was found to hold.
func (a *attempt) keep(ctx context.Context, digest string, found *media) error {
	m, err := a.load(ctx, digest)
	if err == nil {
		a.take(digest, m, found)
	}
	return err
}

// load loads a file and refuses one that Limits would have refused.
func (a *attempt) load(ctx context.Context, digest string) (*publish.Media, error) {
	const op = "media.create"
	m, err := a.s.Media(ctx, digest)
	switch e := govmedia.AsError(err); {
	case err == nil:
	case e.Kind == govmedia.KindInternal:
		return nil, &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Outcome: no, Err: err}
	default:
		return nil, e
	}
	switch n := len(m.Data); {
	case endings[m.Type] == "":
		return nil, publish.MediaFailed(m, invalid(op, "%q is %s, which the site does not take", m.Name, m.Type))
	case n > a.c.cfg.MaxUpload:
		return nil, publish.MediaFailed(m, invalid(op, "%q has %d bytes, which is %d more than the %d allowed", m.Name, n, n-a.c.cfg.MaxUpload, a.c.cfg.MaxUpload))
	}
	return &m, nil
}

// save makes the progress durable.
func (a *attempt) save(ctx context.Context) error {
	data, err := json.Marshal(a.progress)
	if err != nil {
		return invalid("checkpoint", "the progress cannot be written")
	}
	if err := a.s.Checkpoint(ctx, data); err != nil {
		return &govmedia.Error{Platform: Platform, Op: "checkpoint", Kind: govmedia.KindUnavailable, Outcome: no, Err: err}
	}
	return nil
}

// unpublished is the error of a call before the post: nothing was published, whatever became of that call.
func unpublished(err error) error {
	e := *govmedia.AsError(err)
	e.Outcome = no
	return &e
}
