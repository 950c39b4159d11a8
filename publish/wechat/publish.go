package wechat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// Publish implements [publish.Adapter]: it uploads the cover, stores the draft, makes a checkpoint and hands the draft
// over, each once. Rendition.Want says what for:
//
//   - ReachDraft ends with the draft; the receipt's ID is its media id.
//   - ReachPublic ends with freepublish/submit; the receipt is ReachSubmitted and its ID the publish_id.
//   - ReachMass ends with message/mass/sendall to all followers; the receipt is ReachSubmitted and its ID the msg_id.
//
// Thread is the msg_data_id, by which the platform lists the comments. An error before the hand-over is NotApplied,
// whatever happened, because nobody sees what such calls leave behind; the next attempt goes on from the checkpoint. The
// outcome of the hand-over itself is that of its answer, see the package comment. A draft that an earlier attempt made
// and that has vanished from the box is not handed over a second time: the error is KindConflict with an unknown outcome.
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := c.fits(s.Rendition); err != nil {
		return nil, err
	}
	if err := c.owns(s.Account); err != nil {
		return nil, err
	}
	a := &attempt{c: c, s: s, want: s.Rendition.Want}
	var err error
	if a.progress, err = progressOf(s.Prior); err != nil {
		return nil, err
	}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	switch a.want {
	case govmedia.ReachDraft:
		return &govmedia.Receipt{ID: a.Draft, At: c.cfg.Now().UTC(), Reach: govmedia.ReachDraft, Evidence: govmedia.EvidenceResponse}, nil
	case govmedia.ReachMass:
		return a.sendall(ctx)
	default:
		return a.submit(ctx)
	}
}

// owns refuses an account of another app.
func (c *Client) owns(a account.Account) error {
	if a.App.Key != "" && a.App != c.App() {
		return invalid("publish", "account %q belongs to %s, this client speaks for %s", a.ID, a.App, c.App())
	}
	return nil
}

// attempt is one call of Publish.
type attempt struct {
	c    *Client
	s    *publish.Submission
	want govmedia.Reach
	progress
}

// prepare does everything before the hand-over: afterwards a draft is in the box and the checkpoint names it.
func (a *attempt) prepare(ctx context.Context) error {
	if a.Draft != "" {
		ready, err := a.resume(ctx)
		if ready || err != nil {
			return err
		}
	}
	a.Draft, a.Article, a.First = "", "", time.Time{}
	if a.Cover == "" || a.CoverOf != a.s.Rendition.Cover {
		if err := a.uploadCover(ctx); err != nil {
			return err
		}
	}
	return a.addDraft(ctx)
}

// resume looks for the draft of an earlier attempt. ready means that it is to be handed over as it is; neither ready nor
// an error, that a new one has to be made.
func (a *attempt) resume(ctx context.Context) (ready bool, err error) {
	d, inBox, err := a.c.boxed(ctx, a.s.Credential, a.Draft)
	switch {
	case err != nil:
		return false, unpublished(err)
	case inBox:
		a.First = time.Time{} // nothing was handed over
		// Somebody may have edited it on mp.weixin.qq.com: what is sent is what was approved.
		return a.Article == a.c.fingerprint(a.s.Rendition) && a.c.shows(d, a.s.Rendition), nil
	case a.want == govmedia.ReachDraft:
		return false, nil
	case a.want == govmedia.ReachMass && a.repeatable(a.c.cfg.Now()):
		return true, nil
	}
	return false, vanished()
}

// vanished says that a draft was handed over by an attempt whose outcome nobody knows, or deleted by a person.
func vanished() error {
	e := govmedia.Errorf(govmedia.KindConflict, "draft/get", "the draft of an earlier attempt has left the box, so that attempt may have published it")
	e.Platform, e.Outcome = Platform, maybe
	return e
}

