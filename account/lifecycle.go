package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/reply/sla"
)

// LifecycleStore keeps requests, events and exemptions. It is implemented by this module's engine only and may gain
// methods. Every method is one transaction, and every change appends its audit record in that transaction. A missing id
// gives a KindNotFound error.
type LifecycleStore interface {
	// SaveRequest stores r if the stored version is r.Version-1 (no row counts as 0), and the event with it; otherwise
	// KindConflict.
	SaveRequest(ctx context.Context, e Event, r Request) error
	// Request returns one request, Requests those at a stage ordered by id; an empty stage means all.
	Request(ctx context.Context, id string) (Request, error)
	Requests(ctx context.Context, stage RequestStage) ([]Request, error)
	// OpenAccount inserts the account, as MoveAccount would change it, stores r as SaveRequest does and puts the account
	// into the custody of the request's operators. An id that is taken gives KindConflict.
	OpenAccount(ctx context.Context, e Event, r Request, a Account, alone []Kind) error
	// MoveAccount replaces the account if it is still what before says, otherwise KindConflict. Where after is an account
	// of one of the alone kinds, without a redirect and not deregistered, that its owner did not have like this before, and
	// the owner has another one of the kind on the platform, KindConflict says which; an exemption that holds at e.At
	// for either of them allows it.
	MoveAccount(ctx context.Context, e Event, before, after Account, alone []Kind) error
	// RecordEvent stores an event that changes no account. The second filing of one event gives KindConflict.
	RecordEvent(ctx context.Context, e Event) error
	// Event returns one event. Events returns those of an account, of all when it is empty, with one of the steps, if any
	// are named, oldest first.
	Event(ctx context.Context, id string) (Event, error)
	Events(ctx context.Context, account string, steps ...Step) ([]Event, error)
	// Recheck stores a copy of e, with an id of its own, for each open account for which no event is younger than the
	// instant, nor any post that went live, and returns them.
	Recheck(ctx context.Context, e Event, before time.Time) ([]Event, error)
	// SaveExemption inserts or replaces the exemption of an account. One for another unit than the account's owner or, where
	// there is no such account, than that of an exemption that still holds gives KindConflict. Exemptions returns all, ordered
	// by account.
	SaveExemption(ctx context.Context, actor string, x Exemption) error
	Exemptions(ctx context.Context) ([]Exemption, error)
}

// LifecycleConfig configures a Lifecycle and Operators.
type LifecycleConfig struct {
	// Authorize decides whether the actor may take the step; nil denies every step to everybody. a is the account that is
	// meant, as it stands or, of a request, as it is to be; zero where none is. That one person does not approve the own
	// request, nor takes over on the own consent, is enforced besides.
	Authorize func(ctx context.Context, actor string, step Step, a Account) error
	Rules     *LifecycleRules // nil means BuiltInLifecycle
	Preset    string          // of the filing rule; empty means the first, "hubei" of the built-in ones
	// Calendar counts working days for filings. Without one, or in a year that it does not know, a filing stays open with
	// an explicit "cannot be computed".
	Calendar *sla.Calendar
	// KnownOperators demands that whoever orders a post or an answer out is in the register of Operators. Without it people
	// who are not there are left to Authorize of publish and reply; those who are there are held to their term and their
	// contract either way.
	KnownOperators bool
	Now            func() time.Time // nil means time.Now
}

func (cfg LifecycleConfig) ready() (LifecycleConfig, FilingRule, error) {
	if cfg.Rules == nil {
		r := builtInLifecycle()
		cfg.Rules = &r
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.Rules.validate(); err != nil {
		return cfg, FilingRule{}, err
	}
	filing, err := cfg.Rules.filing(cfg.Preset)
	return cfg, filing, err
}

func (cfg LifecycleConfig) authorize(ctx context.Context, actor string, step Step, a Account) error {
	op := "lifecycle." + string(step)
	if strings.TrimSpace(actor) == "" {
		return govmedia.Errorf(govmedia.KindForbidden, op, "no person is named")
	}
	if err := legible(op, nil, actor); err != nil {
		return err
	}
	if cfg.Authorize == nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "nobody may %s: set LifecycleConfig.Authorize", step)
	}
	if err := cfg.Authorize(ctx, actor, step, a); err != nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "%q may not %s account %q: %w", actor, step, a.ID, err)
	}
	return nil
}

