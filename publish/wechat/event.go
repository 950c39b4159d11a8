package wechat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// EventKind says what a push is about.
type EventKind string

// The kinds of push.
const (
	EventMessage     EventKind = "message"     // a citizen said something: Type, Text, MsgID
	EventPublished   EventKind = "published"   // a publication is through, or has failed: Published
	EventMassSent    EventKind = "mass_sent"   // a mass message is through, or has failed: MassSent
	EventSubscribe   EventKind = "subscribe"   // a citizen follows the account: Key, Ticket
	EventUnsubscribe EventKind = "unsubscribe" // a citizen does not follow it any more
	EventOther       EventKind = "other"       // anything else: Name and Raw tell
)

// Event (推送) is one push of the platform.
type Event struct {
	Kind EventKind
	From string    // openid of the citizen; for what no citizen did, a name of the platform
	To   string    // the account's original id (原始ID), gh_…
	At   time.Time // when it happened, by the platform's clock
	Name string    // the platform's name of the event, such as CLICK; of a message, its type, such as text

	MsgID  string // of a message
	Text   string // of a text message; the recognised words of a voice message, if the account has them
	Key    string // EventKey, as the platform gives it
	Ticket string // of the QR code that was scanned

	Published *PublishResult // of EventPublished
	MassSent  *MassResult    // of EventMassSent

	Raw []byte // the XML, decrypted
}

// ReceiptID is the id under which the platform accepted what the push is about, as the receipt of [Client.Publish] has it:
// for matrix.Matrix.Nudge. It is empty for a push that is about no publication and no mass message.
func (e *Event) ReceiptID() string {
	switch {
	case e.Published != nil:
		return e.Published.PublishID
	case e.MassSent != nil:
		return e.MassSent.MsgID
	}
	return ""
}

// MassResult is what became of a mass message.
type MassResult struct {
	MsgID   string
	Success bool
	Reason  string   // in Chinese, why it failed; empty when it did not
	Status  string   // the platform's word: "send success", "send fail", "err(N)"
	Total   int64    // followers it was meant for
	Sent    int64    // of these, reached
	Failed  int64    // of these, not reached
	URLs    []string // of the articles, in order
}

// massReasons are the numbers in err(N) (developers.weixin.qq.com, MASSSENDJOBFINISH, read 2026-11-22). Others occur.
var massReasons = map[string]string{
	"err(10001)": "涉嫌广告", "err(20001)": "涉嫌政治", "err(20002)": "涉嫌色情", "err(20004)": "涉嫌社会", "err(20006)": "涉嫌违法犯罪",
	"err(20008)": "涉嫌欺诈", "err(20013)": "涉嫌版权", "err(21000)": "涉嫌其他", "err(22000)": "涉嫌互推",
	"err(30001)": "原创校验系统错误", "err(30002)": "原创校验不允许转载", "err(30003)": "原创校验停止转载",
	"err(40001)": "管理员拒绝", "err(40002)": "管理员30分钟内未确认",
}

func massReason(status string) string {
	if status == "send success" {
		return ""
	}
	if why, ok := massReasons[status]; ok {
		return why
	}
	return "群发失败"
}

// pushed is a push as XML. MsgId is a message's, MsgID an event's: the platform means different things by them.
type pushed struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string   `xml:"ToUserName"`
	FromUserName string   `xml:"FromUserName"`
	CreateTime   string   `xml:"CreateTime"`
	MsgType      string   `xml:"MsgType"`
	MsgID        string   `xml:"MsgId"`
	Content      string   `xml:"Content"`
	Recognition  string   `xml:"Recognition"`
	Event        string   `xml:"Event"`
	EventKey     string   `xml:"EventKey"`
	Ticket       string   `xml:"Ticket"`
	Encrypt      string   `xml:"Encrypt"`

	Publish struct {
		PublishID string   `xml:"publish_id"`
		Status    string   `xml:"publish_status"`
		ArticleID string   `xml:"article_id"`
		URLs      []string `xml:"article_detail>item>article_url"`
		Failed    []string `xml:"fail_idx"`
	} `xml:"PublishEventInfo"`

	JobID  string   `xml:"MsgID"`
	Status string   `xml:"Status"`
	Total  string   `xml:"TotalCount"`
	Sent   string   `xml:"SentCount"`
	Failed string   `xml:"ErrorCount"`
	URLs   []string `xml:"ArticleUrlResult>ResultList>item>ArticleUrl"`
}

