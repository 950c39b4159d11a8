package goclients

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/faabiosr/cachego/file"
	"github.com/fastwego/offiaccount"
	"github.com/fastwego/offiaccount/apis/comment"
	"github.com/fastwego/offiaccount/apis/draft"
	"github.com/stretchr/testify/require"
)

// github.com/fastwego/offiaccount v1.0.1: its address is a variable of the package; it knows no freepublish.
func TestOffiaccount(t *testing.T) {
	g := fakes(t)
	offiaccount.WXServerUrl = g.BaseURL
	const appID, openID = "wxoffiaccount0001", "oOffiaccount1"
	g.control(t, "apps", object{"appid": appID, "secret": "offiaccount"}, nil)
	g.control(t, "fans", object{"appid": appID, "openid": openID}, nil)
	client := func(secret string) *offiaccount.OffiAccount {
		oa := offiaccount.New(offiaccount.Config{Appid: appID, Secret: secret})
		oa.Logger = nil // it would tell the token
		oa.AccessToken.Cache = file.New(t.TempDir())
		return oa
	}
	oa := client("offiaccount")
	var token, mediaID string

	t.Run("token", func(t *testing.T) {
		before := g.journal(t, appID)
		var err error
		token, err = oa.AccessToken.GetAccessTokenHandler(oa)
		require.NoError(t, err)
		again, err := oa.AccessToken.GetAccessTokenHandler(oa)
		require.NoError(t, err)
		require.Equal(t, token, again)
		require.Equal(t, before.Tokens+1, g.journal(t, appID).Tokens)

		wrong := client("wrong")
		_, err = wrong.AccessToken.GetAccessTokenHandler(wrong)
		require.ErrorContains(t, err, "40125")
	})

	t.Run("draft/add", func(t *testing.T) {
		payload, err := json.Marshal(object{"articles": []object{{
			"title": "示例市停水通知", "content": "今晚停水，八点恢复。", "thumb_media_id": g.cover(t, token), "need_open_comment": 1,
		}}})
		require.NoError(t, err)
		resp, err := draft.AddDraft(oa, payload)
		require.NoError(t, err)
		var got struct {
			MediaID string `json:"media_id"`
		}
		require.NoError(t, json.Unmarshal(resp, &got))
		held := g.journal(t, appID).Drafts
		require.Len(t, held, 1)
		require.Equal(t, got.MediaID, held[0].MediaID)
		require.Equal(t, "box", held[0].State)
		require.Equal(t, "示例市停水通知", held[0].Articles[0].Title)
		mediaID = got.MediaID

		_, err = draft.AddDraft(oa, []byte(`{"articles":[{"title":"通知","content":"停水","thumb_media_id":"none"}]}`))
		require.ErrorContains(t, err, "40007")
		require.Len(t, g.journal(t, appID).Drafts, 1)
	})

	t.Run("comment/list", func(t *testing.T) {
		payload, err := json.Marshal(object{"media_id": mediaID})
		require.NoError(t, err)
		_, err = oa.Client.HTTPPost("/cgi-bin/freepublish/submit", bytes.NewReader(payload), "application/json")
		require.NoError(t, err)
		p := g.journal(t, appID).Publications[0]
		g.settle(t, p.PublishID)
		g.control(t, "comments", object{"msg_data_id": p.MsgDataID, "index": 0, "openid": openID, "text": "几点恢复？"}, nil)

		of, err := strconv.ParseInt(p.MsgDataID, 10, 64)
		require.NoError(t, err)
		list := func() (got struct {
			Total   int
			Comment []struct {
				ID      int64 `json:"user_comment_id"`
				OpenID  string
				Content string
				Reply   struct{ Content string }
			}
		}) {
			payload, err := json.Marshal(object{"msg_data_id": of, "index": 0, "begin": 0, "count": 49, "type": 0})
			require.NoError(t, err)
			resp, err := comment.List(oa, payload)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(resp, &got))
			require.Equal(t, 1, got.Total)
			return got
		}
		got := list()
		require.Equal(t, "几点恢复？", got.Comment[0].Content)
		require.Equal(t, openID, got.Comment[0].OpenID)

		payload, err = json.Marshal(object{"msg_data_id": of, "index": 0, "user_comment_id": got.Comment[0].ID, "content": "今晚八点。"})
		require.NoError(t, err)
		_, err = comment.ReplyAdd(oa, payload)
		require.NoError(t, err)
		require.Equal(t, "今晚八点。", g.journal(t, appID).Comments[0].Reply)
		require.Equal(t, "今晚八点。", list().Comment[0].Reply.Content)

		_, err = comment.List(oa, []byte(`{"msg_data_id":1,"index":0,"begin":0,"count":10,"type":0}`))
		require.ErrorContains(t, err, "88001")
	})
}
