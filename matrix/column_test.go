package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// A weekly series on the account of a police office: what really went live is what counts.
func TestP11_AWeeklySeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx, from := t.Context(), time.Now()
		column := publish.Column{Name: "一周警情", Accounts: []string{"a1"}, Slots: []publish.Slot{{Day: time.Saturday, Time: "09:00"}}, Zone: "Asia/Shanghai"}
		time.Sleep(time.Hour) // 2000-01-01 09:00 in China, a Saturday
		for week := range 6 {
			issue := publish.Post{Text: "本周警情" + time.Now().String(), Targets: []string{"a1", "a2"}, Column: "一周警情"}
			switch week {
			case 1, 3: // nobody wrote one
			case 4:
				b.script = append(b.script, refuse(govmedia.KindRejected, 0))
				issue.Targets = []string{"a1"}
				fallthrough
			default:
				posted(t, m, issue)
			}
			_, err := m.Step(ctx)
			require.NoError(t, err)
			posted(t, m, publish.Post{Text: "通报" + time.Now().String(), Targets: []string{"a1"}})
			_, err = m.Step(ctx)
			require.NoError(t, err)
			time.Sleep(7 * 24 * time.Hour)
		}
		shown, err := m.Publisher.Appearances(ctx, column.Accounts, from, time.Now())
		require.NoError(t, err)
		found, err := column.Check(shown, from, time.Now())
		require.NoError(t, err)
		require.Len(t, found, 3)
		require.Equal(t, govmedia.SeverityWarning, found[0].Severity)
		require.Contains(t, found[0].Explanation, "2000-01-08 09:00")
		require.Equal(t, govmedia.SeverityError, found[1].Severity)
		require.Contains(t, found[1].Explanation, "第2次")
		require.Contains(t, found[2].Explanation, "2000-01-29 09:00", "what the platform refused did not appear")

		require.Equal(t, []publish.Share{{Column: "", Posts: 6, Of: 9}, {Column: "一周警情", Posts: 3, Of: 9}}, publish.Balance(shown))
		both, err := m.Publisher.Appearances(ctx, []string{"a1", "a2"}, from, time.Now())
		require.NoError(t, err)
		require.Len(t, both, 12)
		require.Equal(t, publish.Balance(shown), publish.Balance(both), "a post on two accounts is one post")
		none, err := m.Publisher.Appearances(ctx, nil, from, time.Now())
		require.NoError(t, err)
		require.Empty(t, none)
	})
}
