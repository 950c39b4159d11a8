package wechattest

import "time"

// Kind is the kind of an Official Account.
type Kind string

// The kinds. The empty kind is [KindSubscription].
const (
	KindSubscription Kind = "subscription" // 订阅号
	KindService      Kind = "service"      // 服务号
)

// PushMode is how pushes to the callback address are protected (消息加解密方式).
type PushMode string

// The modes. The empty mode is [PushPlain].
const (
	PushPlain      PushMode = "plain"      // 明文模式
	PushCompatible PushMode = "compatible" // 兼容模式: in clear and encrypted
	PushSafe       PushMode = "safe"       // 安全模式: encrypted only
)

// App is an Official Account (公众号) with its developer settings.
type App struct {
	ID          string   `json:"appid"`
	Secret      string   `json:"secret"`
	Name        string   `json:"name,omitempty"`
	OriginalID  string   `json:"original_id"` // gh_…, derived from ID when empty
	Kind        Kind     `json:"kind,omitempty"`
	Unverified  bool     `json:"unverified"` // 未认证 or lapsed: most of the platform answers 48001
	Sandbox     bool     `json:"sandbox"`    // 测试号: its publications always fail
	Token       string   `json:"token,omitempty"`
	AESKey      string   `json:"encoding_aes_key,omitempty"` // EncodingAESKey, 43 characters
	PushMode    PushMode `json:"push_mode,omitempty"`
	CallbackURL string   `json:"callback_url,omitempty"` // where [Server.DeliverPushes] posts
}

// Credentials is what a token call yields. They are this fake's and worth nothing
// elsewhere, so nothing redacts them.
type Credentials struct {
	AppID       string    `json:"appid"`
	AccessToken string    `json:"access_token"`
	Expires     time.Time `json:"expires"`
	Stable      bool      `json:"stable"`
}

// Fan is a citizen who follows or followed an account (粉丝).
type Fan struct {
	AppID        string    `json:"appid"`
	OpenID       string    `json:"openid"` // empty asks for a fresh one
	UnionID      string    `json:"unionid,omitempty"`
	Unsubscribed bool      `json:"unsubscribed"`
	SubscribedAt time.Time `json:"subscribed_at"` // zero asks for now
	Remark       string    `json:"remark,omitempty"`
	Tags         []int     `json:"tags"`
	Scene        string    `json:"scene,omitempty"` // subscribe_scene, ADD_SCENE_SEARCH when empty
}

// Material is uploaded media (素材); its bytes are not kept.
type Material struct {
	AppID       string    `json:"appid"`
	MediaID     string    `json:"media_id"` // empty for pictures inside articles (uploadimg)
	Type        string    `json:"type"`     // image, voice, video, thumb, or uploadimg
	URL         string    `json:"url,omitempty"`
	FileName    string    `json:"file_name"`
	MediaType   string    `json:"media_type"`
	Size        int       `json:"size"`   // bytes
	SHA256      string    `json:"sha256"` // lower-case hexadecimal
	Title       string    `json:"title,omitempty"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
	Expires     time.Time `json:"expires,omitzero"` // of temporary media
	Deleted     bool      `json:"deleted"`
}

// Article is one article (图文) of a draft, a publication or a mass message.
type Article struct {
	Type         string   `json:"type"` // news or newspic
	Title        string   `json:"title"`
	Author       string   `json:"author"`
	Digest       string   `json:"digest"`  // filled in when sent empty
	Content      string   `json:"content"` // as sent
	Shown        string   `json:"shown"`   // as readers get it
	SourceURL    string   `json:"content_source_url"`
	ThumbMediaID string   `json:"thumb_media_id"`
	Images       []string `json:"images,omitempty"` // media ids of a newspic
	CommentsOpen bool     `json:"comments_open"`
	FansOnly     bool     `json:"only_fans_can_comment"`
	URL          string   `json:"url"`
	Deleted      bool     `json:"deleted"`
	Warnings     []string `json:"warnings,omitempty"` // accepted, yet against the current documents
}

// DraftState tells where a draft is.
type DraftState string

// Where a draft is.
const (
	DraftInBox    DraftState = "box"
	DraftGone     DraftState = "submitted" // taken by a publication or mass message
	DraftDeleted  DraftState = "deleted"
	DraftVanished DraftState = "vanished" // by the fault draft-vanishes or shadow-drop
)

// Draft is a draft (草稿).
type Draft struct {
	AppID    string     `json:"appid"`
	MediaID  string     `json:"media_id"`
	State    DraftState `json:"state"`
	Articles []Article  `json:"articles"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
}

// The statuses of a publication (publish_status).
const (
	PublishDone       = 0
	PublishWorking    = 1
	PublishOriginal   = 2 // originality failure
	PublishFailed     = 3
	PublishRejected   = 4 // refused by the platform's audit
	PublishAllDeleted = 5
	PublishBanned     = 6
)

