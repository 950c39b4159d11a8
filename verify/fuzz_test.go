package verify_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

func typed(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.True(t, utf8.ValidString(err.Error()))
}

func FuzzUSCC(f *testing.F) {
	for _, seed := range []string{"11331002002673575G", "11331002002673575g", "11010519491231002X", "", "零"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		if err := verify.USCC(code); err != nil {
			typed(t, err)
			return
		}
		require.Len(t, code, 18)
		require.Empty(t, strings.Trim(code, letters31))
		require.Equal(t, usccDigit(code[:17]), code[17:])
		require.Equal(t, orgDigit(code[8:16]), code[16:17])
		require.NoError(t, verify.OrgCode(code[8:17]))
		require.Contains(t, verify.Identify(code), verify.CodeUSCC)
	})
}

func FuzzResidentID(f *testing.F) {
	for _, seed := range []string{"11010519491231002X", "440524188001010014", "440524188001010015", "44052418800101001x", "零"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := verify.ResidentID(id); err != nil {
			typed(t, err)
			if len(id) == 18 {
				require.NotContains(t, err.Error(), id)
			}
			return
		}
		require.Len(t, id, 18)
		require.Equal(t, residentDigit(id[:17]), id[17:])
		_, err := time.Parse("20060102", id[6:14])
		require.NoError(t, err)
		require.Equal(t, verify.CodeResidentID, verify.Identify(id)[0])
	})
}

func FuzzRegion(f *testing.F) {
	for _, seed := range []string{"331002", "110105", "100000", "110105001", "990000", "11010", "零"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		if err := verify.Region(code); err != nil {
			typed(t, err)
			return
		}
		require.Contains(t, []int{6, 9}, len(code))
		require.Empty(t, strings.Trim(code, "0123456789"))
		require.NoError(t, verify.Region(code[:6]), "a township lies in a county")
		require.NoError(t, verify.Region(code[:2]+"0000"), "a county lies in a province")
		require.NoError(t, verify.SiteCode(code[:6]+"0001"))
	})
}
