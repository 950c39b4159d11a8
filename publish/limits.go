package publish

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// Limits declares what a platform accepts. The zero value takes one text of any length and makes it public.
type Limits struct {
	// Article says that the platform takes title, text and link apart (Rendition.Title, Text, Link). Otherwise a
	// rendition is one text, 【title】text link, in Rendition.Text.
	Article bool
	Title   verify.TextLimit // of Rendition.Title; only for an Article, which must have one
	Text    verify.TextLimit // of Rendition.Text
	Cover   CoverLimit       // of the picture at the head of an Article
	Media   MediaLimit       // of the pictures and films that go with it
	// Reaches lists what a post can be asked to become here (Post.Want); empty means ReachPublic alone.
	Reaches []govmedia.Reach
	// Quotas are the platform's limits on publishing; a delivery waits for room and spends no attempt.
	Quotas []Quota
	// WithdrawalQuotas are its limits on taking posts down, by how far the post has come (Receipt.Reach; ReachSubmitted as long as
	// the platform works on it), because a platform has a call for each; under the empty reach for all. A withdrawal waits for room and spends no attempt. One that has the name and
	// the scope of a quota of Quotas is spent by both.
	WithdrawalQuotas map[govmedia.Reach][]Quota
	// Check refuses, before anybody reviews it, a rendition that the platform would certainly refuse for another
	// reason. It makes no call. nil refuses nothing.
	Check func(Rendition) error
	// VisibleWithin is how long the platform may take to show an accepted post to a reader. A post that a
	// complete reading does not show after this time is absent. 0 means at once.
	VisibleWithin time.Duration
}

// Quota (配额) is a platform's limit on calls in a window of time, for each account or for the whole app.
type Quota struct {
	Name   string        // of what is limited; quotas of one name and scope are one
	App    bool          // the accounts of the app share it
	Limit  int           //
	Per    time.Duration // windows begin at whole multiples since 1970-01-01, positive
	Offset time.Duration // in a zone so much ahead of UTC, such as 8 hours for the days of Beijing; 0 is UTC
}

// check refuses a rendition that is over a limit; media holds every file that the post names, by digest.
func (l Limits) check(r Rendition, media map[string]*Media) error {
	errs := []error{l.beside(r.Media).Check(r.Text)}
	if l.Article {
		errs = append(errs, l.Title.Check(r.Title), l.Cover.check(l.Text.Platform, media[r.Cover]))
	}
	var files []*Media
	for _, digest := range r.Media {
		files = append(files, media[digest])
	}
	errs = append(errs, l.Media.check(l.Text.Platform, files))
	if reaches := l.reaches(); !slices.Contains(reaches, r.Want) {
		errs = append(errs, govmedia.Errorf(govmedia.KindUnsupported, "publish.draft", "%s cannot make a post %q, only %q", l.Text.Platform, r.Want, reaches))
	}
	err := errors.Join(errs...)
	if err == nil && l.Check != nil {
		err = l.Check(r)
	}
	for _, part := range r.Rest {
		err = cmp.Or(err, l.check(part, media))
	}
	return err
}

// beside is the limit of a text that shares its room with the files.
func (l Limits) beside(files []string) verify.TextLimit {
	t := l.Text
	if t.Max > 0 {
		t.Max = max(1, t.Max-len(files)*l.Media.Room)
	}
	return t
}

func (l Limits) reaches() []govmedia.Reach {
	if len(l.Reaches) == 0 {
		return []govmedia.Reach{govmedia.ReachPublic}
	}
	return l.Reaches
}
