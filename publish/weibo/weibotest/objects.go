package weibotest

import (
	"cmp"
	"html"
	"strings"
	"time"
)

// createdLayout is the layout of created_at, always in Beijing time.
const createdLayout = "Mon Jan 02 15:04:05 -0700 2006"

func wireTime(t time.Time) string { return t.In(beijing()).Format(createdLayout) }

// The wire objects (open.weibo.com/wiki/常见返回对象数据结构, read 2026-11-22). Every id comes as
// a JSON number beyond 2^53 and again as a string.
type (
	wireUser struct {
		ID               int64       `json:"id"`
		IDStr            string      `json:"idstr"`
		ScreenName       string      `json:"screen_name"`
		Name             string      `json:"name"`
		Province         string      `json:"province"`
		City             string      `json:"city"`
		Location         string      `json:"location"`
		Description      string      `json:"description"`
		URL              string      `json:"url"`
		ProfileImageURL  string      `json:"profile_image_url"`
		ProfileURL       string      `json:"profile_url"`
		Domain           string      `json:"domain"`
		AllowAllComment  bool        `json:"allow_all_comment"`
		Gender           string      `json:"gender"`
		FollowersCount   int         `json:"followers_count"`
		FriendsCount     int         `json:"friends_count"`
		StatusesCount    int         `json:"statuses_count"`
		FavouritesCount  int         `json:"favourites_count"`
		CreatedAt        string      `json:"created_at"`
		Verified         bool        `json:"verified"`
		VerifiedType     int         `json:"verified_type"`
		VerifiedReason   string      `json:"verified_reason"`
		Remark           string      `json:"remark"`
		Status           *wireStatus `json:"status,omitempty"`
		AvatarLarge      string      `json:"avatar_large"`
		AvatarHD         string      `json:"avatar_hd"`
		OnlineStatus     int         `json:"online_status"`
		BiFollowersCount int         `json:"bi_followers_count"`
		Lang             string      `json:"lang"`
	}

	wireStatus struct {
		CreatedAt           string      `json:"created_at"`
		ID                  int64       `json:"id"`
		MID                 string      `json:"mid"`
		IDStr               string      `json:"idstr"`
		Text                string      `json:"text"`
		TextLength          int         `json:"textLength"`
		Source              string      `json:"source"`
		Favorited           bool        `json:"favorited"`
		Truncated           bool        `json:"truncated"`
		InReplyToStatusID   string      `json:"in_reply_to_status_id"`
		InReplyToUserID     string      `json:"in_reply_to_user_id"`
		InReplyToScreenName string      `json:"in_reply_to_screen_name"`
		PicURLs             []wirePic   `json:"pic_urls"`
		ThumbnailPic        string      `json:"thumbnail_pic,omitempty"`
		BmiddlePic          string      `json:"bmiddle_pic,omitempty"`
		OriginalPic         string      `json:"original_pic,omitempty"`
		Geo                 *struct{}   `json:"geo"`
		User                *wireUser   `json:"user,omitempty"`
		RepostsCount        int         `json:"reposts_count"`
		CommentsCount       int         `json:"comments_count"`
		AttitudesCount      int         `json:"attitudes_count"`
		IsLongText          bool        `json:"isLongText"`
		MLevel              int         `json:"mlevel"`
		Visible             wireVisible `json:"visible"`
	}

	// wireDeleted stands for a deleted post inside other objects.
	wireDeleted struct {
		CreatedAt string `json:"created_at"`
		ID        int64  `json:"id"`
		MID       string `json:"mid"`
		IDStr     string `json:"idstr"`
		Text      string `json:"text"`
		Deleted   string `json:"deleted"`
	}

	wirePic struct {
		ThumbnailPic string `json:"thumbnail_pic"`
	}

	wireVisible struct {
		Type   int `json:"type"`
		ListID int `json:"list_id"`
	}

	wireComment struct {
		CreatedAt    string       `json:"created_at"`
		ID           int64        `json:"id"`
		MID          string       `json:"mid"`
		IDStr        string       `json:"idstr"`
		Text         string       `json:"text"`
		Source       string       `json:"source"`
		User         *wireUser    `json:"user"`
		Status       any          `json:"status,omitempty"` // *wireStatus or *wireDeleted
		ReplyComment *wireComment `json:"reply_comment,omitempty"`
	}
)

