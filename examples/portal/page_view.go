package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// pageView is all that the page shows, already in words.
type pageView struct {
	Nonce, Title, Now string

	Accounts, Open, Units int
	Moving                bool // a broadcast is under way
	Live                  int  // deliveries of the post that are public
	Status                string
	Post                  *postView
	Deliveries            shortList[deliveryView]
	Outcomes              *bar
	Attention             shortList[deliveryView]
	Cases, Answered       shortList[caseView]
	Overdue               int
	Freshness             shortList[freshnessView]
	Ages                  *bar
	Figures               shortList[figuresView]
	Findings              shortList[findingView]
	Severities            []part
}

// shortList is a list of which a reader sees the top at once, the rest on demand, and the number of what is left out.
type shortList[T any] struct {
	Top, Rest []T
	Len, More int
}

const listMost = 500 // no list on the page is longer

func shorten[T any](all []T, top int) shortList[T] {
	shown := all[:min(len(all), listMost)]
	top = min(top, len(shown))
	return shortList[T]{Top: shown[:top], Rest: shown[top:], Len: len(all), More: len(all) - len(shown)}
}

type accountView struct{ ID, Name, Platform, Unit string }

type postView struct {
	Title, Text, Link, Seal string
	Signatures              []string
}

type deliveryView struct {
	accountView
	Delivery string // its id
	Kind     string
	State    word
	Attempt  int
	Receipt  string // address, "" when there is none to follow
	Evidence string
	At, Next string
	Reason   string
	Original string // the reason as recorded, when Reason is a translation of it
	Todo     string
	state    govmedia.DeliveryState
}

type caseView struct {
	accountView
	ID, Citizen, Text, At, Holder, Route string
	Limits                               []limitView
	Answered, Took                       string
	due, answered                        time.Time
}

type limitView struct {
	Target, Left, Class, Due, Explanation string
}

type freshnessView struct {
	accountView
	Grade    word
	Last     string
	Age      string
	severity int
	age      time.Duration
}

type figuresView struct {
	Unit             string
	Followers, Posts sumView
	known            int // accounts with figures
	id               string
}

type sumView struct{ Total, Base string }

type findingView struct {
	Severity                                   word
	Subject, ID, Field                         string
	Explanation, Suggestion, Citation, Version string
}

// names finds the names behind ids.
type names struct {
	accounts map[string]account.Account
	units    map[string]account.Unit
}

func (n names) account(id string) accountView {
	a, ok := n.accounts[id]
	if !ok {
		return accountView{ID: id, Name: id}
	}
	return accountView{id, a.Name, platformWord(a.App.Platform), n.unit(a.Unit)}
}

func (n names) unit(id string) string { return cmp.Or(n.units[id].Name, id) }

func (n names) subject(id string) string {
	if a, ok := n.accounts[id]; ok {
		return a.Name
	}
	if row, ok := strings.CutPrefix(id, "row "); ok {
		return "台账第" + row + "行"
	}
	return n.unit(id)
}

// view reads everything the page shows.
func (s *site) view(ctx context.Context) (*pageView, error) {
	now := s.cfg.Now()
	reg, err := s.matrix.Registry.All(ctx)
	if err != nil {
		return nil, err
	}
	n := names{map[string]account.Account{}, map[string]account.Unit{}}
	v := &pageView{Outcomes: &bar{}, Ages: &bar{}, Title: s.cfg.Title, Now: clockWord(now), Accounts: len(reg.Accounts), Units: len(reg.Units)}
	for _, u := range reg.Units {
		n.units[u.ID] = u
	}
	for _, a := range reg.Accounts {
		n.accounts[a.ID] = a
		if a.State == account.Open {
			v.Open++
		}
	}
	for _, read := range []func(context.Context, *pageView, names, time.Time) error{
		s.viewPost, s.viewAttention, s.viewCases, s.viewFreshness, s.viewFigures,
	} {
		if err := read(ctx, v, n, now); err != nil {
			return nil, err
		}
	}
	v.viewFindings(s.cfg.Findings, n)
	return v, nil
}

