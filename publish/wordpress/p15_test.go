package wordpress_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// A draft, a post that somebody reviews and a public one are different things, and each has its own evidence.
func TestP15_WordPressReaches(t *testing.T) {
	const response, found = govmedia.EvidenceResponse, govmedia.EvidenceFound
	fault := func(name wordpresstest.FaultName) wordpresstest.Fault {
		return wordpresstest.Fault{Name: name, Endpoint: "posts.create", Times: 1}
	}
	lost := fault(wordpresstest.FaultDropAfter)
	set := func(status string) func(*testing.T, *engine, string) {
		return func(t *testing.T, e *engine, id string) { require.NoError(t, e.fake.SetPostStatus(id, status)) }
	}
	for _, c := range []struct {
		name     string
		want     govmedia.Reach
		faults   []wordpresstest.Fault
		first    govmedia.DeliveryState            // before anything else happens
		evidence govmedia.Evidence                 // of that
		then     func(*testing.T, *engine, string) // to the post, by its id
		last     govmedia.DeliveryState            // in the end
		reach    govmedia.Reach                    // in the end
	}{
		{name: "public", first: govmedia.Live, evidence: response, reach: govmedia.ReachPublic},
		{name: "public, answer lost", faults: []wordpresstest.Fault{lost}, first: govmedia.Live, evidence: found, reach: govmedia.ReachPublic},
		{name: "draft", want: govmedia.ReachDraft, first: govmedia.Saved, evidence: response, reach: govmedia.ReachDraft},
		{name: "draft, answer lost", want: govmedia.ReachDraft, faults: []wordpresstest.Fault{lost}, first: govmedia.Saved, evidence: found, reach: govmedia.ReachDraft},
		{
			name: "reviewed and approved", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)},
			first: govmedia.Processing, evidence: response, then: set("publish"), last: govmedia.Live, reach: govmedia.ReachPublic,
		},
		{
			name: "reviewed, answer lost", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending), lost},
			first: govmedia.Processing, evidence: found, then: set("publish"), last: govmedia.Live, reach: govmedia.ReachPublic,
		},
		{
			name: "reviewed and sent back", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)},
			first: govmedia.Processing, evidence: response, then: set("draft"), last: govmedia.Rejected,
		},
		{
			name: "reviewed and thrown away", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)}, first: govmedia.Processing, evidence: response,
			then: func(t *testing.T, e *engine, id string) { require.NoError(t, e.fake.TrashPost(id)) }, last: govmedia.Rejected,
		},
		{
			name: "reviewed and deleted", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)}, first: govmedia.Processing, evidence: response,
			then: func(t *testing.T, e *engine, id string) { require.NoError(t, e.fake.DeletePost(id)) }, last: govmedia.Rejected,
		},
		{
			name: "nobody reviews it", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)}, first: govmedia.Processing, evidence: response,
			then: func(*testing.T, *engine, string) {}, last: govmedia.NeedsPerson, reach: govmedia.ReachSubmitted,
		},
		{
			name: "a status of a plugin's own", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)}, first: govmedia.Processing, evidence: response,
			then: set("in-legal-review"), last: govmedia.NeedsPerson, reach: govmedia.ReachSubmitted,
		},
		{
			name: "dated later", faults: []wordpresstest.Fault{fault(wordpresstest.FaultFuture)}, first: govmedia.Processing, evidence: response,
			then: func(*testing.T, *engine, string) { time.Sleep(time.Hour) }, last: govmedia.Live, reach: govmedia.ReachPublic,
		},
		{
			name: "reading is down for a while", faults: []wordpresstest.Fault{fault(wordpresstest.FaultPending)}, first: govmedia.Processing, evidence: response,
			then: func(t *testing.T, e *engine, id string) {
				e.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultReadDown, Times: 3})
				set("publish")(t, e, id)
			}, last: govmedia.Live, reach: govmedia.ReachPublic,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
				e.fake.Script(c.faults...)
				id := e.post(t, publish.Post{Title: title, Text: text, Link: link, Want: c.want})
				d := e.until(t, id, func(s govmedia.DeliveryState) bool { return s == govmedia.Processing || s.Settled() })
				require.Equal(t, c.first, d.State, d.Reason)
				require.Equal(t, c.evidence, d.Receipt.Evidence)
				if c.then != nil {
					require.Equal(t, govmedia.ReachSubmitted, d.Receipt.Reach)
					require.Empty(t, d.Receipt.URL, "there is nothing to see yet")
					c.then(t, e, d.Receipt.ID)
					d = e.settle(t, id)
					require.Equal(t, c.last, d.State, d.Reason)
				}
				j := e.fake.Journal()
				require.Len(t, j.Posts, 1)
				if c.last == govmedia.Rejected {
					require.Nil(t, d.Receipt)
					return
				}
				require.Equal(t, []any{c.reach, j.Posts[0].ID}, []any{d.Receipt.Reach, d.Receipt.ID})
				require.Equal(t, c.reach == govmedia.ReachPublic, j.Posts[0].Status == "publish")
				require.Equal(t, c.reach == govmedia.ReachPublic, d.Receipt.URL != "")
			})
		})
	}
}

// What a site cannot do is refused at the draft.
func TestP15_WordPressHasNoFollowers(t *testing.T) {
	house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
		_, err := e.draft(t, publish.Post{Title: title, Text: text, Want: govmedia.ReachMass})
		require.ErrorIs(t, err, govmedia.KindUnsupported)
		require.Empty(t, e.fake.Journal().Calls)
	})
}
