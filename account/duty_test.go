package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func utc(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", text)
	require.NoError(t, err)
	return at
}

func two() []account.OnDuty { return []account.OnDuty{{Person: "甲"}, {Person: "乙"}} }

func TestA6_ARotaChangesOnTheClockOfItsZone(t *testing.T) {
	for _, c := range []struct {
		name, zone, first string
		days              int
		changes           []string
		want              string // instants of the changes in UTC, separated by spaces
	}{
		{"local midnight, no summer time", "Asia/Shanghai", "2026-12-31", 2, nil, "2026-12-30T16:00 2026-12-31T16:00 2027-01-01T16:00"},
		{"shifts of the day", "Asia/Shanghai", "2026-12-01", 1, []string{"08:30", "20:00"}, "2026-12-01T00:30 2026-12-01T12:00 2026-12-02T00:30"},
		{"a day of 23 hours", "Europe/Berlin", "2026-03-28", 2, nil, "2026-03-27T23:00 2026-03-28T23:00 2026-03-29T22:00"},
		{"a day of 25 hours", "Europe/Berlin", "2026-10-25", 1, nil, "2026-10-24T22:00 2026-10-25T23:00"},
		{"a change that the clocks skip", "Europe/Berlin", "2026-03-29", 1, []string{"02:30"}, "2026-03-29T01:00 2026-03-30T00:30"},
		{"a change that comes twice", "Europe/Berlin", "2026-10-25", 1, []string{"02:30"}, "2026-10-25T00:30 2026-10-26T01:30"},
		{"midnight is skipped", "Asia/Beirut", "2026-03-28", 2, nil, "2026-03-27T22:00 2026-03-28T22:00 2026-03-29T21:00"},
		{"half an hour off", "Asia/Kolkata", "2026-12-01", 1, nil, "2026-11-30T18:30 2026-12-01T18:30"},
		{"south, clocks back at midnight's hour", "Australia/Lord_Howe", "2026-04-05", 1, []string{"01:45"}, "2026-04-04T14:45 2026-04-05T15:15"},
		{"leap day", "Asia/Urumqi", "2028-02-29", 1, nil, "2028-02-28T18:00 2028-02-29T18:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shifts, err := account.Rota{Account: "a", Language: "zh", Zone: c.zone, First: c.first, Days: c.days, Changes: c.changes, People: two()}.Shifts()
			require.NoError(t, err)
			want := strings.Fields(c.want)
			require.Len(t, shifts, len(want)-1)
			for i, s := range shifts {
				require.Equal(t, []string{want[i], want[i+1]}, []string{s.From.Format("2006-01-02T15:04"), s.To.Format("2006-01-02T15:04")})
				require.Equal(t, two()[i%2].Person, s.Person)
				require.Equal(t, time.UTC, s.From.Location())
				require.True(t, s.Covers(s.From))
				require.True(t, s.Covers(s.To.Add(-1)))
				require.False(t, s.Covers(s.To), "the next person's instant")
				require.False(t, s.Covers(s.From.Add(-1)))
			}
		})
	}
}

func TestA6_ADayThatIsSkippedHasNoShift(t *testing.T) {
	shifts, err := account.Rota{Account: "a", Language: "en", Zone: "Pacific/Apia", First: "2011-12-29", Days: 3, People: two()}.Shifts()
	require.NoError(t, err)
	require.Len(t, shifts, 2, "there was no 30 December")
	require.Equal(t, shifts[0].To, shifts[1].From)
	require.Equal(t, utc(t, "2011-12-30T10:00"), shifts[1].From)
	require.Equal(t, "甲", shifts[1].Person)
}

func TestA6_AnUnfilledTurnIsNoShift(t *testing.T) {
	shifts, err := account.Rota{Account: "a", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 3, People: []account.OnDuty{{Person: "甲"}, {}, {Person: "丙"}}}.Shifts()
	require.NoError(t, err)
	require.Len(t, shifts, 2)
	require.Equal(t, 24*time.Hour, shifts[1].From.Sub(shifts[0].To))
}

