package account_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func TestA10_AnEventsAccountEndsAndIsHandedBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := proposed("a", "u")
	a.Kind, a.Expires, a.Joint = account.KindEvent, o.now.AddDate(0, 0, 10), []string{"v"}
	o.opened(t, a)
	stored, err := o.Account(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, a, stored, "owner, joint owners and end")
	require.Empty(t, o.check(t, "lifecycle.event_account"))
	o.now = a.Expires
	f := o.check(t, "lifecycle.event_account")["a"]
	require.Equal(t, "expires", f.Field)
	require.Contains(t, f.Explanation, "2026年12月3日到期，既未延期也未交还")

	later := beijing(t, "2026-12-14 00:00") // which the register writes as the day before
	g := account.Grounds{Reason: "活动顺延", Decision: "示办〔2026〕2号"}
	for what, err := range map[string]error{
		"no reason":     o.Extend(t.Context(), "chief", "a", later, account.Grounds{}),
		"into the past": o.Extend(t.Context(), "chief", "a", a.Expires, g),
		"for ever":      o.Extend(t.Context(), "chief", "a", time.Time{}, g),
	} {
		require.ErrorIs(t, err, govmedia.KindInvalid, what)
	}
	require.NoError(t, o.Extend(t.Context(), "chief", "a", later, g))
	require.Empty(t, o.check(t, "lifecycle.event_account"))
	history, err := o.History(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, []account.Change{{Field: "expires", Before: "2026-12-03T02:00:00Z", After: "2026-12-13T16:00:00Z"}}, history[len(history)-1].Changes)
	stored.Expires = later.AddDate(9, 0, 0)
	require.ErrorIs(t, o.Change(t.Context(), "chief", stored, o.grounds()), govmedia.KindInvalid, "an end is moved by Extend")

	o.now = later
	require.Contains(t, o.check(t, "lifecycle.event_account")["a"].Explanation, "2026年12月13日到期，")
	require.NoError(t, o.HandBack(t.Context(), "chief", "a", account.Grounds{Reason: "活动结束"}))
	require.Empty(t, o.check(t, "lifecycle.event_account"))
	stored, err = o.Account(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account.Suspended, stored.State)

	o.opened(t, proposed("b", "u"))
	require.ErrorIs(t, o.HandBack(t.Context(), "chief", "b", g), govmedia.KindInvalid)
	require.ErrorIs(t, o.Extend(t.Context(), "chief", "b", later.AddDate(1, 0, 0), g), govmedia.KindInvalid)
}

func TestA10_AnEventsAccountThatBecomesPermanentHasNoEnd(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]bool{"the end is as it was read": true, "the end is left out": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
			a := proposed("a", "u")
			a.Kind, a.Expires = account.KindEvent, o.now.AddDate(0, 0, 10)
			o.opened(t, a)
			wrong := a
			wrong.Expires = time.Time{}
			require.ErrorIs(t, o.Change(t.Context(), "chief", wrong, o.grounds()), govmedia.KindInvalid, "still an event's")
			wrong.Kind, wrong.Expires = account.KindUnit, a.Expires.AddDate(1, 0, 0)
			require.ErrorIs(t, o.Change(t.Context(), "chief", wrong, o.grounds()), govmedia.KindInvalid, "another end")
			end := a.Expires
			if a.Kind = account.KindUnit; !kept {
				a.Expires = time.Time{}
			}
			require.NoError(t, o.Change(t.Context(), "chief", a, o.grounds()))
			stored, err := o.Account(t.Context(), "a")
			require.NoError(t, err)
			require.Zero(t, stored.Expires)
			history, err := o.History(t.Context(), "a")
			require.NoError(t, err)
			require.Contains(t, history[len(history)-1].Changes, account.Change{Field: "expires", Before: "2026-12-03T02:00:00Z"}, "the supervisor is told")
			o.now = end
			require.Empty(t, o.check(t, "lifecycle.event_account"))
		})
	}
}

func TestA10_OnlyAnEventsAccountEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := proposed("a", "u")
	a.Expires = o.now.AddDate(0, 0, 10)
	_, err := o.Apply(t.Context(), "applicant", complete(a))
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, "专项账号")

	// An import may have brought one in, and nothing of it leaves any more.
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{a}}))
	o.now = a.Expires.Add(-1000)
	require.Empty(t, o.check(t, "lifecycle.event_account"))
	o.now = a.Expires
	f := o.check(t, "lifecycle.event_account")["a"]
	require.Equal(t, "expires", f.Field)
	require.Contains(t, f.Explanation, "2026年12月3日到期")
	require.NoError(t, o.Change(t.Context(), "chief", a, o.grounds()), "what is said of it otherwise can be changed")
	require.Contains(t, o.check(t, "lifecycle.event_account"), "a")
	a.Expires = time.Time{}
	require.NoError(t, o.Change(t.Context(), "chief", a, o.grounds()), "as the finding advises")
	require.Empty(t, o.check(t, "lifecycle.event_account"))
}

// bundle is a small archive.
func bundle(tb testing.TB) ([]byte, account.Manifest) {
	tb.Helper()
	var out bytes.Buffer
	w := account.NewArchive(&out, account.Manifest{Account: "a", Actor: "档案员", Head: "00ff", Made: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)})
	require.NoError(tb, w.Add("events.jsonl", []byte("{\"id\":\"e1\"}\n{\"id\":\"e2\",\"reason\":\"便民\"}\n{\"id\":\"e3\"}\n")))
	require.NoError(tb, w.Add("posts.jsonl", nil))
	require.NoError(tb, w.Add("media/0123", []byte{0, 1, 2, 'P', 'K', 3, 4, 0xff, '\n'}))
	m, err := w.Close()
	require.NoError(tb, err)
	return out.Bytes(), m
}

func verified(b []byte) (account.Manifest, error) {
	return account.VerifyArchive(bytes.NewReader(b), int64(len(b)))
}

func TestA10_AnArchiveVerifiesAndAnyToolOpensIt(t *testing.T) {
	t.Parallel()
	b, want := bundle(t)
	m, err := verified(b)
	require.NoError(t, err)
	require.Equal(t, want, m)
	again, _ := bundle(t)
	require.Equal(t, b, again, "the same content gives the same bytes")

	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		r, err := f.Open()
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		require.NoError(t, err, "its checksum is right")
		require.NoError(t, r.Close())
	}
	require.Equal(t, []string{"events.jsonl", "posts.jsonl", "media/0123", "manifest.json"}, names)
}

func TestA10_EveryAlteredByteOfAnArchiveIsFoundAndLocated(t *testing.T) {
	t.Parallel()
	b, _ := bundle(t)
	events := bytes.Index(b, []byte(`{"id":"e1"}`))
	lines := [][2]int{}
	for at := events; len(lines) < 3; {
		end := at + bytes.IndexByte(b[at:], '\n') + 1
		lines, at = append(lines, [2]int{at, end}), end
	}
	media := bytes.Index(b, []byte{0, 1, 2, 'P'})
	manifest := bytes.Index(b, []byte("{\n \"format\""))
	directory := bytes.Index(b, []byte("PK\x01\x02"))
	starts := []int{} // of the headers
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK\x03\x04"))
		if i < 0 {
			break
		}
		if at+i < media || at+i >= media+9 {
			starts = append(starts, at+i)
		}
		at += i + 4
	}
	require.Len(t, starts, 4)
	want := func(i int) []string {
		for n, l := range lines {
			if i >= l[0] && i < l[1] {
				return []string{fmt.Sprintf(`"events.jsonl": line %d `, n+1)}
			}
		}
		switch {
		case i >= directory:
			return []string{fmt.Sprintf("byte %d,", i), fmt.Sprintf("byte %d ", directory)} // or its very beginning, which ends the files
		case i >= manifest:
			return []string{"manifest.json is altered"}
		case i >= media && i < media+9:
			return []string{`"media/0123" is altered`}
		}
		begins := 0 // of the file in whose header it is
		for _, s := range starts {
			if s <= i {
				begins = s
			}
		}
		return []string{fmt.Sprintf("byte %d, in the header", i), fmt.Sprintf("begins at byte %d", begins), fmt.Sprintf("byte %d no file", begins)}
	}
	for i := range b {
		for bit := range 8 {
			if testing.Short() && bit != i%8 { // the race detector makes it eight times as slow
				continue
			}
			b[i] ^= 1 << bit
			_, err := verified(b)
			require.ErrorIs(t, err, govmedia.KindCorrupt, "bit %d of byte %d", bit, i)
			require.True(t, slices.ContainsFunc(want(i), func(w string) bool { return strings.Contains(err.Error(), w) }), "bit %d of byte %d: %v; want one of %q", bit, i, err, want(i))
			b[i] ^= 1 << bit
		}
	}
	for i := range b {
		_, err := verified(b[:i])
		require.ErrorIs(t, err, govmedia.KindCorrupt, "cut at byte %d", i)
		_, err = verified(slices.Concat(b[:i], b[i+1:]))
		require.ErrorIs(t, err, govmedia.KindCorrupt, "without byte %d", i)
		_, err = verified(slices.Concat(b[:i], []byte{0}, b[i:]))
		require.ErrorIs(t, err, govmedia.KindCorrupt, "with another byte before %d", i)
	}
	_, err := verified(append(slices.Clone(b), 0))
	require.ErrorIs(t, err, govmedia.KindCorrupt)
	_, err = verified(b)
	require.NoError(t, err, "everything is as it was again")
}

