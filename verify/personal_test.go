package verify_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// missed returns what is wrong with the detector's answer to a record, or nothing.
func missed(r record) string {
	at := strings.Index(r.text, r.value)
	var hit *govmedia.Finding
	found := verify.Personal{}.Check(r.text)
	for i, f := range found {
		kind := strings.HasPrefix(f.Rule, "personal."+r.kind+"/")
		if r.kind == "card" && verify.ResidentID(plainDigits(r.value)) == nil {
			kind = strings.HasPrefix(f.Rule, "personal.resident_id/") // one in some ten thousand cards of 18 digits
		}
		if kind && f.Span.Start < at+len(r.value) && f.Span.End > at {
			hit = &found[i]
		}
	}
	masked := verify.Personal{}.Mask(r.text)
	switch {
	case hit == nil:
		return "not found"
	case r.digits != "" && strings.Contains(plainDigits(masked), r.digits):
		return "still there: " + masked
	case r.digits != "" && strings.Contains(plainDigits(hit.Rule+hit.Explanation+hit.Suggestion), r.digits):
		return "quoted: " + hit.Explanation
	case strings.Contains(masked, r.value):
		return "not masked: " + masked
	case len(verify.Personal{}.Check(masked)) > 0:
		return "found again after a mask: " + masked
	}
	return ""
}

func plainDigits(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9', c == '*':
			return c
		case c >= '０' && c <= '９':
			return c - '０' + '0'
		}
		return -1
	}, s)
}

// records counts what is missed by kind and form.
func records(t *testing.T, seed uint64, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	kinds, forms, misses := map[string]int{}, map[string]int{}, 0
	for range n {
		record := personalRecord(r)
		kinds[record.kind]++
		forms[record.form]++
		if why := missed(record); why != "" {
			if misses++; misses < 20 {
				t.Errorf("%s, %s: %s: %q", record.kind, record.form, why, record.text)
			}
		}
	}
	require.Len(t, kinds, 7)
	t.Logf("%d records, %d missed; by kind %v; by form %v", n, misses, kinds, forms)
	require.Zero(t, misses)
}

func TestV7_NoRecordIsMissed(t *testing.T) { records(t, 20261129, 10_000) }

func falseAlarms(t *testing.T, seed uint64, n int, templates []string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 11))
	alarms := 0
	for range n {
		text := ordinary(r, templates)
		if found := (verify.Personal{}).Check(text); len(found) > 0 {
			if alarms++; alarms < 20 {
				t.Logf("%s: %q", found[0].Rule, text)
			}
		}
	}
	t.Logf("%d false alarms in %d sentences", alarms, n)
	require.LessOrEqual(t, alarms, n/1000)
}

func TestV7_OrdinaryNoticesPass(t *testing.T) {
	t.Run("tuned", func(t *testing.T) { falseAlarms(t, 1, 20_000, tuned) })
	t.Run("measured", func(t *testing.T) { falseAlarms(t, 2, 20_000, measured) })
}

// gateAlarms is falseAlarms for the whole gate.
func gateAlarms(t *testing.T, seed uint64, n int, templates []string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 13))
	alarms := 0
	for range n {
		text := ordinary(r, templates)
		if found := (verify.Text{}).Check(text); len(found) > 0 {
			if alarms++; alarms < 20 {
				t.Logf("%s: %q", found[0].Rule, text)
			}
		}
	}
	t.Logf("%d false alarms in %d sentences", alarms, n)
	require.LessOrEqual(t, alarms, n/1000)
}

// Two hundred lines as they stand in notices, written by hand.
func TestV7_NoticesByHandPass(t *testing.T) {
	data, err := os.ReadFile("testdata/notices.txt")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	require.GreaterOrEqual(t, len(lines), 200)
	for _, line := range lines {
		for _, f := range (verify.Text{}).Check(line) {
			t.Errorf("%s: %q", f.Rule, line)
		}
	}
}

