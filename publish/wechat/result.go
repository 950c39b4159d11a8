package wechat

import (
	"time"

	"github.com/govmedia/govmedia"
)

// PublishStatus (发布状态) is how far a publication has come, in the platform's numbers.
type PublishStatus int

// The statuses of a publication (developers.weixin.qq.com, freepublish/get, read 2026-11-22).
const (
	PublishDone       PublishStatus = 0
	PublishWorking    PublishStatus = 1
	PublishNoOriginal PublishStatus = 2 // the originality check failed
	PublishFailed     PublishStatus = 3
	PublishRefused    PublishStatus = 4 // refused by the platform's review
	PublishDeleted    PublishStatus = 5 // done, and deleted by the account since
	PublishBanned     PublishStatus = 6 // done, and banned by the platform since
)

// statusUnknown is a status that the answer did not tell, or that no document describes.
const statusUnknown PublishStatus = -1

func statusOf(l loose) PublishStatus {
	n, ok := l.number()
	if !ok || n > int64(PublishBanned) {
		return statusUnknown
	}
	return PublishStatus(n)
}

// reasons says why something is not to be seen.
var reasons = map[PublishStatus]string{
	PublishNoOriginal: "原创审核不通过",
	PublishFailed:     "发布失败：平台未说明原因，请在公众平台查看",
	PublishRefused:    "平台审核不通过",
	PublishDeleted:    "发布后已被删除",
	PublishBanned:     "发布后被平台封禁",
}

// PublishResult is what became of a publication, as the platform answers or pushes it.
type PublishResult struct {
	PublishID string
	ArticleID string // empty unless it is done
	Status    PublishStatus
	URLs      []string // of the articles, in order
	Failed    []int    // which articles failed, counted from 1
}

// Receipt says the same in the SDK's words: a receipt for what is public or still in work, a KindRejected error for what
// was refused or removed.
func (p *PublishResult) Receipt(now time.Time) (*govmedia.Receipt, error) {
	return p.receipt(&govmedia.Receipt{ID: p.PublishID, At: now.UTC(), Reach: govmedia.ReachSubmitted}, now)
}

// receipt builds on the receipt of the submission, which knows the thread.
func (p *PublishResult) receipt(pending *govmedia.Receipt, now time.Time) (*govmedia.Receipt, error) {
	const op = "freepublish/get"
	r := *pending
	r.Evidence = govmedia.EvidenceResponse
	if why, bad := reasons[p.Status]; bad {
		return nil, rejected(op, why)
	}
	switch p.Status {
	case PublishDone:
		r.Reach, r.At = govmedia.ReachPublic, now.UTC()
		if p.ArticleID != "" {
			r.ID = p.ArticleID
		}
		if len(p.URLs) > 0 {
			r.URL = p.URLs[0]
		}
		return &r, nil
	case PublishWorking:
		r.Reach = govmedia.ReachSubmitted
		return &r, nil
	default:
		return nil, unreadable(op, "the answer has no status that the documents describe")
	}
}
