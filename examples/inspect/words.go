package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// severity says how grave a finding is, to an official.
func severity(s govmedia.Severity) string {
	switch s {
	case govmedia.SeverityError:
		return "错误"
	case govmedia.SeverityWarning:
		return "警告"
	case govmedia.SeverityInfo:
		return "提示"
	}
	return string(s)
}

// titles are the rules in Chinese, by the part of their id before a slash. A rule that is not here shows its id.
var titles = map[string]string{
	"register.header": "表头", "register.fields": "列数不符", "register.required": "必填项空缺", "register.value": "填写不合要求",
	"register.contradiction": "单位信息前后矛盾", "register.duplicate": "编号重复", "register.encoding": "编码或乱码",
	"register.number": "编号被当作数字", "register.limit": "超过上限", "register.syntax": "CSV格式", "register.format": "文件格式",
	"register.sheet": "工作表", "register.supervisor": "主管单位不在台账", "register.account_id": "编号不能导入",
	"name.width": "名称长度", "name.characters": "名称用字", "name.reserved": "名称含保留字", "name.news": "名称像新闻媒体",
	"name.region": "名称与行政区划不符", "name.contact": "名称含联系方式", "name.lookalike": "疑似仿冒",
	"account.verification": "认证说明不含主办单位", "account.verification_missing": "没有认证说明",
	"unit.code": "统一社会信用代码有误", "unit.code_prefix": "主办单位性质存疑", "unit.region": "行政区划代码有误",
	"lifecycle.one_account": "同平台多个账号", "lifecycle.same_name": "各平台名称不一致",
	"personal.resident_id": "公民身份号码", "personal.old_resident_id": "旧式身份号码", "personal.phone": "手机号码",
	"personal.card": "银行卡号", "personal.address": "住址", "personal.mail": "电子邮箱", "personal.birth": "出生日期",
	"text.document_number": "发文字号格式", "text.date": "日期不存在", "text.weekday": "星期不符", "text.typo": "错别字",
	"text.grave": "政治性差错", "text.organ": "机构名称", "text.slogan": "固定表述", "text.beside": "地区与国家并列",
	"text.map": "地图使用", "text.flag_use": "国旗国徽使用", "text.flag_worn": "国旗破损", "text.advertising": "广告用语",
}

func base(rule string) string {
	id, _, _ := strings.Cut(rule, "/")
	return id
}

func title(rule string) string { return cmp.Or(titles[base(rule)], base(rule)) }

// fields are the fields that package verify and the engine name, as the register calls them.
var fields = map[string]string{
	"name": "账号名称", "verification": "认证说明", "code": "统一社会信用代码", "region": "行政区划代码", "unit": "单位编号",
}

func fieldTitle(f string) string { return cmp.Or(fields[f], f) }

// tally is how often one rule has spoken, by severity.
type tally struct {
	rule, title             string
	errors, warnings, infos int
}

func (t tally) all() int { return t.errors + t.warnings + t.infos }

// tallies counts the findings by rule: what has errors first, then what is frequent.
func (r report) tallies() []tally {
	var list []tally
	at := map[string]int{}
	for _, f := range r.findings {
		id := base(f.Rule)
		i, ok := at[id]
		if !ok {
			i = len(list)
			at[id] = i
			list = append(list, tally{rule: id, title: title(id)})
		}
		switch f.Severity {
		case govmedia.SeverityError:
			list[i].errors++
		case govmedia.SeverityWarning:
			list[i].warnings++
		default:
			list[i].infos++
		}
	}
	slices.SortFunc(list, func(a, b tally) int {
		return cmp.Or(b.errors-a.errors, b.warnings-a.warnings, b.infos-a.infos, strings.Compare(a.rule, b.rule))
	})
	return list
}

// verdict says the result in one sentence.
func (r report) verdict() string {
	switch {
	case len(r.findings) == 0:
		return "没有发现问题。"
	case r.clean():
		return fmt.Sprintf("没有错误和警告，有%d条提示。", len(r.findings))
	}
	return fmt.Sprintf("发现错误%d个、警告%d个，另有提示%d条。",
		r.count(govmedia.SeverityError), r.count(govmedia.SeverityWarning), r.count(govmedia.SeverityInfo))
}

// scope says what was checked.
func (r report) scope() string {
	s := fmt.Sprintf("单位%d个、账号%d个", r.units, r.accounts)
	if r.seen > 0 {
		s += fmt.Sprintf("；名单中的名称%d个", r.seen)
	}
	return s
}

// unchecked says what was not, so that nobody takes it for being in order.
func (r report) unchecked() []string {
	list := []string{
		"备案、公告、专项账号到期、长期无动态：台账中没有账号沿革，需在系统中核查。",
		"更新频率、互动回应、平台认证现状：需连接平台采集数据。",
		"代码核验只看格式与校验位，不说明代码是否确已赋予该单位。",
		"填写有误的行只报告填写问题；改正后请重新检查。",
	}
	if r.seen == 0 {
		list = append(list, "仿冒账号：没有提供在平台上见到的名称（参数 -names）。")
	}
	return list
}

// clock is the time of the check in Beijing.
func (r report) clock() string {
	return r.at.In(time.FixedZone("", 8*60*60)).Format("2006年1月2日15:04") + "（北京时间）"
}

func writeJSON(w io.Writer, r report) error {
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	for _, f := range r.findings {
		if err := lines.Encode(f.Finding); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeSummary writes what fits on a screen or two.
func writeSummary(w io.Writer, r report) error {
	out := bufio.NewWriter(w)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // Flush returns its error
	say("账号台账检查：%s", printable(r.file))
	say("范围：%s", r.scope())
	say("结果：%s", r.verdict())
	if list := r.tallies(); len(list) > 0 {
		say("\n按规则：")
		for _, t := range list {
			say("  错误%4d  警告%4d  提示%4d  %s（%s）", t.errors, t.warnings, t.infos, t.title, t.rule)
		}
	}
	const most = 20
	worst := r.findings[:len(r.findings)-r.count(govmedia.SeverityInfo)]
	if len(worst) > 0 {
		say("\n问题：")
	}
	for _, f := range worst[:min(most, len(worst))] {
		about := f.Subject + " "
		if strings.HasPrefix(f.Explanation, f.Subject) {
			about = ""
		}
		say("  [%s] %s%s", severity(f.Severity), printable(about), printable(f.Explanation))
		say("         %s", printable(f.Suggestion))
	}
	if rest := len(r.findings) - min(most, len(worst)); rest > 0 {
		say("  其余%d条未在此列出，请用 -out report.html 或 -out report.xlsx 查看全部。", rest)
	}
	say("\n未检查：")
	for _, s := range r.unchecked() {
		say("  %s", s)
	}
	return out.Flush()
}

// printable keeps what a register says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return ' '
		}
		return c
	}, s)
}