// boxed returns the article of a draft, if the draft is in the box.
//
// POST cgi-bin/draft/get (developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_getdraft, read 2026-11-22).
func (c *Client) boxed(ctx context.Context, cred account.Credential, mediaID string) (d article, inBox bool, err error) {
	const op = "draft/get"
	var answer struct {
		Items []article `json:"news_item"`
	}
	err = c.call(ctx, query{op: op, cred: cred, body: map[string]any{"media_id": mediaID}}, &answer)
	switch {
	case code(err) == "40007":
		return article{}, false, nil
	case err != nil:
		return article{}, false, err
	case len(answer.Items) == 0:
		return article{}, false, unreadable(op, "the answer shows no article")
	case len(answer.Items) > 1: // somebody has added to it
		return article{}, true, nil
	}
	return answer.Items[0], true, nil
}

// uploadCover uploads the cover as permanent material.
//
// POST cgi-bin/material/add_material (developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial, read
// 2026-11-22).
func (a *attempt) uploadCover(ctx context.Context) error {
	const op = "material/add_material"
	if a.s.Media == nil {
		return invalid(op, "the submission has no Media to load the cover from")
	}
	media, err := a.s.Media(ctx, a.s.Rendition.Cover)
	if err != nil {
		if e := govmedia.AsError(err); e.Kind == govmedia.KindInternal {
			return &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Outcome: no, Err: err}
		}
		return unpublished(err)
	}
	var answer struct {
		MediaID loose `json:"media_id"`
	}
	q := query{op: op, write: true, cred: a.s.Credential, params: map[string]string{"type": "image"}, file: &media}
	if err := a.c.call(ctx, q, &answer); err != nil {
		return unpublished(err)
	}
	if answer.MediaID == "" {
		return unreadable(op, "the answer has no media id")
	}
	a.Cover, a.CoverOf = string(answer.MediaID), a.s.Rendition.Cover
	return a.save(ctx, a.s)
}

// addDraft stores the draft.
//
// POST cgi-bin/draft/add (developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add, read 2026-11-22).
func (a *attempt) addDraft(ctx context.Context) error {
	const op = "draft/add"
	var answer struct {
		MediaID loose `json:"media_id"`
	}
	body := map[string]any{"articles": []draftArticle{a.c.article(a.s.Rendition, a.Cover)}}
	err := a.c.call(ctx, query{op: op, write: true, cred: a.s.Credential, body: body}, &answer)
	if code(err) == "40007" {
		return a.loseCover(ctx, err)
	}
	if err == nil && answer.MediaID == "" {
		err = unclear(op, "the answer has no media id")
	}
	if err != nil && a.want != govmedia.ReachDraft {
		return unpublished(err)
	}
	if err != nil {
		return err
	}
	a.Draft, a.Article = string(answer.MediaID), a.c.fingerprint(a.s.Rendition)
	err = a.save(ctx, a.s)
	if err != nil && a.want == govmedia.ReachDraft {
		return with(err, govmedia.KindUnavailable, maybe) // the draft is there
	}
	return err
}

// loseCover is for a cover that the platform does not know, any more or yet: the next attempt uploads it again.
func (a *attempt) loseCover(ctx context.Context, refused error) error {
	a.Cover, a.CoverOf = "", ""
	if err := a.save(ctx, a.s); err != nil {
		return err
	}
	return with(refused, govmedia.KindUnavailable, no)
}

// unpublished is the error of a call before the hand-over: nothing was published, whatever became of that call.
func unpublished(err error) error {
	e := *govmedia.AsError(err)
	e.Outcome = no
	return &e
}

// submit hands the draft over for publication.
//
// POST cgi-bin/freepublish/submit (developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit, read
// 2026-11-22).
func (a *attempt) submit(ctx context.Context) (*govmedia.Receipt, error) {
	const op = "freepublish/submit"
	var answer struct {
		PublishID loose `json:"publish_id"`
		MsgDataID loose `json:"msg_data_id"`
	}
	err := a.c.call(ctx, query{op: op, write: true, cred: a.s.Credential, body: map[string]any{"media_id": a.Draft}}, &answer)
	if err != nil {
		return nil, handedOver(err)
	}
	return a.accepted(op, answer.PublishID, answer.MsgDataID)
}

