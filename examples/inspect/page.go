package main

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/govmedia/govmedia"
)

//go:embed web/page.html
var pageHTML string

//go:embed web/style.css
var pageStyle string

//go:embed web/filter.js
var pageScript string

// page is what the template shows.
type page struct {
	Policy        string // Content-Security-Policy: nothing but this style and this script, so that nothing else runs or loads
	Style         template.CSS
	Script        template.JS
	File, Digest  string
	Clock, Scope  string
	Verdict, Mood string
	Unchecked     []string
	Severities    []severityRow
	Rules         []ruleRow
	Findings      []findingRow
}

type severityRow struct {
	Class, Title string
	Count, Width int // the width of its bar, of 1000
}

type ruleRow struct {
	Title, Rule             string
	Count                   int
	Errors, Warnings, Infos span
}

// span is a part of a bar, of 1000.
type span struct{ From, Width int }

type findingRow struct {
	Number                       int
	Class, Severity, Title, Rule string
	Subject, Name, Field         string
	Explanation, Suggestion      string
	Citation, Version            string
}

// writePage writes the report as one HTML file that loads nothing.
func writePage(w io.Writer, r report) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if err := t.Execute(out, r.page()); err != nil {
		return err
	}
	return out.Flush()
}

func (r report) page() page {
	p := page{
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" + digest(pageStyle) + "'; script-src 'sha256-" + digest(pageScript) + "'",
		Style:  template.CSS(pageStyle), Script: template.JS(pageScript), //nolint:gosec // both are files of this package
		File: r.file, Digest: r.digest, Clock: r.clock(), Scope: r.scope(), Verdict: r.verdict(), Mood: string(r.worst()),
		Unchecked: r.unchecked(),
	}
	all := []govmedia.Severity{govmedia.SeverityError, govmedia.SeverityWarning, govmedia.SeverityInfo}
	most := 1
	for _, s := range all {
		most = max(most, r.count(s))
	}
	for _, s := range all {
		p.Severities = append(p.Severities, severityRow{string(s), severity(s), r.count(s), scale(r.count(s), most)})
	}
	p.Rules = ruleRows(r.tallies())
	for i, f := range r.findings {
		p.Findings = append(p.Findings, findingRow{
			Number: i + 1, Class: string(f.Severity), Severity: severity(f.Severity), Title: title(f.Rule), Rule: f.Rule,
			Subject: f.Subject, Name: f.name, Field: fieldTitle(f.Field), Explanation: f.Explanation, Suggestion: f.Suggestion,
			Citation: f.Citation, Version: f.Version,
		})
	}
	return p
}

func ruleRows(list []tally) []ruleRow {
	most := 1
	for _, t := range list {
		most = max(most, t.all())
	}
	var rows []ruleRow
	for _, t := range list {
		row := ruleRow{Title: t.title, Rule: t.rule, Count: t.all()}
		at := 0
		for _, part := range []struct {
			to *span
			n  int
		}{{&row.Errors, t.errors}, {&row.Warnings, t.warnings}, {&row.Infos, t.infos}} {
			*part.to = span{at, scale(part.n, most)}
			at += part.to.Width
		}
		rows = append(rows, row)
	}
	return rows
}

// scale is the length of a bar, of 1000. What is not nothing can be seen.
func scale(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(n*1000/most, 6)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
