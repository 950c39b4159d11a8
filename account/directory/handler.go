package directory

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page is read-only. Styles stand in the page, and the policy names them by their sum.
var page = sync.OnceValue(func() *template.Template {
	t := template.Must(template.New("page").Parse(pageHTML))
	return template.Must(t.Parse(`{{define "style"}}<style>` + pageCSS + `</style>{{end}}`))
})

var policy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
})

// maxAge is how long, in seconds, others may keep an answer. A suspended account must not stay official for long.
const maxAge = 60

// view is what the page shows.
type view struct {
	Answer   Answer
	Asked    bool
	Query    Query
	Problem  string
	Longest  int
	Platform []choice
}

type choice struct{ ID, Name string }

// ServeHTTP answers GET and HEAD, wherever it is mounted. The parameter q is the question, platform the id of the one that is
// meant; format is json or html, and otherwise the header Accept decides. An account that is known, in whatever state, is 200;
// one that is not, and an address that names none, is 404. A question that cannot be asked is 400, and before the first
// Refresh everything is 503.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", policy())
	h.Set("Vary", "Accept")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		d.reply(w, r, http.StatusMethodNotAllowed, view{Problem: "只能查询，不能提交。"})
		return
	}
	if len(r.URL.RawQuery) > 4*longestQuery {
		d.reply(w, r, http.StatusRequestURITooLong, view{Problem: "查询内容过长。"})
		return
	}
	values := r.URL.Query()
	v := view{Query: Query{Text: strings.TrimSpace(values.Get("q")), Platform: values.Get("platform")}}
	if v.Query.Text == "" && !asJSON(r) {
		d.reply(w, r, http.StatusOK, v)
		return
	}
	var err error
	v.Answer, err = d.Find(v.Query)
	switch {
	case errors.Is(err, govmedia.KindUnavailable):
		h.Set("Retry-After", "5")
		d.reply(w, r, http.StatusServiceUnavailable, view{Query: v.Query, Problem: "目录正在准备，请稍后再试。"})
	case err != nil:
		d.reply(w, r, http.StatusBadRequest, view{Problem: "请输入网址、账号ID或账号名称，不超过" + strconv.Itoa(longestQuery) + "字节。"})
	case len(v.Answer.Accounts) == 0:
		v.Asked = true
		d.reply(w, r, http.StatusNotFound, v)
	default:
		v.Asked = true
		d.reply(w, r, http.StatusOK, v)
	}
}

func (d *Directory) reply(w http.ResponseWriter, r *http.Request, status int, v view) {
	var body bytes.Buffer
	h := w.Header()
	if asJSON(r) {
		h.Set("Content-Type", "application/json; charset=utf-8")
		var content any = v.Answer
		if v.Problem != "" {
			content = map[string]string{"problem": v.Problem}
		}
		if err := json.NewEncoder(&body).Encode(content); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	} else {
		h.Set("Content-Type", "text/html; charset=utf-8")
		v.Longest = longestQuery
		v.Platform = d.choices()
		if err := page().Execute(&body, v); err != nil {
			http.Error(w, "页面无法生成", http.StatusInternalServerError)
			return
		}
	}
	h.Set("Cache-Control", "no-store")
	if status == http.StatusOK || status == http.StatusNotFound {
		sum := sha256.Sum256(body.Bytes())
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("Cache-Control", "public, max-age="+strconv.Itoa(maxAge))
		h.Set("ETag", tag)
		if status == http.StatusOK && strings.Contains(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // whoever went away needs no answer
	}
}

// asJSON reports whether the answer is for a program.
func asJSON(r *http.Request) bool {
	switch r.URL.Query().Get("format") {
	case "json":
		return true
	case "html":
		return false
	}
	quality := map[string]float64{}
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				q = 0
			}
		}
		quality[kind] = max(quality[kind], q)
	}
	return quality["application/json"] > max(quality["text/html"], quality["*/*"]/2)
}

func (d *Directory) choices() []choice {
	ix := d.index.Load()
	if ix == nil {
		return nil
	}
	return ix.platforms
}

// Label is the status in Chinese.
func (s Status) Label() string {
	switch s {
	case Official:
		return "官方账号"
	case Suspended:
		return "已关停"
	case Deregistered:
		return "已注销"
	case Expired:
		return "已到期"
	case TakenOver:
		return "已由其他账号承接"
	case Undetermined:
		return "无法判断"
	}
	return "未在本目录登记"
}

// Advice is what the page says below the status.
func (s Status) Advice() string {
	switch s {
	case Official:
		return "该账号已在本目录登记，正在使用。"
	case Suspended:
		return "该账号曾在本目录登记，现已关停，其新内容不代表官方。"
	case Deregistered:
		return "该账号曾在本目录登记，现已注销，同名账号不代表官方。"
	case Expired:
		return "该账号为专项活动开设，活动已经结束。"
	case TakenOver:
		return "该账号已停用，请关注下面的承接账号。"
	case Undetermined:
		return "仅凭所给的网址看不出是哪个账号。"
	}
	return "本目录中没有这个账号。请谨慎对待，不要向其提供个人信息或转账。"
}
