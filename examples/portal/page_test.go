package main

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/reply/sla"
	"github.com/stretchr/testify/require"
)

// wall is a platform and its adapter in one. Per account it says what becomes of a write; without a word it succeeds.
type wall struct {
	says    map[string]error
	urls    map[string]string
	inbox   []reply.Message
	figures map[string]metrics.Counts
}

func (w *wall) App() account.App           { return account.App{Platform: "weibo", Key: "k"} }
func (w *wall) Limits() publish.Limits     { return publish.Limits{} }
func (w *wall) AnswerLimits() reply.Limits { return reply.Limits{} }
func (w *wall) receipt(id string) *govmedia.Receipt {
	return &govmedia.Receipt{ID: "w-" + id, URL: w.urls[id], At: pageNow}
}

func (w *wall) Publish(_ context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := w.says[s.Account.ID]; err != nil {
		return nil, err
	}
	return w.receipt(s.Account.ID), nil
}

func (w *wall) Counts(_ context.Context, r *metrics.Request) (*metrics.Counts, error) {
	c := w.figures[r.Account.ID]
	return &c, nil
}

func (w *wall) Messages(_ context.Context, in *reply.Inbox) ([]reply.Message, error) {
	if in.Account.ID == "a1" {
		return w.inbox, nil
	}
	return nil, nil
}

func (w *wall) Answer(_ context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	return w.receipt("answer-" + s.Message.ID), nil
}

var pageNow = time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC) // noon in Beijing

// desk is a page over a matrix in memory.
type desk struct {
	m      *matrix.Matrix
	engine matrix.Engine
	site   *site
	moves  *progress
	post   string
}

func openDesk(t *testing.T, w *wall) *desk {
	t.Helper()
	now := func() time.Time { return pageNow }
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, &matrix.EngineConfig{Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	require.NoError(t, engine.Migrate(t.Context()))
	d := &desk{engine: engine, moves: &progress{}}
	d.m, err = matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{w}, Now: now, Observer: d.moves,
		Keys:    account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": []byte("0123456789abcdef0123456789abcdef")}},
		Publish: publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
		Reply: reply.Config{
			Authorize: func(context.Context, string, reply.Case) error { return nil },
			Routes:    []reply.Route{{Name: "供水问题转水务", Contains: []string{"停水"}, Unit: "water"}},
			Targets:   []sla.Target{{Name: "首次回应", Basis: sla.Wall, Duration: 48 * time.Hour, Citation: "国办发〔2016〕61号", Version: "1"}},
		},
	})
	require.NoError(t, err)
	d.register(t)
	d.site = newSite(d.m, d.moves, siteConfig{
		Title: "示例省政务新媒体矩阵", Logger: slog.New(slog.DiscardHandler), Now: now, Post: func() string { return d.post },
		Findings: []govmedia.Finding{
			{Rule: "b", Severity: govmedia.SeverityInfo, Subject: "a2", Explanation: "提示在后"},
			{Rule: "a", Severity: govmedia.SeverityError, Subject: "u", Field: "code", Explanation: "错误在前", Suggestion: "核对代码", Citation: "《某办法》第三条"},
		},
	})
	return d
}

func (d *desk) register(t *testing.T) {
	t.Helper()
	reg := account.Register{Units: []account.Unit{
		{ID: "u", Name: "示例市政府办公室", Level: account.City}, {ID: "water", Name: "示例市水务局", Level: account.City},
	}}
	for _, id := range []string{"a1", "a2", "a3", "a4"} {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: "weibo", Key: "k"}, Name: "示例发布" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, d.m.Registry.Save(t.Context(), "管理员", reg))
	for _, a := range reg.Accounts {
		require.NoError(t, d.m.Vault.Put(t.Context(), "管理员", account.Credential{Account: a.ID, Access: govmedia.NewSecret("t")}))
	}
}