// Bounds of a push. The largest documented one, a mass message of eight articles, has some 5 KB.
const (
	maxPush  = 256 << 10 // bytes
	maxDepth = 16
)

var errPush = errors.New("wechat: the push is not the XML that the documents describe")

// parse reads one push. A document type, and with it every entity of its own, is refused, as are nesting beyond reason
// and anything behind the end.
func parse(data []byte) (*pushed, error) {
	if err := scan(data); err != nil {
		return nil, err
	}
	var p pushed
	d := xml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&p); err != nil {
		return nil, errPush
	}
	return &p, nil
}

// scan reads the tokens once, so that nothing is decoded that is not plain.
func scan(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errPush
		}
		switch t := token.(type) {
		case xml.Directive:
			return errPush
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return errPush
			}
		}
		if depth > maxDepth || roots > 1 {
			return errPush
		}
	}
	if roots != 1 {
		return errPush
	}
	return nil
}

// event turns a push into what the handler gets.
func (p *pushed) event(raw []byte) (*Event, error) {
	at, ok := loose(p.CreateTime).instant()
	if !ok || p.MsgType == "" || p.FromUserName == "" {
		return nil, errPush
	}
	e := &Event{
		Kind: EventOther, From: p.FromUserName, To: p.ToUserName, At: at, Name: p.MsgType, MsgID: p.MsgID,
		Key: p.EventKey, Ticket: p.Ticket, Raw: raw,
	}
	if p.MsgType != "event" {
		e.Kind, e.Text = EventMessage, p.Content
		if p.MsgType == "voice" {
			e.Text = p.Recognition
		}
		return e, nil
	}
	e.Name = p.Event
	switch strings.ToUpper(p.Event) {
	case "PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH": // the first is what comes, the second what older documents say
		e.Kind, e.Published = EventPublished, p.published()
	case "MASSSENDJOBFINISH":
		e.Kind, e.MassSent = EventMassSent, p.massSent()
	case "SUBSCRIBE":
		e.Kind = EventSubscribe
	case "UNSUBSCRIBE":
		e.Kind = EventUnsubscribe
	}
	return e, nil
}

func (p *pushed) published() *PublishResult {
	r := &PublishResult{
		PublishID: loose(p.Publish.PublishID).id(), ArticleID: p.Publish.ArticleID, Status: statusOf(loose(p.Publish.Status)), URLs: p.Publish.URLs,
	}
	for _, f := range p.Publish.Failed {
		if n, err := strconv.Atoi(f); err == nil {
			r.Failed = append(r.Failed, n)
		}
	}
	return r
}

func (p *pushed) massSent() *MassResult {
	count := func(s string) int64 {
		n, _ := loose(s).number() // what is not told is 0, beside Status
		return n
	}
	r := &MassResult{
		MsgID: loose(p.JobID).id(), Success: p.Status == "send success", Reason: massReason(p.Status), Status: p.Status,
		Total: count(p.Total), Sent: count(p.Sent), Failed: count(p.Failed), URLs: p.URLs,
	}
	return r
}

// key is what a push is known by when it comes again: a message by its id, an event by who and when, and by what it is
// about, because one second may bring two.
func (p *pushed) key() string {
	if p.MsgType != "event" && p.MsgID != "" {
		return "m\x00" + p.MsgID
	}
	return strings.Join([]string{"e", p.FromUserName, p.CreateTime, p.MsgType, p.Event, p.EventKey, p.Publish.PublishID, p.JobID}, "\x00")
}
