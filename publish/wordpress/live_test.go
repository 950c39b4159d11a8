package wordpress_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/reply"
)

// TestP16_WordPressLiveAnswers holds that a citizen's comment on a real site is read, answered once and found again.
func TestP16_WordPressLiveAnswers(t *testing.T) {
	r := live(t)
	address, subscriber, client, site, cred := r.address, os.Getenv("GOVMEDIA_WORDPRESS_SUBSCRIBER"), r.client, r.acct, r.cred
	began, run := time.Now(), fmt.Sprint(time.Now().UnixMicro())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	posted, err := client.Publish(ctx, &publish.Submission{
		Operation: "post/live-" + run, Account: site, Credential: cred, Rendition: publish.Rendition{Title: "问答" + run, Text: "有问必答"},
	})
	require.NoError(t, err)
	question := `几点来水 <急> & "在线" \ 等 😀 ` + run
	asked := comment(ctx, t, address, subscriber, posted.ID, strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(question))

	inbox := func() []reply.Message {
		all, err := client.Messages(ctx, &reply.Inbox{Account: site, Credential: cred, Since: began})
		require.NoError(t, err)
		var list []reply.Message
		for _, m := range all {
			if m.Post == posted.ID {
				list = append(list, m)
			}
		}
		return list
	}
	list := inbox()
	require.Len(t, list, 1, "held for moderation, and read all the same")
	require.Equal(t, asked, list[0].ID)
	require.Equal(t, question, list[0].Text)
	require.False(t, list[0].Own)

	s := reply.Submission{Operation: "answer/" + run, Account: site, Credential: cred, Message: list[0], Text: "今晚 <八点> & 前\n请储水 😀"}
	find := func() *reply.Found {
		found, err := client.FindAnswer(ctx, &reply.Query{Submission: s, Since: began})
		require.NoError(t, err)
		require.True(t, found.Complete)
		return found
	}
	require.Empty(t, find().Receipts)
	receipt, err := client.Answer(ctx, &s)
	require.NoError(t, err)
	require.Equal(t, receipt.ID, find().Receipts[0].ID)
	_, err = client.Answer(ctx, &s)
	require.ErrorIs(t, err, govmedia.KindDuplicate)
	require.Len(t, find().Receipts, 1)

	list = inbox()
	require.Len(t, list, 2)
	require.True(t, list[1].Own)
	require.Equal(t, s.Text, list[1].Text)
	require.Equal(t, asked, list[1].Parent)
	counts, err := client.Counts(ctx, &metrics.Request{Account: site, Credential: cred, Posts: []string{posted.ID}})
	require.NoError(t, err)
	require.Len(t, counts.ByPost, 1)
	require.Equal(t, posted.ID, counts.ByPost[0].ID)
	require.Contains(t, []metrics.Figure{metrics.Known(1), metrics.Known(2)}, counts.ByPost[0].Comments,
		"the question is held, unless somebody has approved one of the same citizen")
	p, err := client.Profile(ctx, site, cred)
	require.NoError(t, err)
	posts, known := p.Posts.Value()
	require.True(t, known)
	require.Positive(t, posts)
	require.Equal(t, metrics.Known(posts), counts.Posts)
}

// liveRig is a real site and a client for it.
type liveRig struct {
	rig
	address string
}

func live(t *testing.T) *liveRig {
	t.Helper()
	address, login, password := os.Getenv("GOVMEDIA_WORDPRESS_URL"), os.Getenv("GOVMEDIA_WORDPRESS_USER"), os.Getenv("GOVMEDIA_WORDPRESS_PASSWORD")
	if address == "" || login == "" || password == "" {
		t.Skip(`no real WordPress; start one: eval "$(internal/realservers/wordpress.sh start)"`)
	}
	client, err := wordpress.New(&wordpress.Config{BaseURL: address})
	require.NoError(t, err)
	return &liveRig{address: address, rig: rig{
		client: client, acct: account.Account{ID: "site", App: client.App(), UID: login},
		cred: account.Credential{Account: "site", Access: govmedia.NewSecret(password)}, files: library{},
	}}
}