func (d *desk) publish(t *testing.T, targets ...string) {
	t.Helper()
	p, err := d.m.Publisher.Draft(t.Context(), "拟稿人", publish.Post{Title: "停水通知", Text: "今晚检修。", Targets: targets})
	require.NoError(t, err)
	p, err = d.m.Publisher.Submit(t.Context(), "拟稿人", p, "")
	require.NoError(t, err)
	p, err = d.m.Publisher.Review(t.Context(), "科长", p, "")
	require.NoError(t, err)
	p, err = d.m.Publisher.Approve(t.Context(), "主任", p, "")
	require.NoError(t, err)
	_, err = d.m.Publisher.Publish(t.Context(), "拟稿人", p.ID)
	require.NoError(t, err)
	d.post = p.ID
}

func (d *desk) step(t *testing.T) {
	t.Helper()
	_, err := d.m.Step(t.Context())
	require.NoError(t, err)
}

func (d *desk) get(method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.site.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func (d *desk) text(t *testing.T, path string) string {
	t.Helper()
	w := d.get(http.MethodGet, path)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	return w.Body.String()
}

// section returns what the page says between the section's start and its end.
func section(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<section class="card" id="`+id+`"`)
	require.True(t, ok, "no section %s", id)
	text, _, _ := strings.Cut(rest, "</section>")
	return text
}

func TestPage_BeforeTheDay(t *testing.T) {
	page := openDesk(t, &wall{}).text(t, "/")
	require.Contains(t, page, `<html lang="zh-CN">`)
	require.Contains(t, page, "今日稿件尚未发布")
	require.Contains(t, page, "没有未办结的诉求")
	require.Contains(t, section(t, page, "freshness"), "暂无数据")
	require.NotContains(t, page, "http-equiv", "nothing moves, so nothing needs refreshing")
}

func TestPage_Deliveries(t *testing.T) {
	d := openDesk(t, &wall{
		urls: map[string]string{"a1": "https://example.invalid/1", "a2": "javascript:alert(1)"},
		says: map[string]error{
			"a3": &govmedia.Error{Platform: "weibo", Op: "share", Kind: govmedia.KindRejected, Code: "20018", Outcome: govmedia.NotApplied, Err: errors.New("illegal content")},
			"a4": &govmedia.Error{Platform: "weibo", Op: "share", Kind: govmedia.KindTransport, Err: errors.New("reset")},
		},
	})
	d.publish(t, "a1", "a2", "a3", "a4")
	require.Contains(t, d.text(t, "/"), `<noscript><meta http-equiv="refresh"`)
	d.step(t)
	page := d.text(t, "/")
	list := section(t, page, "deliveries")
	for _, want := range []string{"停水通知", "初审 拟稿人", "终审 主任", "示例发布a1", "微博", "已发布", "平台应答", "1次",
		`href="https://example.invalid/1"`, "平台拒绝了这条内容", "结果待核实", "与平台的连接中断", "下次处理", "2026-07-01 12:00"} {
		require.Contains(t, list, want)
	}
	require.NotContains(t, page, "javascript:")
	require.Less(t, strings.Index(list, "示例发布a3"), strings.Index(list, "示例发布a1"), "what needs a look comes first")
	require.Contains(t, section(t, page, "overview"), `aria-label="已发布2个，结果待核实1个，平台拒绝1个"`)
	require.Contains(t, section(t, page, "attention"), "示例发布a3")
	require.NotContains(t, section(t, page, "attention"), "示例发布a1")
	require.Contains(t, section(t, page, "freshness"), "正常")
}

func TestPage_Cases(t *testing.T) {
	d := openDesk(t, &wall{inbox: []reply.Message{
		{ID: "m1", Author: "张小明", Text: "为什么停水？<script>alert(1)</script>", At: pageNow.Add(-49 * time.Hour)},
		{ID: "m2", Author: "李四", Text: "谢谢", At: pageNow.Add(-3 * time.Hour)},
		{ID: "m3", Author: "王五", Text: "几点恢复", At: pageNow.Add(-2 * time.Hour)},
	}})
	opened, err := d.m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	_, err = d.m.Desk.Answer(t.Context(), "值班员", opened[2].ID, "今晚八点。")
	require.NoError(t, err)
	d.step(t)

	page := d.text(t, "/")
	open, answered := section(t, page, "cases"), section(t, page, "answered")
	for _, want := range []string{"张**", "已超时1小时", "剩余1天21小时", "示例市水务局", "供水问题转水务", "首问负责", "国办发〔2016〕61号", "2026-06-29 11:00 提出",
		"为什么停水？&lt;script&gt;alert(1)&lt;/script&gt;"} {
		require.Contains(t, open, want)
	}
	for _, want := range []string{"王**", "几点恢复", "按时", "用时2小时"} {
		require.Contains(t, answered, want)
	}
	for _, hidden := range []string{"张小明", "李四", "王五", "<script>alert"} {
		require.NotContains(t, page, hidden)
	}
	require.Less(t, strings.Index(open, "张**"), strings.Index(open, "李**"), "the most urgent comes first")
	require.Contains(t, section(t, page, "overview"), "其中1件已超时")
}

func TestPage_FiguresThatNobodyKnowsAreNotZero(t *testing.T) {
	w := &wall{figures: map[string]metrics.Counts{
		"a1": {Followers: metrics.Known(1200), Posts: metrics.Known(3)}, "a2": {Posts: metrics.Known(30)},
	}}
	d := openDesk(t, w)
	cells := func() []string {
		var list []string
		for _, m := range regexp.MustCompile(`<td class="num"[^>]*>([^<]*)<small>([^<]*)</small>`).FindAllStringSubmatch(section(t, d.text(t, "/"), "figures"), -1) {
			list = append(list, m[1]+"，"+m[2])
		}
		return list
	}
	require.Equal(t, []string{"未知，4个账号中已知0个", "未知，4个账号中已知0个"}, cells())
	for _, id := range []string{"a1", "a2"} {
		_, err := d.m.Metrics.Collect(t.Context(), id)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"1200，4个账号中已知1个", "33，4个账号中已知2个"}, cells())
	w.figures["a3"], w.figures["a4"] = metrics.Counts{Posts: metrics.Known(0)}, metrics.Counts{Posts: metrics.Known(0)}
	for _, id := range []string{"a3", "a4"} {
		_, err := d.m.Metrics.Collect(t.Context(), id)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"1200，4个账号中已知1个", "33，共4个账号"}, cells())
}

func TestPage_Findings(t *testing.T) {
	list := section(t, openDesk(t, &wall{}).text(t, "/"), "findings")
	for _, want := range []string{"须整改", "示例市政府办公室", "统一社会信用代码", "核对代码", "《某办法》第三条", "提示"} {
		require.Contains(t, list, want)
	}
	require.Less(t, strings.Index(list, "错误在前"), strings.Index(list, "提示在后"))
}

func TestPage_SameDataSamePage(t *testing.T) {
	d := openDesk(t, &wall{})
	d.publish(t, "a1", "a2", "a3")
	first := d.text(t, "/progress")
	require.Equal(t, first, d.text(t, "/progress"))
}

var reference = regexp.MustCompile(`\s(?:src|href|action|poster|data)="([^"]*)"`)

