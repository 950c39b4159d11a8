package matrix_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

// What the gate finds is let pass one by one, each with a reason, which stays in the signature and in the audit log; and
// none of them shows what it is about.
func TestV6_OverridesAreLoggedWithAReason(t *testing.T) {
	gate, err := verify.NewText(verify.Lexicon{Version: "7", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "大麻"}},
	}}})
	require.NoError(t, err)
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{Proofread: publish.ProofreadText(gate.Check)}})
	ctx := t.Context()
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{
		Text: "禁毒宣传：远离大麻，免得惹上大麻烦。值班手机13812345678，13912345678。", Targets: []string{"a1"},
	})
	require.NoError(t, err)
	submit := func(over map[string]string) (publish.Post, error) {
		return m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepSubmit, Actor: "author", Overrides: over}, p)
	}
	_, err = submit(nil)
	var found *publish.FindingsError
	require.ErrorAs(t, err, &found)
	var rules []string
	for _, f := range found.Findings {
		rules = append(rules, f.Rule)
	}
	require.Equal(t, []string{"own/大麻", "personal.phone/138****5678", "personal.phone/139****5678"}, rules)
	require.NotContains(t, err.Error(), "13812345678")

	reasons := map[string]string{"own/大麻": "禁毒宣传用语", "personal.phone/138****5678": "公开的值班手机"}
	_, err = submit(reasons)
	require.ErrorAs(t, err, &found)
	require.Len(t, found.Findings, 1, "one number is let pass, and no other")
	require.Equal(t, "personal.phone/139****5678", found.Findings[0].Rule)
	reasons["personal.phone/139****5678"] = "备用值班手机"
	p, err = submit(reasons)
	require.NoError(t, err)
	require.Equal(t, reasons, p.Signatures[0].Overrides)
	log := verifyAudit(t, engine)
	for _, words := range []string{`\"own/大麻\":\"禁毒宣传用语\"`, "公开的值班手机", "备用值班手机"} {
		require.Contains(t, log, words)
	}
}