// Publication is one job of freepublish/submit (发布) and what became of it.
type Publication struct {
	AppID     string    `json:"appid"`
	PublishID string    `json:"publish_id"` // decimal
	MsgDataID string    `json:"msg_data_id"`
	MediaID   string    `json:"media_id"`   // of the draft
	ArticleID string    `json:"article_id"` // empty until it is through
	Status    int       `json:"status"`
	FailIdx   []int     `json:"fail_idx,omitempty"`
	Articles  []Article `json:"articles"`
	Submitted time.Time `json:"submitted"`
	Settled   time.Time `json:"settled,omitzero"`
	Shadow    bool      `json:"shadow"` // answered as success, never visible
	Visible   bool      `json:"visible"`
	Polls     int       `json:"polls"` // how often freepublish/get asked
}

// The statuses of a mass message (msg_status).
const (
	MassSending = "SENDING"
	MassSuccess = "SEND_SUCCESS"
	MassFailed  = "SEND_FAIL"
	MassDeleted = "DELETE"
)

// Mass is one mass message (群发).
type Mass struct {
	AppID       string    `json:"appid"`
	MsgID       string    `json:"msg_id"` // decimal
	MsgDataID   string    `json:"msg_data_id,omitempty"`
	ClientMsgID string    `json:"clientmsgid,omitempty"` // as sent
	Type        string    `json:"msgtype"`
	MediaID     string    `json:"media_id,omitempty"`
	Text        string    `json:"text,omitempty"`
	Articles    []Article `json:"articles,omitempty"`
	ToAll       bool      `json:"is_to_all"`
	TagID       int       `json:"tag_id,omitempty"`
	To          []string  `json:"to"` // openids that are to get it
	Status      string    `json:"status"`
	Result      string    `json:"result,omitempty"` // as in MASSSENDJOBFINISH, such as "send success" or "err(20001)"
	Submitted   time.Time `json:"submitted"`
	Settled     time.Time `json:"settled,omitzero"`
	Shadow      bool      `json:"shadow"` // answered as success, reached nobody
}

// Comment is a citizen's comment (留言) on an article.
type Comment struct {
	AppID     string    `json:"appid"`
	ID        string    `json:"id"` // msg_data_id, index and user_comment_id, joined by _
	MsgDataID string    `json:"msg_data_id"`
	Index     int       `json:"index"`           // of the article, from 0
	UserID    int64     `json:"user_comment_id"` // counts from 1 on each article
	OpenID    string    `json:"openid,omitempty"`
	Text      string    `json:"text"`
	Created   time.Time `json:"created"`
	Elected   bool      `json:"elected"`
	Hidden    bool      `json:"hidden"`
	Deleted   string    `json:"deleted,omitempty"` // by whom: account or citizen
	Reply     string    `json:"reply,omitempty"`
	ReplyAt   time.Time `json:"reply_at,omitzero"`
	Shadow    bool      `json:"shadow"`  // the reply was answered as success, nobody sees it
	Replies   int       `json:"replies"` // how many replies it ever got
}

// CustomMessage is a customer service message (客服消息) or a preview of a mass message.
type CustomMessage struct {
	AppID   string    `json:"appid"`
	OpenID  string    `json:"openid"`
	Type    string    `json:"msgtype"`
	Text    string    `json:"text,omitempty"`
	Body    string    `json:"body,omitempty"` // JSON of the part named like the type
	Account string    `json:"kf_account,omitempty"`
	Sent    time.Time `json:"sent"`
	Shadow  bool      `json:"shadow"`
}

// PushState tells what became of a push.
type PushState string

// What became of a push.
const (
	PushQueued    PushState = "queued"
	PushSending   PushState = "sending"
	PushDelivered PushState = "delivered" // answered, or handed out by [Server.TakePushes]
	PushLost      PushState = "lost"      // by the fault push-lost
	PushFailed    PushState = "failed"    // three attempts went unanswered
)

// Push is a message or event for the callback address (消息推送).
type Push struct {
	ID       string    `json:"id"`
	AppID    string    `json:"appid"`
	Kind     string    `json:"kind"` // message type such as text, or event such as PUBLISHJOBFINISH
	OpenID   string    `json:"openid"`
	XML      string    `json:"xml"` // in clear
	Created  time.Time `json:"created"`
	State    PushState `json:"state"`
	Attempts int       `json:"attempts"`         // requests made for it, forged ones excluded
	Answer   string    `json:"answer,omitempty"` // to the last attempt, decrypted
	Notice   bool      `json:"notice"`           // the citizen was shown that the account is out of service
	Forged   []int     `json:"forged,omitempty"` // statuses that forged variants were answered with, 0 for none
}