func TestPage_LoadsNothingFromOutside(t *testing.T) {
	d := openDesk(t, &wall{})
	d.publish(t, "a1")
	d.step(t)
	page := d.text(t, "/")
	require.NotEmpty(t, reference.FindAllString(page, -1))
	for _, m := range reference.FindAllStringSubmatch(page, -1) {
		require.True(t, strings.HasPrefix(m[1], "#") || m[1] == "data:,", m[0])
	}
	require.NotContains(t, page, "@import")
	require.NotContains(t, page, "url(")
	require.NotContains(t, page, " style=")
}

func TestPage_Headers(t *testing.T) {
	d := openDesk(t, &wall{})
	w := d.get(http.MethodGet, "/")
	policy := w.Header().Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`script-src 'nonce-(\w+)'`).FindStringSubmatch(policy)
	require.Len(t, nonce, 2)
	require.Contains(t, w.Body.String(), `<script nonce="`+nonce[1]+`">`)
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "frame-ancestors 'none'")
	require.NotEqual(t, policy, d.get(http.MethodGet, "/").Header().Get("Content-Security-Policy"), "a nonce is used once")
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
}

func TestPage_Refusals(t *testing.T) {
	d := openDesk(t, &wall{})
	w := d.get(http.MethodPost, "/")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	w = d.get(http.MethodGet, "/nowhere")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "没有这个页面")
	w = d.get(http.MethodHead, "/")
	require.Equal(t, http.StatusOK, w.Code)
	require.Zero(t, w.Body.Len())

	require.NoError(t, d.engine.Close())
	w = d.get(http.MethodGet, "/")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, w.Body.String(), "暂时读不到矩阵数据")
	require.NotContains(t, w.Body.String(), "概览")
}

