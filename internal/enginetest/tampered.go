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

// exported is the log of a small day, with a tail of two records that are not sealed yet.
func exported(t *testing.T, w *world) (lines [][]byte, sealed int) {
	t.Helper()
	w.matrix(t, w.full())
	_, err := w.engine.Seal(t.Context())
	require.NoError(t, err)
	for i := range 2 {
		require.NoError(t, w.engine.SaveRegister(t.Context(), fmt.Sprint("管理员", i), account.Register{}))
	}
	var log bytes.Buffer
	require.NoError(t, w.engine.ExportAudit(t.Context(), &log))
	report, err := govmedia.VerifyAudit(bytes.NewReader(log.Bytes()))
	require.NoError(t, err)
	require.EqualValues(t, 2, report.Unsealed, "the tail that the chain does not cover is named")
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, report.Head)
	lines = slices.Collect(bytes.Lines(log.Bytes()))
	require.Len(t, lines, int(report.Sealed+report.Unsealed))
	require.GreaterOrEqual(t, report.Sealed, int64(4))
	return lines, int(report.Sealed)
}

// brokenAt asserts that an export is found to be broken at that line, counted from 1, and what stands before it is covered.
func brokenAt(t *testing.T, lines [][]byte, at int, what string) {
	t.Helper()
	report, err := govmedia.VerifyAudit(bytes.NewReader(bytes.Join(lines, nil)))
	require.ErrorIs(t, err, govmedia.KindCorrupt, what)
	require.ErrorContains(t, err, fmt.Sprintf("line %d: ", at), what)
	require.EqualValues(t, at-1, report.Sealed+report.Unsealed, what)
}

func auditFlipped(t *testing.T, w *world) {
	lines, sealed := exported(t, w)
	for n, line := range lines[:sealed] {
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
	lines, sealed := exported(t, w)
	for n := range sealed {
		brokenAt(t, slices.Insert(slices.Clone(lines), n, lines[n]), n+2, fmt.Sprintf("line %d doubled", n+1))
		if n+1 == sealed {
			break // that one is the head, and only a head kept elsewhere tells
		}
		brokenAt(t, slices.Delete(slices.Clone(lines), n, n+1), n+1, fmt.Sprintf("line %d removed", n+1))
		swapped := slices.Clone(lines)
		swapped[n], swapped[n+1] = swapped[n+1], swapped[n]
		brokenAt(t, swapped, n+1, fmt.Sprintf("lines %d and %d swapped", n+1, n+2))
	}
	brokenAt(t, slices.Insert(slices.Clone(lines), 1, lines[sealed]), 3, "an unsealed record between sealed ones")
	cut := slices.Delete(slices.Clone(lines), sealed-1, sealed)
	report, err := govmedia.VerifyAudit(bytes.NewReader(bytes.Join(cut, nil)))
	require.NoError(t, err)
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, head, report.Head, "a log that lacks its last sealed record has another head")
}
