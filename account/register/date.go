package register

import (
	"regexp"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// beijing is the clock of officials' files.
var beijing = time.FixedZone("", 8*60*60)

// expires is the end of an account. A day ends at its 24:00 (民法典第二百零三条), which is the instant that is kept.
func expires() column {
	return column{
		name: "到期日", date: true,
		get: func(r row) string { return formatEnd(r.account.Expires) },
		set: func(r *row, s string) string {
			end, ok := parseEnd(s)
			if !ok {
				return "“" + brief(s) + "”不是日期，请填写最后一天，如2026-12-31，或到期的时刻，如2026-12-31 18:00（北京时间）"
			}
			r.account.Expires = end
			return ""
		},
	}
}

// earliest is the first year of an end; what is before it is a slip.
const earliest = 2000

func formatEnd(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	local := end.In(beijing)
	if h, m, s := local.Clock(); h == 0 && m == 0 && s == 0 && local.Nanosecond() == 0 {
		return local.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return local.Format("2006-01-02 15:04:05.999999999")
}

// parseEnd reads a day or an instant; of a day it returns the end.
func parseEnd(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, day := range []string{"2006-1-2", "2006/1/2", "2006年1月2日"} {
		if t, err := time.ParseInLocation(day, s, beijing); err == nil && t.Year() >= earliest {
			return t.AddDate(0, 0, 1).UTC(), true
		}
		for _, clock := range []string{" 15:04", " 15:04:05"} { // a fraction of a second is accepted, too
			if t, err := time.ParseInLocation(day+clock, s, beijing); err == nil && t.Year() >= earliest {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

var serial = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)

// spelled is a date as a workbook holds it, the number of days since the beginning of its calendar, as a person writes it.
// What is no such number stays as it is.
func spelled(s string, from1904 bool) string {
	if !serial.MatchString(s) {
		return s
	}
	days, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	t, err := excelize.ExcelDateToTime(days, from1904)
	if err != nil {
		return s
	}
	if t = t.Round(time.Second); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}
