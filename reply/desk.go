package reply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/reply/sla"
)

// Route (转办规则) sends messages to a unit by what they say.
type Route struct {
	Name     string   // stands in the case as the reason
	Contains []string // any of these words in the text
	Unit     string   // id of the unit
}

// Config configures a Desk.
type Config struct {
	// Authorize decides whether the actor may answer the case; nil denies everybody.
	Authorize func(ctx context.Context, actor string, c Case) error
	// Duty returns the id of the duty shift that answers for what the actor says through the account at an instant, empty
	// when nobody is on duty; every answer is stamped with it. nil stamps nothing, and in a matrix asks its Roster.
	Duty     func(ctx context.Context, account, actor string, at time.Time) (string, error)
	Routes   []Route       // the first that matches wins; a message none matches stays with the owner of the asked account
	Targets  []sla.Target  // the time limits of every case
	Calendar *sla.Calendar // needed by targets that count working time
	// Overlap is how far before the last reading each reading starts again, so that a message which the platform
	// shows late is not missed; 0 means 1 hour.
	Overlap time.Duration
	Now     func() time.Time // nil means time.Now
}

// Desk (答复台) receives what citizens say and sends the answers. Safe for concurrent use.
type Desk struct {
	store    Store
	registry *account.Registry
	vault    *account.Vault
	channels map[account.App]Channel
	cfg      Config
}

// New returns a desk for the channels; two channels of one app are an error.
func New(store Store, registry *account.Registry, vault *account.Vault, channels []Channel, cfg Config) (*Desk, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Overlap == 0 {
		cfg.Overlap = time.Hour
	}
	d := &Desk{store: store, registry: registry, vault: vault, channels: map[account.App]Channel{}, cfg: cfg}
	for _, c := range channels {
		if _, twice := d.channels[c.App()]; twice {
			return nil, govmedia.Errorf(govmedia.KindInvalid, "reply.new", "two channels for app %s", c.App())
		}
		d.channels[c.App()] = c
	}
	return d, nil
}

// threadsRead is how many of an account's newest posts are looked under.
const threadsRead = 20

// firstReading is how far back the first reading of an account looks.
const firstReading = 7 * 24 * time.Hour

