package wechattest

import (
	"slices"
	"time"
)

// FaultName names a kind of misbehaviour. The strings are frozen.
type FaultName string

// The faults. In brackets: the calls a fault matches when the script names neither an
// endpoint nor a side.
const (
	FaultRefuse           FaultName = "refuse"                   // closes the connection, nothing committed [all]
	FaultDropAfter        FaultName = "drop-after-commit"        // commits, then closes the connection [writes]
	FaultHangAfter        FaultName = "commit-hang"              // commits, then waits for the client to leave, or for Delay and answers [writes]
	FaultHang             FaultName = "hang"                     // commits nothing and waits likewise, then closes the connection [all]
	Fault5xxBefore        FaultName = "5xx-before-commit"        // a gateway's page, Status or 502, nothing committed [writes]
	Fault5xxAfter         FaultName = "5xx-after-commit"         // the same page although committed [writes]
	Fault4xxAfter         FaultName = "4xx-after-commit"         // HTTP 400, -1 system error, although committed [writes]
	FaultTooMany          FaultName = "429"                      // HTTP 429, Retry-After as told, nothing committed [all but token calls]
	FaultGarbage          FaultName = "garbage"                  // commits and answers 200 with half the JSON [writes]
	FaultTokenExpired     FaultName = "token-expired"            // the token expires in front of this call, 42001 [all but token calls]
	FaultTokenOverwritten FaultName = "token-overwritten"        // somebody else has fetched a token and the overlap is over, 40001 [likewise]
	FaultSystemBusy       FaultName = "system-busy"              // -1, nothing committed [all]
	FaultSystemBusyAfter  FaultName = "system-busy-after-commit" // -1 although committed [writes]
	FaultQuota            FaultName = "quota"                    // 45009, the day's calls are used up [all]
	FaultFrequency        FaultName = "frequency"                // 45011, too many calls in this minute [all]
	FaultDown             FaultName = "down"                     // a gateway's page, Status or 503 [all]
	FaultReadDown         FaultName = "read-down"                // the same [reads]
	FaultMediaRejected    FaultName = "media-rejected"           // 40005, the upload is refused [uploads]

	FaultShadowDrop        FaultName = "shadow-drop"         // answers success, but nobody ever sees it, or a deletion deletes nothing [writes]
	FaultSkew              FaultName = "skew"                // the server's clock is Skew ahead [all]
	FaultShiftPages        FaultName = "shift-pages"         // after this page a new comment appears on the article [comment/list]
	FaultProcessing        FaultName = "processing"          // the job stays in work for Polls polls, 0 for ever, and time does not help [jobs]
	FaultReviewReject      FaultName = "review-reject"       // the job is accepted and fails: publish_status 4, or Code from 2 to 4; err(21000), or err(Code) [jobs]
	FaultDraftVanishes     FaultName = "draft-vanishes"      // the draft of this call is gone before it, or right after draft/add [jobs]
	FaultStringPublishID   FaultName = "string-publish-id"   // publish_id as a string [freepublish/submit, freepublish/get]
	FaultCommentReplyArray FaultName = "comment-reply-array" // the reply to a comment as an array [comment/list]

	FaultPushLost      FaultName = "push-lost"      // never sent [pushes]
	FaultPushDoubled   FaultName = "push-doubled"   // sent twice [pushes]
	FaultPushReordered FaultName = "push-reordered" // sent behind everything else that is queued [pushes]
	FaultPushForged    FaultName = "push-forged"    // a forged variant comes first, see Forgery [pushes]
)

// FaultNames returns all fault names, for flags and menus.
func FaultNames() []FaultName {
	return []FaultName{
		FaultRefuse, FaultDropAfter, FaultHangAfter, FaultHang, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter,
		FaultTooMany, FaultGarbage, FaultTokenExpired, FaultTokenOverwritten, FaultSystemBusy, FaultSystemBusyAfter,
		FaultQuota, FaultFrequency, FaultDown, FaultReadDown, FaultMediaRejected, FaultShadowDrop, FaultSkew,
		FaultShiftPages, FaultProcessing, FaultReviewReject, FaultDraftVanishes, FaultStringPublishID,
		FaultCommentReplyArray, FaultPushLost, FaultPushDoubled, FaultPushReordered, FaultPushForged,
	}
}

// jobCalls start what the platform works on after it has answered.
var jobCalls = []string{"freepublish/submit", "message/mass/sendall", "message/mass/send"}

// scripted is a fault with what is left of it.
type scripted struct {
	Fault
	done bool
}

// Script adds faults behind those already scripted. It panics on a fault that
// [Fault.Validate] refuses, which is a mistake in the test and not in what it tests.
func (s *Server) Script(faults ...Fault) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			panic(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &scripted{Fault: f})
	}
}

// ClearFaults removes every scripted fault. Calls that already hang go on hanging.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// PendingFaults returns the faults that can still act, in order, with Times and Skip
// reduced to what is left of them.
func (s *Server) PendingFaults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, f.Fault)
	}
	return out
}

