package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// Operator (运维人员) is who runs accounts. The id is the actor under whose name posts and answers are ordered out.
type Operator struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Unit       string     `json:"unit"`               // id of the employer or, of an outsourced one, of the unit that contracted
	Outsourced bool       `json:"outsourced"`         // 外包人员
	Contract   Contract   `json:"contract,omitzero"`  // of an outsourced one
	Training   []Training `json:"training,omitempty"` // 培训记录
	Left       time.Time  `json:"left,omitzero"`      // 离岗时间; Leave sets it
	Version    int64      `json:"version"`            // grows with every change; an edit names the one it saw
}

// Contract (运维合同) says what somebody from outside may run, and until when. A post leaves only within it.
type Contract struct {
	Number   string    `json:"number"`
	Company  string    `json:"company"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"` // the first instant that it does not cover
	Accounts []string  `json:"accounts,omitempty"`
	Units    []string  `json:"units,omitempty"` // all accounts that these own
}

// Training (培训) is one training that an operator went through.
type Training struct {
	Course string    `json:"course"`
	At     time.Time `json:"at"`
}

// Custody (保管) is who keeps the credential of an account. Since and Until bound it; Until, which may lie ahead, is when it
// was handed on or when the operator's time ends, whichever comes first, and zero where no end is known.
type Custody struct {
	Account  string
	Operator string
	Since    time.Time
	Until    time.Time
}

// Ends is when the operator may order nothing out any more: on leaving or when the contract runs out, whichever comes
// first; zero for never.
func (o Operator) Ends() time.Time {
	ends := o.Left
	if o.Outsourced && (ends.IsZero() || o.Contract.Until.Before(ends)) {
		ends = o.Contract.Until
	}
	return ends
}

// Bar says why the operator may not run an account of that owner at the instant; empty when it is allowed. Own staff is
// bound by its term only: which accounts are whose is for Authorize to say.
func (o Operator) Bar(account, unit string, at time.Time) string {
	switch {
	case !o.Left.IsZero() && !at.Before(o.Left):
		return fmt.Sprintf("operator %q left at %s", o.ID, o.Left.Format(time.RFC3339))
	case !o.Outsourced:
		return ""
	case !at.Before(o.Contract.Until):
		return fmt.Sprintf("the contract of operator %q ended at %s", o.ID, o.Contract.Until.Format(time.RFC3339))
	case at.Before(o.Contract.From):
		return fmt.Sprintf("the contract of operator %q begins at %s", o.ID, o.Contract.From.Format(time.RFC3339))
	case !o.covers(account, unit):
		return fmt.Sprintf("account %q is not within the contract of operator %q", account, o.ID)
	}
	return ""
}

// covers reports whether the account of that owner is within the contract, if there is one.
func (o Operator) covers(account, unit string) bool {
	return !o.Outsourced || slices.Contains(o.Contract.Accounts, account) || slices.Contains(o.Contract.Units, unit)
}

func (o Operator) validate() error {
	const op = "operator.save"
	err := legible(op, append(slices.Concat(o.Contract.Accounts, o.Contract.Units), o.ID, o.Unit), o.Name, o.Contract.Number, o.Contract.Company)
	if err != nil {
		return err
	}
	bad := func(why string) error {
		return govmedia.Errorf(govmedia.KindInvalid, op, "operator %q: %s", o.ID, why)
	}
	c := o.Contract
	switch {
	case strings.TrimSpace(o.Name) == "":
		return bad("no name")
	case !o.Outsourced && (c.Number != "" || !c.From.IsZero() || !c.Until.IsZero() || len(c.Accounts)+len(c.Units) > 0):
		return bad("own staff has no contract of outsourcing")
	case !o.Outsourced:
	case c.Number == "" || c.Company == "" || c.From.IsZero() || !c.Until.After(c.From):
		return bad("an outsourced operator needs a contract with number, company, beginning and a later end")
	case len(c.Accounts)+len(c.Units) == 0:
		return bad("the contract names no account and no unit; it covers nothing")
	}
	for _, t := range o.Training {
		if strings.TrimSpace(t.Course) == "" || t.At.IsZero() {
			return bad("a training needs its course and its day")
		}
	}
	return nil
}

