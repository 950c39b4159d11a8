package goclients

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/draft"
	"github.com/silenceper/wechat/v2/officialaccount/freepublish"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
	"github.com/stretchr/testify/require"
)

// github.com/silenceper/wechat/v2 v2.1.13: its addresses are constants and are rewritten for the whole process. It throws
// away the msg_data_id of a publication and knows no comments.
func TestSilenceper(t *testing.T) {
	g := fakes(t)
	util.SetURIModifier(func(uri string) string {
		return strings.Replace(uri, "https://api.weixin.qq.com", g.BaseURL, 1)
	})
	t.Cleanup(func() { util.SetURIModifier(nil) })

	const appID, openID = "wxsilenceper00001", "oSilenceper1"
	cfg := &config.Config{
		AppID: appID, AppSecret: "silenceper", Token: "testtoken", Cache: cache.NewMemory(), UseStableAK: true,
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	oa := officialaccount.NewOfficialAccount(cfg)

	var mutex sync.Mutex
	var seen []string // what the callback server understood
	callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server := oa.GetServer(r, w)
		server.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			mutex.Lock()
			defer mutex.Unlock()
			seen = append(seen, string(m.Event)+m.Content)
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText("已收到。")}
		})
		if err := server.Serve(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = server.Send()
	}))
	defer callback.Close()
	g.control(t, "apps", object{
		"appid": appID, "secret": cfg.AppSecret, "token": cfg.Token, "encoding_aes_key": cfg.EncodingAESKey,
		"push_mode": "safe", "callback_url": callback.URL,
	}, nil)
	g.control(t, "fans", object{"appid": appID, "openid": openID}, nil)

	token, err := oa.GetAccessToken()
	require.NoError(t, err)
	var mediaID string

	t.Run("draft", func(t *testing.T) {
		before := g.journal(t, appID).Tokens
		article := &draft.Article{
			Title: "示例市停水通知", Author: "示例", Content: "<p>今晚停水 & 检修。</p>", ThumbMediaID: g.cover(t, token), NeedOpenComment: 1,
		}
		drafts := oa.GetDraft()
		mediaID, err = drafts.AddDraft([]*draft.Article{article})
		require.NoError(t, err)
		held := g.journal(t, appID).Drafts
		require.Len(t, held, 1)
		require.Equal(t, held[0].MediaID, mediaID)
		require.Equal(t, article.Content, held[0].Articles[0].Content)
		require.Equal(t, article.ThumbMediaID, held[0].Articles[0].ThumbMediaID)
		require.True(t, held[0].Articles[0].CommentsOpen)

		got, err := drafts.GetDraft(mediaID)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, article.Title, got[0].Title)
		count, err := drafts.CountDraft()
		require.NoError(t, err)
		require.EqualValues(t, 1, count)
		list, err := drafts.PaginateDraft(0, 20, true)
		require.NoError(t, err)
		require.EqualValues(t, 1, list.TotalCount)
		require.Equal(t, mediaID, list.Item[0].MediaID)
		require.Equal(t, before, g.journal(t, appID).Tokens) // kept, not fetched again

		_, err = drafts.AddDraft([]*draft.Article{{Title: "通知", Content: "停水", ThumbMediaID: "none"}})
		var refused *util.CommonError
		require.ErrorAs(t, err, &refused)
		require.EqualValues(t, 40007, refused.ErrCode)
	})

	t.Run("freepublish", func(t *testing.T) {
		publisher := oa.GetFreePublish()
		id, err := publisher.Publish(mediaID)
		require.NoError(t, err)
		h := g.journal(t, appID)
		require.Len(t, h.Publications, 1)
		require.Equal(t, h.Publications[0].PublishID, strconv.FormatInt(id, 10))
		require.Equal(t, mediaID, h.Publications[0].MediaID)

		status, err := publisher.SelectStatus(id)
		require.NoError(t, err)
		require.Equal(t, freepublish.PublishStatusPublishing, status.PublishStatus) // accepted is not published
		g.settle(t, h.Publications[0].PublishID)
		status, err = publisher.SelectStatus(id)
		require.NoError(t, err)
		require.Equal(t, freepublish.PublishStatusSuccess, status.PublishStatus)
		p := g.journal(t, appID).Publications[0]
		require.Equal(t, id, status.PublishID)
		require.Equal(t, p.ArticleID, status.ArticleID)
		require.EqualValues(t, 1, status.ArticleDetail.Count)
		require.Equal(t, p.Articles[0].URL, status.ArticleDetail.Items[0].ArticleURL)

		articles, err := publisher.First(status.ArticleID)
		require.NoError(t, err)
		require.Equal(t, "示例市停水通知", articles[0].Title)
		list, err := publisher.Paginate(0, 20, true)
		require.NoError(t, err)
		require.EqualValues(t, 1, list.TotalCount)

		_, err = publisher.Publish(mediaID) // it has left the box
		var refused *util.CommonError
		require.ErrorAs(t, err, &refused)
		require.EqualValues(t, 40007, refused.ErrCode)
		require.Len(t, g.journal(t, appID).Publications, 1)
	})

	t.Run("callback", func(t *testing.T) {
		g.control(t, "messages", object{"appid": appID, "openid": openID, "text": "几点恢复供水？"}, nil)
		g.control(t, "pushes", object{"action": "deliver"}, nil)
		mutex.Lock()
		defer mutex.Unlock()
		require.Equal(t, []string{"PUBLISHJOBFINISH", "几点恢复供水？"}, seen)
		for _, push := range g.journal(t, appID).Pushes {
			require.Equal(t, "delivered", push.State, push.Kind)
			require.Equal(t, 1, push.Attempts)
			require.Contains(t, push.Answer, "已收到。") // encrypted on the way
		}
	})
}
