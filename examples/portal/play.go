package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/reply/sla"
)

// play goes through the day, step by step; each fails the day if it fails.
func (d *day) play(ctx context.Context) error {
	if err := d.m.Registry.Save(ctx, "管理员", d.register); err != nil {
		return err
	}
	members, err := d.m.Cluster(ctx, cluster)
	if err != nil {
		return err
	}
	d.result.cluster = len(members)
	if err := d.platform.connect(ctx, d.m, members); err != nil {
		return err
	}
	d.say("connected: %d accounts of %s", len(members), cluster)
	d.run(ctx)

	post, err := d.review(ctx, members)
	if err != nil {
		return err
	}
	if err := d.broadcast(ctx, post); err != nil {
		return err
	}
	if err := d.listen(ctx, post); err != nil {
		return err
	}
	if err := d.figures(ctx, members); err != nil {
		return err
	}
	if err := d.answer(ctx, post); err != nil {
		return err
	}
	return d.finish(ctx, post)
}

// run starts the matrix; stop ends it.
func (d *day) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.m.Run(ctx) }()
	d.stop = func() error {
		cancel()
		return <-ended
	}
}

// review takes the notice through author, reviewer and approver.
func (d *day) review(ctx context.Context, members []account.Account) (publish.Post, error) {
	var targets []string
	for _, a := range members {
		targets = append(targets, a.ID)
	}
	now := time.Now().In(time.FixedZone("Asia/Shanghai", 8*60*60))
	picture, err := d.m.Publisher.AddMedia(ctx, "拟稿人甲", cover())
	if err != nil {
		return publish.Post{}, err
	}
	p, err := d.m.Publisher.Draft(ctx, "拟稿人甲", publish.Post{
		Title:   "演练通知",
		Text:    fmt.Sprintf("示例省将于今日开展防汛应急演练，期间部分公交线路临时绕行，请留意现场指引。本条为演示内容，演练编号%s。", now.Format("20060102150405.000")),
		Link:    "https://" + safeDomain + "/notice",
		Cover:   picture,
		Targets: targets,
	})
	if err == nil {
		p, err = d.m.Publisher.Submit(ctx, "拟稿人甲", p, "初审：事实、数据已核对")
	}
	if err == nil {
		p, err = d.m.Publisher.Review(ctx, "复核人乙", p, "复审：政治关、法律关、政策关、保密关、文字关已过")
	}
	if err == nil {
		p, err = d.m.Publisher.Approve(ctx, "签发人丙", p, "终审：同意签发")
	}
	d.say("approved: %q, seal %.12s…", p.Title, p.Seal)
	return p, err
}

// broadcast publishes the notice and waits until every delivery is settled.
func (d *day) broadcast(ctx context.Context, post publish.Post) error {
	if d.platform.faulty != nil {
		d.platform.faulty.script(d.fault, len(of(d.platform.faulty, d.members())), len(questions))
	}
	d.post.Store(&post.ID)
	if _, err := d.m.Publisher.Publish(ctx, "拟稿人甲", post.ID); err != nil {
		return err
	}
	if faulty := d.platform.faulty; faulty != nil {
		// One platform that fails never holds up the others.
		err := d.until(ctx, "deliveries on the other platforms", func() (bool, error) {
			list, err := d.deliveries(ctx, post)
			others := slices.DeleteFunc(list, func(dl govmedia.Delivery) bool { return dl.Platform == faulty.name() })
			return !slices.ContainsFunc(others, func(dl govmedia.Delivery) bool { return !dl.State.Settled() }), err
		})
		if err != nil {
			return err
		}
		d.say("deliveries while %s fails: %v", faulty.name(), d.result.Deliveries)
		if d.fault == down {
			faulty.heal()
			d.say("%s is back", faulty.name())
		}
	}
	err := d.until(ctx, "deliveries", func() (bool, error) {
		list, err := d.deliveries(ctx, post)
		state := publish.StateOf(list)
		return state != publish.UnderWay && state != publish.NotPublished, err
	})
	d.say("deliveries: %v", d.result.Deliveries)
	return err
}

// deliveries returns those of the notice and counts them by outcome.
func (d *day) deliveries(ctx context.Context, post publish.Post) ([]govmedia.Delivery, error) {
	list, err := d.m.Publisher.Deliveries(ctx, post.ID)
	d.result.Deliveries = map[govmedia.DeliveryState]int{}
	for _, dl := range list {
		d.result.Deliveries[dl.State]++
	}
	return list, err
}

var questions = []struct{ citizen, text, answer string }{
	{"路过的风", "公交12路今天怎么走？在哪里绕行？", "您好，12路今日9时至11时绕行滨河路，不停靠码头站，其余时段正常。"},
	{"小满妈妈", "学校下午停课吗？几点接孩子？", "您好，今日各学校正常上课，不停课，按平时时间接孩子即可。"},
	{"老陈", "演练会不会影响去医院看病？", "您好，演练不影响就医，各医院门诊、急诊照常开放。"},
	{"江边垂钓", "河堤步道今天还能走吗？", "您好，河堤步道今日9时至11时临时封闭，11时后恢复通行。"},
	{"一只橘猫", "警报声会响多久？老人在家有点怕。", "您好，警报每次鸣响3分钟，属演练安排，请老人家不必担心。"},
	{"示例社区志愿者", "社区需要配合做什么？", "您好，请提醒居民留意现场指引，并协助照看独居老人。"},
}

