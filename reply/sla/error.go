package sla

import (
	"fmt"
	"strings"
)

// YearError says that a calculation needs a year for which the calendar has no data. The remedy is data: put that
// year's [Year] into [Config.Years] and build the calendar again.
type YearError struct {
	Calendar string // the calendar's name
	Year     int    // the first year that is missing
}

// Error implements error.
func (e *YearError) Error() string {
	return fmt.Sprintf("sla: calendar %q has no data for %d: add the Year of that year's holiday notice to Config.Years",
		e.Calendar, e.Year)
}

// InputError says what is wrong with something the caller supplied: calendar data, a target, a negative duration.
type InputError struct {
	What     string   // the thing that was refused, such as `calendar "省政府办公时间"`
	Problems []string // what is wrong with it; at least one, at most 20
}

// Error implements error.
func (e *InputError) Error() string {
	return "sla: " + e.What + ": " + strings.Join(e.Problems, "; ")
}

const maxProblems = 20

// problems collects everything that is wrong, so that an integrator sees it at once and not error by error.
type problems []string

func (p *problems) addf(format string, args ...any) {
	if len(*p) < maxProblems {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

// err returns nil if nothing is wrong.
func (p problems) err(what string) error {
	if len(p) == 0 {
		return nil
	}
	return &InputError{What: what, Problems: p}
}

func inputError(what, format string, args ...any) error {
	return &InputError{What: what, Problems: []string{fmt.Sprintf(format, args...)}}
}
