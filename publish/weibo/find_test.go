package weibo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func rendition(text string) publish.Rendition { return publish.Rendition{Text: text} }

func later(d time.Duration) { time.Sleep(d) } // fake time: used in bubbles only

// TestFind_afterUnknown holds that whatever became of a write is found out by reading.
func TestFind_afterUnknown(t *testing.T) {
	for name, committed := range map[weibotest.FaultName]bool{
		weibotest.FaultRefuse: false, weibotest.Fault5xxBefore: false,
		weibotest.FaultDropAfter: true, weibotest.Fault5xxAfter: true, weibotest.Fault4xxAfter: true,
		weibotest.FaultGarbage: true, weibotest.FaultSlowSuccess: true,
	} {
		t.Run(string(name), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				r.fake.Script(weibotest.Fault{Name: name, Times: 1, Only: "write"})
				since := time.Now()
				_, err := r.publish(t.Context(), text)
				require.Error(t, err)
				found := r.find(t, text, since)
				if !committed {
					require.Equal(t, &publish.Found{Complete: true}, found)
					return
				}
				post := r.fake.Journal().Posts[0]
				require.Equal(t, []govmedia.Receipt{{
					ID: post.ID, URL: "https://weibo.com/" + uid + "/" + post.MID,
					At: post.Created.Truncate(time.Second).UTC(), Evidence: govmedia.EvidenceFound,
				}}, found.Receipts)
			})
		})
	}
}

// TestFind_recognisesItsText holds that what the platform does to a text does not hide it.
func TestFind_recognisesItsText(t *testing.T) {
	for _, text := range []string{
		"通知 https://www.gov.example/a",
		"#停水通知# 今晚 https://www.gov.example/a?x=1&y=2#z。详情请看",
		"https://www.gov.example/a，https://www.gov.example/b.",
		" 前后\n有空白　https://gov.example/ \n",
		"HTTP://gov.example/A(注)后文 #a# ##",
		"https://gov.example/a#政策#解读",
	} {
		bubble(t, nil, func(t *testing.T, r *rig) {
			since := time.Now()
			_, err := r.publish(t.Context(), text)
			require.NoError(t, err)
			require.Len(t, r.find(t, text, since).Receipts, 1, "shown as %q", r.fake.Journal().Posts[0].Shown)
			require.Empty(t, r.find(t, "另"+text, since).Receipts)
		})
	}
}

func TestFind_complete(t *testing.T) {
	const other = "别的事 https://gov.example/o "
	for name, row := range map[string]struct {
		arrange  func(*testing.T, *rig) // before the attempt
		meantime func(*testing.T, *rig) // after it
		matches  int
		complete bool
	}{
		"no posts at all": {complete: true},
		"few posts, all new": {
			meantime: func(t *testing.T, r *rig) { r.posts(t, 4, other) }, complete: true,
		},
		"a page full of new posts": {
			meantime: func(t *testing.T, r *rig) { r.posts(t, 5, other) }, complete: false,
		},
		"six newer posts hide ours": {
			meantime: func(t *testing.T, r *rig) { r.said(t, text); r.posts(t, 6, other) }, complete: false,
		},
		"an older post in sight": {
			arrange:  func(t *testing.T, r *rig) { r.posts(t, 9, other); later(time.Hour) },
			meantime: func(t *testing.T, r *rig) { r.posts(t, 3, "后来 https://gov.example/ ") }, complete: true,
		},
		"ours and an older one": {
			arrange:  func(t *testing.T, r *rig) { r.posts(t, 1, other); later(time.Hour) },
			meantime: func(t *testing.T, r *rig) { r.said(t, text) }, matches: 1, complete: true,
		},
		"older, but inside the clocks' difference": {
			arrange:  func(t *testing.T, r *rig) { r.posts(t, 6, other); later(4 * time.Minute) },
			complete: false,
		},
		"the same text shortly before": {
			arrange:  func(t *testing.T, r *rig) { r.posts(t, 6, other); r.said(t, text); later(10 * time.Minute) },
			complete: false, // their clock may be slower than we believe
		},
		"published twice": {
			meantime: func(t *testing.T, r *rig) { r.said(t, text); later(time.Second); r.said(t, text) }, matches: 2, complete: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				if row.arrange != nil {
					row.arrange(t, r)
				}
				since := time.Now()
				if row.meantime != nil {
					row.meantime(t, r)
				}
				found := r.find(t, text, since)
				require.Len(t, found.Receipts, row.matches)
				require.Equal(t, row.complete, found.Complete)
				if row.matches > 1 {
					require.True(t, found.Receipts[0].At.After(found.Receipts[1].At), "newest first")
				}
			})
		})
	}
}

func (r *rig) posts(t *testing.T, n int, text string) {
	for i := range n {
		r.said(t, fmt.Sprintf("%s%d", text, i))
		later(time.Second)
	}
}

