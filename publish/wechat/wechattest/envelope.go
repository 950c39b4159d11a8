package wechattest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Forgery names a kind of push that the platform never sent. The strings are frozen.
type Forgery string

// The forgeries. A handler must refuse every one of them, as far as its mode lets it:
// in plain mode nothing protects the body, so that only "signature" and "stale" show.
const (
	ForgeNothing   Forgery = ""          // a true push
	ForgeSignature Forgery = "signature" // signed with another token
	ForgePlain     Forgery = "plain"     // in clear, with a signature seen before, although the account is in safe mode
	ForgeBody      Forgery = "body"      // the body changed after it was signed
	ForgeAppID     Forgery = "appid"     // rightly signed and encrypted, but for another account
	ForgeCipher    Forgery = "cipher"    // rightly signed, but what is signed does not decrypt
	ForgeStale     Forgery = "stale"     // rightly signed, an hour ago
)

// Forgeries returns all forgeries, for tables of tests.
func Forgeries() []Forgery {
	return []Forgery{ForgeSignature, ForgePlain, ForgeBody, ForgeAppID, ForgeCipher, ForgeStale}
}

// Envelope turns a message into the request that the platform posts to a callback
// address. It needs no [Server]: a test may send whatever it likes.
type Envelope struct {
	Mode   PushMode
	AppID  string
	Token  string
	AESKey string // for PushCompatible and PushSafe
	To     string // ToUserName beside the ciphertext
	OpenID string // of the query; not sent when empty
	XML    string // the message in clear
	Time   time.Time
	Nonce  string  // a fixed one when empty
	Random string  // 16 bytes of the ciphertext; fixed ones when empty
	Forge  Forgery // what is wrong with it
}

// staleBy is how long ago a stale push was signed.
const staleBy = time.Hour

// Request returns the POST to target. In compatible and safe mode its query has
// encrypt_type and msg_signature.
func (e Envelope) Request(ctx context.Context, target string) (*http.Request, error) {
	e.fill()
	query, body, err := e.seal()
	if err != nil {
		return nil, err
	}
	return e.post(ctx, target, query, body)
}

func (e *Envelope) fill() {
	if e.Nonce == "" {
		e.Nonce = "1320562132"
	}
	if e.Random == "" {
		e.Random = "0123456789abcdef"
	}
	switch e.Forge {
	case ForgeStale:
		e.Time = e.Time.Add(-staleBy)
	case ForgeAppID:
		e.AppID = "wx" + digest(e.AppID, 16)
	case ForgePlain:
		e.Mode = PushPlain
	}
}

// seal returns the query and the body.
func (e *Envelope) seal() (url.Values, string, error) {
	stamp := strconv.FormatInt(e.Time.Unix(), 10)
	token := e.Token
	if e.Forge == ForgeSignature {
		token += "forged"
	}
	query := url.Values{"signature": {Signature(token, stamp, e.Nonce)}, "timestamp": {stamp}, "nonce": {e.Nonce}}
	if e.OpenID != "" {
		query.Set("openid", e.OpenID)
	}
	if e.Mode != PushCompatible && e.Mode != PushSafe {
		return query, e.XML, nil
	}
	encrypted, err := Encrypt(e.AESKey, e.AppID, e.XML, e.Random)
	if err != nil {
		return nil, "", err
	}
	signed := encrypted
	switch e.Forge {
	case ForgeCipher:
		encrypted = strings.Repeat("A", 64)
		signed = encrypted
	case ForgeBody:
		if encrypted, err = Encrypt(e.AESKey, e.AppID, e.XML, "fedcba9876543210"); err != nil {
			return nil, "", err
		}
	}
	query.Set("encrypt_type", "aes")
	query.Set("msg_signature", Signature(token, stamp, e.Nonce, signed))
	return query, e.wrap(encrypted), nil
}

func (e *Envelope) wrap(encrypted string) string {
	tail := "<Encrypt>" + cdata(encrypted) + "</Encrypt></xml>"
	if e.Mode == PushCompatible {
		return strings.TrimSuffix(e.XML, "</xml>") + tail
	}
	return "<xml><ToUserName>" + cdata(e.To) + "</ToUserName>" + tail
}

func (e *Envelope) post(ctx context.Context, target string, query url.Values, body string) (*http.Request, error) {
	u, err := addQuery(target, query)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("wechattest: callback address: %w", err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	return req, nil
}

// addQuery adds the platform's parameters to those that a callback address has.
func addQuery(target string, query url.Values) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", fmt.Errorf("wechattest: callback address: %w", err)
	}
	own := u.Query()
	maps.Copy(own, query)
	u.RawQuery = own.Encode()
	return u.String(), nil
}

// CheckRequest returns the GET that the platform makes when a callback address is
// entered in the console (接口配置验证), in clear in every mode. A right answer is echo,
// verbatim. A forgery other than "signature" and "stale" makes no difference here.
func (e Envelope) CheckRequest(ctx context.Context, target, echo string) (*http.Request, error) {
	e.Mode = PushPlain
	e.fill()
	query, _, err := e.seal()
	if err != nil {
		return nil, err
	}
	query.Del("openid")
	query.Set("echostr", echo)
	u, err := addQuery(target, query)
	if err != nil {
		return nil, err
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
}
