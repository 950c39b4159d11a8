package wechattest

import (
	"strings"
	"time"
)

// node is one element of a push. Its text is CDATA unless plain.
type node struct {
	name, text string
	plain      bool
	kids       []node
}

func text(name, value string) node { return node{name: name, text: value} }

func count(name string, n int64) node { return node{name: name, text: formatID(n), plain: true} }

func group(name string, kids ...node) node { return node{name: name, kids: kids} }

func (n node) write(out *strings.Builder) {
	out.WriteString("<" + n.name + ">")
	switch {
	case n.kids != nil:
		for _, kid := range n.kids {
			kid.write(out)
		}
	case n.plain:
		out.WriteString(n.text)
	default:
		out.WriteString(cdata(n.text))
	}
	out.WriteString("</" + n.name + ">")
}

func cdata(text string) string {
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// message is a push before it is written as XML.
type message struct {
	kind    string // message type, or event
	from    string
	created time.Time
	event   bool
	msgID   int64 // messages only; events have none
	body    []node
}

func (m *message) xml(to string) string {
	kind := []node{text("MsgType", m.kind)}
	if m.event {
		kind = []node{text("MsgType", "event"), text("Event", m.kind)}
	}
	all := []node{text("ToUserName", to), text("FromUserName", m.from), count("CreateTime", m.created.Unix())}
	all = append(append(all, kind...), m.body...)
	if m.msgID != 0 {
		all = append(all, count("MsgId", m.msgID))
	}
	var out strings.Builder
	group("xml", all...).write(&out)
	return out.String()
}

// system is the FromUserName of what no citizen did.
const system = "mphelper"

// The events of a finished publication.
const (
	publishDoneEvent    = "PUBLISHJOBFINISH"     // what developers receive
	oldPublishDoneEvent = "FREEPUBLISHJOBFINISH" // what older documents say
	massDoneEvent       = "MASSSENDJOBFINISH"
)

func publishEvent(p *publication, old bool, at time.Time) message {
	kind := publishDoneEvent
	if old {
		kind = oldPublishDoneEvent
	}
	info := []node{count("publish_id", p.id), count("publish_status", int64(p.status))}
	if p.status == PublishDone {
		detail := []node{count("count", int64(len(p.articles)))}
		for i, a := range p.articles {
			detail = append(detail, group("item", count("idx", int64(i+1)), text("article_url", a.URL)))
		}
		info = append(info, text("article_id", p.articleID), group("article_detail", detail...))
	}
	for _, i := range p.failIdx {
		info = append(info, count("fail_idx", int64(i)))
	}
	return message{kind: kind, event: true, from: system, created: at, body: []node{group("PublishEventInfo", info...)}}
}

func massEvent(m *mass, at time.Time) message {
	total := int64(len(m.to))
	sent, failed := total, int64(0)
	if m.Status != MassSuccess {
		sent, failed = 0, total
	}
	body := []node{
		count("MsgID", m.id), text("Status", m.Result), count("TotalCount", total),
		count("FilterCount", total), count("SentCount", sent), count("ErrorCount", failed),
	}
	if m.work != nil {
		body = append(body, copyright(m), addresses(m))
	}
	return message{kind: massDoneEvent, event: true, from: system, created: at, body: body}
}

// copyright says that the originality check found nothing.
func copyright(m *mass) node {
	items := []node{}
	for i := range m.work.articles {
		items = append(items, group("item",
			count("ArticleIdx", int64(i+1)), count("UserDeclareState", 0), count("AuditState", 2),
			text("OriginalArticleUrl", ""), count("OriginalArticleType", 0), count("CanReprint", 1),
			count("NeedReplaceContent", 0), count("NeedShowReprintSource", 0),
		))
	}
	return group("CopyrightCheckResult", count("Count", int64(len(items))), group("ResultList", items...), count("CheckState", 1))
}

func addresses(m *mass) node {
	items := []node{}
	if m.Status == MassSuccess {
		for i, a := range m.work.articles {
			items = append(items, group("item", count("ArticleIdx", int64(i+1)), text("ArticleUrl", a.URL)))
		}
	}
	return group("ArticleUrlResult", count("Count", int64(len(items))), group("ResultList", items...))
}
