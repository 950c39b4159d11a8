package govmedia

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what happened. The values are frozen strings: they are stored in rows and used in metrics. A Kind is
// itself an error, so that callers match with errors.Is(err, govmedia.KindRateLimited).
type Kind string

// The kinds of error.
const (
	KindInvalid      Kind = "invalid"      // the request is wrong and must be changed: bad row, text too long
	KindUnauthorized Kind = "unauthorized" // the credential is missing, expired or revoked
	KindForbidden    Kind = "forbidden"    // the caller, app or account may not do this
	KindRateLimited  Kind = "rate_limited" // a quota is used up; wait
	KindRejected     Kind = "rejected"     // the platform refuses this content
	KindDuplicate    Kind = "duplicate"    // the platform says it already holds this content
	KindNotFound     Kind = "not_found"    // what the request names does not exist
	KindConflict     Kind = "conflict"     // somebody else changed it first, or it is in the wrong state
	KindUnavailable  Kind = "unavailable"  // the other side answered that it cannot work now
	KindTransport    Kind = "transport"    // the connection failed
	KindChallenge    Kind = "challenge"    // captcha, risk control, real-name check: only a person can pass
	KindUnsupported  Kind = "unsupported"  // the platform or adapter cannot do this; also matches errors.ErrUnsupported
	KindCorrupt      Kind = "corrupt"      // stored data is damaged or was altered
	KindInternal     Kind = "internal"     // anything that is not typed
)

// Error implements error.
func (k Kind) Error() string { return string(k) }

// Outcome says whether the side effect of a write happened. The zero value is the safe one.
type Outcome string

// The outcomes of a write.
const (
	Unknown    Outcome = ""            // it may have happened; only reading or a person can tell
	NotApplied Outcome = "not_applied" // it certainly did not happen
	Applied    Outcome = "applied"     // it certainly happened
)

// Remedy says what to do next. The zero value is Human.
type Remedy string

// The remedies.
const (
	Human       Remedy = ""            // a person decides
	Retry       Remedy = "retry"       // nothing was applied; the same request may be sent again
	RetryAfter  Remedy = "retry_after" // as Retry, but not before Error.RetryAfter has passed
	Reauthorize Remedy = "reauthorize" // connect the account again, then retry
	Abandon     Remedy = "abandon"     // change the request; the same one will always be refused
	Reconcile   Remedy = "reconcile"   // read the platform to learn what happened
)

// Error is the one error type of the SDK: what happened, where, whether it took effect, and what to do next.
// It never carries a secret: adapters strip tokens from addresses and do not quote bodies.
type Error struct {
	Platform   string        // "weibo"; empty when no platform was involved
	Op         string        // what was being done, such as "statuses/share" or "register.read"
	Kind       Kind          // empty counts as KindInternal
	Code       string        // the platform's own code, verbatim
	Status     int           // HTTP status, 0 when there was no answer
	RequestID  string        // the platform's request id, if it gave one
	RetryAfter time.Duration // how long to wait when Kind is KindRateLimited; 0 means the platform did not say
	Outcome    Outcome       // for writes; reads and local refusals are NotApplied
	Err        error         // the cause; must be free of secrets
}

// Errorf returns an Error for something refused before any byte left the process, so its Outcome is NotApplied.
func Errorf(kind Kind, op, format string, args ...any) *Error {
	return &Error{Op: op, Kind: kind, Outcome: NotApplied, Err: fmt.Errorf(format, args...)}
}

// Error formats as "platform op: kind: detail (code=…, status=…, request_id=…)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Platform != "" {
		b.WriteString(e.Platform + " ")
	}
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(string(e.kind()))
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	var facts []string
	if e.Code != "" {
		facts = append(facts, "code="+e.Code)
	}
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("status=%d", e.Status))
	}
	if e.RequestID != "" {
		facts = append(facts, "request_id="+e.RequestID)
	}
	if len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	return b.String()
}

// Unwrap returns the kind and the cause, so that errors.Is matches both.
func (e *Error) Unwrap() []error {
	errs := []error{e.kind()}
	if e.Kind == KindUnsupported {
		errs = append(errs, errors.ErrUnsupported)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Remedy computes what to do next from Kind and Outcome. It is the only place where that is decided.
func (e *Error) Remedy() Remedy {
	if e.kind() == KindInternal {
		return Human
	}
	if e.Outcome != NotApplied {
		return Reconcile
	}
	switch e.Kind {
	case KindTransport, KindUnavailable:
		return Retry
	case KindRateLimited:
		return RetryAfter
	case KindUnauthorized:
		return Reauthorize
	case KindInvalid, KindRejected, KindDuplicate, KindNotFound, KindConflict, KindUnsupported:
		return Abandon
	default:
		return Human
	}
}

func (e *Error) kind() Kind {
	if e.Kind == "" {
		return KindInternal
	}
	return e.Kind
}

// AsError returns err as an *Error. An untyped error becomes KindInternal with Outcome Unknown, because nothing is
// known about it; nil stays nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: KindInternal, Err: err}
}