func TestV7_WhatIsAndIsNotPersonal(t *testing.T) {
	const id, code = "11010519491231002X", "11331002002673575G"
	for text, want := range map[string]string{
		"统一社会信用代码" + code:                "",
		id:                               "personal.resident_id/11*************02X",
		"110105194912310021":             "", // the check digit is wrong
		"110105194913310024":             "", // there is no month 13
		"35*************123":             "",
		"138****1234、138＊＊＊＊1234":        "",
		"138****1234 5678 9012 3456":     "",
		"**13812345678**":                "personal.phone/138****5678", // bold in Markdown
		"010-66012345、12345":             "",
		"12812345678":                    "",
		"138123456789":                   "",
		"6222021234567890128":            "personal.card/***************0128",
		"6222021234567890123":            "", // fails Luhn
		"订单号：13812345678":                "",
		"订单号：" + id:                      "personal.resident_id/11*************02X",
		"金额13812345678元":                 "",
		"示例路12号行政中心305室":                 "",
		"示例路12号3单元501室":                  "personal.address/示例路***",
		"bgs@www.shili.gov.cn":           "",
		"zhang@163.com":                  "personal.mail/z***@163.com",
		"出生日期：1990年1月1日":                 "personal.birth/1990年**月**日",
		"1990年1月生":                       "",
		"330106650101123":                "personal.old_resident_id/33**********123",
		"注册号330106650101123":             "",
		"残疾人证号" + "11010519491231002X44": "personal.resident_id/11*************02X",
	} {
		t.Run(text, func(t *testing.T) {
			var rules []string
			for _, f := range (verify.Personal{}).Check(text) {
				rules = append(rules, f.Rule)
			}
			require.Equal(t, want, strings.Join(rules, " "))
		})
	}
	two := verify.Personal{}.Check("13812345678、13899995678、13812345678")
	require.Len(t, two, 3)
	require.Equal(t, "personal.phone/138****5678", two[0].Rule)
	require.Equal(t, "personal.phone/138****5678#2", two[1].Rule, "another number of the same mask is let pass by itself")
	require.Equal(t, two[0].Rule, two[2].Rule)
	duty := verify.Personal{Public: []string{"+86 138-1234-5678", "Feedback@163.com"}}
	require.Empty(t, duty.Check("值班手机１３８１２３４５６７８，邮箱feedback@163.com"))
	require.Len(t, duty.Check("13812345679"), 1)
	require.Empty(t, verify.Text{Public: duty.Public}.Check("13812345678"))
}

// The code of a unit that reads like a resident's number, too, goes by the word before it; so does the reverse.
func TestV7_UnitOrPerson(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for n := 0; ; n++ {
		require.Less(t, n, 1_000_000)
		both := randomID(r)
		if verify.USCC(both) != nil {
			continue
		}
		require.Len(t, verify.Personal{}.Check("张某 "+both), 1)
		require.Empty(t, verify.Personal{}.Check("统一社会信用代码："+both))
		return
	}
}

// rulesOf are the rules of what is found in a text.
func rulesOf(text string) string {
	var rules []string
	for _, f := range (verify.Personal{}).Check(text) {
		rules = append(rules, f.Rule)
	}
	return strings.Join(rules, " ")
}

// What stands behind a number is a unit only as a word of its own.
func TestV7_WordsThatBeginLikeUnits(t *testing.T) {
	const phone = "personal.phone/138****5678"
	for text, want := range map[string]string{
		"银行卡号：6222020200112233446 户名：张三":                      "personal.card/***************3446",
		"6222020200112233446户名张三":                             "personal.card/***************3446",
		"姓名 电话 与户主关系\n张三 13812345678 户主\n李四 13912345679 户主之妻": phone + " personal.phone/139****5679",
		"张三 13812345678 株洲市芦淞区":                               phone,
		"张三 13812345678 元氏县":                                  phone,
		"张三13812345678元谋县":                                    phone,
		"值班13812345678元旦不休":                                   phone,
		"农户张三13812345678户籍示例县":                                phone,
		"张三13812345678亿达公司员工":                                 phone,
		"联系电话：13812345678元某":                                  phone,
		"手机号13812345678 元":                                    phone,
		"投资13812345678元用于建设":                                  "",
		"投资 13812345678 元。":                                   "",
		"合13812345678 元整":                                     "",
		"占地13812345678 平方米，":                                  "",
		"发电13812345678千瓦时":                                    "",
		"共13812345678亿元":                                      "",
		"累计13812345678户。":                                     "",
		"补贴到账13812345678元":                                    "",
		"电话补贴金额13812345678元":                                  "",
	} {
		t.Run(text, func(t *testing.T) { require.Equal(t, want, rulesOf(text)) })
	}
}

