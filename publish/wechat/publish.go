package wechat

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// Publish implements [publish.Adapter]: it uploads the cover and the pictures, stores the draft, makes a checkpoint and
// hands the draft over, each once. Rendition.Want says what for:
//
//   - ReachDraft ends with the draft; the receipt's ID is its media id.
//   - ReachPublic ends with freepublish/submit; the receipt is ReachSubmitted and its ID the publish_id.
//   - ReachMass ends with message/mass/sendall to all followers; the receipt is ReachSubmitted and its ID the msg_id.
//
// Any other Want is a KindUnsupported error, and nothing is sent. The pictures of Rendition.Media stand below the text, in
// order; all files are loaded and checked before anything leaves.
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
	a := &attempt{c: c, s: s, want: cmp.Or(s.Rendition.Want, govmedia.ReachPublic)}
	if reaches := c.Limits().Reaches; !slices.Contains(reaches, a.want) {
		return nil, with(invalid("publish", "an article cannot become %q, only %q", a.want, reaches), govmedia.KindUnsupported, no)
	}
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
	files, err := a.load(ctx)
	if err != nil {
		return err
	}
	if !a.hasCover() {
		if err := a.uploadCover(ctx, files[a.s.Rendition.Cover]); err != nil {
			return err
		}
	}
	if err := a.uploadPictures(ctx, files); err != nil {
		return err
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
		same := a.Article == a.c.fingerprint(a.s.Rendition) && a.c.shows(d, a.s.Rendition)
		return same && samePictures(string(d.Content), a.c.content(a.s.Rendition, a.address)), nil
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
func (a *attempt) uploadCover(ctx context.Context, cover *publish.Media) error {
	const op = "material/add_material"
	var answer struct {
		MediaID loose `json:"media_id"`
	}
	q := query{op: op, write: true, cred: a.s.Credential, params: map[string]string{"type": "image"}, file: cover}
	if err := a.c.call(ctx, q, &answer); err != nil {
		return publish.MediaFailed(*cover, err)
	}
	if answer.MediaID == "" {
		return publish.MediaFailed(*cover, unreadable(op, "the answer has no media id"))
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
	made := a.c.article(a.s.Rendition, a.Cover, a.address)
	if n := utf8.RuneCountInString(made.Content); n > maxContent { // addresses are longer than ever seen
		return invalid(op, "with the addresses of its pictures the content has %d %s, which is %d too many", n, contentUnit, n-maxContent)
	}
	body := map[string]any{"articles": []draftArticle{made}}
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
