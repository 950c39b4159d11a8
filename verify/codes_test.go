package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

const (
	letters31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	letters36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// The check characters below are computed from the weight tables printed in facts/policy.md §4, while the package
// computes its weights: the two share no table.

func orgDigit(eight string) string {
	weights := []int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i := range weights {
		sum += weights[i] * strings.IndexByte(letters36, eight[i])
	}
	switch c := 11 - sum%11; c {
	case 10:
		return "X"
	case 11:
		return "0"
	default:
		return fmt.Sprint(c)
	}
}

func usccDigit(seventeen string) string {
	weights := []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	sum := 0
	for i := range weights {
		sum += weights[i] * strings.IndexByte(letters31, seventeen[i])
	}
	return string(letters31[(31-sum%31)%31])
}

func residentDigit(seventeen string) string {
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i := range weights {
		sum += weights[i] * int(seventeen[i]-'0')
	}
	return strings.Split("1 0 X 9 8 7 6 5 4 3 2", " ")[sum%11]
}

func uscc(head, subject string) string {
	code := head + subject + orgDigit(subject)
	return code + usccDigit(code)
}

func TestV2_USCCOfTheFacts(t *testing.T) {
	require.NoError(t, verify.USCC("11331002002673575G"))
	require.NoError(t, verify.OrgCode("002673575"))
	require.NoError(t, verify.OrgCode("00267357-5"))
}

func TestV2_USCCCheckCharacterMayBeAnyOf31(t *testing.T) {
	seen := map[byte]string{}
	for n := 0; len(seen) < 31; n++ {
		require.Less(t, n, 100_000)
		code := uscc("11637000", fmt.Sprintf("%08d", n))
		seen[code[17]] = code
	}
	for _, code := range seen {
		require.NoError(t, verify.USCC(code), code)
	}
}

func TestV2_USCCRefusesEverySubstitutionAndTransposition(t *testing.T) {
	for _, code := range []string{"11331002002673575G", uscc("12637000", "EX000017"), uscc("13637021", "ABCDEFGH")} {
		for i := range code {
			for _, c := range letters36 + "abcxyz -*零" {
				if wrong := code[:i] + string(c) + code[i+1:]; wrong != code {
					require.Error(t, verify.USCC(wrong), wrong)
				}
			}
		}
		for _, wrong := range transpositions(code) {
			require.Error(t, verify.USCC(wrong), wrong)
		}
	}
}

func TestV2_ResidentIDRefusesEverySubstitutionAndTransposition(t *testing.T) {
	for _, id := range []string{"11010519491231002X", "440524188001010014"} {
		require.NoError(t, verify.ResidentID(id))
		for i := range id {
			for _, c := range "0123456789Xx-O零" {
				if wrong := id[:i] + string(c) + id[i+1:]; wrong != id {
					require.Error(t, verify.ResidentID(wrong), wrong)
				}
			}
		}
		for _, wrong := range transpositions(id) {
			require.Error(t, verify.ResidentID(wrong), wrong)
		}
	}
}

// The check of GB 11714 works modulo 11, so it cannot see a letter replaced by one whose value is 11 or 22 away.
func TestV2_OrgCodeRefusesWhatModulo11CanSee(t *testing.T) {
	for _, code := range []string{"002673575", "ABCDEFGH" + orgDigit("ABCDEFGH"), "00000000" + orgDigit("00000000")} {
		require.NoError(t, verify.OrgCode(code))
		for i := range code[:8] {
			for v, c := range letters36 {
				wrong := code[:i] + string(c) + code[i+1:]
				same := (v-strings.IndexByte(letters36, code[i]))%11 == 0
				require.Equal(t, same, verify.OrgCode(wrong) == nil, wrong)
			}
		}
		for c := range strings.SplitSeq("0123456789X", "") {
			require.Equal(t, c == code[8:], verify.OrgCode(code[:8]+c) == nil)
		}
	}
}

// transpositions returns the string with each two unlike neighbours swapped.
func transpositions(s string) []string {
	var swapped []string
	for i := range len(s) - 1 {
		if s[i] != s[i+1] {
			swapped = append(swapped, s[:i]+s[i+1:i+2]+s[i:i+1]+s[i+2:])
		}
	}
	return swapped
}

func TestV2_ErrorsNameThePositionAndTheExpectedCharacter(t *testing.T) {
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"check character", "position 18 is H; the characters before it demand G", verify.USCC("11331002002673575H")},
		{"inner code", "position 17 is 6; the characters before it demand 5", verify.USCC("11331002002673576" + usccDigit("11331002002673576"))},
		{"letter not in the alphabet", `position 9 is 'O'`, verify.USCC("11331002O02673575G")},
		{"small letter", "position 18 is the small letter 'g'; write capitals", verify.USCC("11331002002673575g")},
		{"full width", `position 18 is 'Ｇ'`, verify.USCC("11331002002673575Ｇ")},
		{"too short", "17 characters; it has 18", verify.USCC("11331002002673575")},
		{"no region", "position 3 is 'M'; positions 3 to 8 are the digits", verify.USCC("11M31002002673575G")},
		{"no province", "positions 3 and 4 are 99", verify.USCC(uscc("11990000", "00267357"))},
		{"resident check", "position 18 is 5; the characters before it demand 4", verify.ResidentID("440524188001010015")},
		{"29 February", "positions 7 to 14 are not a date", verify.ResidentID("11010519490229002" + residentDigit("11010519490229002"))},
		{"month 13", "positions 7 to 14 are not a date", verify.ResidentID("11010519491331002" + residentDigit("11010519491331002"))},
		{"year 9999", "positions 7 to 14 are not a date", verify.ResidentID("11010599991231002" + residentDigit("11010599991231002"))},
		{"resident province", "positions 1 and 2 are 99", verify.ResidentID("99010519491231002" + residentDigit("99010519491231002"))},
		{"X inside", "position 3 is X", verify.ResidentID("44X524188001010014")},
		{"small x", "position 18 is the small letter 'x'", verify.ResidentID("11010519491231002x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorIs(t, c.err, govmedia.KindInvalid)
			require.ErrorContains(t, c.err, c.want)
			require.Equal(t, govmedia.NotApplied, govmedia.AsError(c.err).Outcome)
		})
	}
	require.NoError(t, verify.USCC(uscc("11100000", "00000123")), "central bodies register under 100000")
	require.NoError(t, verify.ResidentID("83000019900101001"+residentDigit("83000019900101001")), "residence permit")
}

