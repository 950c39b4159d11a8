package wechat

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/wire"
)

// refusal says what one error code of the platform means for us. The platform's own text is never quoted: it changes,
// and carries what was sent.
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

// refusals is the one place where codes are judged (developers.weixin.qq.com, global return codes and the lists of the
// single calls, read 2026-11-22). "System busy" leaves a write unknown: it has been seen on writes that were carried out.
var refusals = map[string]refusal{
	"-1":        {govmedia.KindUnavailable, maybe, "system busy"},
	"268487001": {govmedia.KindUnavailable, maybe, "busy"},
	"268487002": {govmedia.KindUnavailable, maybe, "busy"},
	"61503":     {govmedia.KindUnavailable, no, "the figures are not ready yet; they are from about eight in the morning"},

	"40001": {govmedia.KindUnauthorized, no, "the access token is not valid, or a newer one was fetched"},
	"40014": {govmedia.KindUnauthorized, no, "the access token is not valid"},
	"41001": {govmedia.KindUnauthorized, no, "the access token is missing"},
	"42001": {govmedia.KindUnauthorized, no, "the access token has expired"},

	"42010": {govmedia.KindRateLimited, no, "too many mass messages in this minute"},
	"45009": {govmedia.KindRateLimited, no, "the calls of this kind are used up for today"},
	"45011": {govmedia.KindRateLimited, no, "too many calls in this minute"},
	"45028": {govmedia.KindRateLimited, no, "the mass messages of the day or month are used up"},
	"45066": {govmedia.KindRateLimited, no, "the same mass message was tried less than a minute ago"},
	"53501": {govmedia.KindRateLimited, no, "publishing too often"},

	"45065": {govmedia.KindDuplicate, yes, "this mass message was accepted before"},
	"88005": {govmedia.KindDuplicate, no, "the comment has an answer already"},

	"40155": {govmedia.KindRejected, no, "the text links to another account's page"},
	"45064": {govmedia.KindRejected, no, "the text holds a mini program that is not linked to the account"},
	"45166": {govmedia.KindRejected, no, "the text holds markup or a link that is not allowed"},
	"53503": {govmedia.KindRejected, no, "the draft failed the publication check"},
	"88002": {govmedia.KindRejected, no, "the article is restricted for safety"},

	"53504": {govmedia.KindChallenge, no, "a person must publish this on mp.weixin.qq.com"},
	"53505": {govmedia.KindChallenge, no, "a person must save the draft on mp.weixin.qq.com first"},
	"89503": {govmedia.KindChallenge, no, "the administrator must allow this server's address"},
	"89504": {govmedia.KindChallenge, no, "waiting for the administrator's word on this server's address"},
	"89505": {govmedia.KindChallenge, no, "waiting for the administrator's word on this server's address"},
	"89506": {govmedia.KindChallenge, no, "the administrator refused this server's address in the last 24 hours"},
	"89507": {govmedia.KindChallenge, no, "the administrator refused this server's address in the last hour"},

	"40002": {govmedia.KindForbidden, no, "grant type not supported"},
	"40013": {govmedia.KindForbidden, no, "the appid is wrong"},
	"40125": {govmedia.KindForbidden, no, "the app secret is wrong"},
	"40164": {govmedia.KindForbidden, no, "this server's address is not in the whitelist (IP白名单)"},
	"40243": {govmedia.KindForbidden, no, "the app secret is frozen"},
	"41002": {govmedia.KindForbidden, no, "the appid is missing"},
	"41004": {govmedia.KindForbidden, no, "the app secret is missing"},
	"43004": {govmedia.KindForbidden, no, "the citizen does not follow the account"},
	"43019": {govmedia.KindForbidden, no, "the citizen is on the account's black list"},
	"45015": {govmedia.KindForbidden, no, "the citizen has not spoken to the account in the time in which it may answer"},
	"45047": {govmedia.KindForbidden, no, "the account has sent all messages that it may before the citizen speaks again"},
	"48001": {govmedia.KindForbidden, no, "the account may not make this call; its verification (认证) may have lapsed"},
	"48002": {govmedia.KindForbidden, no, "the citizen refuses messages"},
	"48003": {govmedia.KindForbidden, no, "the account has not accepted the terms of mass messages"},
	"48004": {govmedia.KindForbidden, no, "the call is blocked for this account"},
	"48005": {govmedia.KindForbidden, no, "the material is used by an automatic answer or menu"},
	"48006": {govmedia.KindForbidden, no, "quotas were cleared too often this month"},
	"48022": {govmedia.KindForbidden, no, "not allowed"},
	"50002": {govmedia.KindForbidden, no, "the account is restricted"},
	"50005": {govmedia.KindForbidden, no, "the citizen does not follow the account"},
	"53500": {govmedia.KindForbidden, no, "publishing is blocked for this account"},
	"88000": {govmedia.KindForbidden, no, "the account has no comments"},

	"40059": {govmedia.KindNotFound, no, "no such mass message"},
	"53502": {govmedia.KindNotFound, no, "no such publication"},
	"53600": {govmedia.KindNotFound, no, "no such article"},
	"88001": {govmedia.KindNotFound, no, "there is no such article to comment on"},
	"88004": {govmedia.KindNotFound, no, "the citizen has deleted the comment"},
	"88008": {govmedia.KindNotFound, no, "no such comment"},

	"48021": {govmedia.KindConflict, no, "the draft was saved by itself and cannot be used"},
	"88003": {govmedia.KindConflict, no, "no more comments can be elected on this article"},

	"40003": {govmedia.KindInvalid, no, "the openid is wrong"},
	"40004": {govmedia.KindInvalid, no, "the media type is wrong"},
	"40005": {govmedia.KindInvalid, no, "the file type is not supported"},
	"40006": {govmedia.KindInvalid, no, "the file is too large"},
	"40007": {govmedia.KindInvalid, no, "there is no material or draft under this media id"},
	"40008": {govmedia.KindInvalid, no, "the message type is wrong"},
	"40009": {govmedia.KindInvalid, no, "the picture is too large"},
	"40033": {govmedia.KindInvalid, no, "the request holds escaped characters"},
	"40035": {govmedia.KindInvalid, no, "a parameter is wrong"},
	"40060": {govmedia.KindInvalid, no, "no such article in the mass message"},
	"40066": {govmedia.KindInvalid, no, "no such call"},
	"40097": {govmedia.KindInvalid, no, "a parameter is wrong"},
	"40114": {govmedia.KindInvalid, no, "no such article in the draft"},
	"40130": {govmedia.KindInvalid, no, "a mass message needs two citizens at least"},
	"40152": {govmedia.KindInvalid, no, "no such tag"},
	"40215": {govmedia.KindInvalid, no, "a parameter of the mass message is wrong"},
	"40227": {govmedia.KindInvalid, no, "the title is empty"},
	"41005": {govmedia.KindInvalid, no, "the file is missing"},
	"41006": {govmedia.KindInvalid, no, "the media id is missing"},
	"41039": {govmedia.KindInvalid, no, "the link to the original is refused"},
	"41040": {govmedia.KindInvalid, no, "a parameter of the mass message is wrong"},
	"43001": {govmedia.KindInvalid, no, "wrong HTTP method"},
	"43002": {govmedia.KindInvalid, no, "wrong HTTP method"},
	"44002": {govmedia.KindInvalid, no, "the request is empty"},
	"44003": {govmedia.KindInvalid, no, "there is no article"},
	"44004": {govmedia.KindInvalid, no, "the text is empty"},
	"45001": {govmedia.KindInvalid, no, "the file is too large"},
	"45002": {govmedia.KindInvalid, no, "the content is too long"},
	"45003": {govmedia.KindInvalid, no, "the title is too long"},
	"45004": {govmedia.KindInvalid, no, "the digest (摘要) is too long"},
	"45005": {govmedia.KindInvalid, no, "the link to the original is too long"},
	"45008": {govmedia.KindInvalid, no, "there are too many articles"},
	"45062": {govmedia.KindInvalid, no, "a parameter of the mass message is wrong"},
	"45067": {govmedia.KindInvalid, no, "the clientmsgid is too long"},
	"45110": {govmedia.KindInvalid, no, "the author is too long"},
	"45113": {govmedia.KindInvalid, no, "a mass message cannot carry this card"},
	"46003": {govmedia.KindInvalid, no, "the data is malformed"},
	"47001": {govmedia.KindInvalid, no, "the request is malformed"},
	"53400": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"53401": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"53402": {govmedia.KindInvalid, no, "the cut of the cover is refused"},
	"53403": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"53404": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"53405": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"53406": {govmedia.KindInvalid, no, "a shopping card is refused"},
	"61500": {govmedia.KindInvalid, no, "the dates are wrong; the last day is yesterday"},
	"61501": {govmedia.KindInvalid, no, "too many days at once"},
	"76001": {govmedia.KindInvalid, no, "a question about quotas is wrong"},
	"76002": {govmedia.KindInvalid, no, "a question about quotas is wrong"},
	"76003": {govmedia.KindInvalid, no, "a question about quotas is wrong"},
	"76004": {govmedia.KindInvalid, no, "a question about quotas is wrong"},
	"76021": {govmedia.KindInvalid, no, "no such call"},
	"76022": {govmedia.KindInvalid, no, "a question about quotas is wrong"},
	"87009": {govmedia.KindInvalid, no, "the signature is wrong"},
	"88007": {govmedia.KindInvalid, no, "the answer is empty or too long"},
	"88010": {govmedia.KindInvalid, no, "too many comments at once"},
}