func (u *account) wire() *wireUser {
	picture := cmp.Or(u.Avatar, "0")
	w := &wireUser{
		ID: u.id, IDStr: u.UID, ScreenName: u.ScreenName, Name: u.ScreenName,
		Province: "11", City: "1000", Location: "北京", Description: u.Description,
		ProfileImageURL: "http://tp1.sinaimg.cn/" + u.UID + "/50/" + picture + "/1",
		AvatarLarge:     "http://tp1.sinaimg.cn/" + u.UID + "/180/" + picture + "/1",
		AvatarHD:        "http://tp1.sinaimg.cn/" + u.UID + "/1024/" + picture + "/1",
		ProfileURL:      "u/" + u.UID, Gender: "n", AllowAllComment: !u.CommentsClosed,
		FollowersCount: u.Followers, FriendsCount: u.Friends,
		CreatedAt: wireTime(time.Unix(1262275200, 0)), // 2010-01-01
		Verified:  u.Verified, VerifiedType: -1, Lang: "zh-cn",
	}
	for _, p := range u.posts {
		if !p.deleted && !p.shadow {
			w.StatusesCount++
		}
	}
	if u.Verified {
		w.VerifiedType, w.VerifiedReason = u.VerifiedType, u.VerifiedReason
	}
	return w
}

// source is the HTML link that names the sending application.
func (r *record) source() string {
	if r.app == nil || r.app.Name == "" {
		return ""
	}
	return `<a href="http://app.weibo.com/t/feed/` + html.EscapeString(r.app.Key) + `" rel="nofollow">` +
		html.EscapeString(r.app.Name) + `</a>`
}

// bare returns the post without its author.
func (p *post) bare(now time.Time) *wireStatus {
	w := &wireStatus{
		CreatedAt: wireTime(p.created), ID: p.id, MID: formatID(p.id), IDStr: formatID(p.id),
		Text: p.shown, TextLength: halfWidths(p.shown), Source: p.source(), PicURLs: []wirePic{},
		RepostsCount: p.reposts, CommentsCount: p.commentsCount(now), AttitudesCount: p.attitudes,
	}
	if p.picture != nil {
		name := p.picture.SHA256[:32] + "." + strings.TrimPrefix(p.picture.MediaType, "image/")
		w.ThumbnailPic = "http://wx1.sinaimg.cn/thumbnail/" + name
		w.BmiddlePic = "http://wx1.sinaimg.cn/bmiddle/" + name
		w.OriginalPic = "http://wx1.sinaimg.cn/large/" + name
		w.PicURLs = append(w.PicURLs, wirePic{ThumbnailPic: w.ThumbnailPic})
	}
	return w
}

func (p *post) wire(now time.Time) *wireStatus {
	w := p.bare(now)
	w.User = p.author.wire()
	return w
}

// embedded returns the post as it stands inside a comment.
func (p *post) embedded(now time.Time) any {
	if !p.deleted {
		return p.wire(now)
	}
	return &wireDeleted{
		CreatedAt: wireTime(p.created), ID: p.id, MID: formatID(p.id), IDStr: formatID(p.id),
		Text: "抱歉，此微博已被作者删除。", Deleted: "1",
	}
}

func (p *post) commentsCount(now time.Time) int {
	n := 0
	for _, c := range p.comments {
		if c.visible(now) {
			n++
		}
	}
	return n
}

// bare returns the comment without its post.
func (c *comment) bare() *wireComment {
	return &wireComment{
		CreatedAt: wireTime(c.created), ID: c.id, MID: formatID(c.id), IDStr: formatID(c.id),
		Text: c.shown, Source: c.source(), User: c.author.wire(),
	}
}

func (c *comment) wire(now time.Time) *wireComment {
	w := c.bare()
	w.Status = c.post.embedded(now)
	if c.parent != nil && c.parent.visible(now) {
		w.ReplyComment = c.parent.bare()
	}
	return w
}