// Somebody may paste a resident ID into the wrong field, so no check may repeat what it was given.
func TestV2_ErrorsNeverRepeatAResidentID(t *testing.T) {
	for _, id := range []string{"440524188001010015", "44052418800101001x", "110105194902290029", "11010519491231002", "990105194912310020"} {
		for name, check := range map[string]func(string) error{
			"uscc": verify.USCC, "org": verify.OrgCode, "id": verify.ResidentID, "region": verify.Region, "site": verify.SiteCode,
		} {
			err := check(id)
			require.Error(t, err, name)
			for i := range len(id) - 5 {
				require.NotContains(t, err.Error(), id[i:i+6], name)
			}
		}
	}
	require.ErrorContains(t, verify.ResidentID("440524188001010015"), "44*************015")
}

func TestV2_Region(t *testing.T) {
	for _, code := range []string{
		"110000", "110105", "110229", "310115", "500101", "500243", "331002", "320281", "440524", "659001", "469000",
		"150622", "222400", "637000", "810000", "100000", "110105001", "440524100", "440524203", "440524599",
	} {
		require.NoError(t, verify.Region(code), code)
	}
	for code, want := range map[string]string{
		"":          "0 characters; it has 6",
		"11010":     "5 characters",
		"1101050":   "7 characters",
		"11010A":    "position 6",
		"000000":    "no province",
		"160000":    "no province",
		"830000":    "no province",
		"990101":    "no province",
		"110300":    "no city of province 11",
		"447100":    "no city of province 44",
		"449100":    "no city of province 44",
		"440001":    "name no city",
		"110105000": "townships are 001 to 599",
		"110105600": "townships are 001 to 599",
		"110100001": "name no county",
		"１１０１０５":    "position 1",
	} {
		require.ErrorContains(t, verify.Region(code), want, code)
	}
}

func TestV2_SiteCode(t *testing.T) {
	for _, code := range []string{"3406000012", "1303000020", "4300000077", "bm55000001"} {
		require.NoError(t, verify.SiteCode(code), code)
	}
	for code, want := range map[string]string{
		"340600001":  "9 characters",
		"9906000012": "no province",
		"BM55000001": `position 1 is 'B'`,
		"34bm000012": "position 3 is a letter",
		"bm5500b001": "position 7 is a letter",
		"m155000001": "position 1 is a letter",
	} {
		require.ErrorContains(t, verify.SiteCode(code), want, code)
	}
}

func TestV2_IdentifyTells18CharactersApart(t *testing.T) {
	require.Equal(t, []verify.Code{verify.CodeUSCC}, verify.Identify("11331002002673575G"))
	require.Equal(t, []verify.Code{verify.CodeResidentID}, verify.Identify("11010519491231002X"))
	require.Equal(t, []verify.Code{verify.CodeResidentID}, verify.Identify("440524188001010014"))
	require.Equal(t, []verify.Code{verify.CodeOrg}, verify.Identify("002673575"))
	require.Equal(t, []verify.Code{verify.CodeRegion}, verify.Identify("331002"))
	require.Equal(t, []verify.Code{verify.CodeSite}, verify.Identify("bm55000001"))
	for _, nothing := range []string{"", "440524188001010015", "上海发布", strings.Repeat("1", 1000)} {
		require.Empty(t, verify.Identify(nothing), nothing)
	}
}

// Hengshui is 1311, so that its residents' numbers have a province at positions 3 and 4: some of them are valid as
// both kinds, and the personal reading must come first.
func TestV2_IdentifyPutsThePersonFirstWhenBothAreValid(t *testing.T) {
	both, people := 0, 0
	for day := range 28 {
		for serial := range 1000 {
			id := fmt.Sprintf("131102199001%02d%03d", day+1, serial)
			id += residentDigit(id)
			people++
			kinds := verify.Identify(id)
			require.Equal(t, verify.CodeResidentID, kinds[0])
			alsoUnit := orgDigit(id[8:16]) == id[16:17] && usccDigit(id[:17]) == id[17:]
			require.Equal(t, alsoUnit, slices.Contains(kinds, verify.CodeUSCC), "kinds")
			if alsoUnit {
				both++
			}
		}
	}
	require.InDelta(t, 1.0/341, float64(both)/float64(people), 0.001)
}