func (s *site) viewPost(ctx context.Context, v *pageView, n names, _ time.Time) error {
	v.Status = "今日稿件尚未发布。"
	id := s.cfg.Post()
	if id == "" {
		return nil
	}
	post, err := s.matrix.Publisher.Post(ctx, id)
	if errors.Is(err, govmedia.KindNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	deliveries, err := s.matrix.Publisher.Deliveries(ctx, id)
	if err != nil {
		return err
	}
	v.Post = viewPost(post)
	counts := map[govmedia.DeliveryState]int{}
	rows := make([]deliveryView, len(deliveries))
	for i, d := range deliveries {
		counts[d.State]++
		rows[i] = s.viewDelivery(d, n)
	}
	slices.SortStableFunc(rows, func(a, b deliveryView) int {
		return cmp.Or(cmp.Compare(deliveryRank(a.state), deliveryRank(b.state)), cmp.Compare(a.ID, b.ID))
	})
	v.Deliveries = shorten(rows, 10)
	v.Outcomes = deliveryBar(counts)
	state := publish.StateOf(deliveries)
	v.Live = counts[govmedia.Live]
	v.Moving = state == publish.UnderWay
	v.Status = postWord(state, v.Live, len(deliveries))
	return nil
}

func viewPost(p publish.Post) *postView {
	v := &postView{Title: cmp.Or(p.Title, "（无标题）"), Text: p.Text, Link: webAddress(p.Link)}
	if p.Seal != "" {
		v.Seal = p.Seal[:min(12, len(p.Seal))]
	}
	for _, s := range p.Signatures {
		if step, ok := stepWords[s.Step]; ok {
			v.Signatures = append(v.Signatures, fmt.Sprintf("%s %s（%s）", step, s.Actor, clockWord(s.At)))
		}
	}
	return v
}

func (s *site) viewDelivery(d govmedia.Delivery, n names) deliveryView {
	v := deliveryView{
		accountView: n.account(d.Account), Delivery: d.ID, Kind: "稿件", State: deliveryWords[d.State], Attempt: d.Attempt,
		At: clockWord(d.Updated), Todo: todoWord(d.State, reasonKind(d.Reason)), state: d.State,
	}
	v.Platform = platformWord(d.Platform)
	if d.Kind == govmedia.DeliverAnswer {
		v.Kind = "答复"
	}
	if v.State == (word{}) {
		v.State = word{string(d.State), "·", "quiet"}
	}
	if r := d.Receipt; r != nil {
		v.Evidence, v.At = evidenceWords[r.Evidence], clockWord(r.At)
		if !s.cfg.Invented {
			v.Receipt = webAddress(r.URL)
		}
	}
	if !d.State.Settled() && d.Reason != "" && !d.Due.IsZero() {
		v.Next = clockWord(d.Due)
	}
	if v.Reason = reasonWord(d.Reason); v.Reason != d.Reason {
		v.Original = d.Reason
	}
	return v
}

func (s *site) viewAttention(ctx context.Context, v *pageView, n names, _ time.Time) error {
	waiting, err := s.matrix.Attention(ctx)
	if err != nil {
		return err
	}
	rows := make([]deliveryView, len(waiting))
	for i, d := range waiting {
		rows[i] = s.viewDelivery(d, n)
	}
	v.Attention = shorten(rows, 8)
	return nil
}

func (s *site) viewCases(ctx context.Context, v *pageView, n names, now time.Time) error {
	all, err := s.matrix.Desk.Cases(ctx, "")
	if err != nil {
		return err
	}
	var open, answered []caseView
	for _, c := range all {
		switch c.State {
		case reply.CaseAnswered:
			answered = append(answered, viewCase(c, n, c.Answered))
		default:
			row := viewCase(c, n, now)
			if slices.ContainsFunc(row.Limits, func(l limitView) bool { return l.Class == "bad" }) {
				v.Overdue++
			}
			open = append(open, row)
		}
	}
	slices.SortStableFunc(open, func(a, b caseView) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(answered, func(a, b caseView) int {
		return cmp.Or(b.answered.Compare(a.answered), cmp.Compare(a.ID, b.ID))
	})
	v.Cases, v.Answered = shorten(open, 6), shorten(answered, 4)
	return nil
}

// viewCase puts a case in words as its clocks stood at an instant: now, or when it was answered.
func viewCase(c reply.Case, n names, at time.Time) caseView {
	v := caseView{
		accountView: n.account(c.Message.Account), ID: c.ID, Citizen: maskName(c.Message.Author), Text: c.Message.Text,
		At: clockWord(c.Opened), Holder: n.unit(c.Unit), Route: c.Route, answered: c.Answered, due: farFuture,
	}
	v.Platform = platformWord(c.Message.Platform)
	if !c.Answered.IsZero() {
		v.Answered, v.Took = clockWord(c.Answered), spanWord(c.Answered.Sub(c.Opened))
	}
	for _, l := range c.Limits {
		if l.Due.Before(v.due) {
			v.due = l.Due // zero, and so first, when it could not be computed: a person must look
		}
		v.Limits = append(v.Limits, viewLimit(l, at, !c.Answered.IsZero()))
	}
	return v
}

var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

const soon = 4 * time.Hour // less than this left is shown as urgent

func viewLimit(l reply.Deadline, at time.Time, answered bool) limitView {
	v := limitView{Target: l.Target, Explanation: l.Explanation, Class: "calm"}
	left, known := l.Left(at)
	if known && !answered {
		v.Due = clockWord(l.Due)
	}
	v.Left = leftWord(left, known)
	switch {
	case !known:
		v.Class = "warn"
	case left < 0:
		v.Class = "bad"
	case answered:
		v.Left, v.Class = "按时", "good"
	case left < soon:
		v.Class = "warn"
	}
	return v
}

func (s *site) viewFreshness(ctx context.Context, v *pageView, n names, _ time.Time) error {
	list, err := s.matrix.Metrics.Freshness(ctx)
	if err != nil {
		return err
	}
	counts := map[metrics.Grade]int{}
	rows := make([]freshnessView, len(list))
	for i, f := range list {
		counts[f.Grade]++
		rows[i] = viewFreshness(f, n)
	}
	slices.SortStableFunc(rows, func(a, b freshnessView) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(b.age, a.age), cmp.Compare(a.ID, b.ID))
	})
	v.Freshness = shorten(rows, 8)
	for _, g := range gradeOrder {
		v.Ages.add(gradeWords[g], counts[g])
	}
	return nil
}

