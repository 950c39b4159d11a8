package weibo

import (
	"bytes"
	"net/http"
	"time"

	"github.com/govmedia/govmedia/account"
)

// notice is a page that tells a person how a connection ended. As an error it says the same to the observer.
type notice struct {
	status        int
	title, advice string
	cause         error
}

// Error implements error.
func (n *notice) Error() string {
	if n.cause != nil {
		return n.title + ": " + n.cause.Error()
	}
	return n.title
}

// Unwrap returns the cause, which is never shown.
func (n *notice) Unwrap() error { return n.cause }

// because returns a copy of the notice with its cause.
func (n *notice) because(err error) *notice {
	with := *n
	with.cause = err
	return &with
}

// The notices. Their texts are constants: what came in with a request is not repeated.
var (
	notFound       = &notice{http.StatusNotFound, "没有这个页面", "请从账号台账页面发起授权。", nil}
	wrongMethod    = &notice{http.StatusMethodNotAllowed, "请求方式不对", "请从账号台账页面发起授权。", nil}
	noAccount      = &notice{http.StatusBadRequest, "没有指明账号", "请从账号台账页面选择要授权的微博账号。", nil}
	denied         = &notice{http.StatusForbidden, "您没有权限授权这个账号", "请先登录，或联系主办单位的账号管理员。", nil}
	unknownAccount = &notice{http.StatusNotFound, "台账中没有这个账号", "请先在账号台账中登记，再发起授权。", nil}
	otherApp       = &notice{http.StatusConflict, "这个账号不使用本微博应用", "请核对台账中账号的平台和应用（App Key）。", nil}
	noUID          = &notice{http.StatusConflict, "台账中没有这个账号的微博 UID", "没有 UID 就无法核对登录的是不是这个账号。请先在台账中填写 UID，再发起授权。", nil}
	forged         = &notice{http.StatusBadRequest, "授权请求无效", "这个返回地址不是本系统发出的，没有保存任何凭证。请重新发起授权。", nil}
	expired        = &notice{http.StatusBadRequest, "授权请求已过期", "授权须在十分钟内完成。请重新发起授权。", nil}
	elsewhere      = &notice{http.StatusForbidden, "授权请求不属于这个浏览器", "发起和完成授权须用同一个浏览器，并且每次只能使用一次。请重新发起授权。", nil}
	noCode         = &notice{http.StatusBadRequest, "微博没有返回授权码", "请重新发起授权。", nil}
	spentCode      = &notice{http.StatusBadRequest, "授权码已失效", "授权码只能使用一次，并且很快过期。请重新发起授权。", nil}
	userRefused    = &notice{http.StatusForbidden, "授权被拒绝", "登录的用户在微博页面上拒绝了授权，没有保存任何凭证。需要时请重新发起授权。", nil}
	platformDown   = &notice{http.StatusBadGateway, "微博没有完成授权", "微博开放平台返回了错误或没有响应。请稍后重新发起授权；如反复出现，请联系系统管理员。", nil}
	notStored      = &notice{http.StatusInternalServerError, "凭证没有保存成功", "微博已经同意授权，但凭证未能写入凭证库。请联系系统管理员后重新发起授权。", nil}
	broken         = &notice{http.StatusInternalServerError, "系统出错", "没有保存任何凭证。请稍后重新发起授权，或联系系统管理员。", nil}
)

// wrongAccount names both accounts, so that the person sees with which one to log in.
func wrongAccount(a account.Account, uid string) *notice {
	return &notice{http.StatusForbidden, "登录的微博账号不对",
		"台账中“" + a.Name + "”的 UID 是 " + a.UID + "，而授权的微博账号 UID 是 " + clipUID(uid) +
			"，没有保存任何凭证。请在微博退出登录，改用“" + a.Name + "”登录后重新发起授权。", nil}
}

func clipUID(uid string) string {
	if n, ok := loose(uid).number(); !ok || n == 0 {
		return "（未知）"
	}
	return uid
}

const pageText = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Advice}}</p></main></body></html>
`

func (h *connect) show(w http.ResponseWriter, n *notice) {
	var body bytes.Buffer
	if err := h.page.Execute(&body, struct{ Title, Advice string }{n.title, n.advice}); err != nil {
		http.Error(w, n.title, http.StatusInternalServerError)
		return
	}
	secure(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(n.status)
	_, _ = w.Write(body.Bytes()) // the browser may have left
}

// secure keeps the address of the page, which carries a code, from being stored or passed on.
func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}

// beijing is the zone of everything that a person reads.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }
