package outbox

import (
	"errors"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

// Patience says how long the pump keeps trying before it stops. The zero value of each field means its default.
type Patience struct {
	Tries      int           // attempts that applied nothing before a delivery is left as not sent, and, counted apart, repetitions before a person is asked; 8
	RetryFirst time.Duration // wait before the second try, doubled each time; 2 s
	RetryMost  time.Duration // longest wait between tries; 5 min
	Throttled  time.Duration // wait after a refusal for quota that names no time; 1 min
	ReadFirst  time.Duration // wait before the first reading, doubled each time it cannot tell; 2 s
	ReadMost   time.Duration // longest wait between readings; 2 min
	GiveUp     time.Duration // how long reading may fail to tell before a person is asked; 30 min
	Process    time.Duration // how long a platform may work on an accepted post before a person is asked; 24 h
}

func (p Patience) withDefaults() Patience {
	set(&p.RetryFirst, 2*time.Second)
	set(&p.RetryMost, 5*time.Minute)
	set(&p.Throttled, time.Minute)
	set(&p.ReadFirst, 2*time.Second)
	set(&p.ReadMost, 2*time.Minute)
	set(&p.GiveUp, 30*time.Minute)
	set(&p.Process, 24*time.Hour)
	if p.Tries <= 0 {
		p.Tries = 8
	}
	return p
}

func set(d *time.Duration, def time.Duration) {
	if *d <= 0 {
		*d = def
	}
}

func backoff(first, most time.Duration, n int) time.Duration {
	d := first
	for range n {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}

// unsent says what follows when nothing was applied, before or after the fence. That an earlier attempt in doubt applied
// nothing it does not say: then nothing ends without a person.
func (p Patience) unsent(it *Item, e *govmedia.Error, now time.Time) Settlement {
	s := it.settle(now)
	s.Reason, s.Cause = e.Error(), e.Kind
	switch remedy := e.Remedy(); remedy {
	case govmedia.Retry:
		s.Tries++
		s.State, s.Due = govmedia.Queued, now.Add(backoff(p.RetryFirst, p.RetryMost, s.Tries-1))
		if s.Tries >= p.Tries {
			s.State, s.Due = govmedia.NotSent, it.Due
		}
	case govmedia.RetryAfter:
		wait := e.RetryAfter
		set(&wait, p.Throttled)
		s.State, s.Due = govmedia.Queued, now.Add(wait)
	case govmedia.Abandon:
		s.State = govmedia.Rejected
	default:
		s.State = govmedia.NeedsPerson
	}
	if it.Repeats > 0 && (s.State == govmedia.Rejected || s.State == govmedia.NotSent) {
		s.State, s.Reason = govmedia.NeedsPerson, "an earlier attempt may be there all the same: "+s.Reason
	}
	return it.lacking(s, e, now)
}

// lacks is an error of one file that could not go with a write, which was not made for that reason.
type lacks interface {
	error
	Lacks() govmedia.Missing
}

// lacking changes what follows when it is a file that was refused, or that cannot be sent however often it is tried: the
// item goes without it, or waits for a person, as its policy says.
func (it *Item) lacking(s Settlement, e *govmedia.Error, now time.Time) Settlement {
	file, ok := errors.AsType[lacks](e)
	stuck := s.State == govmedia.Rejected || s.State == govmedia.NotSent
	urgent := it.Lane == govmedia.LaneEmergency || len(it.Missing) > 0 // waits for no file, or has waited for one
	switch {
	case ok && stuck && it.OnMedia == "hold":
		s.State = govmedia.NeedsPerson
	case ok && it.OnMedia == "degrade" && (stuck || urgent && it.Repeats == 0 && e.Remedy() == govmedia.Retry):
		m := file.Lacks()
		if slices.ContainsFunc(it.Missing, func(known govmedia.Missing) bool { return known.Digest == m.Digest }) {
			return s // it went without the file, so that this is not what is wrong
		}
		s.Missing = append(slices.Clone(it.Missing), m)
		s.State, s.Due, s.Tries, s.Cause, s.Reason = govmedia.Queued, now, 0, "", "goes out without "+m.Name+": "+m.Reason
	}
	return s
}

// sent says what follows an attempt.
func (p Patience) sent(it *Item, r *govmedia.Receipt, err error, now time.Time) Settlement {
	if err == nil && r != nil {
		return p.reached(it, *r, now)
	}
	e := govmedia.AsError(err)
	if e == nil {
		e = &govmedia.Error{Kind: govmedia.KindInternal, Op: "adapter answered without a receipt"}
	}
	s := it.settle(now)
	s.State, s.Reason, s.Cause, s.Checks = govmedia.Uncertain, e.Error(), e.Kind, 0
	s.Until, s.Due = now, now.Add(p.ReadFirst)
	switch {
	case e.Outcome == govmedia.Applied:
		s.Claimed = govmedia.EvidenceResponse
	case e.Kind == govmedia.KindDuplicate && it.doubtful():
		s.Claimed = govmedia.EvidenceDuplicate
	case e.Outcome == govmedia.NotApplied:
		return p.unsent(it, e, now)
	}
	return s
}

// read says what follows a reading that began at start and found nothing of ours.
func (p Patience) read(it *Item, found Found, visible time.Duration, err error, start, now time.Time) Settlement {
	s := it.settle(now)
	proof := it.Until.Add(visible) // from here on, a complete reading without a match proves absence
	patient := now.Before(proof.Add(p.GiveUp)) || !p.hasRead(it.Checks)
	complete := found.Complete
	repeat := found.Repeatable && it.Claimed == "" && it.Repeats < p.Tries
	switch {
	case err == nil && (complete || repeat) && start.Before(proof): // nor does an attempt meet its own repetition
		s.Due, s.Reason = proof, it.notYet()
		if next := now.Add(backoff(p.ReadFirst, p.ReadMost, it.Checks)); next.Before(proof) {
			s.Due, s.Checks = next, it.Checks+1
		}
	case err == nil && complete && it.Claimed == "":
		s.Tries++
		s.State, s.Due, s.Repeats, s.Checks, s.Reason = govmedia.Queued, now, 0, 0, it.proved()+"; sent once more"
		if s.Tries >= p.Tries {
			s.State, s.Reason = govmedia.NotSent, it.proved()
		}
	case err == nil && repeat:
		s.Repeats++
		s.State, s.Due, s.Checks, s.Reason = govmedia.Queued, now, 0, "in doubt, but the platform recognises a repetition; sent once more"
	case patient:
		if err == nil && complete {
			s.Claimed = denied
		}
		s.Checks++
		s.Due, s.Reason = now.Add(backoff(p.ReadFirst, p.ReadMost, it.Checks)), it.cannotTell(complete, err)
	case err == nil && complete, it.Claimed == denied:
		s.State, s.Reason = govmedia.NeedsPerson, it.cannotTell(true, err)
	case it.Claimed != "":
		return it.live(govmedia.Receipt{At: now, Evidence: it.Claimed}, now)
	default:
		s.State, s.Reason = govmedia.NeedsPerson, it.cannotTell(complete, err)
	}
	return s
}

// denied is a claim that a complete reading has spoken against: nothing is sent again, and only what reading finds, or a
// person, makes it live.
const denied govmedia.Evidence = "denied"

// hasRead reports whether so many readings, at their intervals, used up the patience: the time in which no process was
// there to read does not count.
func (p Patience) hasRead(checks int) bool {
	var waited time.Duration
	for n := range checks {
		if waited += backoff(p.ReadFirst, p.ReadMost, n); waited >= p.GiveUp {
			return true
		}
	}
	return false
}

// notYet is what a reading says that comes too early to prove anything.
func (it *Item) notYet() string {
	if it.Kind == govmedia.DeliverWithdrawal {
		return "still there; the platform may yet take it down"
	}
	return "not there yet; the platform may still show it"
}

// proved is what a complete reading that found nothing has proved.
func (it *Item) proved() string {
	if it.Kind == govmedia.DeliverWithdrawal {
		return "proved by reading: still there"
	}
	return "proved absent by reading"
}

func (it *Item) cannotTell(complete bool, err error) string {
	switch {
	case err != nil:
		return "reading failed: " + err.Error()
	case complete && it.Kind == govmedia.DeliverWithdrawal:
		return "the platform says it is down but reading shows it"
	case complete:
		return "the platform says it is there but reading does not show it"
	}
	return "reading cannot tell: the platform no longer shows the time of the attempt"
}

// settle starts a settlement that changes nothing but the time.
func (it *Item) settle(now time.Time) Settlement {
	return Settlement{
		ID: it.ID, Attempt: it.Attempt, Lease: it.Lease, State: it.State, At: now, Due: it.Due,
		Tries: it.Tries, Repeats: it.Repeats, Checks: it.Checks, Until: it.Until, Claimed: it.Claimed, Missing: it.Missing,
	}
}

// reached says what follows from a receipt: it may be for something accepted, saved or shown.
func (p Patience) reached(it *Item, r govmedia.Receipt, now time.Time) Settlement {
	s := it.live(r, now)
	switch r.Reach {
	case govmedia.ReachDraft:
		s.State = govmedia.Saved
	case govmedia.ReachSubmitted:
		s.State, s.Due = govmedia.Processing, now.Add(p.ReadFirst)
		s.Reason = "accepted; the platform is at work on it"
		s.Until = now
	}
	return s
}

// tracked says what follows from asking how far an accepted item has come.
func (p Patience) tracked(it *Item, r *govmedia.Receipt, err error, now time.Time) Settlement {
	s := it.settle(now)
	s.Receipt, s.Checks = it.Receipt, it.Checks+1
	s.Due = now.Add(backoff(p.ReadFirst, p.ReadMost, it.Checks))
	e := govmedia.AsError(err)
	switch {
	case e == nil && r != nil && r.Reach != govmedia.ReachSubmitted:
		return p.reached(it, *r, now)
	case e != nil && (e.Kind == govmedia.KindRejected || e.Kind == govmedia.KindInvalid):
		s.State, s.Reason, s.Cause = govmedia.Rejected, e.Error(), e.Kind
	case !now.Before(it.Until.Add(p.Process)):
		s.State, s.Reason = govmedia.NeedsPerson, "the platform accepted it and has not finished"
	case e != nil && e.Kind == govmedia.KindRateLimited && e.RetryAfter > 0:
		s.Due, s.Reason = now.Add(e.RetryAfter), e.Error()
	case e != nil:
		s.Reason = e.Error()
	default:
		s.Reason = "accepted; the platform is at work on it"
	}
	switch last := it.Until.Add(p.Process); {
	case s.State == govmedia.Rejected:
		s.Receipt = nil
	case s.Due.After(last):
		s.Due = last // however long the platform asks us to wait: then a person is asked
	}
	return s
}

func (it *Item) live(r govmedia.Receipt, now time.Time) Settlement {
	s := it.settle(now)
	s.State, s.Receipt, s.Tries, s.Repeats, s.Checks = it.there(), &r, 0, 0, 0
	return s
}
