package account_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func TestSeen_UnknownIsNull(t *testing.T) {
	p := account.Profile{UID: "7001", Name: account.Saw("示例市发布"), Verified: account.Saw(false), Bio: account.Saw(""), Posts: account.Saw(int64(3))}
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.JSONEq(t, `{"uid":"7001","url":"","name":"示例市发布","verified":false,"verification_note":null,"bio":"","avatar":null,
		"comments_open":null,"auto_reply":null,"followers":null,"posts":3}`, string(text))
	var again account.Profile
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, p, again)
	require.NotEqual(t, account.Seen[bool]{}, account.Saw(false), "nobody knows is not no")
	_, known := again.CommentsOpen.Value()
	require.False(t, known)
	closed, known := again.Verified.Value()
	require.True(t, known && !closed)

	require.NoError(t, json.Unmarshal([]byte(`{"bio":"x"}`), &again))
	require.NoError(t, json.Unmarshal([]byte(`{"bio":null}`), &again))
	require.Equal(t, account.Seen[string]{}, again.Bio, "null forgets what stood there")
	require.ErrorIs(t, json.Unmarshal([]byte(`{"verified":"yes"}`), &again), govmedia.KindInvalid)
}
