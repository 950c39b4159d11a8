// Package sla answers two questions about a citizen's message: until when must a government office reply, and how much
// working time has passed. It is calendar arithmetic and nothing else: no clock, no store, no goroutine.
//
// A [Calendar] (工作日历) is built once from data: the weekly office hours ([Week], [Window]), the holidays and make-up
// working days (调休) of each [Year] as the State Council announces them, and one-off closures ([Closure]). It then adds
// and measures working time:
//
//	cal, err := sla.New(sla.Config{
//		Name: "省政府办公时间", Version: "2026.1",
//		Week:  sla.WorkWeek(sla.Window{From: 9 * time.Hour, To: 12 * time.Hour}, sla.Window{From: 14 * time.Hour, To: 17 * time.Hour}),
//		Years: sla.China(),
//	})
//	due, err := cal.Add(asked, 4*time.Hour) // the instant when four working hours have passed
//	due, err = cal.AddDays(asked, 5)        // the end of the fifth working day (5个工作日)
//
// A [Target] (时限) is one rule with its citation, for example "within 48 hours, wall clock" or "within 5 working days".
// [Target.Due] turns it into a [Deadline] (办理期限), which knows what is left, whether it is breached, and explains itself
// in Chinese.
//
// # Unknown years
//
// The holidays of a year are decided by notice at the end of the year before. A calculation that touches a year without
// data fails with a [*YearError]; nothing is ever guessed. [China] holds 2024 to 2026. Data of another year, another
// place or a corrected notice comes from the integrator, as [Year] values or through [ParseYears].
//
// One thing data cannot tell: a notice sometimes moves days of the preceding December. A December is therefore only
// certain when the notice of the following year is loaded too.
//
// # Time
//
// Working time is defined by the wall clock: an instant counts if a clock in the calendar's zone shows a date that is
// worked and a time inside one of its windows. This holds across daylight-saving changes too: an hour shown twice
// inside a window counts twice, a skipped hour does not count. Intervals include their start and exclude their end.
// Results are in the calendar's zone and carry no monotonic reading.
//
// Everything here is immutable after construction and safe for concurrent use.
package sla