// day is a date as officials read it, in the zone of the calendar.
func (cfg LifecycleConfig) day(t time.Time) string {
	return t.In(cfg.zone()).Format("2006年1月2日")
}

// lastDay is the day on which ended what ends at an instant: 到期日 written as a day includes that day, so that it ends at
// the midnight after it.
func (cfg LifecycleConfig) lastDay(end time.Time) string { return cfg.day(end.Add(-time.Nanosecond)) }

func (cfg LifecycleConfig) zone() *time.Location {
	if cfg.Calendar == nil {
		return (&sla.Calendar{}).Zone()
	}
	return cfg.Calendar.Zone()
}

// Lifecycle (账号生命周期) takes accounts from the request to the end, and keeps what each step owes the supervisor and the
// public. Safe for concurrent use.
type Lifecycle struct {
	store     LifecycleStore
	operators OperatorStore
	registry  *Registry
	cfg       LifecycleConfig
	filing    FilingRule
}

// NewLifecycle returns a lifecycle over the stores. Rules that are incomplete and an unknown preset give KindInvalid.
func NewLifecycle(store LifecycleStore, operators OperatorStore, registry *Registry, cfg LifecycleConfig) (*Lifecycle, error) {
	cfg, filing, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	return &Lifecycle{store: store, operators: operators, registry: registry, cfg: cfg, filing: filing}, nil
}

// event begins an event. An instant is kept as the store keeps it.
func (l *Lifecycle) event(step Step, actor, account string, g Grounds) Event {
	return Event{
		ID: rand.Text(), Account: account, Step: step, Actor: actor, At: l.cfg.Now().UTC().Truncate(time.Microsecond),
		Reason: g.Reason, Decision: g.Decision, Notice: g.Notice,
	}
}

// Apply (申请) stores a new request or, when r.Version is not 0, an edit of the version that the caller saw; an edit voids
// an approval, and takes who may apply for the account of either version. What is missing may be added until the account is
// opened.
func (l *Lifecycle) Apply(ctx context.Context, actor string, r Request) (Request, error) {
	const op = "lifecycle.apply"
	if r.ID == "" {
		r.ID = rand.Text()
	}
	r.Account.State, r.Account.Redirect = Open, ""
	r.Account.Expires = r.Account.Expires.UTC().Truncate(time.Microsecond)
	r.Applicant, r.Approver, r.Stage = actor, "", RequestApplied
	if err := l.cfg.authorize(ctx, actor, StepApply, r.Account); err != nil {
		return Request{}, err
	}
	a := r.Account
	if a.Kind != KindEvent && !a.Expires.IsZero() {
		return Request{}, govmedia.Errorf(govmedia.KindInvalid, op, "account %q is to be %q; only an event's account (专项账号) ends: leave its end out", a.ID, a.Kind)
	}
	err := errors.Join(a.validate(), legible(op, append([]string{r.ID, a.ID}, r.Operators...), r.Reason, r.Rules, a.Name, a.URL, r.Contact.Name, r.Contact.Phone))
	if err != nil {
		return Request{}, err
	}
	for _, unit := range append([]string{a.Unit}, a.Joint...) {
		if _, err := l.registry.Unit(ctx, unit); err != nil {
			return Request{}, fmt.Errorf("request %q: owner: %w", r.ID, err)
		}
	}
	if r.Version > 0 {
		old, err := l.store.Request(ctx, r.ID)
		if err != nil {
			return Request{}, err
		}
		// The account that it is for now is not the one that whoever may edit it was asked about above.
		if err := l.cfg.authorize(ctx, actor, StepApply, old.Account); err != nil {
			return Request{}, err
		}
		if old.Version != r.Version {
			return Request{}, govmedia.Errorf(govmedia.KindConflict, op, "request %q is at version %d, not %d; read it again", r.ID, old.Version, r.Version)
		}
		if old.Stage == RequestOpened {
			return Request{}, govmedia.Errorf(govmedia.KindConflict, op, "request %q has led to an account; change that one", r.ID)
		}
	}
	r.Version++
	e := l.event(StepApply, actor, a.ID, Grounds{Reason: r.Reason})
	e.Of = r.ID
	return r, l.store.SaveRequest(ctx, e, r)
}