func TestPage_ProgressMoves(t *testing.T) {
	d := openDesk(t, &wall{})
	server := httptest.NewServer(d.site)
	t.Cleanup(server.Close)
	d.publish(t, "a1", "a2")
	require.Contains(t, d.text(t, "/progress"), "正在投递：2个账号中已发布0个")

	resp, err := server.Client().Get(server.URL + "/events")
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, "text/event-stream; charset=utf-8", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	require.True(t, lines.Scan())
	d.step(t)
	for lines.Text() != "event: change" {
		require.True(t, lines.Scan(), "no event came")
	}
	require.Contains(t, d.text(t, "/progress"), "投递完成：2个账号全部发布")

	d.moves.Close()
	for lines.Scan() {
	}
	require.NoError(t, lines.Err(), "a closed progress ends the stream cleanly")
}

func TestProgress_NeverWaits(t *testing.T) {
	var p progress
	p.Observe(t.Context(), govmedia.Event{})
	_, leave := p.subscribe() // and never reads
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				p.Observe(t.Context(), govmedia.Event{})
			}
		})
	}
	wg.Wait()
	p.Close()
	p.Close()
	leave()
	p.Observe(t.Context(), govmedia.Event{})
	changes, _ := p.subscribe()
	_, open := <-changes
	require.False(t, open)
}

func TestWords_Left(t *testing.T) {
	for _, c := range []struct {
		left  time.Duration
		known bool
		want  string
	}{
		{3*time.Hour + 12*time.Minute + 59*time.Second, true, "剩余3小时12分"},
		{3 * time.Hour, true, "剩余3小时"},
		{59 * time.Minute, true, "剩余59分"},
		{50*time.Hour + 30*time.Minute, true, "剩余2天2小时"},
		{48 * time.Hour, true, "剩余2天"},
		{59 * time.Second, true, "剩余不足1分钟"},
		{0, true, "剩余不足1分钟"},
		{-time.Nanosecond, true, "已超时不足1分钟"},
		{-(125 * time.Minute), true, "已超时2小时5分"},
		{-(25 * time.Hour), true, "已超时1天1小时"},
		{time.Hour, false, "时限无法计算"},
	} {
		require.Equal(t, c.want, leftWord(c.left, c.known), c.left)
	}
}

func TestWords_Mask(t *testing.T) {
	for name, want := range map[string]string{
		"张小明": "张**", "欧阳": "欧**", "A": "A**", "": "匿名", "\u202e李四": "李**", "@用户": "用**", "☆": "匿名",
	} {
		require.Equal(t, want, maskName(name), name)
	}
}

func TestWords_Reason(t *testing.T) {
	failed := &govmedia.Error{Platform: "weibo", Op: "share", Kind: govmedia.KindTransport, Err: errors.New("reset")}
	for reason, want := range map[string]string{
		"": "", "已电话核实": "已电话核实",
		failed.Error():                                                       "与平台的连接中断",
		"reading failed: " + failed.Error():                                  "核实时读取失败：与平台的连接中断",
		(&govmedia.Error{Status: 502}).Error():                               "未归类的错误",
		"proved absent by reading; sent once more":                           "读取核实：平台上没有，已重新发送",
		"in doubt, but the platform recognises a repetition; sent once more": "上次结果不明；平台能识别重复，已用同一标识重新发送",
		"an earlier attempt may be there all the same: " + failed.Error():    "此前一次可能已经发出；重发时：与平台的连接中断",
		"accepted; the platform is at work on it":                            "平台已受理，正在处理",
	} {
		require.Equal(t, want, reasonWord(reason), reason)
	}
}

func TestWords_BarFillsItsWidth(t *testing.T) {
	var b bar
	for _, n := range []int{1, 0, 1, 1} {
		b.add(word{Text: "x"}, n)
	}
	end := 0
	for _, p := range b.Parts {
		require.Equal(t, end, p.X)
		end += p.Width
	}
	require.Equal(t, barWidth, end)
}
