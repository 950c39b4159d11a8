package enginetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/stretchr/testify/require"
)

// exported is the log of a small day.
func exported(t *testing.T, w *world) (lines [][]byte) {
	t.Helper()
	w.matrix(t, w.full())
	for i := range 2 {
		require.NoError(t, w.engine.SaveRegister(t.Context(), fmt.Sprint("管理员", i), account.Register{}))
	}
	var log bytes.Buffer
	require.NoError(t, w.engine.ExportAudit(t.Context(), &log))
	report, err := govmedia.VerifyAudit(bytes.NewReader(log.Bytes()))
	require.NoError(t, err)
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, report.Head)
	lines = slices.Collect(bytes.Lines(log.Bytes()))
	require.EqualValues(t, len(lines), report.Sealed)
	require.GreaterOrEqual(t, report.Sealed, int64(4))
	return lines
}

// brokenAt asserts that an export is found to be broken at that line, counted from 1, and what stands before it is covered.
func brokenAt(t *testing.T, lines [][]byte, at int, what string) {
	t.Helper()
	report, err := govmedia.VerifyAudit(bytes.NewReader(bytes.Join(lines, nil)))
	require.ErrorIs(t, err, govmedia.KindCorrupt, what)
	require.ErrorContains(t, err, fmt.Sprintf("line %d: ", at), what)
	require.EqualValues(t, at-1, report.Sealed, what)
}

func auditFlipped(t *testing.T, w *world) {
	lines := exported(t, w)
	for n, line := range lines {
		for i := range line {
			line[i] ^= 1
			brokenAt(t, lines, n+1, fmt.Sprintf("byte %d of line %d", i, n+1))
			line[i] ^= 1
		}
	}
	_, err := govmedia.VerifyAudit(bytes.NewReader(bytes.Join(lines, nil)))
	require.NoError(t, err, "everything is as it was again")
}

func auditMoved(t *testing.T, w *world) {
	lines := exported(t, w)
	for n := range lines {
		brokenAt(t, slices.Insert(slices.Clone(lines), n, lines[n]), n+2, fmt.Sprintf("line %d doubled", n+1))
		if n+1 == len(lines) {
			break // that one is the head, and only a head kept elsewhere tells
		}
		brokenAt(t, slices.Delete(slices.Clone(lines), n, n+1), n+1, fmt.Sprintf("line %d removed", n+1))
		swapped := slices.Clone(lines)
		swapped[n], swapped[n+1] = swapped[n+1], swapped[n]
		brokenAt(t, swapped, n+1, fmt.Sprintf("lines %d and %d swapped", n+1, n+2))
	}
	cut := lines[:len(lines)-1]
	report, err := govmedia.VerifyAudit(bytes.NewReader(bytes.Join(cut, nil)))
	require.NoError(t, err)
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, head, report.Head, "a log that lacks its last record has another head")
}
