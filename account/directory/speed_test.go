package directory_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
)

// country is a register of as many accounts as the whole country had at the end of 2018, rounded up.
const country = 180_000

func nation() account.Register {
	reg := account.Register{Units: []account.Unit{{ID: "u1", Name: "示例市人民政府办公室", Level: account.City}}}
	for i := range country {
		platform := []string{"weibo", "wechat", "douyin"}[i%3]
		reg.Accounts = append(reg.Accounts, acc(fmt.Sprint("a", i), platform, fmt.Sprint(1_000_000_000+i), fmt.Sprintf("示例%d发布", i), ""))
	}
	return reg
}

var nationwide = sync.OnceValue(nation)

func TestA9_ACountryOfAccountsIsAnsweredAtOnce(t *testing.T) {
	d := open(t, nationwide(), directory.Config{})
	const questions = 20_000
	took := make([]time.Duration, questions)
	for i := range took {
		at := i * 7919 % country
		text := fmt.Sprintf("https://weibo.com/u/%d", 1_000_000_000+at)
		if i%2 == 0 {
			text = fmt.Sprintf("示例%d发布", at)
		}
		start := time.Now()
		a, err := d.Find(directory.Query{Text: text})
		took[i] = time.Since(start)
		require.NoError(t, err)
		require.Equal(t, i%2 == 0 || at%3 == 0, a.Status == directory.Official)
	}
	slices.Sort(took)
	p99 := took[questions*99/100]
	t.Logf("p50 %s, p99 %s of %d questions to %d accounts", took[questions/2], p99, questions, country)
	require.Less(t, p99, time.Millisecond)
}

// The index, and beside it what one would write without it.
func BenchmarkFind(b *testing.B) {
	reg := nationwide()
	d := open(b, reg, directory.Config{})
	for name, text := range map[string]string{"name": "示例90000发布", "address": "https://weibo.com/u/1000090000", "unknown": "https://weibo.com/u/9999999999"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Find(directory.Query{Text: text}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("scanning-the-register", func(b *testing.B) {
		for b.Loop() {
			if !slices.ContainsFunc(reg.Accounts, func(a account.Account) bool { return a.Name == "示例90000发布" }) {
				b.Fatal("not found")
			}
		}
	})
}

func BenchmarkRefresh(b *testing.B) {
	d := open(b, nationwide(), directory.Config{})
	for b.Loop() {
		if err := d.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
