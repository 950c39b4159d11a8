package govmedia_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/stretchr/testify/require"
)

// auditLog returns the lines of an export.
func auditLog(tb testing.TB, records int) (lines [][]byte, head string) {
	tb.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.FixedZone("", 8*60*60))
	for n := range records {
		rec := govmedia.AuditRecord{
			ID: fmt.Sprintf("R%04d", n+1), At: at.Add(time.Duration(n) * time.Minute), Actor: "王芳 <editor>", Action: "post.approve",
			Subject: fmt.Sprintf("post/p%d", n+1), Detail: `{"stage":"终审","note":"a\u2028b\\\"&"}`,
		}
		rec = rec.Seal(int64(n+1), head)
		head = rec.Hash
		line, err := json.Marshal(rec)
		require.NoError(tb, err)
		lines = append(lines, append(line, '\n'))
	}
	return lines, head
}

func verify(lines [][]byte) (govmedia.AuditReport, error) {
	return govmedia.VerifyAudit(bytes.NewReader(slices.Concat(lines...)))
}

// found asserts that the damage was found at the line, and everything before it was covered.
func found(t *testing.T, lines [][]byte, at int, what string) {
	t.Helper()
	report, err := verify(lines)
	require.ErrorIs(t, err, govmedia.KindCorrupt, what)
	require.Contains(t, err.Error(), fmt.Sprintf("line %d: ", at), what)
	require.Equal(t, int64(at-1), report.Sealed, what)
}

func TestVerifyAuditAcceptsWhatWasExported(t *testing.T) {
	for _, n := range []int{0, 1, 40} {
		lines, head := auditLog(t, n)
		report, err := verify(lines)
		require.NoError(t, err)
		require.Equal(t, govmedia.AuditReport{Sealed: int64(n), Head: head}, report)
	}
}

func TestVerifyAuditFindsEveryChangedByte(t *testing.T) {
	lines, _ := auditLog(t, 4)
	for n, line := range lines {
		for i, was := range line {
			others := []byte{' ', '\t', '\r', '\n', '"', '{', '}', ',', '\\', '0', '1', 'A', 'a', 0, 0xff, 0xc3}
			for bit := range 8 {
				others = append(others, was^1<<bit)
			}
			for _, other := range others {
				if other == was {
					continue
				}
				line[i] = other
				found(t, lines, n+1, fmt.Sprintf("byte %d of line %d: %q instead of %q", i, n+1, other, was))
			}
			line[i] = was
		}
	}
}

func TestVerifyAuditFindsEveryMissingAndAddedByte(t *testing.T) {
	lines, _ := auditLog(t, 3)
	for n := range lines {
		whole := lines[n]
		for i := range whole {
			lines[n] = slices.Concat(whole[:i], whole[i+1:])
			found(t, lines, n+1, fmt.Sprintf("without byte %d of line %d", i, n+1))
			for _, add := range []string{" ", "\n", "\r", "\t", "0", "\x00", "\ufeff"} {
				lines[n] = slices.Concat(whole[:i], []byte(add), whole[i:])
				at := n + 1
				if add == "\n" && i == len(whole)-1 {
					at++ // the line is whole; the next one is empty
				}
				found(t, lines, at, fmt.Sprintf("with %q before byte %d of line %d", add, i, n+1))
			}
		}
		lines[n] = whole
	}
	lines = append(lines, []byte("\n"))
	found(t, lines, 4, "with an empty line at the end")
}

func TestVerifyAuditFindsMovedLines(t *testing.T) {
	lines, _ := auditLog(t, 6)
	for n := range 6 {
		if n < 5 { // of the last one only the head tells, see below
			found(t, slices.Delete(slices.Clone(lines), n, n+1), n+1, fmt.Sprintf("line %d dropped", n+1))
		}
		found(t, slices.Insert(slices.Clone(lines), n, lines[n]), n+2, fmt.Sprintf("line %d doubled", n+1))
		for m := range n {
			swapped := slices.Clone(lines)
			swapped[n], swapped[m] = swapped[m], swapped[n]
			found(t, swapped, m+1, fmt.Sprintf("lines %d and %d swapped", m+1, n+1))
		}
	}

	other, _ := auditLog(t, 1)
	other[0] = bytes.ReplaceAll(other[0], []byte("终审"), []byte("初审"))
	found(t, slices.Concat(other, lines[1:]), 1, "a record of another log")
}

