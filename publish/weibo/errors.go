package weibo

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/wire"
)

// refusal says what one error code of the platform means for us. The platform's own text is never quoted: it has been
// seen to repeat authorisation codes.
type refusal struct {
	kind    govmedia.Kind
	outcome govmedia.Outcome
	means   string
}

const (
	no    = govmedia.NotApplied
	maybe = govmedia.Unknown
	yes   = govmedia.Applied
)

// refusals is the one place where codes are judged (open.weibo.com/wiki/Error_code, read 2026-11-22). A code that means
// "something broke" leaves a write unknown: it has been seen on writes that were carried out.
var refusals = map[string]refusal{
	"10001": {govmedia.KindUnavailable, maybe, "system error"},
	"10002": {govmedia.KindUnavailable, maybe, "service unavailable"},
	"10003": {govmedia.KindUnavailable, maybe, "remote service error"},
	"10009": {govmedia.KindUnavailable, maybe, "too many pending tasks"},
	"10010": {govmedia.KindUnavailable, maybe, "job expired"},
	"10011": {govmedia.KindUnavailable, maybe, "RPC error"},
	"20014": {govmedia.KindUnavailable, maybe, "the platform asks to call again"},
	"21331": {govmedia.KindUnavailable, maybe, "temporarily unavailable"},
	"20032": {govmedia.KindUnavailable, yes, "accepted; the platform is slow and shows it later"},

	"10004": {govmedia.KindRateLimited, no, "the server's address has used up its calls"},
	"10022": {govmedia.KindRateLimited, no, "the server's address has used up its calls of this hour"},
	"10023": {govmedia.KindRateLimited, no, "the account has used up its calls"},
	"10024": {govmedia.KindRateLimited, no, "the account has used up its calls of this kind"},
	"20016": {govmedia.KindRateLimited, no, "the account publishes too fast"},

	"21314": {govmedia.KindUnauthorized, no, "the token has been used up"},
	"21315": {govmedia.KindUnauthorized, no, "the token has expired"},
	"21316": {govmedia.KindUnauthorized, no, "the token has been revoked"},
	"21317": {govmedia.KindUnauthorized, no, "the token was rejected"},
	"21318": {govmedia.KindUnauthorized, no, "the authorisation was rejected"},
	"21319": {govmedia.KindUnauthorized, no, "the user has withdrawn the authorisation"},
	"21325": {govmedia.KindUnauthorized, no, "the authorisation code or refresh token is spent, expired or wrong"},
	"21327": {govmedia.KindUnauthorized, no, "the token has expired"},
	"21332": {govmedia.KindUnauthorized, no, "the token is not valid"},

	"20031": {govmedia.KindChallenge, no, "the platform wants a captcha; a person must publish once on weibo.com"},

	"20017": {govmedia.KindDuplicate, no, "similar content was published shortly before"},
	"20019": {govmedia.KindDuplicate, no, "the same content was published shortly before"},
	"20111": {govmedia.KindDuplicate, no, "the same content was published shortly before"},

	"20018": {govmedia.KindRejected, no, "the platform refuses a link in the text"},
	"20020": {govmedia.KindRejected, no, "the platform takes the text for an advertisement"},
	"20021": {govmedia.KindRejected, no, "the platform refuses the content"},
	"20104": {govmedia.KindRejected, no, "the platform refuses this post"},
	"20204": {govmedia.KindRejected, no, "the platform refuses this comment"},
	"21602": {govmedia.KindRejected, no, "the text contains a forbidden word"},

	"10007": {govmedia.KindInvalid, no, "media type not supported"},
	"10008": {govmedia.KindInvalid, no, "a parameter is wrong"},
	"10012": {govmedia.KindInvalid, no, "illegal request"},
	"10016": {govmedia.KindInvalid, no, "a parameter is missing; rip (Config.RealIP) may be required"},
	"10017": {govmedia.KindInvalid, no, "a parameter is refused; a post must link to a safe domain (安全域名) of the app"},
	"10018": {govmedia.KindInvalid, no, "the request is too large"},
	"10020": {govmedia.KindInvalid, no, "no such call"},
	"10021": {govmedia.KindInvalid, no, "wrong HTTP method"},
	"20001": {govmedia.KindInvalid, no, "ids missing"},
	"20002": {govmedia.KindInvalid, no, "uid missing"},
	"20005": {govmedia.KindInvalid, no, "image type not supported"},
	"20006": {govmedia.KindInvalid, no, "image too large"},
	"20007": {govmedia.KindInvalid, no, "image missing"},
	"20008": {govmedia.KindInvalid, no, "the text is empty"},
	"20009": {govmedia.KindInvalid, no, "too many ids"},
	"20012": {govmedia.KindInvalid, no, "the text is longer than 140 字 in the platform's counting"},
	"20013": {govmedia.KindInvalid, no, "the text is longer than 300 字"},
	"20049": {govmedia.KindInvalid, no, "the long text is too long"},
	"20109": {govmedia.KindInvalid, no, "id missing"},
	"21322": {govmedia.KindInvalid, no, "the redirect address is not the registered one"},
	"21323": {govmedia.KindInvalid, no, "the authorisation request is wrong"},
	"21328": {govmedia.KindInvalid, no, "grant type not supported"},
	"21329": {govmedia.KindInvalid, no, "response type not supported"},

	"20003": {govmedia.KindNotFound, no, "no such user"},
	"20101": {govmedia.KindNotFound, no, "the post does not exist"},
	"20201": {govmedia.KindNotFound, no, "the comment does not exist"},

	"10005": {govmedia.KindForbidden, no, "the app may not use this call"},
	"10006": {govmedia.KindForbidden, no, "the platform saw no app key"},
	"10013": {govmedia.KindForbidden, no, "not a valid Weibo user"},
	"10014": {govmedia.KindForbidden, no, "the app may not use this call"},
	"10025": {govmedia.KindForbidden, no, "the platform saw no app key"},
	"20015": {govmedia.KindForbidden, no, "the account, address or app is blocked"},
	"20022": {govmedia.KindForbidden, no, "the server's address behaves suspiciously"},
	"20102": {govmedia.KindForbidden, no, "not the account's own post"},
	"20103": {govmedia.KindForbidden, no, "the account's own post cannot be reposted"},
	"20112": {govmedia.KindForbidden, no, "the post is not open to the account"},
	"20203": {govmedia.KindForbidden, no, "not the account's own comment"},
	"20206": {govmedia.KindForbidden, no, "the author restricts who may comment"},
	"20207": {govmedia.KindForbidden, no, "the author restricts who may comment"},
	"21301": {govmedia.KindForbidden, no, "authorisation failed"},
	"21321": {govmedia.KindForbidden, no, "the app is not reviewed yet and the account is not one of its test users"},
	"21324": {govmedia.KindForbidden, no, "app key or app secret is wrong"},
	"21326": {govmedia.KindForbidden, no, "the app may not use this grant"},
	"21330": {govmedia.KindForbidden, no, "the user refused"},
	"21335": {govmedia.KindForbidden, no, "the credential belongs to another account"},
	"21337": {govmedia.KindForbidden, no, "the app key may not do this"},
}