// TestP16_WordPressLivePosts holds what the fake cannot prove: that a real site shows cover, pictures and films, keeps a
// draft from its readers, and takes both down again.
func TestP16_WordPressLivePosts(t *testing.T) {
	r := live(t)
	began, run := time.Now(), int(time.Now().UnixMicro()%60_000)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	what := article("第一段 <b>不加粗</b>\n第二段 https://www.gov.example/map?a=1&b=2")
	what.Cover = r.files.add(picture("封面 & “甲”.png", run)) // another one in every run
	what.Media = []string{r.files.add(picture("图.png", run+60_000)), r.files.add(film("现场.mp4", run))}
	for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft} {
		op := fmt.Sprint("post/", want, began.UnixMicro())
		what.Want = want
		s := r.attempt(op, what)
		receipt, err := r.client.Publish(ctx, s)
		require.NoError(t, err)
		require.Equal(t, want, receipt.Reach)
		q := &publish.Query{Operation: op, Account: r.acct, Credential: r.cred, Rendition: what, Prior: r.prior, Since: began, Receipt: receipt}
		found, err := r.client.Find(ctx, q)
		require.NoError(t, err)
		require.True(t, found.Complete)
		require.Equal(t, []string{receipt.ID, string(want)}, []string{found.Receipts[0].ID, string(found.Receipts[0].Reach)})
		shown, err := r.client.Shown(ctx, q)
		require.NoError(t, err)
		require.True(t, shown, "of a draft it says that the site keeps it")
		r.reads(ctx, t, receipt.ID, want)

		if want == govmedia.ReachPublic {
			tracked, err := r.client.Track(ctx, q)
			require.NoError(t, err)
			require.Equal(t, []any{receipt.URL, want}, []any{tracked.URL, tracked.Reach})
		}
		for range 2 {
			require.NoError(t, r.client.Withdraw(ctx, q))
			shown, err = r.client.Shown(ctx, q)
			require.NoError(t, err)
			require.False(t, shown)
		}
		_, err = r.client.Track(ctx, q)
		require.ErrorIs(t, err, govmedia.KindRejected)
	}
	for _, m := range r.files { // both posts show the same files, and each is there once
		var list []struct{ Slug string }
		get(t, r.address+"/?rest_route=/wp/v2/media&per_page=100&search=gm-"+m.Digest()[:20], r.acct.UID, r.cred.Access.Reveal(), &list)
		require.Len(t, list, 1)
	}
}

// reads looks at a post by other means than the adapter, and fetches everything that it shows.
func (r *liveRig) reads(ctx context.Context, t *testing.T, id string, want govmedia.Reach) {
	t.Helper()
	var p struct {
		Status        string
		FeaturedMedia int64 `json:"featured_media"`
		Title         struct{ Rendered string }
		Content       struct{ Rendered string }
	}
	get(t, r.address+"/?rest_route=/wp/v2/posts/"+id, r.acct.UID, r.cred.Access.Reveal(), &p)
	require.Equal(t, map[govmedia.Reach]string{govmedia.ReachPublic: "publish", govmedia.ReachDraft: "draft"}[want], p.Status)
	require.Contains(t, p.Content.Rendered, "<p>第一段 &lt;b&gt;不加粗&lt;/b&gt;</p>")
	var cover struct {
		Alt    string `json:"alt_text"`
		Source string `json:"source_url"`
	}
	get(t, r.address+"/?rest_route=/wp/v2/media/"+fmt.Sprint(p.FeaturedMedia), r.acct.UID, r.cred.Access.Reveal(), &cover)
	require.Equal(t, "封面 & “甲”", html.UnescapeString(cover.Alt))
	sources := []string{cover.Source}
	for _, m := range regexp.MustCompile(` src="([^"]+)"`).FindAllStringSubmatch(p.Content.Rendered, -1) {
		sources = append(sources, html.UnescapeString(m[1]))
	}
	require.Len(t, sources, 3)
	for _, source := range sources {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, r.files, publish.Media{Data: body}.Digest(), "what readers get is what was approved, byte for byte")
	}
}

// comment says something as the subscriber, who may do so every 15 seconds, and returns the id.
func comment(ctx context.Context, t *testing.T, address, login, post, text string) string {
	t.Helper()
	for {
		form := url.Values{"post": {post}, "content": {text}}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/wp-json/wp/v2/comments", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth(login, os.Getenv("GOVMEDIA_WORDPRESS_SUBSCRIBER_PASSWORD"))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if resp.StatusCode == http.StatusCreated {
			return strings.TrimPrefix(resp.Header.Get("Location"), address+"/wp-json/wp/v2/comments/")
		}
		require.Contains(t, string(body), "comment_flood", "status %d", resp.StatusCode)
		select {
		case <-ctx.Done():
			require.NoError(t, ctx.Err())
		case <-time.After(time.Second):
		}
	}
}
