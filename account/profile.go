package account

import (
	"context"
	"encoding/json"

	"github.com/govmedia/govmedia"
)

// Profile (账号资料) is what a platform shows the public about an account, as it was seen once. What a platform does not
// have or did not tell is unknown, which is neither empty nor false. As JSON it can be kept as the filed state with which
// later observations are compared.
type Profile struct {
	UID              string       `json:"uid"`
	URL              string       `json:"url"`
	Name             Seen[string] `json:"name"`
	Verified         Seen[bool]   `json:"verified"`          // 认证标识: the platform marks it as a verified government account
	VerificationNote Seen[string] `json:"verification_note"` // 认证说明, which names the certified owner
	Bio              Seen[string] `json:"bio"`               // 简介
	// Avatar (头像) stands for the picture: two observations by the same adapter are equal when the picture is the same. It
	// is a digest or what else a platform identifies a picture by, not an address to load it from.
	Avatar       Seen[string] `json:"avatar"`
	CommentsOpen Seen[bool]   `json:"comments_open"` // 评论开关: anybody may comment
	AutoReply    Seen[string] `json:"auto_reply"`    // 自动回复: what the platform answers in the account's name
	Followers    Seen[int64]  `json:"followers"`
	Posts        Seen[int64]  `json:"posts"`
}

// ProfileSource (资料来源) reads profiles. An adapter whose platform shows them implements it. It is safe for concurrent
// use; its errors are those of any read, and whoever asks may ask again.
type ProfileSource interface {
	// Profile reads what the platform shows now of the account.
	Profile(ctx context.Context, a Account, cred Credential) (Profile, error)
}

// Seen (观测值) is what a platform told about one point. The zero value is unknown. Values can be compared with ==; in JSON
// it is the value, or null when it is unknown.
type Seen[T comparable] struct {
	value T
	known bool
}

// Saw returns what a platform told.
func Saw[T comparable](v T) Seen[T] { return Seen[T]{v, true} }

// Value returns what was told; known is false when nothing was.
func (s Seen[T]) Value() (v T, known bool) { return s.value, s.known }

// MarshalJSON implements json.Marshaler.
func (s Seen[T]) MarshalJSON() ([]byte, error) {
	if !s.known {
		return []byte("null"), nil
	}
	return json.Marshal(s.value)
}

// UnmarshalJSON implements json.Unmarshaler. What is not of the type gives a KindInvalid error.
func (s *Seen[T]) UnmarshalJSON(data []byte) error {
	var v *T
	if err := json.Unmarshal(data, &v); err != nil {
		return govmedia.Errorf(govmedia.KindInvalid, "account.profile", "a value of the profile: %w", err)
	}
	*s = Seen[T]{}
	if v != nil {
		*s = Saw(*v)
	}
	return nil
}
