package verify_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia/verify"
)

// newForger draws 180,000 registered names and is ready to disguise them.
func newForger(t testing.TB, h half, seed uint64) *forger {
	t.Helper()
	m := readMaterial(t)
	rng := rand.New(rand.NewPCG(seed, uint64(h)))
	f := &forger{material: m, half: h, rng: rng, names: m.registry(rng, 180_000), registered: map[string]bool{}}
	for _, name := range f.names {
		f.registered[name] = true
	}
	require.Len(t, f.registered, 180_000)
	return f
}

// quality is what came of the samples of one kind.
type quality struct{ shown, flagged, right, named int }

// measure shows the samples to the radar. An impostor counts as found only when whom it imitates is among the matches.
func measure(t testing.TB, radar *verify.Radar, h half, samples []sample) map[string]*quality {
	t.Helper()
	by := map[string]*quality{}
	wrong := map[string][]string{}
	for _, s := range samples {
		q := by[s.kind]
		if q == nil {
			q = &quality{}
			by[s.kind] = q
		}
		q.shown++
		matches := radar.Similar(s.name)
		i := slices.IndexFunc(matches, func(m verify.Match) bool { return m.Name == s.of })
		if len(matches) > 0 {
			q.flagged++
		}
		if i >= 0 {
			q.right++
			if slices.Contains(matches[i].Tricks, trickOf[s.kind]) {
				q.named++
			}
		}
		if s.of != "" && i < 0 {
			wrong[s.kind] = append(wrong[s.kind], s.name+" ("+s.of+")")
		} else if s.of == "" && len(matches) > 0 {
			wrong[s.kind] = append(wrong[s.kind], s.name+" ("+matches[0].Name+" "+string(matches[0].Tricks[0])+")")
		}
	}
	for kind, list := range wrong {
		if h == measuring {
			break // not to be learned from
		}
		t.Logf("wrong, %s: %s", kind, strings.Join(list[:min(len(list), 15)], ", "))
	}
	return by
}

var trickOf = map[string]verify.Trick{
	"homoglyph": verify.TrickHomoglyph, "similar shape": verify.TrickShape, "homophone": verify.TrickSound,
	"traditional": verify.TrickTraditional, "digits and letters": verify.TrickDigits, "full width": verify.TrickWidth,
	"inserted spaces": verify.TrickInserted, "suffix": verify.TrickAffix, "order": verify.TrickOrder,
}

// report logs the table and returns recall and precision over all kinds.
func report(t testing.TB, impostors, innocents map[string]*quality) (recall, precision float64) {
	t.Helper()
	var in, out quality
	for _, kind := range kinds {
		q := impostors[kind]
		t.Logf("impostors, %-20s %4d shown, recall %.3f, of which the trick is named %.3f", kind, q.shown, share(q.right, q.shown), share(q.named, q.right))
		in.shown, in.right = in.shown+q.shown, in.right+q.right
	}
	for kind, q := range innocents {
		t.Logf("innocents, %-22s %4d shown, flagged %.3f", kind, q.shown, share(q.flagged, q.shown))
		out.shown, out.flagged = out.shown+q.shown, out.flagged+q.flagged
	}
	recall, precision = share(in.right, in.shown), share(in.right, in.right+out.flagged)
	t.Logf("all: %d impostors, %d innocents, recall %.4f, precision %.4f", in.shown, out.shown, recall, precision)
	return recall, precision
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// The radar was tuned on one half of the material, with a seed of its own, and is measured on the other. The similar
// shapes, the similar letters, the homophones and the added words of the halves are different ones, and neither half comes
// from a table of the radar. The halves share the patterns of names, the places, the innocents that follow from these, and
// the ways that need no table: traditional forms, digits, width, spaces, order.
func TestV3_LookAlikesAreFound(t *testing.T) {
	f := newForger(t, measuring, 20261129)
	radar := verify.NewRadar(f.names)
	impostors, innocents := f.impostors(250), f.innocents(320)
	require.GreaterOrEqual(t, len(impostors), 2000)
	require.GreaterOrEqual(t, len(innocents), 2000)
	by := measure(t, radar, measuring, impostors)
	recall, precision := report(t, by, measure(t, radar, measuring, innocents))
	require.GreaterOrEqual(t, recall, 0.98)
	require.GreaterOrEqual(t, precision, 0.95)
	for _, kind := range kinds {
		require.GreaterOrEqual(t, share(by[kind].right, by[kind].shown), 0.90, "recall of %s", kind)
		require.GreaterOrEqual(t, share(by[kind].named, by[kind].right), 0.75, "naming of %s", kind)
	}
}

// Whoever changes the radar looks here first: this half may be looked at while tuning.
func TestRadarTuning(t *testing.T) {
	f := newForger(t, tuning, 1)
	radar := verify.NewRadar(f.names)
	recall, precision := report(t, measure(t, radar, tuning, f.impostors(250)), measure(t, radar, tuning, f.innocents(320)))
	require.GreaterOrEqual(t, recall, 0.98)
	require.GreaterOrEqual(t, precision, 0.95)
}
