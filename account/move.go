package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// Change (变更) replaces what the register says of an account: a may differ from what is stored in everything but its id,
// state, end and redirect. Another owner demands a public notice, with its address and date. An event's account that becomes
// one of another kind has no end any more; one of another kind that an import gave an end loses it where a has none.
func (l *Lifecycle) Change(ctx context.Context, actor string, a Account, g Grounds) error {
	const op = "lifecycle.change"
	return l.move(ctx, actor, StepChange, a.ID, g, func(_ Event, after *Account) error {
		before := *after
		endless := a.Kind != KindEvent && (a.Expires.IsZero() || before.Kind == KindEvent) // only an event's account ends
		if a.State != before.State || !a.Expires.Equal(before.Expires) && (!endless || !a.Expires.IsZero()) || a.Redirect != before.Redirect {
			return govmedia.Errorf(govmedia.KindInvalid, op, "account %q: its state, end and redirect have steps of their own", a.ID)
		}
		*after = a
		if after.Expires = before.Expires; endless {
			after.Expires = time.Time{}
		}
		if err := errors.Join(a.validate(), legible(op, []string{a.ID}, a.Name, a.URL, a.Verification)); err != nil {
			return err
		}
		for _, unit := range append([]string{a.Unit}, a.Joint...) {
			if _, err := l.registry.Unit(ctx, unit); err != nil {
				return err
			}
		}
		if a.Unit != before.Unit && g.Notice.missing() {
			return noticeMissing(op, a.ID, "its owner changes")
		}
		return nil
	})
}

func noticeMissing(op, account, why string) error {
	return govmedia.Errorf(govmedia.KindForbidden, op, "account %q: %s, which demands a public notice (公告) with address and date; publish it and record both", account, why)
}

// Suspend (关停) stops an account: from the moment the call returns no delivery of it is fenced. [Registry.Suspend] does the
// same without asking for authorization; it is the brake that everybody in the control room can reach.
func (l *Lifecycle) Suspend(ctx context.Context, actor, id string, g Grounds) error {
	return l.move(ctx, actor, StepSuspend, id, g, nil)
}

// Reopen (恢复) lets a suspended account publish again; a redirect ends.
func (l *Lifecycle) Reopen(ctx context.Context, actor, id string, g Grounds) error {
	return l.move(ctx, actor, StepReopen, id, g, func(_ Event, after *Account) error {
		after.Redirect = ""
		return nil
	})
}

// Deregister (注销) ends an account for good. It demands the decision and the public notice; the filing is owed. Of an
// account that an import deregistered it adds decision and notice.
func (l *Lifecycle) Deregister(ctx context.Context, actor, id string, g Grounds) error {
	const op = "lifecycle.deregister"
	return l.move(ctx, actor, StepDeregister, id, g, func(Event, *Account) error {
		var missing []string
		if strings.TrimSpace(g.Decision) == "" {
			missing = append(missing, "the decision (注销决定)")
		}
		if g.Notice.missing() {
			missing = append(missing, "the public notice (公告) with address and date")
		}
		if len(missing) > 0 {
			return govmedia.Errorf(govmedia.KindForbidden, op, "account %q cannot be deregistered; what is missing: %s", id, strings.Join(missing, "; "))
		}
		return nil
	})
}

// Extend (延期) gives an event's account more time. It ends at until instead; a reason is needed.
func (l *Lifecycle) Extend(ctx context.Context, actor, id string, until time.Time, g Grounds) error {
	const op = "lifecycle.extend"
	until = until.UTC().Truncate(time.Microsecond)
	return l.move(ctx, actor, StepExtend, id, g, func(e Event, after *Account) error {
		switch {
		case after.Kind != KindEvent:
			return notAnEvent(op, *after)
		case strings.TrimSpace(g.Reason) == "":
			return govmedia.Errorf(govmedia.KindInvalid, op, "account %q: say why it needs more time", id)
		case !until.After(after.Expires) || !until.After(e.At):
			return govmedia.Errorf(govmedia.KindInvalid, op, "account %q ends at %s; %s is no extension", id, after.Expires.Format(time.RFC3339), until.Format(time.RFC3339))
		}
		after.Expires = until
		return nil
	})
}