// slowDown is how long to wait after 20016, for which no window is documented.
const slowDown = 10 * time.Minute

// refused describes an answer with an error code.
func (c *Client) refused(op, code string, status int, h http.Header) *govmedia.Error {
	r, known := refusals[code]
	switch {
	case known:
	case strings.HasPrefix(code, "203"), strings.HasPrefix(code, "205"), oauth1(code):
		r = refusal{govmedia.KindForbidden, no, "refused"}
	case status == http.StatusTooManyRequests:
		r = refusal{govmedia.KindRateLimited, no, "too many calls"}
	default:
		r = refusal{govmedia.KindUnavailable, maybe, "an error code that this SDK does not know"}
	}
	e := &govmedia.Error{
		Platform: Platform, Op: op, Kind: r.kind, Code: clip(code), Status: status, Outcome: r.outcome, Err: errors.New(r.means),
	}
	if r.kind == govmedia.KindRateLimited {
		e.RetryAfter = c.wait(code, h)
	}
	return e
}

// wait says how long a quota lasts: as the answer tells, else to the next full hour of the platform, whose zone is off
// UTC by whole hours (open.weibo.com/wiki/Rate-limiting, read 2026-11-22).
func (c *Client) wait(code string, h http.Header) time.Duration {
	now := c.cfg.Now()
	if told := wire.RetryAfter(h, now); told > 0 {
		return told
	}
	if code == "20016" {
		return slowDown
	}
	return now.Truncate(time.Hour).Add(time.Hour).Sub(now)
}

// oauth1 reports whether a code is a leftover of the first OAuth, 21302 to 21313.
func oauth1(code string) bool { return len(code) == 5 && code >= "21302" && code <= "21313" }

// clip keeps an error_code that is no number out of errors: whatever it is, it is not a code.
func clip(code string) string {
	if len(code) > 6 || strings.Trim(code, "0123456789") != "" {
		return "unreadable"
	}
	return code
}
