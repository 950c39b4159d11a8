package goclients

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// greeting is what these tests need of the line that examples/fakeplatforms prints.
type greeting struct {
	BaseURL string `json:"base_url"`
	WeChat  struct {
		Control string `json:"control"`
	} `json:"wechat"`
}

func fakes(t *testing.T) greeting {
	t.Helper()
	line := os.Getenv("GOVMEDIA_FAKES")
	if line == "" {
		t.Skip("GOVMEDIA_FAKES is not set; run it with GOVMEDIA_FOREIGN_CLIENTS=1 go test ./internal/foreignclients in the main module")
	}
	var g greeting
	require.NoError(t, json.Unmarshal([]byte(line), &g))
	return g
}

// control makes a control call of the fake WeChat: GET without a body, POST with one.
func (g greeting) control(t *testing.T, path string, body, to any) {
	t.Helper()
	method, reader := http.MethodGet, io.Reader(http.NoBody)
	if body != nil {
		content, err := json.Marshal(body)
		require.NoError(t, err)
		method, reader = http.MethodPost, bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, g.WeChat.Control+"/"+path, reader)
	require.NoError(t, err)
	answer(t, req, to)
}

// answer sends a request and decodes its answer into to, unless that is nil.
func answer(t *testing.T, req *http.Request, to any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", req.URL, content)
	if to != nil {
		require.NoError(t, json.Unmarshal(content, to), "%s: %s", req.URL, content)
	}
}

// object is a JSON object.
type object = map[string]any

// held is what the fake holds of one account.
type held struct {
	Drafts []struct {
		AppID    string `json:"appid"`
		MediaID  string `json:"media_id"`
		State    string `json:"state"`
		Articles []struct {
			Title, Content string
			ThumbMediaID   string `json:"thumb_media_id"`
			CommentsOpen   bool   `json:"comments_open"`
		}
	}
	Publications []struct {
		AppID     string `json:"appid"`
		PublishID string `json:"publish_id"`
		MsgDataID string `json:"msg_data_id"`
		MediaID   string `json:"media_id"`
		ArticleID string `json:"article_id"`
		Status    int
		Articles  []struct{ URL string }
	}
	Comments []struct {
		AppID string `json:"appid"`
		ID    string
		Text  string
		Reply string
	}
	Pushes []struct {
		AppID    string `json:"appid"`
		Kind     string
		State    string
		Attempts int
		Answer   string
	}
	Calls  map[string]int
	Tokens int
}

// journal returns what the fake holds of an account; calls and tokens are everybody's.
func (g greeting) journal(t *testing.T, appID string) (h held) {
	t.Helper()
	g.control(t, "journal", nil, &h)
	h.Drafts = of(h.Drafts, func(i int) string { return h.Drafts[i].AppID }, appID)
	h.Publications = of(h.Publications, func(i int) string { return h.Publications[i].AppID }, appID)
	h.Comments = of(h.Comments, func(i int) string { return h.Comments[i].AppID }, appID)
	h.Pushes = of(h.Pushes, func(i int) string { return h.Pushes[i].AppID }, appID)
	return h
}

func of[T any](all []T, app func(int) string, want string) (out []T) {
	for i, it := range all {
		if app(i) == want {
			out = append(out, it)
		}
	}
	return out
}

// cover uploads a picture for articles, with no client's help, and returns its media_id.
func (g greeting) cover(t *testing.T, token string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("media", "cover.png")
	require.NoError(t, err)
	_, err = part.Write([]byte("\x89PNG\r\n\x1a\n"))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		g.BaseURL+"/cgi-bin/material/add_material?type=image&access_token="+token, &body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", form.FormDataContentType())
	var got struct {
		MediaID string `json:"media_id"`
	}
	answer(t, req, &got)
	require.NotEmpty(t, got.MediaID)
	return got.MediaID
}

// settle ends a publication in success.
func (g greeting) settle(t *testing.T, publishID string) {
	t.Helper()
	g.control(t, "items", object{"id": publishID, "action": "settle-publication", "status": 0}, nil)
}
