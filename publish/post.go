package publish

import (
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
	Text string `json:"text"` // the whole text, links included
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
	Targets    []string             `json:"targets"`    // ids of accounts
	Variants   map[string]string    `json:"variants"`   // by platform: the text to send instead of the rendered one
	Renditions map[string]Rendition `json:"renditions"` // by platform: what will be sent; Draft sets them anew
	Stage      Stage                `json:"stage"`
	Signatures []Signature          `json:"signatures"` // of the current text, oldest first; an edit clears them
	Seal       string               `json:"seal"`       // digest of what was approved; empty before
	Version    int64                `json:"version"`    // grows with every change; steps and edits name the one they saw
}

// Digest is the hex SHA-256 over everything that will be sent and where: text, targets and renditions.
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
func (p *Post) render(platforms map[string]bool) {
	p.Renditions = map[string]Rendition{}
	for platform := range platforms {
		text, ok := p.Variants[platform]
		if !ok {
			text = p.text()
		}
		p.Renditions[platform] = Rendition{Text: text}
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
	FullyLive     State = "live"           // every account shows it
	PartiallyLive State = "partially_live" // settled, and some accounts show it
	NowhereLive   State = "not_live"       // settled, and no account shows it
)

// StateOf computes the state of a post from its deliveries.
func StateOf(deliveries []govmedia.Delivery) State {
	live, moving := 0, 0
	for _, d := range deliveries {
		switch {
		case d.State == govmedia.Live:
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
