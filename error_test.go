package govmedia_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/stretchr/testify/require"
)

func TestRemedyOfEveryKindAndOutcome(t *testing.T) {
	const (
		human, retry, after   = govmedia.Human, govmedia.Retry, govmedia.RetryAfter
		connect, abandon, rec = govmedia.Reauthorize, govmedia.Abandon, govmedia.Reconcile
	)
	// What applies or may have applied is read, never repeated; only a certain "not applied" is told apart by kind.
	table := map[govmedia.Kind]struct{ notApplied, unknown, applied govmedia.Remedy }{
		govmedia.KindInvalid:      {abandon, rec, rec},
		govmedia.KindUnauthorized: {connect, rec, rec},
		govmedia.KindForbidden:    {human, rec, rec},
		govmedia.KindRateLimited:  {after, rec, rec},
		govmedia.KindRejected:     {abandon, rec, rec},
		govmedia.KindDuplicate:    {abandon, rec, rec},
		govmedia.KindNotFound:     {abandon, rec, rec},
		govmedia.KindConflict:     {abandon, rec, rec},
		govmedia.KindUnavailable:  {retry, rec, rec},
		govmedia.KindTransport:    {retry, rec, rec},
		govmedia.KindChallenge:    {human, rec, rec},
		govmedia.KindUnsupported:  {abandon, rec, rec},
		govmedia.KindCorrupt:      {human, rec, rec},
		govmedia.KindInternal:     {human, human, human},
		"":                        {human, human, human},
		"invented_by_a_stranger":  {human, rec, rec},
	}
	for _, kind := range constants(t, "error.go", "Kind") {
		require.Contains(t, table, govmedia.Kind(kind), "a new kind needs a row in this table")
	}
	require.ElementsMatch(t, []string{"", "applied", "not_applied"}, constants(t, "error.go", "Outcome"), "a new outcome needs a column in this table")

	for kind, want := range table {
		for outcome, remedy := range map[govmedia.Outcome]govmedia.Remedy{
			govmedia.NotApplied: want.notApplied, govmedia.Unknown: want.unknown, govmedia.Applied: want.applied,
		} {
			e := &govmedia.Error{Kind: kind, Outcome: outcome}
			require.Equal(t, remedy, e.Remedy(), "kind %q, outcome %q", kind, outcome)
		}
	}
}

func TestZeroValuesAreTheSafeOnes(t *testing.T) {
	var e govmedia.Error
	require.Equal(t, govmedia.Unknown, e.Outcome)
	require.Equal(t, govmedia.Human, e.Remedy())
	require.ErrorIs(t, &e, govmedia.KindInternal)
}

// The values are stored in rows and used in metrics: changing one is a break, not a renaming.
func TestFrozenStrings(t *testing.T) {
	require.ElementsMatch(t, []string{
		"invalid", "unauthorized", "forbidden", "rate_limited", "rejected", "duplicate", "not_found", "conflict",
		"unavailable", "transport", "challenge", "unsupported", "corrupt", "internal",
	}, constants(t, "error.go", "Kind"))
	require.ElementsMatch(t, []string{"", "retry", "retry_after", "reauthorize", "abandon", "reconcile"}, constants(t, "error.go", "Remedy"))
	require.ElementsMatch(t, []string{
		"scheduled", "queued", "held", "sending", "processing", "live", "saved", "rejected", "not_sent", "unknown", "needs_person", "missed",
		"cancelled", "withdrawn",
	}, constants(t, "receipt.go", "DeliveryState"))
	require.ElementsMatch(t, []string{"draft", "submitted", "public", "mass_sent"}, constants(t, "receipt.go", "Reach"))
	require.ElementsMatch(t, []string{"response", "found", "duplicate_refusal", "person"}, constants(t, "receipt.go", "Evidence"))
	require.ElementsMatch(t, []string{"post", "answer", "withdrawal"}, constants(t, "receipt.go", "DeliveryKind"))
	require.ElementsMatch(t, []string{"live", "send", "bare", "read", "cancel"}, constants(t, "receipt.go", "Decision"))
	require.ElementsMatch(t, []string{"error", "warning", "info"}, constants(t, "finding.go", "Severity"))
}