// Poll reads one account and returns the cases that were opened. Messages seen before are ignored. An account without
// a channel gives an error that matches errors.ErrUnsupported.
func (d *Desk) Poll(ctx context.Context, accountID string) ([]Case, error) {
	a, err := d.registry.Account(ctx, accountID)
	if err != nil {
		return nil, err
	}
	channel, err := d.channel(a)
	if err != nil {
		return nil, err
	}
	cred, err := d.vault.Open(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	last, err := d.store.LastRead(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Now()
	since := last.Add(-d.cfg.Overlap)
	if last.IsZero() {
		since = now.Add(-firstReading)
	}
	threads, err := d.store.LiveThreads(ctx, a.ID, threadsRead)
	if err != nil {
		return nil, err
	}
	messages, err := channel.Messages(ctx, &Inbox{Account: a, Credential: cred, Since: since, Threads: threads})
	if err != nil {
		return nil, d.vault.Recover(ctx, cred, err)
	}
	return d.receive(ctx, a, now, messages)
}

// receive opens a case for each message of a citizen. A deadline that cannot be computed never loses the message: the
// case is opened without it and the error is returned beside the cases.
func (d *Desk) receive(ctx context.Context, a account.Account, now time.Time, messages []Message) ([]Case, error) {
	var errs []error
	incoming := make([]Incoming, len(messages))
	for i, m := range messages {
		m.Platform, m.Account, m.At = a.App.Platform, a.ID, m.At.UTC()
		incoming[i].Message = m
		if m.Own {
			continue
		}
		c := Case{ID: digest("case", m.Key())[:24], Message: m, State: CaseOpen, Opened: m.At}
		c.Unit, c.Route = d.route(a, m)
		for _, target := range d.cfg.Targets {
			limit, err := d.deadline(target, m.At)
			c.Limits = append(c.Limits, limit)
			errs = append(errs, err)
		}
		incoming[i].Case = &c
	}
	opened, err := d.store.Receive(ctx, a.ID, now, incoming)
	if err != nil || len(opened) == 0 {
		return nil, err
	}
	return opened, errors.Join(errs...)
}

func (d *Desk) deadline(target sla.Target, start time.Time) (Deadline, error) {
	limit, err := target.Due(start, d.cfg.Calendar)
	if err != nil {
		return Deadline{Target: target.Name, Explanation: unknownDeadline(err)}, err
	}
	return Deadline{Target: target.Name, Due: limit.Due.UTC(), Explanation: limit.Explanation}, nil
}

func unknownDeadline(err error) string {
	if year, ok := errors.AsType[*sla.YearError](err); ok {
		return fmt.Sprintf("时限无法计算：工作日历“%s”还没有%d年的放假安排，请补充后人工核定。", year.Calendar, year.Year)
	}
	return "时限无法计算，请人工核定：" + err.Error()
}

// route is total: whatever no rule matches stays with the owner of the asked account, the first asked (首问负责).
func (d *Desk) route(a account.Account, m Message) (unit, rule string) {
	for _, r := range d.cfg.Routes {
		for _, word := range r.Contains {
			if strings.Contains(m.Text, word) {
				return r.Unit, r.Name
			}
		}
	}
	return a.Unit, "首问负责"
}

// Answer queues an answer under the message that opened the case and returns its delivery. Saying the same again, by
// whomever, queues nothing twice. The case counts as answered when the platform holds the answer.
func (d *Desk) Answer(ctx context.Context, actor, caseID, text string) (govmedia.Delivery, error) {
	c, err := d.store.Case(ctx, caseID)
	if err != nil {
		return govmedia.Delivery{}, err
	}
	if err := d.authorize(ctx, actor, c); err != nil {
		return govmedia.Delivery{}, err
	}
	a, err := d.registry.Account(ctx, c.Message.Account)
	if err != nil {
		return govmedia.Delivery{}, err
	}
	channel, err := d.channel(a)
	if err != nil {
		return govmedia.Delivery{}, err
	}
	if err := channel.AnswerLimits().Text.Check(text); err != nil {
		return govmedia.Delivery{}, err
	}
	now := d.cfg.Now()
	answer := Answer{Case: c.ID, Actor: actor, Text: text, At: now}
	answer.ID = answer.Digest()[:24]
	if d.cfg.Duty != nil {
		if answer.Duty, err = d.cfg.Duty(ctx, a.ID, actor, now); err != nil {
			return govmedia.Delivery{}, err
		}
	}
	item := outbox.Item{Seal: answer.Digest(), Delivery: govmedia.Delivery{
		ID: "answer/" + answer.ID, Kind: govmedia.DeliverAnswer, Subject: answer.ID,
		Platform: a.App.Platform, App: a.App.Key, Account: a.ID, State: govmedia.Queued, Due: now, Updated: now,
	}}
	if err := d.store.QueueAnswer(ctx, answer, item); err != nil {
		return govmedia.Delivery{}, err
	}
	deliveries, err := d.store.Deliveries(ctx, govmedia.DeliverAnswer, answer.ID)
	if err != nil {
		return govmedia.Delivery{}, err
	}
	return deliveries[0], nil
}

func (d *Desk) authorize(ctx context.Context, actor string, c Case) error {
	if actor == "" {
		return govmedia.Errorf(govmedia.KindForbidden, "reply.answer", "no person is named")
	}
	if d.cfg.Authorize == nil {
		return govmedia.Errorf(govmedia.KindForbidden, "reply.answer", "nobody may answer: set Config.Authorize")
	}
	if err := d.cfg.Authorize(ctx, actor, c); err != nil {
		return govmedia.Errorf(govmedia.KindForbidden, "reply.answer", "%q may not answer case %q: %w", actor, c.ID, err)
	}
	return nil
}

func (d *Desk) channel(a account.Account) (Channel, error) {
	if c, ok := d.channels[a.App]; ok {
		return c, nil
	}
	return nil, govmedia.Errorf(govmedia.KindUnsupported, "reply.channel",
		"account %q is on %s with app %q, for which no channel is configured", a.ID, a.App.Platform, a.App.Key)
}

// Listens reports whether the account's app has a channel, so that Poll makes sense.
func (d *Desk) Listens(a account.Account) bool {
	_, ok := d.channels[a.App]
	return ok && a.State == account.Open
}

// Case returns one case.
func (d *Desk) Case(ctx context.Context, id string) (Case, error) { return d.store.Case(ctx, id) }

// Cases returns the cases in this state in the order in which they were opened; an empty state means all.
func (d *Desk) Cases(ctx context.Context, state CaseState) ([]Case, error) {
	return d.store.Cases(ctx, state)
}

// AnswerByID returns an answer as it was queued; the Subject of its delivery is its id.
func (d *Desk) AnswerByID(ctx context.Context, id string) (Answer, error) {
	return d.store.Answer(ctx, id)
}