// Whoever makes another archive, whole and right in itself, has the digest in the audit log against them.
func TestA10_AnotherArchiveHasAnotherDigest(t *testing.T) {
	t.Parallel()
	rebuilt := func(files ...string) {
		t.Helper()
		var out bytes.Buffer
		w := account.NewArchive(&out, account.Manifest{Account: "a"})
		for _, f := range files {
			name, content, _ := strings.Cut(f, "=")
			require.NoError(t, w.Add(name, []byte(content)))
		}
		_, err := w.Close()
		require.NoError(t, err)
		b, err := verified(out.Bytes())
		require.NoError(t, err)
		require.Len(t, b.Files, len(files))
	}
	rebuilt("a.jsonl=x\n", "b=y")
	rebuilt()
	_, one := bundle(t)
	var out bytes.Buffer
	w := account.NewArchive(&out, account.Manifest{Account: "a", Actor: "档案员", Head: "00ff", Made: one.Made})
	require.NoError(t, w.Add("events.jsonl", []byte("{}\n")))
	other, err := w.Close()
	require.NoError(t, err)
	require.NotEqual(t, one.Digest, other.Digest, "the digest in the audit log tells one archive from another")
	for _, name := range []string{"", "manifest.json", "A", "名", "a b", strings.Repeat("a", 201)} {
		require.ErrorIs(t, w.Add(name, nil), govmedia.KindInvalid, name)
	}
	_, err = account.VerifyArchive(broken{}, 100)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.NotErrorIs(t, err, govmedia.KindCorrupt, "a disk that fails says nothing about the archive")
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func FuzzVerifyArchive(f *testing.F) {
	b, _ := bundle(f)
	f.Add(b)
	f.Add(b[:40])
	f.Add([]byte("PK\x03\x04"))
	var empty bytes.Buffer
	_, err := account.NewArchive(&empty, account.Manifest{}).Close()
	require.NoError(f, err)
	f.Add(empty.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := verified(b)
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindCorrupt)
			return
		}
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err, "what is verified can be opened")
		require.Len(t, z.File, len(m.Files)+1)
		var again bytes.Buffer
		w := account.NewArchive(&again, m)
		for _, file := range m.Files {
			r, err := z.Open(file.Name)
			require.NoError(t, err)
			data, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, w.Add(file.Name, data))
		}
		_, err = w.Close()
		require.NoError(t, err)
		require.Equal(t, b, again.Bytes(), "there is one way only to write it")
	})
}

func FuzzReadLifecycle(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"version":"1","filing":[{"preset":"x","days":0}]}`))
	f.Add(builtInJSON(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := account.ReadLifecycle(bytes.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			return
		}
		_, err = account.NewLifecycle(nil, nil, nil, account.LifecycleConfig{Rules: &rules})
		require.NoError(t, err, "what was read can be used")
	})
}
