package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

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

	StepApproveEmergency Step = "approve_emergency" // 应急签发: one person instead of two; the review follows
	StepReviewAfter      Step = "review_after"      // 补复审: what an emergency skipped, made up
	StepApproveAfter     Step = "approve_after"     // 补终审: likewise

	StepReschedule Step = "reschedule" // 改期: the time of an approved post, which was approved with it
	StepCancel     Step = "cancel"     // 取消: what has not left yet
	StepHold       Step = "hold"       // 暂停发布; the post is empty
	StepRelease    Step = "release"    // 恢复发布; the post is empty
	StepRetry      Step = "retry"      // 重发: what certainly did not go out; the post is empty
	StepWithdraw   Step = "withdraw"   // 撤回: what has left is taken down, what has not is cancelled
)

// Rendition (平台版本) is what one platform is sent, to the letter.
type Rendition struct {
	Title string         `json:"title,omitempty"` // only for a platform that takes articles, as are Link and Cover
	Text  string         `json:"text"`            // the whole text, links included, unless it is an article
	Link  string         `json:"link,omitempty"`  // where the original stands
	Cover string         `json:"cover,omitempty"` // digest of the picture at the head
	Media []string       `json:"media,omitempty"` // digests of the pictures and films that go with it, in order
	Want  govmedia.Reach `json:"want"`            // what it is to become
	Rest  []Rendition    `json:"rest,omitempty"`  // of a text that was split: the parts after this one
}

// digest is the hex SHA-256 of what a reader would see of it.
func (r Rendition) digest() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// part returns one part of a text that was split, from 1, or the whole for 0. There is none when it wants nothing.
func (r Rendition) part(n int) (part Rendition, ok bool) {
	switch {
	case n > 1+len(r.Rest) || r.Want == "" || (n == 0) != (len(r.Rest) == 0):
		return Rendition{}, false
	case n > 1:
		return r.Rest[n-2], true
	}
	r.Rest = nil
	return r, true
}

// Variant (分平台版本) is what an author writes for one platform instead of the post's own. What is empty is the post's.
type Variant struct {
	Title string   `json:"title,omitempty"` // only for a platform that takes articles
	Text  string   `json:"text,omitempty"`  // to the letter: nothing is added, and nothing shortened or split
	Media []string `json:"media"`           // nil for the post's; empty but not nil for none
}

// Post (稿件) is one message to the public.
type Post struct {
	ID         string               `json:"id"` // chosen by the caller, without slash; empty lets Draft choose
	Title      string               `json:"title"`
	Text       string               `json:"text"`
	Link       string               `json:"link"`       // where the full text stands
	Cover      string               `json:"cover"`      // digest of the picture at the head, see Publisher.AddMedia; empty for none
	Media      []string             `json:"media"`      // digests of the pictures and films that go with it, in order
	Want       govmedia.Reach       `json:"want"`       // what it is to become; empty counts as ReachPublic
	Overflow   Overflow             `json:"overflow"`   // what becomes of a text over a platform's limit
	Lane       govmedia.Lane        `json:"lane"`       // LaneEmergency allows the emergency review, see Publisher.ApproveEmergency
	Schedule   *Schedule            `json:"schedule"`   // when it is to go out; nil for as soon as it is published
	Topic      string               `json:"topic"`      // 主题, by which a Hold can stop it
	Column     string               `json:"column"`     // 栏目 that it belongs to
	Links      []Link               `json:"links"`      // other posts that it speaks of
	OnMedia    MediaPolicy          `json:"on_media"`   // what becomes of it when one of its pictures or films cannot go with it
	Policy     bool                 `json:"policy"`     // 政策文件: it needs a post that explains it, approved no later and published together
	Since      time.Time            `json:"since"`      // 事发时间, of an emergency; zero when it is not known
	Repeat     string               `json:"repeat"`     // why it may say again what an account has just said; empty refuses
	Targets    []string             `json:"targets"`    // ids of accounts
	Variants   map[string]Variant   `json:"variants"`   // by platform: what differs there
	Renditions map[string]Rendition `json:"renditions"` // by platform: what will be sent; Draft sets them anew
	Author     string               `json:"author"`     // 拟稿人: who wrote it as it stands; Draft sets it, as all below
	Stage      Stage                `json:"stage"`
	Entered    time.Time            `json:"entered"`    // since when it stands at its stage
	Signatures []Signature          `json:"signatures"` // of the current text, oldest first; an edit clears them
	Seal       string               `json:"seal"`       // digest of what was approved; empty before
	ReviewBy   time.Time            `json:"review_by"`  // by when the review that an emergency skipped is due; zero when none is owed
	Version    int64                `json:"version"`    // grows with every change; steps and edits name the one they saw
}

// Link (关联) names another post that this one speaks of.
type Link struct {
	Kind LinkKind `json:"kind"`
	Post string   `json:"post"` // id
}

// LinkKind says how.
type LinkKind string

// The kinds of link.
const (
	Corrects LinkKind = "corrects" // 更正
	Relays   LinkKind = "relays"   // 转发联动
	Explains LinkKind = "explains" // 解读, of a policy
	Follows  LinkKind = "follows"  // 后续报道
)

// Digest is the hex SHA-256 over everything that will be sent, where and when: texts, pictures and films, targets,
// renditions, lane, schedule, what may be left out, and what else decides whether it leaves: topic, and whether it is a policy.
func (p Post) Digest() string {
	sealed := struct {
		ID, Title, Text, Link string
		Targets               []string
		Renditions            map[string]Rendition
		Lane                  govmedia.Lane
		Schedule              *Schedule
		OnMedia               MediaPolicy `json:",omitempty"`
		Topic                 string      `json:",omitempty"`
		Policy                bool        `json:",omitempty"`
	}{p.ID, p.Title, p.Text, p.Link, slices.Sorted(slices.Values(p.Targets)), p.Renditions, p.Lane, p.Schedule, p.OnMedia, p.Topic, p.Policy}
	text, err := json.Marshal(sealed) // map keys are sorted, so equal posts give equal bytes
	if err != nil {
		panic(err) // strings and maps of strings always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// legible refuses texts that are not valid UTF-8: stored, they would no longer be what was written.
func (p *Post) legible() error {
	texts := []string{p.ID, p.Title, p.Text, p.Link}
	for _, v := range p.Variants {
		texts = append(texts, v.Title, v.Text)
	}
	for _, t := range texts {
		if !utf8.ValidString(t) {
			return govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "post %q: %.40q is not valid UTF-8", p.ID, t)
		}
	}
	return nil
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

// StateOf computes the state of a post from its deliveries, in the order of Publisher.Deliveries.
func StateOf(deliveries []govmedia.Delivery) State {
	live, moving := 0, 0
	stopped := false // the account's part before this one stands still
	for _, d := range deliveries {
		there := d.State == govmedia.Live || d.State == govmedia.Saved
		left := d.State == govmedia.Sending || d.State == govmedia.Uncertain || d.State == govmedia.Processing
		stopped = d.Part > 1 && stopped || d.State.Settled() && !there
		switch {
		case there:
			live++
		case left, !stopped:
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