// HandBack (交还) returns an event's account to its owner when the event is over: it is suspended. What it said stays; the
// owner deregisters it or reopens it.
func (l *Lifecycle) HandBack(ctx context.Context, actor, id string, g Grounds) error {
	return l.move(ctx, actor, StepHandBack, id, g, func(_ Event, after *Account) error {
		if after.Kind != KindEvent {
			return notAnEvent("lifecycle.hand_back", *after)
		}
		return nil
	})
}

func notAnEvent(op string, a Account) error {
	return govmedia.Errorf(govmedia.KindInvalid, op, "account %q is %q; only an event's account (专项账号) ends", a.ID, a.Kind)
}

// Consent (同意收回) records that the owner agrees that its superior takes the account over.
func (l *Lifecycle) Consent(ctx context.Context, actor, id, superior, reason string) error {
	const op = "lifecycle.consent"
	return l.record(ctx, actor, StepConsent, id, Grounds{Reason: reason}, func(e *Event, a Account) error {
		e.Unit = superior
		return l.superior(ctx, op, a, superior)
	})
}

// TakeOver (收回) moves an account to a superior of its owner. It demands the owner's consent, given to this superior by
// another person since the owner last changed, an archive made since then, a public notice, and the open account to which
// the public is sent. The account is suspended afterwards; its history stays.
func (l *Lifecycle) TakeOver(ctx context.Context, actor, id, superior, redirect string, g Grounds) error {
	const op = "lifecycle.take_over"
	return l.move(ctx, actor, StepTakeOver, id, g, func(e Event, after *Account) error {
		if err := l.superior(ctx, op, *after, superior); err != nil {
			return err
		}
		// Read after the account, so that a consent of an owner before this one is not taken for this one's.
		consent, archived, err := l.consented(ctx, id, superior)
		if err != nil {
			return err
		}
		var missing []string
		if consent.ID == "" {
			missing = append(missing, "the owner's consent (主办单位同意)")
		}
		if !archived {
			missing = append(missing, "an archive made after the consent (归档)")
		}
		if g.Notice.missing() {
			missing = append(missing, "the public notice (公告) with address and date")
		}
		target, err := l.registry.Account(ctx, redirect)
		switch {
		case errors.Is(err, govmedia.KindNotFound), redirect == id:
			missing = append(missing, "the account to which the public is sent (去向)")
		case err != nil:
			return err
		case target.State != Open || target.Redirect != "":
			missing = append(missing, "an open account to which the public is sent (去向)")
		}
		if len(missing) > 0 {
			return govmedia.Errorf(govmedia.KindForbidden, op, "account %q cannot be taken over; what is missing: %s", id, strings.Join(missing, "; "))
		}
		if consent.Actor == e.Actor {
			return govmedia.Errorf(govmedia.KindForbidden, op, "%q consented for the owner; another person must take account %q over", e.Actor, id)
		}
		after.Unit, after.Redirect = superior, redirect
		return nil
	})
}

// consented returns the consent that holds, if any, and whether an archive was made since.
func (l *Lifecycle) consented(ctx context.Context, id, superior string) (consent Event, archived bool, err error) {
	events, err := l.store.Events(ctx, id)
	for _, e := range events {
		switch {
		case e.Step == StepConsent && e.Unit == superior:
			consent, archived = e, false
		case e.changed("unit"):
			consent, archived = Event{}, false
		case e.Step == StepArchive:
			archived = consent.ID != ""
		}
	}
	return consent, archived, err
}

// superior refuses a unit that does not stand above the account's owner.
func (l *Lifecycle) superior(ctx context.Context, op string, a Account, superior string) error {
	seen := map[string]bool{}
	for id := a.Unit; id != "" && !seen[id]; {
		seen[id] = true
		u, err := l.registry.Unit(ctx, id)
		if err != nil {
			return err
		}
		if id = u.Supervisor; id == superior && superior != a.Unit {
			return nil
		}
	}
	return govmedia.Errorf(govmedia.KindForbidden, op, "unit %q is not among the supervisors of %q, which owns account %q", superior, a.Unit, a.ID)
}

