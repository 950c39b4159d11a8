package wechat

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
)

// Counts implements [metrics.Source]: how many follow the account, and how many publications it shows. The platform
// counts reads, shares and favourites of an article but tells no likes and comments of each, so ByPost is empty and a
// snapshot with posts is not complete; what it does tell is in [Client.Statistics].
//
// GET cgi-bin/user/get and POST cgi-bin/freepublish/batchget (developers.weixin.qq.com, read 2026-11-22).
func (c *Client) Counts(ctx context.Context, r *metrics.Request) (*metrics.Counts, error) {
	if err := c.owns(r.Account); err != nil {
		return nil, err
	}
	var users struct {
		Total loose `json:"total"`
	}
	if err := c.call(ctx, query{op: "user/get", get: true, cred: r.Credential}, &users); err != nil {
		return nil, err
	}
	var posts struct {
		Total loose `json:"total_count"`
	}
	const list = "freepublish/batchget"
	if err := c.call(ctx, query{op: list, cred: r.Credential, body: map[string]any{"offset": 0, "count": 1, "no_content": 1}}, &posts); err != nil {
		return nil, err
	}
	followers, ok1 := users.Total.number()
	published, ok2 := posts.Total.number()
	if !ok1 || !ok2 {
		return nil, unreadable(list, "the answer has no figures")
	}
	return &metrics.Counts{Followers: metrics.Known(followers), Posts: metrics.Known(published)}, nil
}

// Statistic (数据统计) is a kind of figures.
type Statistic string

// The statistics.
const (
	StatUsers     Statistic = "users"      // new and lost followers of each day and source
	StatFollowers Statistic = "followers"  // followers at the end of each day
	StatArticles  Statistic = "articles"   // reads, shares and favourites of the articles of one day
	StatTotals    Statistic = "totals"     // the same for each day since, up to seven
	StatReads     Statistic = "reads"      // reads of the whole account
	StatShares    Statistic = "shares"     // shares of the whole account
	StatMessages  Statistic = "messages"   // what citizens sent to the account
	StatInterface Statistic = "interfaces" // calls of the callback address
)

// cubes are the platform's names of a statistic, the newest first, each with the most days that one call may span. Those
// that the documents call no longer maintained are asked when the newer name is not to be had or has nothing
// (developers.weixin.qq.com/doc/service/api/analysis, read 2026-11-22; the spans of the newer names are not published).
var cubes = map[Statistic][]cube{
	StatUsers:     {{"getusersummary", 7}},
	StatFollowers: {{"getusercumulate", 7}},
	StatArticles:  {{"getarticleread", 1}, {"getarticlesummary", 1}},
	StatTotals:    {{"getarticletotaldetail", 1}, {"getarticletotal", 1}},
	StatReads:     {{"getbizsummary", 3}, {"getuserread", 3}},
	StatShares:    {{"getarticleshare", 1}, {"getusershare", 7}},
	StatMessages:  {{"getupstreammsg", 7}},
	StatInterface: {{"getinterfacesummary", 30}},
}

type cube struct {
	name string
	days int
}

// Row is one line of a statistic. Values holds the figures that the platform gave, under its own names, and no others:
// what it does not tell is missing and not zero.
type Row struct {
	Source string // the platform's name of the statistic, such as getarticletotal
	Date   string // of what is counted, YYYY-MM-DD in Beijing
	On     string // when it was counted, where one article has several lines
	Thread string // msg_data_id of the article, where it is about one
	Index  string // of the article, counted from 1
	Title  string
	Values map[string]int64
}

// Statistics reads a statistic for the days from first to last, counted in Beijing; the platform has yesterday's from about
// eight in the morning. More days than one call may span are asked for in several. Names that the platform has replaced
// are asked when the newer one is refused or empty. It is safe for concurrent use.
func (c *Client) Statistics(ctx context.Context, cred account.Credential, what Statistic, first, last time.Time) ([]Row, error) {
	names, known := cubes[what]
	if !known {
		return nil, invalid("datacube", "there is no statistic %q", what)
	}
	if last.Before(first) || last.Sub(first) > 400*24*time.Hour {
		return nil, invalid("datacube", "the last day is before the first, or more than 400 days after it")
	}
	var rows []Row
	var err error
	for i, name := range names {
		rows, err = c.days(ctx, cred, name, day(first), day(last))
		newest := i == 0 && len(names) > 1
		if newest && (err == nil && len(rows) == 0 || slices.Contains([]string{"40066", "48001", "61501"}, code(err))) {
			continue
		}
		break
	}
	return rows, err
}

// day is the beginning of a day in Beijing.
func day(t time.Time) time.Time {
	y, m, d := t.In(beijing()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, beijing())
}

func (c *Client) days(ctx context.Context, cred account.Credential, name cube, first, last time.Time) ([]Row, error) {
	var rows []Row
	for from := first; !from.After(last); from = from.AddDate(0, 0, name.days) {
		to := from.AddDate(0, 0, name.days-1)
		if to.After(last) {
			to = last
		}
		var answer struct {
			List []map[string]json.RawMessage `json:"list"`
		}
		op := "datacube/" + name.name
		body := map[string]any{"begin_date": from.Format(time.DateOnly), "end_date": to.Format(time.DateOnly)}
		if err := c.call(ctx, query{op: op, cred: cred, body: body}, &answer); err != nil {
			return nil, err
		}
		if answer.List == nil {
			return nil, unreadable(op, "the answer has no list")
		}
		for _, fields := range answer.List {
			rows = append(rows, rowsOf(name.name, fields)...)
		}
	}
	return rows, nil
}

// rowsOf reads one entry of a list: its own figures, those of an object in it, and a line for each entry of its details.
func rowsOf(source string, fields map[string]json.RawMessage) []Row {
	r := Row{Source: source, Values: map[string]int64{}}
	r.Date, r.Title = text(fields["ref_date"]), text(fields["title"])
	r.Thread, r.Index, _ = strings.Cut(cmp.Or(text(fields["msgid"]), text(fields["msg_id"])), "_")
	values(fields, r.Values)
	var inner map[string]json.RawMessage
	if json.Unmarshal(fields["detail"], &inner) == nil {
		values(inner, r.Values)
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal(fields["details"], &details) != nil || len(details) == 0 {
		return []Row{r}
	}
	rows := make([]Row, 0, len(details))
	for _, d := range details {
		line := r
		line.On, line.Values = text(d["stat_date"]), map[string]int64{}
		values(d, line.Values)
		rows = append(rows, line)
	}
	return rows
}

// values takes the counts among some fields.
func values(fields map[string]json.RawMessage, into map[string]int64) {
	for name, raw := range fields {
		if name == "msgid" || name == "msg_id" || len(raw) == 0 || raw[0] == '"' {
			continue
		}
		if n, ok := loose(raw).number(); ok {
			into[name] = n
		}
	}
}

func text(raw json.RawMessage) string {
	var l loose
	if json.Unmarshal(raw, &l) != nil {
		return ""
	}
	return string(l)
}
