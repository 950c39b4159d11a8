package publish

import (
	"context"
	"slices"

	"github.com/govmedia/govmedia"
)

// VerifySeal checks, without any database, that a post is what its seal was set for, and that the files are those which
// it names, byte for byte: all of them, and no others. The seal stands in the audit log too, in the records of the
// approval and of every attempt. What differs is a KindCorrupt error.
func VerifySeal(p Post, files ...Media) error {
	op := "publish.seal"
	if digest := p.Digest(); digest != p.Seal {
		return govmedia.Errorf(govmedia.KindCorrupt, op, "post %q is not what was approved: its digest is %.12s…, its seal %.12s…", p.ID, digest, p.Seal)
	}
	named := p.sealedFiles()
	var given []string
	for _, f := range files {
		digest := f.Digest()
		if !slices.Contains(named, digest) {
			return govmedia.Errorf(govmedia.KindCorrupt, op, "the file %q (%.12s…) is not among those that post %q was approved with", f.Name, digest, p.ID)
		}
		given = append(given, digest)
	}
	for _, digest := range named {
		if !slices.Contains(given, digest) {
			return govmedia.Errorf(govmedia.KindCorrupt, op, "the file %.12s…, with which post %q was approved, is missing", digest, p.ID)
		}
	}
	return nil
}

// sealedFiles are the digests of all files that the renditions name, in order, each once.
func (p Post) sealedFiles() []string {
	var all []string
	for _, r := range p.Renditions {
		for _, part := range append([]Rendition{r}, r.Rest...) {
			all = append(all, part.Cover)
			all = append(all, part.Media...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(digest string) bool { return digest == "" })
}

// Sealed returns a post as it was when it was given the seal (存档), whatever became of it since, with its files, after it
// has been verified.
func (p *Publisher) Sealed(ctx context.Context, id, seal string) (Post, []Media, error) {
	post, err := p.store.SealedPost(ctx, id, seal)
	if err != nil {
		return Post{}, nil, err
	}
	if post.Seal != seal || post.ID != id {
		return Post{}, nil, govmedia.Errorf(govmedia.KindCorrupt, "publish.seal", "what is kept under seal %.12s… of post %q has another one", seal, id)
	}
	var files []Media
	for _, digest := range post.sealedFiles() {
		m, err := p.store.Media(ctx, digest)
		if err != nil {
			return Post{}, nil, err
		}
		files = append(files, m)
	}
	if err := VerifySeal(post, files...); err != nil {
		return Post{}, nil, err
	}
	return post, files, nil
}
