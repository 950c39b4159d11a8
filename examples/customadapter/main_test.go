package main

import (
	"bytes"
	"testing"
)

const told = `"停水通知" is approved and queued.
The CMS will take the next article and never answer.
sent: unknown, attempts: 1
  because cms articles.push: transport: context deadline exceeded
  the CMS really holds 1
ten seconds later: live, attempts: 1
  evidence: found; citizens see it at https://www.shili.example/tzgg/gm-2a31e70020f57e923e82.html
  the CMS really holds 1
`

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != told {
		t.Errorf("it says\n%s\nwant\n%s", &out, told)
	}
}
