package rosterics_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/rosterics"
)

func shifts(t testing.TB) []account.DutyShift {
	t.Helper()
	all, err := account.Rota{
		Account: "a1", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 2,
		People: []account.OnDuty{{Person: "wang.fang", Shown: "小王"}, {Person: "li.na"}},
	}.Shifts()
	require.NoError(t, err)
	all[0].Note = "三号诉求；等供水公司回话,\n务必跟进"
	return all
}

func write(t *testing.T, all []account.DutyShift, o rosterics.Options) string {
	t.Helper()
	o.Now = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	var file bytes.Buffer
	require.NoError(t, rosterics.Write(&file, all, o))
	text := file.String()
	require.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"), "every line ends in CRLF")
	for line := range strings.SplitSeq(text, "\r\n") {
		require.LessOrEqual(t, len(line), 75)
		require.NotContains(t, line, "\r")
	}
	return text
}

func TestA6_TheRosterAsACalendar(t *testing.T) {
	all := shifts(t)
	all[0], all[1] = all[1], all[0]
	text := write(t, all, rosterics.Options{Internal: true, Host: "www.shili.example", Accounts: map[string]string{"a1": "示例发布"}})
	cal, err := ics.ParseCalendar(strings.NewReader(text))
	require.NoError(t, err)
	events := cal.Events()
	require.Len(t, events, 2)
	require.Equal(t, all[1].ID+"@www.shili.example", events[0].Id())
	start, err := events[0].GetStartAt()
	require.NoError(t, err)
	end, err := events[0].GetEndAt()
	require.NoError(t, err)
	require.Equal(t, []time.Time{all[1].From, all[1].To}, []time.Time{start.UTC(), end.UTC()}, "local midnight, in UTC")
	require.Equal(t, "值班：wang.fang（示例发布）", events[0].GetProperty(ics.ComponentPropertySummary).Value)
	require.Equal(t, "交接班记录："+all[1].Note, events[0].GetProperty(ics.ComponentPropertyDescription).Value)
	require.Nil(t, events[1].GetProperty(ics.ComponentPropertyDescription))
	require.Contains(t, text, "DTSTART:20261130T160000Z\r\n")
	require.Contains(t, text, "DTSTAMP:20261122T010000Z\r\n")
	require.Equal(t, text, write(t, all, rosterics.Options{Internal: true, Host: "www.shili.example", Accounts: map[string]string{"a1": "示例发布"}}))
}

func TestA6_ThePublicSeesNoPersonAndNoNote(t *testing.T) {
	text := write(t, shifts(t), rosterics.Options{})
	for _, secret := range []string{"wang.fang", "li.na", "交接", "供水"} {
		require.NotContains(t, strings.ReplaceAll(text, "\r\n ", ""), secret)
	}
	require.Contains(t, text, "SUMMARY:值班：小王（a1）")
	require.Contains(t, text, "SUMMARY:值班：有专人值守（a1）")
}

// Whoever knows everything in the public file but the person learns nothing about the person from it.
func TestA6_ThePublicConfirmsNoPerson(t *testing.T) {
	calendar := func(person string) string {
		all, err := account.Rota{
			Account: "a1", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 2, People: []account.OnDuty{{Person: person}},
		}.Shifts()
		require.NoError(t, err)
		require.NotEqual(t, all[0].ID, all[1].ID)
		return write(t, all, rosterics.Options{})
	}
	require.Equal(t, calendar("wang.fang"), calendar("li.na"))
}

func TestWrite_Refuses(t *testing.T) {
	all := shifts(t)
	require.ErrorIs(t, rosterics.Write(&bytes.Buffer{}, all, rosterics.Options{}), govmedia.KindInvalid, "no time")
	all[1].ID = ""
	var file bytes.Buffer
	require.ErrorIs(t, rosterics.Write(&file, all, rosterics.Options{Now: time.Now()}), govmedia.KindInvalid)
	require.Zero(t, file.Len())
	broken := errors.New("gone")
	err := rosterics.Write(failing{broken}, shifts(t), rosterics.Options{Now: time.Now()})
	require.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzWrite(f *testing.F) {
	f.Add("小王", "交接\r\nEND:VEVENT\r\nBEGIN:VEVENT", "a1;x,y:z")
	f.Add(strings.Repeat("长名字 ", 50), `\n\,\;`, "a\\1")
	f.Add("\xff\xfe", "\x00\x0b\x7f", "")
	f.Fuzz(func(t *testing.T, shown, note, id string) {
		all := shifts(t)[:1]
		all[0].Shown, all[0].Person, all[0].Note, all[0].Account = shown, shown, note, id
		cal, err := ics.ParseCalendar(strings.NewReader(write(t, all, rosterics.Options{Internal: true, Name: note})))
		require.NoError(t, err)
		require.Len(t, cal.Events(), 1, "no text makes an event")
		require.Len(t, cal.Components, 1)
		require.LessOrEqual(t, len(cal.Events()[0].Properties), 7, "no text makes a property")
	})
}