func TestErrorMatches(t *testing.T) {
	cause := fmt.Errorf("reading the answer: %w", io.ErrUnexpectedEOF)
	var err error = &govmedia.Error{Platform: "weibo", Kind: govmedia.KindTransport, Err: cause}
	require.ErrorIs(t, err, govmedia.KindTransport)
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, err, govmedia.KindInternal)
	require.NotErrorIs(t, err, errors.ErrUnsupported)
	require.NotErrorIs(t, err, io.EOF)

	wrapped := errors.Join(errors.New("one of many"), fmt.Errorf("sending: %w", err))
	require.ErrorIs(t, wrapped, govmedia.KindTransport)
	kind, ok := errors.AsType[govmedia.Kind](wrapped)
	require.True(t, ok)
	require.Equal(t, govmedia.KindTransport, kind)

	require.ErrorIs(t, &govmedia.Error{Kind: govmedia.KindUnsupported}, errors.ErrUnsupported)
	require.ErrorIs(t, &govmedia.Error{Kind: govmedia.KindUnsupported}, govmedia.KindUnsupported)
	require.ErrorIs(t, &govmedia.Error{Kind: govmedia.KindTransport, Err: context.DeadlineExceeded}, context.DeadlineExceeded)
	require.ErrorIs(t, &govmedia.Error{Kind: govmedia.KindUnavailable, Err: &govmedia.Error{Kind: govmedia.KindCorrupt}}, govmedia.KindCorrupt)
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  govmedia.Error
		want string
	}{
		{govmedia.Error{}, "internal"},
		{govmedia.Error{Kind: govmedia.KindConflict}, "conflict"},
		{govmedia.Error{Platform: "weibo", Kind: govmedia.KindUnavailable, Status: 502}, "weibo unavailable (status=502)"},
		{govmedia.Error{Op: "register.read", Kind: govmedia.KindInvalid, Err: errors.New("row 7 has no name")}, "register.read: invalid: row 7 has no name"},
		{
			govmedia.Error{
				Platform: "weibo", Op: "statuses/share", Kind: govmedia.KindRateLimited, Code: "10023", Status: 403, RequestID: "r1",
				RetryAfter: time.Minute, Outcome: govmedia.NotApplied, Err: errors.New("user requests out of rate limit"),
			},
			"weibo statuses/share: rate_limited: user requests out of rate limit (code=10023, status=403, request_id=r1)",
		},
		{govmedia.Error{Code: "10001", RequestID: "r2"}, "internal (code=10001, request_id=r2)"},
	} {
		require.Equal(t, c.want, c.err.Error())
		require.Equal(t, c.want, fmt.Sprint(&c.err))
	}
}

func TestErrorfIsAboutSomethingThatNeverLeft(t *testing.T) {
	e := govmedia.Errorf(govmedia.KindInvalid, "post.submit", "column %q: %w", "要闻", io.EOF)
	require.Equal(t, govmedia.NotApplied, e.Outcome)
	require.Equal(t, govmedia.Abandon, e.Remedy())
	require.ErrorIs(t, e, io.EOF)
	require.EqualError(t, e, `post.submit: invalid: column "要闻": EOF`)
}

func TestAsError(t *testing.T) {
	require.Nil(t, govmedia.AsError(nil))

	typed := &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}
	require.Same(t, typed, govmedia.AsError(typed))
	require.Same(t, typed, govmedia.AsError(fmt.Errorf("while sending: %w", typed)))
	require.Same(t, typed, govmedia.AsError(errors.Join(errors.New("first"), typed)))

	e := govmedia.AsError(io.EOF)
	require.Equal(t, govmedia.KindInternal, e.Kind)
	require.Equal(t, govmedia.Unknown, e.Outcome, "nothing is known about an untyped error")
	require.Equal(t, govmedia.Human, e.Remedy())
	require.ErrorIs(t, e, io.EOF)
}

// constants returns the values of the string constants of one type declared in file.
func constants(t *testing.T, file, typeName string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	values := map[string]bool{}
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != typeName {
				continue
			}
			value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			require.NotContains(t, values, value, "two constants of %s have one value", typeName)
			values[value] = true
		}
	}
	require.NotEmpty(t, values, "no constant of type %s in %s", typeName, file)
	return slices.Collect(maps.Keys(values))
}
