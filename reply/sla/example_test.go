package sla_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

// exampleCalendar works from 9 to 12 and from 14 to 17:30.
func exampleCalendar() *sla.Calendar {
	cal, err := sla.New(sla.Config{
		Name: "省政府办公时间", Version: "2026.1",
		Week: sla.WorkWeek(
			sla.Window{From: 9 * time.Hour, To: 12 * time.Hour},
			sla.Window{From: 14 * time.Hour, To: 17*time.Hour + 30*time.Minute}),
		Years: sla.China(),
	})
	if err != nil {
		panic(err)
	}
	return cal
}

func ExampleCalendar_Add() {
	cal := exampleCalendar()
	asked := time.Date(2026, 2, 13, 17, 0, 0, 0, cal.Zone()) // Friday; the Saturday after it is a make-up day

	due, err := cal.Add(asked, time.Hour)
	fmt.Println(due, err)
	// Output: 2026-02-14 09:30:00 +0800 Asia/Shanghai <nil>
}

func ExampleCalendar_AddDays() {
	cal := exampleCalendar()
	asked := time.Date(2026, 2, 12, 8, 15, 0, 0, cal.Zone())

	due, err := cal.AddDays(asked, 5) // 13, 14 (make-up), then after the holiday 24, 25, 26
	fmt.Println(due, err)
	// Output: 2026-02-26 17:30:00 +0800 Asia/Shanghai <nil>
}

func ExampleTarget_Due() {
	cal := exampleCalendar()
	target := sla.Target{Name: "公开回应", Basis: sla.Wall, Duration: 48 * time.Hour, Citation: "国办发〔2016〕61号", Version: "2016-1"}

	deadline, err := target.Due(time.Date(2026, 2, 13, 16, 30, 0, 0, cal.Zone()), cal)
	if err != nil {
		panic(err)
	}
	left, err := deadline.Left(time.Date(2026, 2, 15, 17, 0, 0, 0, cal.Zone()))
	fmt.Println(deadline.Explanation)
	fmt.Println(left, err)
	// Output:
	// 公开回应：自2026-02-13 16:30起48小时（自然时间），至2026-02-15 16:30止；依据国办发〔2016〕61号（规则版本2016-1）。
	// -30m0s <nil>
}

func ExampleYearError() {
	cal := exampleCalendar()
	_, err := cal.AddDays(time.Date(2026, 12, 30, 10, 0, 0, 0, cal.Zone()), 5)
	if missing, ok := errors.AsType[*sla.YearError](err); ok {
		fmt.Println("missing:", missing.Year)
	}
	fmt.Println(err)
	// Output:
	// missing: 2027
	// sla: calendar "省政府办公时间" has no data for 2027: add the Year of that year's holiday notice to Config.Years
}

func ExampleParseYears() {
	years, err := sla.ParseYears([]byte(`{"format": "govmedia/sla/years/1", "years": [
		{"year": 2027, "version": "1", "source": "invented", "days": [
			{"kind": "holiday", "name": "元旦", "date": "2027-01-01", "through": "2027-01-03"}]}]}`))
	if err != nil {
		panic(err)
	}
	cal, err := sla.New(sla.Config{
		Name: "两年", Version: "1",
		Week:  sla.WorkWeek(sla.Window{From: 9 * time.Hour, To: 17 * time.Hour}),
		Years: append(sla.China(), years...),
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(cal.AddDays(time.Date(2026, 12, 31, 10, 0, 0, 0, cal.Zone()), 1))
	// Output: 2027-01-04 17:00:00 +0800 Asia/Shanghai <nil>
}
