package govmedia_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

func ExampleError() {
	// An adapter returns this when the connection broke after the request had left.
	err := fmt.Errorf("notice of 2 March: %w", &govmedia.Error{
		Platform: "weibo", Op: "statuses/share", Kind: govmedia.KindTransport, Outcome: govmedia.Unknown, Err: context.DeadlineExceeded,
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, govmedia.KindTransport), errors.Is(err, context.DeadlineExceeded))
	fmt.Println("next:", govmedia.AsError(err).Remedy())
	// Output:
	// notice of 2 March: weibo statuses/share: transport: context deadline exceeded
	// true true
	// next: reconcile
}

// The same refusal asks for different things, depending on whether the write certainly did not happen.
func ExampleError_Remedy() {
	for _, outcome := range []govmedia.Outcome{govmedia.NotApplied, govmedia.Unknown} {
		e := &govmedia.Error{Kind: govmedia.KindUnavailable, Outcome: outcome}
		fmt.Printf("%q: %s\n", outcome, e.Remedy())
	}
	// Output:
	// "not_applied": retry
	// "": reconcile
}

func ExampleVerifyAudit() {
	var export strings.Builder
	at, head := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), ""
	for n, action := range []string{"post.submit", "post.approve", "post.queue"} {
		rec := govmedia.AuditRecord{ID: fmt.Sprint(n), At: at, Actor: "王芳", Action: action, Subject: "post/p1", Detail: "{}"}
		rec = rec.Seal(int64(n+1), head)
		head = rec.Hash
		_ = json.NewEncoder(&export).Encode(rec)
	}
	report, err := govmedia.VerifyAudit(strings.NewReader(export.String()))
	fmt.Println(report.Sealed, report.Head == head, err)

	forged := strings.Replace(export.String(), "post.approve", "post.refused", 1)
	report, err = govmedia.VerifyAudit(strings.NewReader(forged))
	fmt.Println(report.Sealed, err)
	// Output:
	// 3 true <nil>
	// 1 audit.verify: corrupt: line 2: record "1" does not continue the chain; restore the log from a copy whose head is known
}

func ExampleSecret() {
	token := govmedia.NewSecret("2.00abc")
	fmt.Println(token)
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"account": "a1", "token": token})
	fmt.Println(len(token.Reveal()))
	// Output:
	// [redacted]
	// {"account":"a1","token":"[redacted]"}
	// 7
}

func ExampleFinding() {
	_ = json.NewEncoder(os.Stdout).Encode(govmedia.Finding{
		Rule: "name.width", Severity: govmedia.SeverityWarning, Subject: "row 7", Field: "name", Explanation: "名称过长", Suggestion: "请缩短名称",
	})
	// Output:
	// {"rule":"name.width","version":"","citation":"","severity":"warning","subject":"row 7","field":"name","explanation":"名称过长","suggestion":"请缩短名称"}
}

func ExampleDeliveryState_Settled() {
	fmt.Println(govmedia.Uncertain.Settled(), govmedia.NeedsPerson.Settled())
	// Output:
	// false true
}