// A shorter log is a valid log: only a head kept elsewhere shows that its end is missing.
func TestVerifyAuditReportsTheHeadOfAShortenedLog(t *testing.T) {
	lines, head := auditLog(t, 6)
	report, err := verify(lines[:5])
	require.NoError(t, err)
	require.Equal(t, int64(5), report.Sealed)
	require.NotEqual(t, head, report.Head)
}

// Each of these decodes to the very same record. The file would differ from what was exported nevertheless.
func TestVerifyAuditAcceptsOneSpellingOnly(t *testing.T) {
	lines, _ := auditLog(t, 2)
	for what, spelling := range map[string][2]string{
		"space after a comma":         {`,"id"`, `, "id"`},
		"key in capitals":             {`"actor"`, `"ACTOR"`},
		"key with a folded letter":    {`"subject"`, `"ſubject"`},
		"key twice":                   {`{"seq":2`, `{"seq":1,"seq":2`},
		"key twice, other case":       {`"id":"R0002"`, `"ID":"R0001","id":"R0002"`},
		"unknown key":                 {`{"seq"`, `{"note":"seen","seq"`},
		"exponent":                    {`"seq":2`, `"seq":2e0`},
		"character written as escape": {`"post.approve"`, `"post\u002eapprove"`},
		"escape in capitals":          {`\u003c`, `\u003C`},
		"escape written out":          {`\u003c`, `<`},
		"zone written out":            {`123456Z`, `123456+00:00`},
		"another zone":                {`T01:01:00.123456Z`, `T09:01:00.123456+08:00`},
		"more digits":                 {`123456Z`, `1234560Z`},
		"below a microsecond":         {`123456Z`, `123456789Z`},
		"carriage return":             {"}\n", "}\r\n"},
		"space at the end":            {"}\n", "} \n"},
		"no end of line":              {"}\n", "}"},
		"hash in capitals":            {`"hash":"`, `"hash":"A`},
	} {
		changed := slices.Clone(lines)
		changed[1] = bytes.Replace(lines[1], []byte(spelling[0]), []byte(spelling[1]), 1)
		require.NotEqual(t, lines[1], changed[1], what)
		found(t, changed, 2, what)
	}

	unseal := slices.Clone(lines[:2])
	unseal[1] = bytes.Replace(lines[1], []byte(`"hash"`), []byte(`"hush"`), 1)
	found(t, unseal, 2, "a record whose hash is hidden")
}

func TestSealCoversEveryField(t *testing.T) {
	base := govmedia.AuditRecord{ID: "i", At: time.Unix(0, 0), Actor: "a", Action: "b", Subject: "c", Detail: "{}"}
	seen := map[string]string{base.Seal(1, "").Hash: "nothing"}
	for what, change := range map[string]func(*govmedia.AuditRecord){
		"id":                          func(r *govmedia.AuditRecord) { r.ID = "j" },
		"time":                        func(r *govmedia.AuditRecord) { r.At = r.At.Add(time.Microsecond) },
		"actor":                       func(r *govmedia.AuditRecord) { r.Actor = "" },
		"action":                      func(r *govmedia.AuditRecord) { r.Action = "B" },
		"subject":                     func(r *govmedia.AuditRecord) { r.Subject = "c " },
		"detail":                      func(r *govmedia.AuditRecord) { r.Detail = "{ }" },
		"a letter moved to the next":  func(r *govmedia.AuditRecord) { r.Actor, r.Action = "ab", "" },
		"a letter moved to the front": func(r *govmedia.AuditRecord) { r.Actor, r.Action = "", "ab" },
	} {
		rec := base
		change(&rec)
		hash := rec.Seal(1, "").Hash
		require.NotContains(t, seen, hash, what)
		seen[hash] = what
	}
	require.NotContains(t, seen, base.Seal(2, "").Hash, "sequence number")
	require.NotContains(t, seen, base.Seal(1, "x").Hash, "previous hash")
	require.Equal(t, base.Seal(1, ""), base.Seal(1, "").Seal(1, ""), "sealing again changes nothing")
}