// TestFind_doubts holds what speaks against completeness in answers that the fake does not give.
func TestFind_doubts(t *testing.T) {
	since := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC) // answering's clock stands at 09:40
	at := func(hour int) string {
		return time.Date(2026, 11, 22, hour, 35, 0, 0, time.UTC).Format("Mon Jan 02 15:04:05 -0700 2006")
	}
	post := func(id, hour int, more string) string {
		return fmt.Sprintf(`{"idstr":"%d","created_at":"%s","text":"t%d"%s}`, id, at(hour), id, more)
	}
	list := func(rest string, posts ...string) string {
		return `{"statuses":[` + strings.Join(posts, ",") + `]` + rest + `}`
	}
	for name, row := range map[string]struct {
		body     string
		date     string
		complete bool
	}{
		"plain":              {body: list("", post(3, 9, ""), post(2, 8, "")), complete: true},
		"no total, empty":    {body: list(""), complete: false},
		"total, empty":       {body: list(`,"total_number":0`), complete: true},
		"total as string":    {body: list(`,"total_number":"0"`), complete: true},
		"more than shown":    {body: list(`,"total_number":2`, post(3, 9, "")), complete: false},
		"cursor":             {body: list(`,"total_number":1,"next_cursor":2`, post(3, 9, "")), complete: false},
		"pinned only":        {body: list(`,"total_number":80`, post(3, 8, "")), complete: false},
		"pinned first":       {body: list("", post(1, 1, ""), post(4, 9, ""), post(3, 9, "")), complete: false},
		"pinned, then older": {body: list("", post(1, 1, ""), post(4, 9, ""), post(3, 8, "")), complete: true},
		"out of order":       {body: list("", post(5, 9, ""), post(3, 8, ""), post(4, 9, ""), post(2, 7, "")), complete: false},
		"deleted in time":    {body: list("", post(4, 9, `,"deleted":"1"`), post(3, 8, "")), complete: false},
		"deleted before":     {body: list("", post(4, 9, ""), post(3, 8, `,"deleted":"1"`)), complete: true},
		"cut short":          {body: list("", post(4, 9, `,"truncated":true`), post(3, 8, "")), complete: false},
		"long text":          {body: list("", post(4, 9, `,"isLongText":true`), post(3, 8, "")), complete: false},
		"no time":            {body: list("", `{"idstr":"4","text":"t"}`, post(3, 8, ""), post(2, 8, "")), complete: false},
		"no id":              {body: list("", `{"created_at":"`+at(9)+`"}`, post(3, 8, ""), post(2, 8, "")), complete: false},
		"null post":          {body: list("", "null", post(3, 8, ""), post(2, 8, "")), complete: false},
		"their clock":        {body: list("", post(3, 9, ""), post(2, 8, "")), date: "Sun, 22 Nov 2026 09:30:00 GMT", complete: false},
		"their clock, close": {body: list("", post(3, 9, ""), post(2, 8, "")), date: "Sun, 22 Nov 2026 09:37:00 GMT", complete: true},
	} {
		t.Run(name, func(t *testing.T) {
			date := row.date
			if date == "" {
				date = "Sun, 22 Nov 2026 09:40:00 GMT"
			}
			q := &publish.Query{Credential: submission("").Credential, Rendition: rendition(text), Since: since}
			found, err := answering(t, 200, http.Header{"Date": {date}}, row.body).Find(t.Context(), q)
			require.NoError(t, err)
			require.Empty(t, found.Receipts)
			require.Equal(t, row.complete, found.Complete)
		})
	}
	link := &publish.Query{Credential: submission("").Credential, Rendition: rendition("https://gov.example/a"), Since: since}
	body := list("", fmt.Sprintf(`{"idstr":"3","created_at":"%s","text":"http://t.cn/AbC"}`, at(9)), post(2, 8, ""))
	found, err := answering(t, 200, http.Header{"Date": {"Sun, 22 Nov 2026 09:40:00 GMT"}}, body).Find(t.Context(), link)
	require.NoError(t, err)
	require.Equal(t, &publish.Found{}, found, "a text of nothing but a link cannot be recognised")
}

// TestFind_escaped holds that a text is found when the platform escapes it, and with the blank it likes to append.
func TestFind_escaped(t *testing.T) {
	body := `{"statuses":[{"idstr":"3","created_at":"Sun Nov 22 17:35:00 +0800 2026","text":"水&lt;电&amp;气 http://t.cn/AbC \u200b"}]}`
	found, err := answering(t, 200, nil, body).Find(t.Context(), &publish.Query{
		Credential: submission("").Credential, Rendition: rendition("水<电&气 https://gov.example/a"),
		Since: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	require.Len(t, found.Receipts, 1)
	require.Empty(t, found.Receipts[0].URL, "nobody said whose post it is")
}

func TestFind_wrongCredential(t *testing.T) {
	r := loopback(t, nil)
	other := r.fake.AddUser(weibotest.User{ScreenName: "另一账号"})
	r.acct.UID = other.UID
	_, err := r.client.Find(t.Context(), &publish.Query{Account: r.acct, Credential: r.cred, Rendition: rendition(text)})
	require.Equal(t, "21335", typed(t, err).Code)
	require.ErrorIs(t, err, govmedia.KindForbidden)
}
