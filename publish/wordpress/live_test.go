package wordpress_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
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
	address, login, password := os.Getenv("GOVMEDIA_WORDPRESS_URL"), os.Getenv("GOVMEDIA_WORDPRESS_USER"), os.Getenv("GOVMEDIA_WORDPRESS_PASSWORD")
	subscriber := os.Getenv("GOVMEDIA_WORDPRESS_SUBSCRIBER")
	if address == "" || login == "" || password == "" || subscriber == "" {
		t.Skip(`no real WordPress; start one: eval "$(internal/realservers/wordpress.sh start)"`)
	}
	client, err := wordpress.New(&wordpress.Config{BaseURL: address})
	require.NoError(t, err)
	site := account.Account{ID: "site", App: client.App(), UID: login}
	cred := account.Credential{Account: "site", Access: govmedia.NewSecret(password)}
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
	counts, err := client.CommentCounts(ctx, &metrics.Request{Account: site, Credential: cred, Posts: []string{posted.ID}})
	require.NoError(t, err)
	require.Contains(t, []int64{1, 2}, counts[posted.ID], "the question is held, unless somebody has approved one of the same citizen")
	p, err := client.Profile(ctx, site, cred)
	require.NoError(t, err)
	require.Positive(t, p.Posts)
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