// Approve (批准) approves a request as the approver saw it. Nobody approves the own one, nor one that he or she has edited,
// whoever edited it afterwards.
func (l *Lifecycle) Approve(ctx context.Context, actor string, seen Request, g Grounds) (Request, error) {
	return l.decide(ctx, actor, seen, StepApprove, RequestApproved, g)
}

// Reject (不予批准) turns a request down; it is for those who may approve. The applicant may edit it, which asks again.
func (l *Lifecycle) Reject(ctx context.Context, actor string, seen Request, g Grounds) (Request, error) {
	return l.decide(ctx, actor, seen, StepReject, RequestRejected, g)
}

func (l *Lifecycle) decide(ctx context.Context, actor string, seen Request, step Step, to RequestStage, g Grounds) (Request, error) {
	op := "lifecycle." + string(step)
	r, err := l.store.Request(ctx, seen.ID)
	if err != nil {
		return Request{}, err
	}
	if err := errors.Join(l.cfg.authorize(ctx, actor, step, r.Account), legible(op, nil, g.Reason, g.Decision)); err != nil {
		return Request{}, err
	}
	switch {
	case r.Version != seen.Version:
		return Request{}, govmedia.Errorf(govmedia.KindConflict, op, "request %q has changed since version %d was read; it is at %d now", r.ID, seen.Version, r.Version)
	case r.Stage != RequestApplied:
		return Request{}, govmedia.Errorf(govmedia.KindConflict, op, "request %q is %s; only one that waits is decided", r.ID, r.Stage)
	}
	made, err := l.made(ctx, r, actor)
	if err != nil {
		return Request{}, err
	}
	if made {
		return Request{}, govmedia.Errorf(govmedia.KindForbidden, op, "%q made request %q or edited it; another person must decide it", actor, r.ID)
	}
	r.Stage, r.Approver = to, actor
	r.Version++
	e := l.event(step, actor, r.Account.ID, g)
	e.Of = r.ID
	return r, l.store.SaveRequest(ctx, e, r)
}

// made reports whether the request is the actor's own, wholly or in part: an edit by somebody else does not change that,
// nor does a decision. An edit may name another account, so that its events are not all of one.
func (l *Lifecycle) made(ctx context.Context, r Request, actor string) (bool, error) {
	events, err := l.store.Events(ctx, "", StepApply)
	return r.Applicant == actor || slices.ContainsFunc(events, func(e Event) bool { return e.Of == r.ID && e.Actor == actor }), err
}

