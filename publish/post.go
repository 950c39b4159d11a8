package publish

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

// Stage (审核环节) is how far a post has come in the three-step review (三审三校).
type Stage string

// The stages, in order. An edit returns a post to StageDraft from any of them.
const (
	StageDraft     Stage = "draft"     // 拟稿
	StageSubmitted Stage = "submitted" // 初审: the author vouches for it
	StageReviewed  Stage = "reviewed"  // 复审: a second person has read it
	StageApproved  Stage = "approved"  // 终审: a third person has sealed it
)

// Step (审核动作) is what a person does to a post.
type Step string

// The steps.
const (
	StepDraft   Step = "draft"
	StepSubmit  Step = "submit"
	StepReview  Step = "review"
	StepApprove Step = "approve"
	StepReturn  Step = "return"  // 退回
	StepPublish Step = "publish" // 发布
)

// Rendition (平台版本) is what one platform is sent, to the letter.
type Rendition struct {
	Title string         `json:"title,omitempty"` // only for a platform that takes articles, as are Link and Cover
	Text  string         `json:"text"`            // the whole text, links included, unless it is an article
	Link  string         `json:"link,omitempty"`  // where the original stands
	Cover string         `json:"cover,omitempty"` // digest of the picture at the head
	Want  govmedia.Reach `json:"want"`            // what it is to become
}

// Media (媒体文件) is a picture or another file that belongs to a post.
type Media struct {
	Name string // as it was called where it came from
	Type string // media type, such as image/png
	Data []byte
}

// Digest is the hex SHA-256 of the bytes, under which a post names them.
func (m Media) Digest() string {
	sum := sha256.Sum256(m.Data)
	return hex.EncodeToString(sum[:])
}

// Signature records who took a step and when.
type Signature struct {
	Step  Step      `json:"step"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
	Note  string    `json:"note,omitempty"`
}

// Post (稿件) is one message to the public.
type Post struct {
	ID         string               `json:"id"` // chosen by the caller, without slash; empty lets Draft choose
	Title      string               `json:"title"`
	Text       string               `json:"text"`
	Link       string               `json:"link"`       // where the full text stands
	Cover      string               `json:"cover"`      // digest of the picture at the head, see Publisher.AddMedia; empty for none
	Want       govmedia.Reach       `json:"want"`       // what it is to become; empty counts as ReachPublic
	Targets    []string             `json:"targets"`    // ids of accounts
	Variants   map[string]string    `json:"variants"`   // by platform: the text to send instead of the rendered one
	Renditions map[string]Rendition `json:"renditions"` // by platform: what will be sent; Draft sets them anew
	Stage      Stage                `json:"stage"`
	Signatures []Signature          `json:"signatures"` // of the current text, oldest first; an edit clears them
	Seal       string               `json:"seal"`       // digest of what was approved; empty before
	Version    int64                `json:"version"`    // grows with every change; steps and edits name the one they saw
}

// Digest is the hex SHA-256 over everything that will be sent and where: text, cover, targets and renditions.
func (p Post) Digest() string {
	sealed := struct {
		ID, Title, Text, Link string
		Targets               []string
		Renditions            map[string]Rendition
	}{p.ID, p.Title, p.Text, p.Link, slices.Sorted(slices.Values(p.Targets)), p.Renditions}
	text, err := json.Marshal(sealed) // map keys are sorted, so equal posts give equal bytes
	if err != nil {
		panic(err) // strings and maps of strings always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// render sets the rendition of each platform from the post as it stands.
func (p *Post) render(platforms map[string]Limits) {
	p.Renditions = map[string]Rendition{}
	for platform, limits := range platforms {
		r := Rendition{Text: p.text(), Want: cmp.Or(p.Want, govmedia.ReachPublic)}
		if limits.Article {
			r.Title, r.Text, r.Link, r.Cover = p.Title, p.Text, p.Link, p.Cover
		}
		if text, ok := p.Variants[platform]; ok {
			r.Text = text
		}
		p.Renditions[platform] = r
	}
}

// text is the post in one piece: 【title】text link.
func (p *Post) text() string {
	text := p.Text
	if p.Title != "" {
		text = "【" + p.Title + "】" + text
	}
	if p.Link != "" {
		text += " " + p.Link
	}
	return text
}

// State (稿件状态) is computed from the deliveries of a post and never stored.
type State string

// The states of a post.
const (
	NotPublished  State = "not_published"  // nothing queued
	UnderWay      State = "under_way"      // something still moves by itself
	FullyLive     State = "live"           // every account shows it, or holds the draft that was asked for
	PartiallyLive State = "partially_live" // settled, and some accounts show it
	NowhereLive   State = "not_live"       // settled, and no account shows it
)

// StateOf computes the state of a post from its deliveries.
func StateOf(deliveries []govmedia.Delivery) State {
	live, moving := 0, 0
	for _, d := range deliveries {
		switch {
		case d.State == govmedia.Live, d.State == govmedia.Saved:
			live++
		case !d.State.Settled():
			moving++
		}
	}
	switch {
	case len(deliveries) == 0:
		return NotPublished
	case moving > 0:
		return UnderWay
	case live == len(deliveries):
		return FullyLive
	case live > 0:
		return PartiallyLive
	}
	return NowhereLive
}
