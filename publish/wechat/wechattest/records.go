package wechattest

import (
	"strconv"
	"time"
)

// The server's own records. All of them are guarded by Server.mu.
type (
	account struct {
		App
		ordinary, stable *token
		forced           quota // force_refresh in a day
		forcedAt         time.Time
		fans             []*fan
		fanByID          map[string]*fan
		usage            map[string]*quota // calls in a day by endpoint
		cleared          quota             // clear_quota in a month
		massMinute       quota
		sent             map[string]*mass // by clientmsgid
		speed            int
		stats            map[string][]statRow // by name
	}

	token struct {
		access  string
		app     *account
		expires time.Time
		dead    time.Time // from when it is overwritten; zero while it is the newest
		stable  bool
	}

	fan struct {
		Fan
		windows  []window
		typing   time.Time
		spoke    time.Time
		received quota // mass messages in a month
	}

	// window is the time in which a customer message may follow an interaction.
	window struct {
		ends time.Time
		left int // negative is without limit
	}

	material struct {
		Material
		app *account
	}

	article struct {
		Article
		comments []*comment
		counted  int64 // user_comment_ids given
	}

	draft struct {
		app       *account
		id        string
		state     DraftState
		articles  []*article
		created   time.Time
		updated   time.Time
		visibleAt time.Time
	}

	// progress tells when a job that the platform works on is through.
	progress struct {
		polls   int       // polls that still find it in work; negative is all
		due     time.Time // through by then even if nobody asks; zero is never
		settled time.Time // zero while it is in work
	}

	// work is a set of articles that comments can hang on.
	work struct {
		app       *account
		msgDataID int64
		articles  []*article
		live      func() bool
	}

	publication struct {
		progress
		work
		id        int64
		draft     *draft
		articleID string
		status    int
		outcome   int // the status it will have
		failIdx   []int
		submitted time.Time
		visibleAt time.Time
		shadow    bool
		asked     int
	}

	mass struct {
		progress
		Mass
		id      int64
		work    *work // nil unless it carries articles
		app     *account
		draft   *draft
		to      []*fan
		outcome string // what Result will be
		tried   time.Time
	}

	comment struct {
		Comment
		work *work
		on   *article
	}
)

func (d *draft) inBox(now time.Time) bool { return d.state == DraftInBox && !now.Before(d.visibleAt) }

func (d *draft) snapshot() Draft {
	return Draft{
		AppID: d.app.ID, MediaID: d.id, State: d.state, Articles: copyArticles(d.articles),
		Created: d.created, Updated: d.updated,
	}
}

func (p *publication) visible(now time.Time) bool {
	return p.live() && !now.Before(p.visibleAt)
}

func (p *publication) snapshot(now time.Time) Publication {
	return Publication{
		AppID: p.app.ID, PublishID: formatID(p.id), MsgDataID: formatID(p.msgDataID), MediaID: p.draft.id,
		ArticleID: p.articleID, Status: p.status, FailIdx: append([]int(nil), p.failIdx...),
		Articles: copyArticles(p.articles), Submitted: p.submitted, Settled: p.settled,
		Shadow: p.shadow, Visible: p.visible(now), Polls: p.asked,
	}
}

func (m *mass) snapshot() Mass {
	out := m.Mass
	out.Settled = m.settled
	out.To = append([]string{}, m.To...)
	if m.work != nil {
		out.Articles = copyArticles(m.work.articles)
	}
	return out
}

func copyArticles(in []*article) []Article {
	out := make([]Article, 0, len(in))
	for _, a := range in {
		it := a.Article
		it.Images = append([]string(nil), it.Images...)
		it.Warnings = append([]string(nil), it.Warnings...)
		out = append(out, it)
	}
	return out
}

// fork returns articles of their own for a publication, so that later changes to a
// draft that came back do not reach it.
func fork(in []*article) []*article {
	out := make([]*article, 0, len(in))
	for _, a := range copyArticles(in) {
		out = append(out, &article{Article: a})
	}
	return out
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// quota counts uses within the newest window it has seen.
type quota struct {
	window time.Time
	n      int
}

func (q *quota) used(window time.Time) int {
	if q == nil || !q.window.Equal(window) {
		return 0
	}
	return q.n
}

func (q *quota) spend(window time.Time) {
	q.n = q.used(window) + 1
	q.window = window
}

// beijing is the zone of the platform's days.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

func dayOf(t time.Time) time.Time {
	y, m, d := t.In(beijing()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, beijing())
}

func monthOf(t time.Time) time.Time {
	y, m, _ := t.In(beijing()).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, beijing())
}

func minuteOf(t time.Time) time.Time { return t.Truncate(time.Minute) }