// OperatorStore keeps operators and custodies. It is implemented by this module's engine only and may gain methods. Every
// method is one transaction, and every change appends its audit record in that transaction. A missing id gives a
// KindNotFound error.
type OperatorStore interface {
	// SaveOperator stores o if the stored version is o.Version-1 (no row counts as 0), otherwise KindConflict. The step says
	// what was done.
	SaveOperator(ctx context.Context, actor string, step Step, o Operator) error
	// Operator returns one operator; Operators returns all, ordered by id.
	Operator(ctx context.Context, id string) (Operator, error)
	Operators(ctx context.Context) ([]Operator, error)
	// Entrust ends the custody of from over the account, unless from is empty, and begins that of to, unless that is. A
	// custody that is not there gives KindConflict; one that is there already is left alone.
	Entrust(ctx context.Context, actor, account, from, to string, at time.Time) error
	// Custodies returns all, ordered by account, operator and beginning. They end with the operator at the latest.
	Custodies(ctx context.Context) ([]Custody, error)
	// Rotations returns, of operators that had ended by now, the custodies after whose end the account's credential has not
	// been obtained anew; those of deregistered accounts do not matter.
	Rotations(ctx context.Context, now time.Time) ([]Custody, error)
}

// Operators (运维人员管理) is the register of those who run accounts, and of who keeps which credential. An operator that is
// in it is held to term and contract by the store: when a post or an answer is queued, and again in the transaction that
// lets it leave. Safe for concurrent use.
type Operators struct {
	store    OperatorStore
	registry *Registry
	cfg      LifecycleConfig
}

// NewOperators returns the operators over the stores.
func NewOperators(store OperatorStore, registry *Registry, cfg LifecycleConfig) (*Operators, error) {
	cfg, _, err := cfg.ready()
	if err != nil {
		return nil, err
	}
	return &Operators{store: store, registry: registry, cfg: cfg}, nil
}

// Save stores a new operator or, when o.Version is not 0, an edit of the version that the caller saw. Left is kept: it is
// for Leave to set.
func (s *Operators) Save(ctx context.Context, actor string, o Operator) (Operator, error) {
	if err := s.cfg.authorize(ctx, actor, StepOperator, Account{}); err != nil {
		return Operator{}, err
	}
	o.Left = time.Time{}
	if o.Version > 0 {
		old, err := s.store.Operator(ctx, o.ID)
		if err != nil {
			return Operator{}, err
		}
		o.Left = old.Left
	}
	o.Contract.From, o.Contract.Until = stored(o.Contract.From), stored(o.Contract.Until)
	if err := o.validate(); err != nil {
		return Operator{}, err
	}
	for _, unit := range append(slices.Clone(o.Contract.Units), o.Unit) {
		if _, err := s.registry.Unit(ctx, unit); err != nil {
			return Operator{}, fmt.Errorf("operator %q: %w", o.ID, err)
		}
	}
	o.Version++
	return o, s.store.SaveOperator(ctx, actor, StepOperator, o)
}

// stored is an instant as stores keep it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Operator returns one operator, or a KindNotFound error.
func (s *Operators) Operator(ctx context.Context, id string) (Operator, error) {
	return s.store.Operator(ctx, id)
}

// All returns every operator, also those who left, ordered by id.
func (s *Operators) All(ctx context.Context) ([]Operator, error) { return s.store.Operators(ctx) }

// Custodies returns who keeps and kept which credential, ordered by account, operator and beginning.
func (s *Operators) Custodies(ctx context.Context) ([]Custody, error) { return s.store.Custodies(ctx) }

// Entrust (交接) hands the credential of an account from one operator to another; either may be empty.
func (s *Operators) Entrust(ctx context.Context, actor, account, from, to string) error {
	const op = "operator.entrust"
	a, err := s.registry.Account(ctx, account)
	if err != nil {
		return err
	}
	if err := s.cfg.authorize(ctx, actor, StepEntrust, a); err != nil {
		return err
	}
	if from == to {
		return govmedia.Errorf(govmedia.KindInvalid, op, "account %q is handed from %q to %q", account, from, to)
	}
	at := stored(s.cfg.Now())
	if to != "" {
		o, err := s.store.Operator(ctx, to)
		if err != nil {
			return err
		}
		if why := o.Bar(a.ID, a.Unit, at); why != "" {
			return govmedia.Errorf(govmedia.KindForbidden, op, "account %q cannot be entrusted to %q: %s", account, to, why)
		}
	}
	return s.store.Entrust(ctx, actor, account, from, to, at)
}

// Leave (离岗) records that an operator leaves at the instant, now or later: from then on nothing that the operator
// ordered leaves. Called again, it moves the day. It returns the accounts whose credentials must be obtained anew:
// every one that was ever in this custody and has kept its credential since. Rotations lists them until that is done.
func (s *Operators) Leave(ctx context.Context, actor, id string, at time.Time) ([]string, error) {
	const op = "operator.leave"
	if err := s.cfg.authorize(ctx, actor, StepLeave, Account{}); err != nil {
		return nil, err
	}
	o, err := s.store.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "operator %q: say when", id)
	}
	o.Left = stored(at)
	o.Version++
	if err := s.store.SaveOperator(ctx, actor, StepLeave, o); err != nil {
		return nil, err
	}
	owed, err := s.store.Rotations(ctx, o.Left)
	var accounts []string
	for _, c := range owed {
		if c.Operator == id {
			accounts = append(accounts, c.Account)
		}
	}
	return slices.Compact(accounts), err
}