func viewFreshness(f metrics.Freshness, n names) freshnessView {
	v := freshnessView{
		accountView: n.account(f.Account), Grade: gradeWords[f.Grade], Last: "未见发布记录",
		severity: slices.Index(gradeOrder, f.Grade), age: f.Age,
	}
	if !f.LastPost.IsZero() {
		v.Last, v.Age = clockWord(f.LastPost), spanWord(f.Age)+"前"
	}
	return v
}

func (s *site) viewFigures(ctx context.Context, v *pageView, n names, _ time.Time) error {
	all, err := s.matrix.Metrics.Figures(ctx)
	if err != nil {
		return err
	}
	var rows []figuresView
	for id, f := range all {
		rows = append(rows, figuresView{
			Unit: n.unit(id), Followers: viewSum(f.Followers, f.Accounts), Posts: viewSum(f.Posts, f.Accounts), known: f.Counted, id: id,
		})
	}
	slices.SortFunc(rows, func(a, b figuresView) int { return cmp.Or(cmp.Compare(b.known, a.known), cmp.Compare(a.id, b.id)) })
	v.Figures = shorten(rows, 8)
	return nil
}

// viewSum says of how many accounts the sum is, so that nobody takes it for all of them.
func viewSum(s metrics.Sum, accounts int) sumView {
	v := sumView{figureWord(s.Total), fmt.Sprintf("%d个账号中已知%d个", accounts, s.Base)}
	if s.Base == accounts {
		v.Base = fmt.Sprintf("共%d个账号", accounts)
	}
	return v
}

func (v *pageView) viewFindings(findings []govmedia.Finding, n names) {
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b govmedia.Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(severityOrder, a.Severity), slices.Index(severityOrder, b.Severity)),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	counts := map[govmedia.Severity]int{}
	rows := make([]findingView, len(sorted))
	for i, f := range sorted {
		counts[f.Severity]++
		rows[i] = findingView{
			Severity: severityWords[f.Severity], Subject: n.subject(f.Subject), ID: f.Subject, Field: fieldWord(f.Field),
			Explanation: f.Explanation, Suggestion: f.Suggestion, Citation: f.Citation, Version: f.Version,
		}
	}
	for _, s := range severityOrder {
		if counts[s] > 0 {
			v.Severities = append(v.Severities, part{word: severityWords[s], N: counts[s]})
		}
	}
	v.Findings = shorten(rows, 6)
}

// webAddress returns the address if it is one that a browser may follow to a platform.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}
