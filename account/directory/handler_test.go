package directory_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
)

func get(t *testing.T, h http.Handler, method, target, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func TestA9_TheHandlerAnswersPeopleAndPrograms(t *testing.T) {
	d := open(t, register(), directory.Config{})
	for _, c := range []struct {
		name, query, accept string
		status              int
		kind                string
	}{
		{"a browser", "q=示例发布", browser, 200, "text/html"},
		{"no wish", "q=示例发布", "", 200, "text/html"},
		{"a program", "q=示例发布", "application/json", 200, "application/json"},
		{"a program that takes anything", "q=示例发布", "application/json, */*;q=0.1", 200, "application/json"},
		{"curl", "q=示例发布", "*/*", 200, "text/html"},
		{"the parameter wins", "q=示例发布&format=json", browser, 200, "application/json"},
		{"the parameter wins over a program", "q=示例发布&format=html", "application/json", 200, "text/html"},
		{"less wanted", "q=示例发布", "application/json;q=0.5, text/html", 200, "text/html"},
		{"not registered", "q=示例发市", browser, 404, "text/html"},
		{"not registered, for a program", "q=示例发市&format=json", "", 404, "application/json"},
		{"undetermined", "q=" + url.QueryEscape("https://t.cn/x") + "&format=json", "", 404, "application/json"},
		{"suspended is known", "q=示例旧发布&format=json", "", 200, "application/json"},
		{"the empty form", "", browser, 200, "text/html"},
		{"no question of a program", "format=json", "", 400, "application/json"},
		{"too long", "q=" + strings.Repeat("a", 2049), browser, 400, "text/html"},
		{"far too long", "q=" + strings.Repeat("a", 9000), browser, 414, "text/html"},
		{"broken escapes", "q=%zz&format=json", "", 400, "application/json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, d, http.MethodGet, "/directory?"+strings.NewReplacer("示例发布", url.QueryEscape("示例发布"), "示例发市", url.QueryEscape("示例发市"), "示例旧发布", url.QueryEscape("示例旧发布")).Replace(c.query), c.accept)
			require.Equal(t, c.status, r.StatusCode)
			require.Contains(t, r.Header.Get("Content-Type"), c.kind)
			require.Contains(t, r.Header.Get("Content-Type"), "charset=utf-8")
			require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
			require.Equal(t, "Accept", r.Header.Get("Vary"))
			require.NotEmpty(t, body(t, r))
		})
	}
	var a directory.Answer
	require.NoError(t, json.Unmarshal([]byte(body(t, get(t, d, http.MethodGet, "/?format=json&platform=weibo&q="+url.QueryEscape("示例发布"), ""))), &a))
	require.Equal(t, []string{"weibo"}, ids(a))
	require.Equal(t, "示例市人民政府办公室", a.Accounts[0].Unit)
	require.Equal(t, "微博", a.Accounts[0].PlatformName)
}

func TestA9_OnlyGETAndHEAD(t *testing.T) {
	d := open(t, register(), directory.Config{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch} {
		r := get(t, d, method, "/?q=x", browser)
		require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
		require.Equal(t, "GET, HEAD", r.Header.Get("Allow"))
	}
	target := "/?q=" + url.QueryEscape("示例发布")
	full, head := get(t, d, http.MethodGet, target, browser), get(t, d, http.MethodHead, target, browser)
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Empty(t, body(t, head))
	for _, h := range []string{"Content-Length", "ETag", "Content-Type", "Cache-Control", "Content-Security-Policy"} {
		require.NotEmpty(t, full.Header.Get(h), h)
		require.Equal(t, full.Header.Get(h), head.Header.Get(h), h)
	}
}

func TestA9_AnswersMayBeKeptForAMinute(t *testing.T) {
	d := open(t, register(), directory.Config{})
	target := "/?q=" + url.QueryEscape("示例发布")
	first := get(t, d, http.MethodGet, target, browser)
	require.Equal(t, "public, max-age=60", first.Header.Get("Cache-Control"))
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept", browser)
	r.Header.Set("If-None-Match", first.Header.Get("ETag"))
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	require.Equal(t, http.StatusNotModified, w.Code)
	require.Zero(t, w.Body.Len())
	r.Header.Set("Accept", "application/json")
	w = httptest.NewRecorder()
	d.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, "another form is another thing")

	empty, err := directory.New(account.NewRegistry(&shelf{}), directory.Config{})
	require.NoError(t, err)
	unready := get(t, empty, http.MethodGet, target, browser)
	require.Equal(t, http.StatusServiceUnavailable, unready.StatusCode)
	require.Equal(t, "no-store", unready.Header.Get("Cache-Control"), "nobody must remember that there is no answer")
	require.Equal(t, "5", unready.Header.Get("Retry-After"))
}

func TestA9_ThePageReflectsNothing(t *testing.T) {
	reg := register()
	evil := acc("evil", "weibo", "666", `<script>alert("name")</script>`, "javascript:alert(1)")
	evil.Verification = `"><img src=x onerror=alert(2)>`
	reg.Accounts = append(reg.Accounts, evil)
	d := open(t, reg, directory.Config{Similar: func(string) []account.Resemblance {
		return []account.Resemblance{{Name: evil.Name, Why: "<b>why</b>"}}
	}})
	for _, q := range []string{`"><script>alert(1)</script>`, `' onfocus=alert(1) x='`, "</style><script>alert(1)</script>", "666", "{{.}}", "javascript:alert(1)", "https://a.example/?<script>"} {
		for _, target := range []string{"/?q=" + url.QueryEscape(q), "/?platform=" + url.QueryEscape(q) + "&q=x"} {
			page := body(t, get(t, d, http.MethodGet, target, browser))
			lower := strings.ToLower(page)
			require.NotContains(t, lower, "<script", q)
			require.NotContains(t, lower, "<img", q)
			require.NotContains(t, lower, "<b>", q)
			require.NotContains(t, lower, `href="javascript`, q)
			require.Equal(t, 1, strings.Count(lower, "</style>"), q)
			asJSON := body(t, get(t, d, http.MethodGet, target+"&format=json", ""))
			require.NotContains(t, asJSON, "<", q)
		}
	}
}

func TestA9_ThePageStandsByItself(t *testing.T) {
	d := open(t, register(), directory.Config{Redirect: func(a account.Account) string {
		return map[string]string{"taken": "weibo"}[a.ID]
	}})
	r := get(t, d, http.MethodGet, "/?q="+url.QueryEscape("示例街道"), browser)
	page := body(t, r)
	policy := r.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	_, rest, ok := strings.Cut(page, "<style>")
	require.True(t, ok)
	css, _, ok := strings.Cut(rest, "</style>")
	require.True(t, ok)
	sum := sha256.Sum256([]byte(css))
	require.Contains(t, policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", "the browser applies the style")
	for _, external := range []string{"src=", "@import", "url(", "<link", "style="} {
		require.NotContains(t, page, external)
	}
	for _, words := range []string{`lang="zh-CN"`, `<label for="q">`, `<label for="platform">`, "已由其他账号承接", "请关注", "示例发布", "微信公众号", `role="status"`, "<title>已由其他账号承接"} {
		require.Contains(t, page, words)
	}
	require.Contains(t, body(t, get(t, d, http.MethodGet, "/?q="+url.QueryEscape("示例民警老王"), browser)), "公职人员账号，不代表单位")
	require.Contains(t, body(t, get(t, d, http.MethodGet, "/?q="+url.QueryEscape("没有的"), browser)), "未在本目录登记")
}