// Archived (归档) records that the account's archive was made; digest is Manifest.Digest. Package matrix makes archives.
func (l *Lifecycle) Archived(ctx context.Context, actor, id, digest string) error {
	return l.record(ctx, actor, StepArchive, id, Grounds{}, func(e *Event, _ Account) error {
		e.Digest = digest
		return nil
	})
}

// Sweep (定期复核) returns to review every open account to which nothing has happened for as long as the rule says: no
// event, and no post that went live. It may be called at any time and by several processes; an account is returned once,
// and again only when it has then been left alone for as long again. Such an account goes on working until somebody
// decides: Keep, Suspend, Deregister. Matrix.Run sweeps.
func (l *Lifecycle) Sweep(ctx context.Context) ([]Event, error) {
	e := l.event(StepRecheck, "lifecycle", "", Grounds{Reason: l.cfg.Rules.Recheck.Citation})
	return l.store.Recheck(ctx, e, monthsBefore(e.At.In(l.cfg.zone()), l.cfg.Rules.Recheck.Months))
}

// monthsBefore is the same time of the same day so many months before, or of the last day of that month where it has no
// such day: six months before 31 August is the end of February, not a day in March.
func monthsBefore(t time.Time, months int) time.Time {
	before := t.AddDate(0, -months, 0)
	if before.Day() != t.Day() {
		before = before.AddDate(0, 0, -before.Day())
	}
	return before
}

// Keep (复核保留) ends a review: the account goes on.
func (l *Lifecycle) Keep(ctx context.Context, actor, id string, g Grounds) error {
	return l.record(ctx, actor, StepKeep, id, g, func(e *Event, a Account) error {
		if strings.TrimSpace(g.Reason) == "" {
			return govmedia.Errorf(govmedia.KindInvalid, "lifecycle.keep", "account %q: say why it stays", a.ID)
		}
		return nil
	})
}

// May reports, with an error that says why not, whether the actor may take the step with an account as it stands. Every
// step asks by itself; it is for who has to do something before.
func (l *Lifecycle) May(ctx context.Context, actor string, step Step, id string) error {
	_, err := l.may(ctx, actor, step, id, Grounds{})
	return err
}

// move takes a step that changes an account; alter, which may be nil, makes the changes beside the state's.
func (l *Lifecycle) move(ctx context.Context, actor string, step Step, id string, g Grounds, alter func(e Event, after *Account) error) error {
	before, err := l.may(ctx, actor, step, id, g)
	if err != nil {
		return err
	}
	e := l.event(step, actor, id, g)
	after := before
	if alter != nil {
		if err := alter(e, &after); err != nil {
			return err
		}
	}
	if to := transitions[step].to; to != "" {
		after.State = to
	}
	e.Changes = Changes(before, after)
	return l.store.MoveAccount(ctx, e, before, after, l.cfg.Rules.OneAccount.Kinds)
}

// record takes a step that changes no account.
func (l *Lifecycle) record(ctx context.Context, actor string, step Step, id string, g Grounds, fill func(e *Event, a Account) error) error {
	a, err := l.may(ctx, actor, step, id, g)
	if err != nil {
		return err
	}
	e := l.event(step, actor, id, g)
	if err := fill(&e, a); err != nil {
		return err
	}
	return l.store.RecordEvent(ctx, e)
}

// may returns the account if the actor may take the step from where it stands.
func (l *Lifecycle) may(ctx context.Context, actor string, step Step, id string, g Grounds) (Account, error) {
	op := "lifecycle." + string(step)
	a, err := l.registry.Account(ctx, id)
	if err != nil {
		return a, err
	}
	if err := errors.Join(l.cfg.authorize(ctx, actor, step, a), legible(op, nil, g.Reason, g.Decision, g.Notice.URL)); err != nil {
		return a, err
	}
	if !slices.Contains(transitions[step].from, a.State) {
		return a, govmedia.Errorf(govmedia.KindConflict, op, "account %q is %s; this step starts from %q", id, a.State, transitions[step].from)
	}
	return a, nil
}
