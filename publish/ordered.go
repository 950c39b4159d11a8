package publish

import (
	"fmt"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
)

// first is the delivery of a sealed post as it begins, without what is its account's. What publishes a post and what
// judges its rows later say the same by it.
func (p Post) first() (outbox.Item, error) {
	it := outbox.Item{Seal: p.Seal, Topic: p.Topic, OnMedia: string(p.OnMedia), Delivery: govmedia.Delivery{
		Kind: govmedia.DeliverPost, Subject: p.ID, Lane: p.Lane, State: govmedia.Queued,
	}}
	if p.Schedule == nil {
		return it, nil
	}
	at, err := p.Schedule.Instant()
	it.Planned, it.Window, it.Missed = at, p.Schedule.window(at).Truncate(time.Microsecond), string(p.Schedule.Missed)
	if p.Lane == govmedia.LaneEmergency {
		it.Missed = string(MissedAsk)
	}
	return it, err
}

// deliveryID is "post/<post>/<account>[/part]"; the first part of a text that was split has no number.
func deliveryID(post, account string, part int) string {
	id := "post/" + post + "/" + account
	if part > 1 {
		id = fmt.Sprintf("%s/%d", id, part)
	}
	return id
}

// ordered makes sure that a row says what was sealed with the post: where it goes, as which part and after which, in which
// lane, under which topic, when, and what may be left out. What only the engine moves (due, tries and the like) it does not
// look at, but what is planned does not leave before its time. Two things a person may have decided since, see
// matrix.Resolve: that it goes although it is late, and that it goes without the files that fail.
func ordered(post Post, app account.App, it *outbox.Item, now time.Time) error {
	want, err := post.first()
	if err != nil {
		return err
	}
	after := ""
	if it.Part > 1 {
		after = deliveryID(post.ID, it.Account, it.Part-1)
	}
	bare := want.OnMedia == string(MediaHold) && it.OnMedia == string(MediaDegrade)
	for _, c := range []struct {
		what      string
		row, post any
		differs   bool
	}{
		{"id", it.ID, deliveryID(post.ID, it.Account, it.Part), it.ID != deliveryID(post.ID, it.Account, it.Part)},
		{"kind", it.Kind, want.Kind, it.Kind != want.Kind},
		{"app", it.App, app.Key, it.App != app.Key || it.Platform != app.Platform},
		{"part before it", it.After, after, it.After != after},
		{"lane", it.Lane, want.Lane, it.Lane != want.Lane},
		{"topic", it.Topic, want.Topic, it.Topic != want.Topic},
		{"planned time", it.Planned, want.Planned, !it.Planned.Equal(want.Planned)},
		{"window", it.Window, want.Window, !it.Window.Equal(want.Window) && !it.Window.IsZero()},
		{"missed-window policy", it.Missed, want.Missed, it.Missed != want.Missed},
		{"policy for files", it.OnMedia, want.OnMedia, it.OnMedia != want.OnMedia && !bare},
		{"files left out", len(it.Missing), 0, len(it.Missing) > 0 && it.OnMedia != string(MediaDegrade)},
		{"time of leaving", now, want.Planned, now.Before(want.Planned)},
	} {
		if c.differs {
			return govmedia.Errorf(govmedia.KindCorrupt, "publish.seal",
				"delivery %q is not what was approved with post %q: its %s is %v, the seal says %v; give it up and publish anew, and find out who altered the database",
				it.ID, post.ID, c.what, c.row, c.post)
		}
	}
	return nil
}

// ordered makes sure that a withdrawal takes down what it was ordered for.
func (w *remover) ordered(it *outbox.Item, out outbox.Item) error {
	if it.ID == withdrawalID(out.Delivery) && it.Subject == out.Subject && it.Account == out.Account && it.Part == out.Part &&
		it.App == out.App && it.Platform == out.Platform && out.Kind == govmedia.DeliverPost {
		return nil
	}
	return govmedia.Errorf(govmedia.KindCorrupt, "publish.withdraw",
		"withdrawal %q names delivery %q of account %q, for which it was not ordered; find out who altered the database", it.ID, out.ID, out.Account)
}
