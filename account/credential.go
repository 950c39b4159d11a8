package account

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/govmedia/govmedia"
)

// Credential (凭证) is what an account is used with. It is only ever held opened in memory.
type Credential struct {
	Account string          // id of the account
	Access  govmedia.Secret // the token sent with each call
	Refresh govmedia.Secret // empty when the platform gave none: the account must then be connected again in time
	Expires time.Time       // when Access ends; zero when it does not end
	Version int64           // set by the vault; grows with each change

	Connected time.Time // set by the vault: when a person or an OAuth callback last obtained it; renewal keeps it
}

// same reports whether both are one token: the same version, or one and its re-encryption.
func (c Credential) same(o Credential) bool {
	return c.Version == o.Version || c.Access == o.Access && c.Expires.Equal(o.Expires)
}

// SealedCredential is the stored form of a credential: the secrets are inside Box and nowhere else.
type SealedCredential struct {
	Account string
	Version int64
	KeyID   string // the key of the Keyring that Box is encrypted with
	Box     []byte // AES-256-GCM: nonce, then ciphertext; bound to Account and KeyID
	Expires time.Time
	Renews  bool // a refresh token is inside

	Connected time.Time // when it was last obtained anew, which ends what earlier custodians know; renewal and re-encryption keep it
}

// Keyring holds the keys that encrypt credentials at rest. To rotate, add a key, make it Current and call
// [Vault.Rotate]; the old key can go when that has succeeded.
type Keyring struct {
	Current string
	Keys    map[string][]byte // key id → 32 bytes
}

// Format implements fmt.Formatter, so that no verb reaches the keys.
func (k Keyring) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "keyring with %d keys, current %q", len(k.Keys), k.Current)
}

// MarshalText implements encoding.TextMarshaler, and through it JSON and logs, which get no key.
func (k Keyring) MarshalText() ([]byte, error) { return fmt.Append(nil, k), nil }

type secrets struct{ Access, Refresh string }

func (k Keyring) aead(id string) (cipher.AEAD, error) {
	key, ok := k.Keys[id]
	if !ok {
		return nil, govmedia.Errorf(govmedia.KindNotFound, "vault.key", "key id %q is not in the keyring; add it before opening", id)
	}
	if len(key) != 32 {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "vault.key", "key id %q has %d bytes; AES-256 needs 32", id, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (k Keyring) seal(c Credential) (SealedCredential, error) {
	aead, err := k.aead(k.Current)
	if err != nil {
		return SealedCredential{}, err
	}
	plain, err := json.Marshal(secrets{c.Access.Reveal(), c.Refresh.Reveal()})
	if err != nil {
		return SealedCredential{}, err
	}
	return SealedCredential{
		Account: c.Account, Version: c.Version, KeyID: k.Current, Expires: c.Expires, Renews: !c.Refresh.IsZero(), Connected: c.Connected,
		Box: aead.Seal(nil, nil, plain, binding(c.Account, k.Current)),
	}, nil
}

func (k Keyring) open(s SealedCredential) (Credential, error) {
	aead, err := k.aead(s.KeyID)
	if err != nil {
		return Credential{}, err
	}
	plain, err := aead.Open(nil, nil, s.Box, binding(s.Account, s.KeyID))
	if err != nil {
		return Credential{}, govmedia.Errorf(govmedia.KindCorrupt, "vault.open",
			"credential of account %q does not open with key %q: wrong key or altered row", s.Account, s.KeyID)
	}
	var in secrets
	if err := json.Unmarshal(plain, &in); err != nil {
		return Credential{}, govmedia.Errorf(govmedia.KindCorrupt, "vault.open", "credential of account %q is damaged", s.Account)
	}
	return Credential{
		Account: s.Account, Version: s.Version, Expires: s.Expires, Connected: s.Connected,
		Access: govmedia.NewSecret(in.Access), Refresh: govmedia.NewSecret(in.Refresh),
	}, nil
}

// binding ties a box to its row, so that the box of one account cannot be moved to another.
func binding(account, key string) []byte {
	return []byte("govmedia credential\x00" + account + "\x00" + key)
}

// VaultStore keeps sealed credentials and the lease on their refresh. It is implemented by this module's engine only
// and may gain methods. Every method is one transaction.
type VaultStore interface {
	// Credential returns the stored credential, or KindNotFound.
	Credential(ctx context.Context, account string) (SealedCredential, error)
	// Credentials returns those of the accounts that have one, nil for all, ordered by account.
	Credentials(ctx context.Context, accounts []string) ([]SealedCredential, error)
	// PutCredential stores c if the stored version is c.Version-1 (no row counts as 0) and ends any lease on it;
	// otherwise it changes nothing and gives KindConflict.
	PutCredential(ctx context.Context, actor string, c SealedCredential) error
	// LeaseCredential makes owner the only one to refresh this version until the given instant. It reports false
	// when the version has moved on or somebody else's lease is still live at now.
	LeaseCredential(ctx context.Context, account string, version int64, owner string, now, until time.Time) (bool, error)
	// ReleaseCredential ends owner's lease; somebody else's lease is left alone.
	ReleaseCredential(ctx context.Context, account, owner string) error
}

func newOwner() string { return rand.Text() }