// handedOver is the error of a hand-over. A draft that was there a moment ago and is not any more was taken by somebody:
// nothing was applied by this call, and the next attempt finds out.
func handedOver(err error) error {
	if code(err) == "40007" {
		return with(err, govmedia.KindUnavailable, no)
	}
	return err
}

func (a *attempt) accepted(op string, id, thread loose) (*govmedia.Receipt, error) {
	if id.id() == "" {
		return nil, unclear(op, "the platform says success but gives no id")
	}
	return &govmedia.Receipt{
		ID: id.id(), Thread: thread.id(), At: a.c.cfg.Now().UTC(), Reach: govmedia.ReachSubmitted, Evidence: govmedia.EvidenceResponse,
	}, nil
}

// sendall hands the draft over to every follower. The clientmsgid makes a repetition within a day harmless: the platform
// answers it with 45065 and the msg_id of the first.
//
// POST cgi-bin/message/mass/sendall (developers.weixin.qq.com/doc/service/api/message/api_sendall, read 2026-11-22).
func (a *attempt) sendall(ctx context.Context) (*govmedia.Receipt, error) {
	const op = "message/mass/sendall"
	again := !a.First.IsZero()
	if !again {
		a.First = a.c.cfg.Now().UTC()
		if err := a.save(ctx, a.s); err != nil {
			return nil, err
		}
	}
	var answer struct {
		MsgID     loose `json:"msg_id"`
		MsgDataID loose `json:"msg_data_id"`
	}
	err := a.c.call(ctx, query{op: op, write: true, cred: a.s.Credential, body: map[string]any{
		"filter": map[string]any{"is_to_all": true}, "msgtype": "mpnews", "mpnews": map[string]any{"media_id": a.Draft},
		"send_ignore_reprint": 0, "clientmsgid": clientMsgID(a.s.Operation, a.Article),
	}}, &answer)
	switch {
	case code(err) == "45065" && answer.MsgID.id() != "":
		return a.accepted(op, answer.MsgID, answer.MsgDataID)
	case code(err) == "40007" && again:
		a.First = time.Time{} // the repetition was not recognised, and the next one would not be
		if err := a.save(ctx, a.s); err != nil {
			return nil, with(err, govmedia.KindUnavailable, maybe)
		}
		return nil, vanished()
	case err != nil:
		return nil, handedOver(err)
	}
	return a.accepted(op, answer.MsgID, answer.MsgDataID)
}

// clientMsgID names a mass message: the same for every attempt at it, and another one for another text, also when two
// installations use the same operation ids.
func clientMsgID(operation, article string) string {
	sum := sha256.Sum256([]byte(operation + "\x00" + article))
	return hex.EncodeToString(sum[:16]) // the platform allows 32 bytes
}

// UploadImage uploads a picture for inside an article's HTML (Config.Body) and returns the address to use there; the
// platform drops pictures from anywhere else. JPEG and PNG below 1 MB are taken, a thousand a day. Nothing becomes
// visible by it, so every error is NotApplied. It is safe for concurrent use.
//
// POST cgi-bin/media/uploadimg (developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage, read
// 2026-11-22).
func (c *Client) UploadImage(ctx context.Context, cred account.Credential, picture publish.Media) (string, error) {
	const op = "media/uploadimg"
	if n := len(picture.Data); n == 0 || n >= 1<<20 || picture.Type != "image/jpeg" && picture.Type != "image/png" {
		return "", invalid(op, "a picture must be JPEG or PNG and have less than 1 MB; this is %q with %d bytes", picture.Type, n)
	}
	var answer struct {
		URL loose `json:"url"`
	}
	picture.Data = bytes.Clone(picture.Data)
	if err := c.call(ctx, query{op: op, cred: cred, file: &picture}, &answer); err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(answer.URL), "http") {
		return "", unreadable(op, "the answer has no address")
	}
	return string(answer.URL), nil
}