// Rotations (待更换凭证) returns the custodies of those who have left, or whose contract has run out, after which the
// account's credential has not been obtained anew: they may still know it. A renewal by the platform's refresh token and a
// re-encryption do not count; [Vault.Put] does.
func (s *Operators) Rotations(ctx context.Context) ([]Custody, error) {
	return s.store.Rotations(ctx, s.cfg.Now())
}

// Known refuses, if the configuration demands it, an actor who is not in the register.
func (s *Operators) Known(ctx context.Context, actor string) error {
	if !s.cfg.KnownOperators {
		return nil
	}
	_, err := s.store.Operator(ctx, actor)
	if errors.Is(err, govmedia.KindNotFound) {
		return govmedia.Errorf(govmedia.KindForbidden, "operator.known", "%q is not in the register of operators (运维人员); register them first", actor)
	}
	return err
}

// Check returns what is wrong: credentials that somebody who left may still know, contracts that have run out,
// operators without a training on record, open accounts that nobody keeps or that somebody keeps whose contract does
// not cover them. Findings are ordered by subject and rule.
func (s *Operators) Check(ctx context.Context) ([]govmedia.Finding, error) {
	reg, err := s.registry.All(ctx)
	if err != nil {
		return nil, err
	}
	operators, err := s.store.Operators(ctx)
	if err != nil {
		return nil, err
	}
	custodies, err := s.store.Custodies(ctx)
	if err != nil {
		return nil, err
	}
	now, rules := s.cfg.Now(), s.cfg.Rules
	owed, err := s.store.Rotations(ctx, now)
	if err != nil {
		return nil, err
	}
	var all []govmedia.Finding
	add := func(r LifecycleRule, subject, field, explanation, suggestion string) {
		f := r.finding(rules.Version, subject, field)
		f.Explanation, f.Suggestion = explanation, suggestion
		all = append(all, f)
	}
	byID := map[string]Operator{}
	for _, o := range operators {
		byID[o.ID] = o
		gone := !o.Left.IsZero() && !now.Before(o.Left)
		if o.Outsourced && !gone && !now.Before(o.Contract.Until) {
			add(rules.Contract, o.ID, "contract", fmt.Sprintf("外包运维人员“%s”的合同（%s）已于%s到期；系统已停止其发布。", o.Name, o.Contract.Number, s.cfg.lastDay(o.Contract.Until)),
				"请续签并更新合同期限，或办理离岗、交接和凭证更换。")
		}
		if !gone && len(o.Training) == 0 {
			add(rules.Training, o.ID, "training", fmt.Sprintf("运维人员“%s”没有培训记录。", o.Name), "请安排培训并登记课程和日期。")
		}
	}
	for _, c := range owed {
		o := byID[c.Operator]
		add(rules.Rotation, c.Account, "credential", fmt.Sprintf("“%s”曾保管该账号凭证，已于%s离岗或合同到期，此后凭证没有更换。", o.Name, s.cfg.lastDay(o.Ends())),
			"请立即在平台上修改密码、解除其绑定，并重新连接账号，使凭证库中存入新的凭证。")
	}
	keepers := map[string][]Operator{}
	for _, c := range custodies {
		if c.Until.IsZero() || now.Before(c.Until) {
			keepers[c.Account] = append(keepers[c.Account], byID[c.Operator])
		}
	}
	for _, a := range reg.Accounts {
		if a.State == Open && len(keepers[a.ID]) == 0 {
			add(rules.Custodian, a.ID, "custodian", "该账号没有登记凭证保管人。", "请指定专人保管并登记。")
		}
		for _, o := range keepers[a.ID] {
			if a.State != Deregistered && !o.covers(a.ID, a.Unit) {
				add(rules.Contract, a.ID, "custodian", fmt.Sprintf("外包运维人员“%s”仍保管该账号凭证，但合同（%s）已不包括该账号。", o.Name, o.Contract.Number),
					"请把凭证交接给合同范围内的人员，在平台上修改密码并重新连接账号；确需其继续保管的，请变更合同范围。")
			}
		}
	}
	slices.SortStableFunc(all, func(a, b govmedia.Finding) int {
		return strings.Compare(a.Subject+"\x00"+a.Rule, b.Subject+"\x00"+b.Rule)
	})
	return all, nil
}