// A store gives times back in other zones and precisions, and an operator's name may come in as broken text. Both
// must leave a log that can be verified.
func TestSealAndExportAgree(t *testing.T) {
	for what, rec := range map[string]govmedia.AuditRecord{
		"not UTF-8":   {ID: "1", Actor: "\xff\xfe王\xc3", Detail: "{}", At: time.Unix(1, 0)},
		"nanoseconds": {ID: "1", At: time.Unix(1, 999_999_999)},
		"zone":        {ID: "1", At: time.Unix(1, 0).In(time.FixedZone("", -5*60*60))},
		"before 1970": {ID: "1", At: time.Unix(-1, 1)},
		"no time":     {ID: "1"},
		"empty":       {},
		"escapes":     {ID: "<&>\u2028\u2029\x00\x1f\"\\\ufffd", Detail: "\t\n\r"},
	} {
		sealed := rec.Seal(1, "")
		stored := rec // a store that keeps what it was given, and adds only the place in the chain
		stored.Seq, stored.Hash = sealed.Seq, sealed.Hash
		for _, r := range []govmedia.AuditRecord{sealed, stored} {
			var out bytes.Buffer
			enc := json.NewEncoder(&out)
			enc.SetEscapeHTML(false) // must not matter
			require.NoError(t, enc.Encode(r), what)
			report, err := govmedia.VerifyAudit(&out)
			require.NoError(t, err, what)
			require.Equal(t, sealed.Hash, report.Head, what)
		}
	}
}

func TestVerifyAuditReadsAnything(t *testing.T) {
	for what, text := range map[string]string{
		"empty line": "\n", "not JSON": "hello\n", "array": "[]\n", "null": "null\n", "number": "1\n", "empty object": "{}\n",
		"two values": "{} {}\n", "NUL": "\x00", "byte order mark": "\ufeff",
	} {
		report, err := govmedia.VerifyAudit(strings.NewReader(text))
		require.ErrorIs(t, err, govmedia.KindCorrupt, what)
		require.Zero(t, report, what)
	}

	lines, _ := auditLog(t, 2)
	long := append(slices.Clone(lines), []byte(strings.Repeat("x", 2<<20)))
	found(t, long, 3, "a line over 1 MiB")

	// A disk that fails says nothing about the log.
	broken := errors.New("bad sector")
	report, err := govmedia.VerifyAudit(io.MultiReader(bytes.NewReader(slices.Concat(lines...)), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, govmedia.KindCorrupt)
	require.Equal(t, int64(2), report.Sealed)

	report, err = govmedia.VerifyAudit(iotest.OneByteReader(bytes.NewReader(slices.Concat(lines...))))
	require.NoError(t, err)
	require.Equal(t, int64(2), report.Sealed)
}

// Whatever bytes come in: what is accepted is exactly what an export would have written.
func FuzzVerifyAudit(f *testing.F) {
	lines, _ := auditLog(f, 3)
	f.Add(slices.Concat(lines...))
	f.Add(slices.Concat(lines[:1]...))
	f.Add(slices.Concat(lines[3:]...))
	f.Add(slices.Concat(lines[1], lines[0]))
	f.Add([]byte(`{"seq":0,"ID":"1","hash":""}` + "\n"))
	f.Add([]byte(`{"seq":0,"id":"","at":"0001-01-01T00:00:00Z","actor":"","action":"","subject":"","detail":"","hash":""}` + "\n"))
	f.Add([]byte("\r\n"))
	f.Fuzz(func(t *testing.T, export []byte) {
		report, err := govmedia.VerifyAudit(bytes.NewReader(export))
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindCorrupt)
			return
		}
		var again bytes.Buffer
		prev, n := "", int64(0)
		for dec := json.NewDecoder(bytes.NewReader(export)); dec.More(); {
			var rec govmedia.AuditRecord
			require.NoError(t, dec.Decode(&rec))
			if rec.Hash != "" {
				n++
				rec = rec.Seal(n, prev)
				prev = rec.Hash
			}
			require.NoError(t, json.NewEncoder(&again).Encode(rec))
		}
		require.Equal(t, string(export), again.String())
		require.Equal(t, n, report.Sealed)
		require.Equal(t, prev, report.Head)
	})
}