// listen lets citizens comment and receives what they said.
func (d *day) listen(ctx context.Context, post publish.Post) error {
	deliveries, err := d.m.Publisher.Deliveries(ctx, post.ID)
	if err != nil {
		return err
	}
	if d.result.asked, err = d.platform.ask(deliveries); err != nil {
		return err
	}
	_, err = d.m.Poll(ctx)
	if err != nil && !onlyUnknownYears(err) {
		return err
	}
	if err != nil {
		d.say("a deadline could not be set; the case is open all the same: %v", err)
	}
	received, err := d.count(ctx, post)
	d.say("received: %d messages", len(received))
	for _, c := range received {
		d.say("  %s → %s (%s)", c.Message.Text, c.Unit, c.Route)
	}
	if len(received) > 0 {
		for _, limit := range received[0].Limits {
			d.say("  %s", limit.Explanation)
		}
	}
	return err
}

// onlyUnknownYears reports whether everything that went wrong is a deadline in a year whose holidays are not published.
func onlyUnknownYears(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(err error) bool { return !onlyUnknownYears(err) })
	}
	if _, ok := err.(*sla.YearError); ok { //nolint:errorlint // the tree is walked step by step
		return true
	}
	inner := errors.Unwrap(err)
	return inner != nil && onlyUnknownYears(inner)
}

// count returns the cases that were asked under this notice and counts them; the database may hold other days.
func (d *day) count(ctx context.Context, post publish.Post) ([]reply.Case, error) {
	deliveries, err := d.m.Publisher.Deliveries(ctx, post.ID)
	if err != nil {
		return nil, err
	}
	under := map[string]bool{}
	for _, dl := range deliveries {
		if dl.Receipt != nil {
			under[dl.Receipt.ID], under[dl.Receipt.Thread] = true, true
		}
	}
	all, err := d.m.Desk.Cases(ctx, "")
	ours, counts := []reply.Case(nil), cases{}
	for _, c := range all {
		if !under[c.Message.Post] {
			continue
		}
		ours = append(ours, c)
		if c.State == reply.CaseAnswered {
			counts.Answered++
		} else {
			counts.Open++
		}
	}
	d.result.Messages, d.result.Cases = len(ours), counts
	return ours, err
}

// figures collects what each platform says about one account. The posts of an earlier day are unknown to this day's
// fakes, so that a snapshot may be incomplete; one of WeChat is, because it tells nothing about single posts.
func (d *day) figures(ctx context.Context, members []account.Account) error {
	d.result.Figures = map[string]metrics.Snapshot{}
	for _, a := range members {
		if _, done := d.result.Figures[a.App.Platform]; done {
			continue
		}
		s, err := d.m.Metrics.Collect(ctx, a.ID)
		if err != nil {
			return err
		}
		d.result.Figures[a.App.Platform] = s
		d.say("figures of %s on %s: followers %s, posts %s, complete: %t", a.ID, a.App.Platform, s.Counts.Followers, s.Counts.Posts, s.Complete)
	}
	return nil
}

// unanswered is how many citizens the day leaves waiting, so that the page has a running clock to show.
const unanswered = 2

// answer answers the other cases as their units' clerks, twice, as an impatient clerk would, and waits for their clocks
// to stop.
func (d *day) answer(ctx context.Context, post publish.Post) error {
	received, err := d.count(ctx, post)
	if err != nil {
		return err
	}
	for _, c := range received[:max(0, len(received)-unanswered)] {
		for range 2 {
			if _, err := d.m.Desk.Answer(ctx, "经办人@"+c.Unit, c.ID, answerTo(c)); err != nil {
				return err
			}
		}
	}
	err = d.until(ctx, "answers", func() (bool, error) {
		_, err := d.count(ctx, post)
		return d.result.Cases.Open <= unanswered, err
	})
	d.say("cases: %d answered, %d open", d.result.Cases.Answered, d.result.Cases.Open)
	return err
}

func answerTo(c reply.Case) string {
	for _, q := range questions {
		if q.text == c.Message.Text {
			return q.answer
		}
	}
	return "您好，来信收悉，我们核实后答复您。"
}

// finish asks the platform what it really holds and how the audit log ends.
func (d *day) finish(ctx context.Context, post publish.Post) error {
	d.result.Journal, d.result.copies = d.platform.held(post.Text, d.members())
	head, err := d.engine.AuditHead(ctx)
	d.result.AuditHead = head
	d.say("audit head: %s", head)
	return err
}

// until asks again every 50 ms until done says so.
func (d *day) until(ctx context.Context, what string, done func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s were still under way when the day ended: %w", what, ctx.Err())
		}
	}
}