// Open (开设) brings the account of an approved request into the register. The error names everything that is missing: the
// approval, an operator who may run it, the emergency contact, the rules of management and, where the preset demands it,
// the filing of the approval. A second account of its owner on the platform is refused without an Exemption.
func (l *Lifecycle) Open(ctx context.Context, actor, request string) (Account, error) {
	const op = "lifecycle.open"
	r, err := l.store.Request(ctx, request)
	if err != nil {
		return Account{}, err
	}
	a := r.Account
	if err := l.cfg.authorize(ctx, actor, StepOpen, a); err != nil {
		return Account{}, err
	}
	if r.Stage == RequestOpened {
		return Account{}, govmedia.Errorf(govmedia.KindConflict, op, "request %q has led to account %q already", r.ID, a.ID)
	}
	e := l.event(StepOpen, actor, a.ID, Grounds{Reason: r.Reason})
	e.Of = r.ID
	missing := r.missing()
	if a.Kind == KindEvent && !a.Expires.IsZero() && !e.At.Before(a.Expires) {
		missing = append(missing, "an end that has not passed: "+a.Expires.Format(time.RFC3339))
	}
	for _, id := range r.Operators {
		why, err := l.unable(ctx, id, a, e.At)
		if err != nil {
			return Account{}, err
		}
		if why != "" {
			missing = append(missing, "another operator (运维人员): "+why)
		}
	}
	if l.filing.BeforeOpening && r.Stage == RequestApproved {
		filed, err := l.approvalFiled(ctx, r)
		if err != nil {
			return Account{}, err
		}
		if !filed {
			missing = append(missing, "the filing of the approval (批准的备案)")
		}
	}
	if len(missing) > 0 {
		return Account{}, govmedia.Errorf(govmedia.KindForbidden, op, "account %q cannot be opened; what is missing: %s", a.ID, strings.Join(missing, "; "))
	}
	r.Stage = RequestOpened
	r.Version++
	return a, l.store.OpenAccount(ctx, e, r, a, l.cfg.Rules.OneAccount.Kinds)
}

// unable says why the operator cannot run the account; empty when it is possible.
func (l *Lifecycle) unable(ctx context.Context, id string, a Account, at time.Time) (string, error) {
	o, err := l.operators.Operator(ctx, id)
	if errors.Is(err, govmedia.KindNotFound) {
		return fmt.Sprintf("operator %q is not registered", id), nil
	}
	if err != nil {
		return "", err
	}
	return o.Bar(a.ID, a.Unit, at), nil
}

func (l *Lifecycle) approvalFiled(ctx context.Context, r Request) (bool, error) {
	events, err := l.store.Events(ctx, r.Account.ID, StepApprove, StepFile)
	if err != nil {
		return false, err
	}
	approval := ""
	for _, e := range events {
		if e.Step == StepApprove && e.Of == r.ID {
			approval = e.ID
		}
	}
	return slices.ContainsFunc(events, func(e Event) bool { return e.Step == StepFile && e.Of == approval }), nil
}

// Request returns one request.
func (l *Lifecycle) Request(ctx context.Context, id string) (Request, error) {
	return l.store.Request(ctx, id)
}

// Requests returns the requests at a stage, ordered by id; an empty stage means all.
func (l *Lifecycle) Requests(ctx context.Context, stage RequestStage) ([]Request, error) {
	return l.store.Requests(ctx, stage)
}

// History (沿革) returns everything that has happened to an account, oldest first, from before it was opened and whoever
// owned it.
func (l *Lifecycle) History(ctx context.Context, account string) ([]Event, error) {
	if account == "" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "lifecycle.history", "no account is named")
	}
	return l.store.Events(ctx, account)
}

// Exempt (豁免) records that a unit may have one account more on a platform: who granted it, why, and until when. It replaces
// one of the same unit; for an account of another owner, and for an id that another unit holds one for, it is refused.
func (l *Lifecycle) Exempt(ctx context.Context, actor string, x Exemption) error {
	const op = "lifecycle.exempt"
	x.Until = x.Until.UTC().Truncate(time.Microsecond)
	if err := l.cfg.authorize(ctx, actor, StepExempt, Account{ID: x.Account, Unit: x.Unit}); err != nil {
		return err
	}
	if err := legible(op, []string{x.Account}, x.Unit, x.Granted, x.Reason); err != nil {
		return err
	}
	if strings.TrimSpace(x.Granted) == "" || strings.TrimSpace(x.Reason) == "" || !l.cfg.Now().Before(x.Until) {
		return govmedia.Errorf(govmedia.KindInvalid, op, "an exemption says who granted it, why, and until when in the future (account %q)", x.Account)
	}
	if _, err := l.registry.Unit(ctx, x.Unit); err != nil {
		return err
	}
	return l.store.SaveExemption(ctx, actor, x)
}
