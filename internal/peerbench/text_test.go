package peerbench_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	ahocorasick "github.com/BobuSumisu/aho-corasick"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// bulletin is a megabyte of notices in which a tenth of the characters are digits.
func bulletin() string {
	r := rand.New(rand.NewPCG(5, 5))
	forms := []string{
		"示例市人民政府办公室关于做好%d年度工作的通知（示政办发〔2026〕%d号）。",
		"咨询电话：0571-85%06d，受理时间上午8:30至11:30，下午14:00至17:00，投诉电话12345。",
		"各县（市、区）人民政府要提高认识、压实责任，确保%d项任务在年底前全部完成。",
		"项目总投资%d万元，同比增长%d.5%%，惠及群众三千余户，进一步改善了人居环境。",
		"请申请人携带有效证件到市政务服务中心%d号窗口办理，材料齐全的当场受理、限时办结。",
		"据气象部门预测，未来%d天我市将有大到暴雨，请广大市民减少外出，注意安全。",
	}
	var b strings.Builder
	for b.Len() < 1<<20 {
		form := forms[r.IntN(len(forms))]
		args := make([]any, strings.Count(form, "%d")+strings.Count(form, "%06d"))
		for i := range args {
			args[i] = r.IntN(1000)
		}
		fmt.Fprintf(&b, form+"\n", args...)
	}
	return b.String()
}

// words are ten thousand different ones of two to five characters.
func words() []string {
	r := rand.New(rand.NewPCG(6, 6))
	letters := []rune(bulletin()[:6000])
	seen, all := map[string]bool{}, []string{}
	for len(all) < 10_000 {
		var w []rune
		for range 2 + r.IntN(4) {
			if r.IntN(2) == 0 {
				w = append(w, letters[r.IntN(len(letters))])
			} else {
				w = append(w, rune(0x4e00+r.IntN(3000)))
			}
		}
		if s := string(w); !seen[s] && strings.Trim(s, "0123456789\n") == s && len(s) > 6 {
			seen[s], all = true, append(all, s)
		}
	}
	return all
}

func lexicon(words []string) verify.Lexicon {
	rule := verify.WordRule{Rule: verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError}}
	for _, w := range words {
		rule.Words = append(rule.Words, verify.Word{Wrong: w})
	}
	return verify.Lexicon{Version: "1", Rules: []verify.WordRule{rule}}
}

// BenchmarkGate reads a megabyte: with the whole gate, that is ten thousand words, documents, dates and all personal data;
// and with the bare automaton of BobuSumisu, which finds the ten thousand words and nothing else.
func BenchmarkGate(b *testing.B) {
	text, list := bulletin(), words()
	b.Run("govmedia whole gate", func(b *testing.B) {
		gate, err := verify.NewText(lexicon(list))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			gate.Check(text)
		}
	})
	b.Run("BobuSumisu bare automaton", func(b *testing.B) {
		trie := ahocorasick.NewTrieBuilder().AddStrings(list).Build()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			trie.MatchString(text)
		}
	})
}

// BenchmarkCompile compiles ten thousand words; look at B/op.
func BenchmarkCompile(b *testing.B) {
	list := words()
	b.Run("govmedia", func(b *testing.B) {
		own := lexicon(list)
		for b.Loop() {
			if _, err := verify.NewText(own); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("BobuSumisu", func(b *testing.B) {
		for b.Loop() {
			ahocorasick.NewTrieBuilder().AddStrings(list).Build()
		}
	})
}
