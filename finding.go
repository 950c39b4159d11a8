package govmedia

// Severity grades a finding.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // must be mended before going on
	SeverityWarning Severity = "warning" // a person should look
	SeverityInfo    Severity = "info"    // worth knowing
)

// Finding (问题) is what a check found. Checks never correct anything themselves. Explanation and Suggestion are
// read by officials and are written in Chinese; the other fields identify the rule and the place.
type Finding struct {
	Rule        string   `json:"rule"`          // id of the rule, such as "name.width"
	Version     string   `json:"version"`       // version of the rule's data, such as "2026-11"
	Citation    string   `json:"citation"`      // the document the rule rests on
	Severity    Severity `json:"severity"`      //
	Subject     string   `json:"subject"`       // id of what was checked: an account, a unit, "row 7"
	Field       string   `json:"field"`         // the field or column; empty when the whole subject is meant
	Span        Span     `json:"span,omitzero"` // the part of the field that matters; zero when all of it
	Explanation string   `json:"explanation"`   // what is wrong, in Chinese
	Suggestion  string   `json:"suggestion"`    // what to do, in Chinese
}

// Span is a half-open range of bytes in the checked field.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