// The word before a number stands in the same line and in the same clause.
func TestV7_WordsBeforeACommaAnnounceNothing(t *testing.T) {
	const phone = "personal.phone/138****5678"
	for text, want := range map[string]string{
		"请备注订单，13812345678":      phone,
		"请备注订单,13812345678":      phone,
		"流水号\n13812345678":       phone,
		"流水号\r\n13812345678":     phone,
		"抖音ID：13812345678":       phone,
		"ID：13812345678":         phone,
		"订单ID：13812345678":       "",
		"log id 13812345678":     "",
		"流水号 13812345678":        "",
		"流水号：13812345678":        "",
		"银行卡号\n1234567890123452": "personal.card/************3452", // what says that it is one may stand above it
		"1234567890123452":       "",
	} {
		t.Run(text, func(t *testing.T) { require.Equal(t, want, rulesOf(text)) })
	}
}

// A finding never shows digits, also when a number stands where the name of a street is looked for.
func TestV7_AddressesDoNotShowWhatStandsBefore(t *testing.T) {
	for text, want := range map[string]string{
		"13812345678住3号楼2单元501室":       "personal.phone/138****5678 personal.address/住***",
		"11010519491231002X住8栋2单元501室": "personal.resident_id/11*************02X personal.address/住***",
		"１３８１２３４５６７８住3号楼2单元501室":       "personal.phone/138****5678 personal.address/住***",
		"zhangsan3号楼2单元501室":           "personal.address/***",
		"示例县示例路12号3单元501室":             "personal.address/示例县示例路***",
	} {
		t.Run(text, func(t *testing.T) { require.Equal(t, want, rulesOf(text)) })
	}
}

// Addresses as official notices word them, and what only looks like one.
func TestV7_AddressesInOfficialNotices(t *testing.T) {
	const home = "personal.address/示例区幸福路***"
	for text, want := range map[string]string{
		"当事人张三，男，住示例市示例区幸福路12号3号楼501室。":     "personal.address/例市示例区幸福路***",
		"当事人张三，男，1990年2月生，住示例县示例镇示例村3组12号。": "personal.address/住示例县示例镇***",
		"原告李四住示例区幸福路12号501室":                "personal.address/四住示例区幸福路***",
		"住所：示例区幸福路12号3号楼501室":               home,
		"张三现居住于示例区幸福路12号501室":               "personal.address/住于示例区幸福路***",
		"家庭地址：示例区幸福路12号3号楼501室":             home,
		"张三系示例公司职工，家庭地址示例区幸福路12号501室":       "personal.address/地址示例区幸福路***",
		"通讯地址：示例区幸福路12号501室":                home,
		"收件地址：示例区幸福路12号3栋501户":              home,
		"示例小区3栋4单元501户":                     "personal.address/示例小区***",
		"示例小区3栋4单元5层2户":                     "personal.address/示例小区***",
		"示例小区3栋4单元501 万某":                   "personal.address/示例小区***",
		"涉及5号楼2单元24户居民停水":                   "",
		"涉及5号楼2单元２４户停水":                     "",
		"本次改造涉及3栋4单元48户":                    "",
		"示例小区3栋4单元101户居民":                   "",
		"水利枢纽3单元 500千瓦机组":                   "",
		"机组2单元1000千瓦":                       "",
		"机组2单元 500MW":                       "",
		"办公地址：示例市幸福路12号501室":                "",
		"地址：示例市幸福路12号政务服务中心501室":            "",
		"通讯地址：示例市幸福路12号政务服务中心501室":          "",
		"意见反馈至示例市科技局，通讯地址：示例市幸福路12号501室":    "",
		"当事人：示例商贸有限公司，住所：示例市幸福路12号3号楼501室":  "",
		"住所：示例市幸福路12号3号楼501室，法定代表人：张三":      "",
		"市民可到示例路12号住房公积金中心3号窗口办理":           "",
		"住建局在示例路12号3楼305室办公":                "",
		"代表团入住示例路12号示例宾馆":                   "",
		"患者在示例路12号住院部3号楼501室":               "",
		"住在示例路12号附近的居民请注意":                  "",
		"常住人口登记请到示例街12号办理":                  "",
	} {
		t.Run(text, func(t *testing.T) { require.Equal(t, want, rulesOf(text)) })
	}
}

// Many data that are masked alike are told apart without comparing each with all.
func TestV7_ManyDataOfOneMask(t *testing.T) {
	const n = 40_000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d@qq.com，", i)
	}
	began := time.Now()
	found := verify.Personal{}.Check(b.String())
	require.Less(t, time.Since(began), 4*time.Second)
	require.Len(t, found, n)
	require.Equal(t, "personal.mail/a***@qq.com#40000", found[n-1].Rule)
}
