package account_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

func TestA8_EncryptedAtRest(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "matrix.db")
	engine := newStore(t, path, "a", "b")
	v := vault(t, engine, nil, ring("k1"))
	put(t, v, credential("a", time.Hour))

	box, err := engine.Credential(t.Context(), "a")
	require.NoError(t, err)
	require.NotContains(t, string(box.Box), "hush")
	require.True(t, box.Renews)

	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, table := range tables(t, db) {
		for _, value := range cells(t, db, table) {
			require.NotContains(t, value, "hush", table)
			require.NotContains(t, value, string(key('1')), "a key in table %s", table)
		}
	}
}

func TestA8_ABoxOpensInItsRowOnly(t *testing.T) {
	t.Parallel()
	engine := newStore(t, sqlite.Memory, "a", "b")
	put(t, vault(t, engine, nil, ring("k1")), credential("a", time.Hour))
	box, err := engine.Credential(t.Context(), "a")
	require.NoError(t, err)

	other := ring("k1")
	other.Keys["k1"] = key('x')
	for _, c := range []struct {
		name  string
		alter func(*account.SealedCredential)
		keys  account.Keyring
		kind  govmedia.Kind
		says  []string
	}{
		{"under another account", func(s *account.SealedCredential) { s.Account = "b" }, ring("k1"), govmedia.KindCorrupt, []string{`"b"`, `"k1"`}},
		{"under another key id", func(s *account.SealedCredential) { s.KeyID = "k2" }, ring("k1", "k2"), govmedia.KindCorrupt, []string{`"a"`, `"k2"`}},
		{"under the same key with another id", func(s *account.SealedCredential) { s.KeyID = "l1" }, ring("k1", "l1"), govmedia.KindCorrupt, []string{`"l1"`}},
		{"with the wrong key", nil, other, govmedia.KindCorrupt, []string{`"a"`, "wrong key or altered"}},
		{"with its key missing", nil, ring("k2"), govmedia.KindNotFound, []string{`"k1"`, "add it"}},
		{"cut short", func(s *account.SealedCredential) { s.Box = s.Box[:len(s.Box)-1] }, ring("k1"), govmedia.KindCorrupt, []string{`"a"`}},
		{"shorter than a nonce", func(s *account.SealedCredential) { s.Box = s.Box[:3] }, ring("k1"), govmedia.KindCorrupt, []string{`"a"`}},
		{"empty", func(s *account.SealedCredential) { s.Box = nil }, ring("k1"), govmedia.KindCorrupt, []string{`"a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := box
			if c.alter != nil {
				c.alter(&s)
			}
			_, err := vault(t, altered{s}, nil, c.keys).Open(t.Context(), s.Account)
			require.ErrorIs(t, err, c.kind)
			require.NotErrorIs(t, err, govmedia.KindUnauthorized, "connecting the account again is not the remedy")
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
		})
	}
	for i := range box.Box {
		s := box
		s.Box = bytes.Clone(box.Box)
		s.Box[i] ^= 1
		_, err := vault(t, altered{s}, nil, ring("k1")).Open(t.Context(), "a")
		require.ErrorIs(t, err, govmedia.KindCorrupt, "byte %d of %d", i, len(s.Box))
	}
}

// altered holds one row, whatever is asked for.
type altered struct{ row account.SealedCredential }

func (a altered) Credential(context.Context, string) (account.SealedCredential, error) {
	return a.row, nil
}

func (a altered) Credentials(context.Context, []string) ([]account.SealedCredential, error) {
	return []account.SealedCredential{a.row}, nil
}
func (altered) PutCredential(context.Context, string, account.SealedCredential) error { return nil }
func (altered) LeaseCredential(context.Context, string, int64, string, time.Time, time.Time) (bool, error) {
	return true, nil
}
func (altered) ReleaseCredential(context.Context, string, string) error { return nil }

func TestA8_KeysAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		keys account.Keyring
		kind govmedia.Kind
		says string
	}{
		{"none", account.Keyring{}, govmedia.KindNotFound, `key id ""`},
		{"current is missing", account.Keyring{Current: "k2", Keys: map[string][]byte{"k1": key(1)}}, govmedia.KindNotFound, `"k2"`},
		{"too short", account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": []byte("hush")}}, govmedia.KindInvalid, "has 4 bytes"},
		{"an AES-128 key", account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": key(1)[:16]}}, govmedia.KindInvalid, "needs 32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := account.NewVault(nil, account.VaultConfig{Keys: c.keys})
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestA8_PutIsValidatedAndReplaces(t *testing.T) {
	t.Parallel()
	engine := newStore(t, sqlite.Memory, "a")
	v := vault(t, engine, nil, ring("k1"))
	for _, bad := range []account.Credential{{}, {Account: "a"}, {Access: govmedia.NewSecret("x")}} {
		require.ErrorIs(t, v.Put(t.Context(), "admin", bad), govmedia.KindInvalid)
	}
	stranger := credential("nobody", time.Hour)
	require.ErrorIs(t, v.Put(t.Context(), "admin", stranger), govmedia.KindNotFound, "an account that is not in the register")

	_, err := v.Open(t.Context(), "a")
	require.ErrorIs(t, err, govmedia.KindUnauthorized, "a person has to connect it")
	require.ErrorContains(t, err, `"a" must be connected`)

	require.EqualValues(t, 1, put(t, v, credential("a", time.Hour)).Version)
	again := put(t, v, account.Credential{Account: "a", Access: govmedia.NewSecret("second")})
	require.EqualValues(t, 2, again.Version)
	require.Equal(t, "refresh-hush", again.Refresh.Reveal(), "an empty refresh token overwrites nothing")
	require.True(t, again.Expires.IsZero())
}

func TestA8_ConnectingMendsWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		keys account.Keyring // does not open what is stored
		next account.Credential
		kind govmedia.Kind // of the refusal; empty when Put works
	}{
		{"key lost", ring("k2"), credential("a", time.Hour), ""},
		{"key lost, and the new credential would take over its refresh token", ring("k2"), account.Credential{Account: "a", Access: govmedia.NewSecret("x")}, govmedia.KindNotFound},
		{"row damaged", account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": key('x')}}, account.Credential{Account: "a", Access: govmedia.NewSecret("x")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := newStore(t, sqlite.Memory, "a")
			put(t, vault(t, engine, nil, ring("k1")), credential("a", time.Hour))
			v := vault(t, engine, nil, c.keys)
			err := v.Put(t.Context(), "admin", c.next)
			if c.kind != "" {
				require.ErrorIs(t, err, c.kind)
				return
			}
			require.NoError(t, err)
			got, err := v.Open(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, c.next.Access, got.Access)
		})
	}
}

func TestA8_SecretsAreNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := newStore(t, sqlite.Memory, "a", "b")
		p := &platform{}
		v := vault(t, engine, p, ring("k1"))
		c := put(t, v, credential("a", time.Hour))
		sealed, err := engine.Credential(t.Context(), "a")
		require.NoError(t, err)
		expiries, err := v.Expiries(t.Context())
		require.NoError(t, err)

		var errs []error
		note := func(err error) {
			require.Error(t, err)
			errs = append(errs, err)
		}
		_, err = v.Open(t.Context(), "b")
		note(err)
		note(v.Put(t.Context(), "admin", account.Credential{Access: c.Access}))
		_, err = vault(t, engine, p, ring("k2")).Open(t.Context(), "a")
		note(err)
		p.script = append(p.script, func(context.Context, account.Credential) (account.Credential, error) {
			return account.Credential{Access: c.Access}, nil // proves no expiry
		})
		_, err = v.Renew(t.Context(), c)
		note(err)
		note(v.Recover(t.Context(), c, &govmedia.Error{Kind: govmedia.KindUnauthorized, Outcome: govmedia.NotApplied}))
		time.Sleep(time.Minute)
		_, err = vault(t, engine, nil, ring("k1")).Renew(t.Context(), c)
		note(err)

		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			l := slog.New(h)
			l.Info("dump", "credential", c, "sealed", sealed, "vault", v, "keys", ring("k1"), "errors", errs, "config", account.VaultConfig{Keys: ring("k1")})
			l.Info("dump", slog.Group("g", "credential", &c, "secret", c.Access))
		}
		dump := log.String()
		for _, value := range []any{c, &c, sealed, &sealed, v, ring("k1"), expiries, account.VaultConfig{Keys: ring("k1")}, errs, struct{ hidden account.Credential }{c}, struct{ hidden *account.Vault }{v}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				dump += fmt.Sprintf(verb, value) + "\n"
			}
			if _, f := value.(account.VaultConfig); f {
				continue // holds a function
			}
			text, err := json.Marshal(value)
			require.NoError(t, err)
			dump += string(text) + "\n"
		}
		require.NoError(t, engine.ExportAudit(t.Context(), &writer{&dump}))
		for _, secret := range forms("access-hush", "refresh-hush", string(key('1'))) {
			at := strings.Index(dump, secret)
			require.Negative(t, at, "%q stands after %q", secret, dump[max(0, at-200):max(0, at)])
		}
	})
}

// writer appends to a string.
type writer struct{ s *string }

func (w *writer) Write(b []byte) (int, error) {
	*w.s += string(b)
	return len(b), nil
}

// forms is how these values would look if they slipped out.
func forms(values ...string) []string {
	var all []string
	for _, v := range values {
		bytes := fmt.Sprintf("%d", []byte(v))
		all = append(all, v, hex.EncodeToString([]byte(v)), base64.RawStdEncoding.EncodeToString([]byte(v)), strings.Trim(bytes, "[]"),
			strings.TrimPrefix(strings.TrimSuffix(fmt.Sprintf("%#v", []byte(v)), "}"), "[]byte{"))
	}
	return all
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var names []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	return names
}

func cells(t *testing.T, db *sql.DB, table string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var all []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.RawBytes)
		}
		require.NoError(t, rows.Scan(values...))
		for _, v := range values {
			all = append(all, string(*v.(*sql.RawBytes)))
		}
	}
	require.NoError(t, rows.Err())
	return all
}