// plan is what the script has in store for one call.
type plan struct {
	main       *Fault
	shift      *Fault
	processing *Fault
	reject     *Fault
	skew       time.Duration
	shadow     bool
	vanish     bool
	stringID   bool
	replyArray bool
}

func (s *Server) plan(c *call) plan {
	var p plan
	for _, f := range s.faults {
		if f.atDoor() || (p.main != nil && !f.modifies()) || !f.matches(c) || !s.fire(f) {
			continue
		}
		p.add(&f.Fault)
	}
	s.sweepFaults()
	return p
}

func (p *plan) add(f *Fault) {
	switch f.Name {
	case FaultSkew:
		p.skew += f.Skew
	case FaultShadowDrop:
		p.shadow = true
	case FaultShiftPages:
		p.shift = f
	case FaultProcessing:
		p.processing = f
	case FaultReviewReject:
		p.reject = f
	case FaultDraftVanishes:
		p.vanish = true
	case FaultStringPublishID:
		p.stringID = true
	case FaultCommentReplyArray:
		p.replyArray = true
	default:
		p.main = f
	}
}

// pushPlan is what the script has in store for one push.
type pushPlan struct {
	lost, late bool
	extra      int
	forge      Forgery
}

func (s *Server) planPush(p *push) pushPlan {
	var out pushPlan
	for _, f := range s.faults {
		if !f.onPushes() || (f.Endpoint != "" && f.Endpoint != p.Kind) || (f.App != "" && f.App != p.AppID) || !s.fire(f) {
			continue
		}
		switch f.Name {
		case FaultPushLost:
			out.lost = true
		case FaultPushDoubled:
			out.extra++
		case FaultPushReordered:
			out.late = true
		case FaultPushForged:
			if out.forge = f.Forgery; out.forge == ForgeNothing {
				out.forge = ForgeSignature
			}
		}
	}
	s.sweepFaults()
	return out
}

// refusedAtDoor counts an arriving call and reports whether its connection is to be
// closed before the body is read.
func (s *Server) refusedAtDoor(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.endpoint.name]++
	for _, f := range s.faults {
		if f.atDoor() && f.matches(c) && s.fire(f) {
			s.sweepFaults()
			return true
		}
	}
	return false
}

// fire uses up one matching call and reports whether the fault acts on it.
func (s *Server) fire(f *scripted) bool {
	if f.Skip > 0 {
		f.Skip--
		return false
	}
	if f.Times > 0 {
		f.Times--
		f.done = f.Times == 0
	}
	s.fired[f.Name]++
	return true
}

func (s *Server) sweepFaults() {
	s.faults = slices.DeleteFunc(s.faults, func(f *scripted) bool { return f.done })
}

// atDoor reports whether the fault acts before it is known whose call it is.
func (f *Fault) atDoor() bool { return f.Name == FaultRefuse && f.App == "" }

func (f *Fault) onPushes() bool {
	switch f.Name {
	case FaultPushLost, FaultPushDoubled, FaultPushReordered, FaultPushForged:
		return true
	default:
		return false
	}
}

func (f *Fault) modifies() bool {
	switch f.Name {
	case FaultSkew, FaultShadowDrop, FaultShiftPages, FaultProcessing, FaultReviewReject, FaultDraftVanishes,
		FaultStringPublishID, FaultCommentReplyArray:
		return true
	default:
		return false
	}
}

func (f *Fault) matches(c *call) bool {
	switch {
	case f.onPushes(),
		f.Endpoint != "" && f.Endpoint != c.endpoint.name,
		f.Only != "" && f.Only != string(c.endpoint.side),
		f.Endpoint == "" && f.Only == "" && !f.natural(c.endpoint),
		f.App != "" && (c.app == nil || c.app.ID != f.App):
		return false
	}
	switch f.Name {
	case FaultMediaRejected:
		return c.endpoint.upload
	case FaultTokenExpired, FaultTokenOverwritten:
		return c.token != nil
	case FaultShiftPages:
		return c.endpoint.name == "comment/list"
	default:
		return true
	}
}

// natural reports whether an endpoint is on the side that the fault's name suggests.
func (f *Fault) natural(e *endpoint) bool {
	switch f.Name {
	case FaultDropAfter, FaultHangAfter, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter, FaultGarbage,
		FaultSystemBusyAfter, FaultShadowDrop, FaultMediaRejected:
		return e.side == sideWrite
	case FaultReadDown, FaultShiftPages, FaultCommentReplyArray:
		return e.side == sideRead
	case FaultTooMany, FaultTokenExpired, FaultTokenOverwritten:
		return e.side != sideAuth
	case FaultProcessing, FaultReviewReject, FaultDraftVanishes:
		return slices.Contains(jobCalls, e.name)
	default:
		return true
	}
}