// refusal describes an answer with an error code.
func (c *Client) refusal(op, code, message string, status int, h http.Header) *govmedia.Error {
	r, known := refusals[code]
	switch {
	case op == tokenOp && code == "40001":
		r = refusal{govmedia.KindForbidden, no, "the app secret is wrong"} // a new token would not help
	case known:
	case status == http.StatusTooManyRequests:
		r = refusal{govmedia.KindRateLimited, no, "too many calls"}
	default:
		r = refusal{govmedia.KindUnavailable, maybe, "an error code that this SDK does not know"}
	}
	means := r.means
	if ip := address(message); code == "40164" && ip != "" {
		means += ": " + ip
	}
	e := &govmedia.Error{
		Platform: Platform, Op: op, Kind: r.kind, Code: clip(code), Status: status, RequestID: requestID(message),
		Outcome: r.outcome, Err: errors.New(means),
	}
	if e.RetryAfter = wire.RetryAfter(h, c.cfg.Now()); e.RetryAfter == 0 {
		e.RetryAfter = c.wait(code)
	}
	return e
}

// wait says how long a refusal lasts. Quotas begin anew at midnight in Beijing. After 53501 nobody knows; it has been
// seen with hundreds of calls left.
func (c *Client) wait(code string) time.Duration {
	now := c.cfg.Now().In(beijing())
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, beijing())
	switch code {
	case "45011", "42010", "45066":
		return time.Minute
	case "53501":
		return 30 * time.Minute
	case "45009", "45028":
		return today.AddDate(0, 0, 1).Sub(now)
	case "61503":
		ready := today.Add(8 * time.Hour)
		if !ready.After(now) {
			ready = now.Add(time.Hour)
		}
		return ready.Sub(now)
	}
	return 0
}

// address returns the IP address that a message names, because it is what the administrator has to enter.
func address(message string) string {
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool { return strings.ContainsRune(" ,;[]()", r) }) {
		if ip, err := netip.ParseAddr(word); err == nil {
			return ip.WithZone("").String()
		}
	}
	return ""
}

// clip keeps an errcode that is no number out of errors: whatever it is, it is not a code.
func clip(code string) string {
	if len(code) > 12 || strings.Trim(code, "-0123456789") != "" {
		return "unreadable"
	}
	return code
}

// beijingAhead is how far Beijing is ahead of UTC, all the year.
const beijingAhead = 8 * time.Hour

// beijing is the zone of the platform's days.
func beijing() *time.Location { return time.FixedZone("CST", int(beijingAhead/time.Second)) }