func TestA6_RotasAreChecked(t *testing.T) {
	good := account.Rota{Account: "a", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 1, People: two()}
	_, err := good.Shifts()
	require.NoError(t, err)
	for name, change := range map[string]func(*account.Rota){
		"no zone":            func(r *account.Rota) { r.Zone = "" },
		"the process's zone": func(r *account.Rota) { r.Zone = "Local" },
		"unknown zone":       func(r *account.Rota) { r.Zone = "Asia/Shili" },
		"no day":             func(r *account.Rota) { r.First = "2026-02-30" },
		"no days":            func(r *account.Rota) { r.Days = 0 },
		"too many days":      func(r *account.Rota) { r.Days = 401 },
		"nobody":             func(r *account.Rota) { r.People = nil },
		"no time of day":     func(r *account.Rota) { r.Changes = []string{"24:00"} },
		"changes fall":       func(r *account.Rota) { r.Changes = []string{"20:00", "08:00"} },
		"a change twice":     func(r *account.Rota) { r.Changes = []string{"08:00", "08:00"} },
		"no account":         func(r *account.Rota) { r.Account = "" },
		"no language":        func(r *account.Rota) { r.Language = "中文" },
		"public line break":  func(r *account.Rota) { r.People = []account.OnDuty{{Person: "甲", Shown: "甲\n乙"}} },
	} {
		r := good
		change(&r)
		_, err := r.Shifts()
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
}

func TestA6_TextForTheProfile(t *testing.T) {
	day := utc(t, "2026-12-01T04:00") // noon in Shanghai
	shift := func(language, shown, from, to string) account.DutyShift {
		return account.DutyShift{Account: "a", Language: language, Person: "id-1", Shown: shown, From: utc(t, from), To: utc(t, to), Zone: "Asia/Shanghai"}
	}
	for _, c := range []struct {
		name, language, zone, want string
		shifts                     []account.DutyShift
	}{
		{"one person all day", "zh", "Asia/Shanghai", "今日值班：小王", []account.DutyShift{shift("zh", "小王", "2026-11-30T16:00", "2026-12-01T16:00")}},
		{"two persons", "zh", "Asia/Shanghai", "今日值班：小王（00:00—08:30）、小李（08:30—24:00）", []account.DutyShift{
			shift("zh", "小王", "2026-11-30T12:00", "2026-12-01T00:30"), shift("zh", "小李", "2026-12-01T00:30", "2026-12-02T00:30")}},
		{"yesterday's and tomorrow's are not today's", "zh", "Asia/Shanghai", "今日值班：小李", []account.DutyShift{
			shift("zh", "小王", "2026-11-29T16:00", "2026-11-30T16:00"), shift("zh", "小李", "2026-11-30T16:00", "2026-12-01T16:00"), shift("zh", "小张", "2026-12-01T16:00", "2026-12-02T16:00")}},
		{"English", "en", "Asia/Shanghai", "On duty today: Wang (09:00–17:00)", []account.DutyShift{
			shift("zh", "小王", "2026-11-30T16:00", "2026-12-01T16:00"), shift("en", "Wang", "2026-12-01T01:00", "2026-12-01T09:00")}},
		{"no name is shown that was not meant to be", "zh-Hans", "Asia/Shanghai", "今日值班：有专人值守", []account.DutyShift{shift("zh-Hans", "", "2026-11-30T16:00", "2026-12-01T16:00")}},
		{"nobody", "zh", "Asia/Shanghai", "今日值班：暂无", nil},
		{"another zone has another day", "zh", "America/New_York", "今日值班：小王（00:00—11:00）", []account.DutyShift{shift("zh", "小王", "2026-11-30T16:00", "2026-11-30T16:01"), shift("zh", "小王", "2026-12-01T05:00", "2026-12-01T16:00")}[1:]},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := day
			if c.zone == "America/New_York" {
				now = utc(t, "2026-12-01T06:00")
			}
			text, err := account.ProfileText(c.language, c.zone, now, c.shifts)
			require.NoError(t, err)
			require.Equal(t, c.want, text)
		})
	}
	_, err := account.ProfileText("bo", "Asia/Shanghai", day, nil)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = account.ProfileText("zh", "", day, nil)
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func FuzzRota(f *testing.F) {
	f.Add("Asia/Shanghai", "2026-12-01", 3, "08:00", "20:00")
	f.Add("Europe/Berlin", "2026-03-29", 2, "02:30", "03:00")
	f.Add("Pacific/Apia", "2011-12-29", 3, "00:00", "12:00")
	f.Add("Africa/Casablanca", "2026-02-14", 60, "02:00", "03:00")
	f.Fuzz(func(t *testing.T, zone, first string, days int, one, two string) {
		shifts, err := account.Rota{Account: "a", Language: "zh", Zone: zone, First: first, Days: days % 40, Changes: []string{one, two}, People: []account.OnDuty{{Person: "甲"}}}.Shifts()
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			return
		}
		for i, s := range shifts {
			require.True(t, s.To.After(s.From))
			if i > 0 {
				require.Equal(t, shifts[i-1].To, s.From, "no gap and no overlap, whatever the clocks do")
			}
		}
	})
}
