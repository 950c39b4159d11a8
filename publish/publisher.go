package publish

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Store keeps posts and queues their deliveries. It is implemented by this module's engine only and may gain methods.
// Every method is one transaction, and every change appends its audit record in that transaction. A missing id gives
// a KindNotFound error.
type Store interface {
	// SavePost stores p if the stored version is p.Version-1 (no row counts as 0) and nothing of it has left; otherwise
	// it changes nothing and gives KindConflict. by says who did what. Deliveries of it that wait are taken back, and
	// items, which may be empty, take their place. A post with a seal is kept as it was sealed, for good.
	SavePost(ctx context.Context, by Signature, p Post, items []outbox.Item) error
	// SignPost stores what was signed afterwards: as SavePost, but the post must be approved under p.Seal and may have
	// left; its deliveries are left alone.
	SignPost(ctx context.Context, by Signature, p Post) error
	// SealedPost returns the post as it was when the seal was set.
	SealedPost(ctx context.Context, id, seal string) (Post, error)
	// WaitingPosts returns at most limit posts that have stood at the stage since before the instant, longest first. A
	// post that was approved waits until it is queued.
	WaitingPosts(ctx context.Context, stage Stage, before time.Time, limit int) ([]Post, error)
	// OwedReviews returns at most limit posts whose ReviewBy is not zero, soonest first.
	OwedReviews(ctx context.Context, limit int) ([]Post, error)
	// Appearances returns where posts went live in [from, to), by time, each post once for an account.
	Appearances(ctx context.Context, accounts []string, from, to time.Time) ([]Appearance, error)
	// Post returns one post.
	Post(ctx context.Context, id string) (Post, error)
	// Retry makes due those deliveries of posts that match r and of which certainly nothing is there, and returns their
	// ids in order.
	Retry(ctx context.Context, actor string, r Retry, note string) ([]string, error)
	// LinkedPosts returns the posts that have a link of this kind to the post, ordered by id.
	LinkedPosts(ctx context.Context, id string, kind LinkKind) ([]Post, error)
	// SaveMedia stores m under its digest; bytes that are stored already are left alone.
	SaveMedia(ctx context.Context, actor string, m Media) error
	// Media returns what is stored under the digest.
	Media(ctx context.Context, digest string) (Media, error)
	// QueuePosts inserts those of the deliveries that do not exist yet and wakes the workers, if every post still has
	// its version and is approved; otherwise KindConflict. Unless its Since is zero, an account that has been sent, or will
	// be sent, the same rendition of another post since then gives KindDuplicate. After an error nothing of any post is
	// inserted.
	QueuePosts(ctx context.Context, actor string, list []Queueing) error
	// WithdrawPost cancels those of the post's deliveries of which certainly nothing is out, if it still has this version,
	// and queues those of the items that take down another one and do not exist yet; one that was given up is queued
	// again. Nothing of the post is fenced from then on as long as its withdrawal is not given up.
	WithdrawPost(ctx context.Context, actor string, id string, version int64, items []outbox.Item, note string) error
	// Item returns one delivery with all that the outbox knows of it.
	Item(ctx context.Context, id string) (outbox.Item, error)
	// CancelPost cancels those of the post's deliveries that have certainly not left, if it still has this version.
	CancelPost(ctx context.Context, actor string, id string, version int64, note string) error
	// Hold sets or replaces a hold; what is fenced after it returns is judged by it. It returns the deliveries that it
	// would have stopped and that are on the wire already.
	Hold(ctx context.Context, h Hold) ([]govmedia.Delivery, error)
	// Release ends a hold, makes what no other hold stops due, those of one app a pace apart, and returns how many.
	Release(ctx context.Context, actor, id, note string, pace time.Duration) (int, error)
	// Holds returns the holds in force, oldest first.
	Holds(ctx context.Context) ([]Hold, error)
	// Deliveries returns the deliveries of a post or answer ordered by account and part.
	Deliveries(ctx context.Context, kind govmedia.DeliveryKind, subject string) ([]govmedia.Delivery, error)
}

// Queueing is one approved post with its deliveries as they begin, for a Store.
type Queueing struct {
	Post    string // id
	Version int64
	Items   []outbox.Item
	Since   time.Time
}

// Config configures a Publisher.
type Config struct {
	// Authorize decides whether the actor may take the step; nil denies every step to everybody. That one person
	// takes one step only is enforced besides.
	Authorize func(ctx context.Context, actor string, step Step, p Post) error
	// Deputy says whether the deputy may sign for the principal (代审); nil means that nobody stands in for anybody. The
	// principal must be authorized besides, and the signature counts as both persons'.
	Deputy func(ctx context.Context, deputy, principal string, step Step, at time.Time) error
	// Proofread (校对) checks a post, with its renditions as they will be sent, when it is submitted and approved. A
	// finding of SeverityError refuses the step, unless Signature.Overrides says why it may pass. nil finds nothing;
	// ProofreadText makes one from a check of texts, such as verify.Text.
	Proofread func(ctx context.Context, p Post) ([]govmedia.Finding, error)
	// StageLimit is how long a post may stand at a stage before Overdue reports it; none when absent.
	StageLimit map[Stage]time.Duration
	// EmergencyReviewWithin is how soon after an emergency approval the review must be made up (补审); 0 means 24 hours.
	EmergencyReviewWithin time.Duration
	Now                   func() time.Time // nil means time.Now
	// RepeatWithin is how long an account must not be sent the same text again, unless Post.Repeat says why it may; 0
	// means 24 hours, a negative value allows repetitions.
	RepeatWithin time.Duration
	// ExplainWithin is how far apart a policy (Post.Policy) and a post that explains it may go out (同步公开); 0 means 24
	// hours. The sources say "together" and name no time, so this is the integrator's decision.
	ExplainWithin time.Duration
}

// Publisher takes posts through their review and queues their deliveries. Safe for concurrent use.
type Publisher struct {
	store    Store
	registry *account.Registry
	vault    *account.Vault
	adapters map[account.App]Adapter
	cfg      Config
}

// New returns a publisher for the adapters; two adapters of one app are an error.
func New(store Store, registry *account.Registry, vault *account.Vault, adapters []Adapter, cfg Config) (*Publisher, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.RepeatWithin = cmp.Or(cfg.RepeatWithin, 24*time.Hour)
	cfg.EmergencyReviewWithin = cmp.Or(cfg.EmergencyReviewWithin, 24*time.Hour)
	cfg.ExplainWithin = cmp.Or(cfg.ExplainWithin, together)
	if cfg.ExplainWithin < 0 {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.new", "ExplainWithin must not be negative")
	}
	if cfg.EmergencyReviewWithin < 0 {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.new", "EmergencyReviewWithin must not be negative: the review is always made up")
	}
	p := &Publisher{store: store, registry: registry, vault: vault, adapters: map[account.App]Adapter{}, cfg: cfg}
	for _, a := range adapters {
		if _, twice := p.adapters[a.App()]; twice {
			return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.new", "two adapters for app %s", a.App())
		}
		p.adapters[a.App()] = a
	}
	return p, nil
}

// Draft stores a new post or, when p.Version is not 0, an edit of the version that the caller saw. Either way it
// stands at StageDraft afterwards: an edit voids every signature and the seal. A text over a platform's limit, a
// target that cannot be published to and a link to nothing are refused here, before anybody reviews them.
func (p *Publisher) Draft(ctx context.Context, actor string, post Post) (Post, error) {
	post.ID = cmp.Or(post.ID, rand.Text())
	by := Signature{Step: StepDraft, Actor: actor, At: p.now()}
	post.reset(by.At)
	post.Author = actor
	if !post.Since.IsZero() {
		post.Since = post.Since.UTC().Truncate(time.Microsecond)
	}
	if err := p.authorize(ctx, actor, StepDraft, post); err != nil {
		return Post{}, err
	}
	if err := p.fit(ctx, &post); err != nil {
		return Post{}, err
	}
	if err := p.linked(ctx, post); err != nil {
		return Post{}, err
	}
	if post.Version > 0 { // an edit of a draft does not start its clock again
		old, err := p.store.Post(ctx, post.ID)
		switch {
		case errors.Is(err, govmedia.KindNotFound): // SavePost says so
		case err != nil:
			return Post{}, err
		case old.Stage == StageDraft:
			post.Entered = old.Entered
		}
	}
	post.Version++
	return post, p.store.SavePost(ctx, by, post, nil)
}

// fit renders the post and checks it against every target's platform.
func (p *Publisher) fit(ctx context.Context, post *Post) error {
	if strings.Contains(post.ID, "/") {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "post id %q contains a slash, which separates ids from each other", post.ID)
	}
	if err := post.legible(); err != nil {
		return err
	}
	if post.Lane != govmedia.LaneRoutine && post.Lane != govmedia.LaneEmergency {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "post %q: there is no lane %q", post.ID, post.Lane)
	}
	if !slices.Contains([]MediaPolicy{MediaFail, MediaDegrade, MediaHold}, post.OnMedia) {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "post %q: there is no way %q to handle a picture that fails", post.ID, post.OnMedia)
	}
	if post.Schedule != nil {
		if _, err := post.Schedule.Instant(); err != nil {
			return err
		}
	}
	if len(post.Targets) == 0 {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "post %q has no target account", post.ID)
	}
	var errs []error
	seen, limits := map[string]bool{}, map[account.App]Limits{}
	for _, id := range post.Targets {
		if seen[id] {
			errs = append(errs, govmedia.Errorf(govmedia.KindInvalid, "publish.draft", "account %q is named twice", id))
			continue
		}
		seen[id] = true
		a, adapter, err := p.target(ctx, id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		switch {
		case a.State != account.Open:
			errs = append(errs, govmedia.Errorf(govmedia.KindForbidden, "publish.draft", "account %q is %s; nothing is published to it", id, a.State))
		case !a.Expires.IsZero() && !p.cfg.Now().Before(a.Expires):
			errs = append(errs, govmedia.Errorf(govmedia.KindForbidden, "publish.draft", "account %q ended at %s; have it extended before anything is published to it", id, a.Expires.UTC().Format(time.RFC3339)))
		}
		limits[a.App] = adapter.Limits()
	}
	return errors.Join(append(errs, p.render(ctx, post, limits))...)
}

// render makes the rendition of each platform and checks it against the limits of every app there.
func (p *Publisher) render(ctx context.Context, post *Post, limits map[account.App]Limits) error {
	media, err := p.files(ctx, post)
	if err != nil {
		return err
	}
	var errs []error
	post.Renditions = map[string]Rendition{}
	byApp := func(a, b account.App) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Key, b.Key))
	}
	for _, app := range slices.SortedFunc(maps.Keys(limits), byApp) {
		r, made := post.Renditions[app.Platform]
		if !made {
			if r, err = post.rendition(app.Platform, limits[app]); err != nil {
				errs = append(errs, err)
				continue
			}
			post.Renditions[app.Platform] = r
		}
		errs = append(errs, limits[app].check(r, media))
	}
	return errors.Join(errs...)
}

// files loads every picture and film that a post names.
func (p *Publisher) files(ctx context.Context, post *Post) (map[string]*Media, error) {
	digests := slices.Clone(post.Media)
	for _, v := range post.Variants {
		digests = append(digests, v.Media...)
	}
	if post.Cover != "" {
		digests = append(digests, post.Cover)
	}
	files := map[string]*Media{}
	for _, digest := range digests {
		if files[digest] != nil {
			continue
		}
		m, err := p.store.Media(ctx, digest)
		if err != nil {
			return nil, err
		}
		files[digest] = &m
	}
	return files, nil
}

// maxMedia bounds one file; it is held in memory while it is sent.
const maxMedia = 64 << 20

// AddMedia stores a picture or film for posts to name and returns its digest. A file that is damaged, or is not what its
// type says, is refused. Adding the same bytes again changes nothing.
func (p *Publisher) AddMedia(ctx context.Context, actor string, m Media) (digest string, err error) {
	if err := p.authorize(ctx, actor, StepDraft, Post{}); err != nil {
		return "", err
	}
	if len(m.Data) == 0 || len(m.Data) > maxMedia || m.Type == "" {
		return "", govmedia.Errorf(govmedia.KindInvalid, "publish.media", "%q: a file needs a media type and 1 to %d bytes; it has type %q and %d bytes",
			m.Name, maxMedia, m.Type, len(m.Data))
	}
	info, err := m.Info()
	if err != nil {
		return "", err
	}
	if info.Type != m.Type && (known(info.Type) || known(m.Type)) {
		return "", govmedia.Errorf(govmedia.KindInvalid, "publish.media", "%q was given as %s, but its bytes are %s", m.Name, m.Type, info.Type)
	}
	return m.Digest(), p.store.SaveMedia(ctx, actor, m)
}

func (p *Publisher) target(ctx context.Context, id string) (account.Account, Adapter, error) {
	a, err := p.registry.Account(ctx, id)
	if err != nil {
		return a, nil, err
	}
	adapter, ok := p.adapters[a.App]
	if !ok {
		return a, nil, govmedia.Errorf(govmedia.KindUnsupported, "publish.target",
			"account %q is on %s with app %q, for which no adapter is configured", id, a.App.Platform, a.App.Key)
	}
	return a, adapter, nil
}

// Post returns one post.
func (p *Publisher) Post(ctx context.Context, id string) (Post, error) { return p.store.Post(ctx, id) }

// Publish queues one delivery per target of an approved post and returns all its deliveries as they stand. It may be
// called any number of times: what is queued, sent or settled already is left alone.
//
// A policy (Post.Policy) does not go out alone: those approved posts that explain it and are not published yet are
// published with it, all or nothing, which the actor must be authorized for. When no explainer is approved and goes out
// within Config.ExplainWithin of it, nor is to be seen already, the error is KindConflict with a [FindingsError] that
// names each and where it stands, unless a reason was recorded when the policy was approved (Signature.Overrides).
func (p *Publisher) Publish(ctx context.Context, actor, id string) ([]govmedia.Delivery, error) {
	post, err := p.store.Post(ctx, id)
	if err != nil {
		return nil, err
	}
	first, err := p.queueing(ctx, actor, post)
	if err != nil {
		return nil, err
	}
	list := []Queueing{first}
	if post.Policy {
		before, err := p.Deliveries(ctx, id)
		if err != nil {
			return nil, err
		}
		var explainers []Post
		if len(before) == 0 { // otherwise it was published, and the explainer with it
			if explainers, err = p.accompanied(ctx, post, nil); err != nil {
				return nil, err
			}
		}
		for _, e := range explainers {
			q, err := p.queueing(ctx, actor, e)
			if err != nil {
				return nil, err
			}
			list = append(list, q)
		}
	}
	if err := p.store.QueuePosts(ctx, actor, list); err != nil {
		return nil, err
	}
	return p.Deliveries(ctx, id)
}

// queueing is what an actor may publish of an approved post.
func (p *Publisher) queueing(ctx context.Context, actor string, post Post) (Queueing, error) {
	q := Queueing{Post: post.ID, Version: post.Version}
	if err := p.authorize(ctx, actor, StepPublish, post); err != nil {
		return q, err
	}
	if post.Stage != StageApproved {
		return q, govmedia.Errorf(govmedia.KindConflict, "publish.publish", "post %q stands at %q; only an approved post is published", post.ID, post.Stage)
	}
	if post.Repeat == "" && p.cfg.RepeatWithin > 0 {
		q.Since = p.cfg.Now().Add(-p.cfg.RepeatWithin)
	}
	var err error
	q.Items, err = p.items(ctx, post)
	return q, err
}

// items are the deliveries of a post as they begin.
func (p *Publisher) items(ctx context.Context, post Post) ([]outbox.Item, error) {
	now := p.cfg.Now()
	first, err := post.first()
	if err != nil {
		return nil, err
	}
	first.Due, first.Updated = now, now
	if first.Planned.After(now) {
		first.State, first.Due = govmedia.Scheduled, first.Planned
	}
	var items []outbox.Item
	for _, target := range post.Targets {
		a, _, err := p.target(ctx, target)
		if err != nil {
			return nil, err
		}
		rendition, ok := post.Renditions[a.App.Platform]
		if !ok {
			return nil, govmedia.Errorf(govmedia.KindConflict, "publish.publish",
				"account %q has moved to %s, for which post %q was not approved; edit it and have it approved again", a.ID, a.App.Platform, post.ID)
		}
		first.ID, first.Platform, first.App, first.Account = deliveryID(post.ID, a.ID, 0), a.App.Platform, a.App.Key, a.ID
		first.Said = rendition.digest()
		items = append(items, parts(first, rendition)...)
	}
	return items, nil
}

// parts are the deliveries to one account: one, or one for each part, each after the one before it.
func parts(first outbox.Item, r Rendition) []outbox.Item {
	items := []outbox.Item{first}
	for i := range r.Rest {
		next := first
		items[0].Part, next.Part = 1, i+2
		next.ID, next.After, next.Said = deliveryID(first.Subject, first.Account, next.Part), items[i].ID, r.Rest[i].digest()
		items = append(items, next)
	}
	return items
}

// Deliveries returns the deliveries of a post ordered by account and part, empty before Publish. [StateOf] sums them up.
func (p *Publisher) Deliveries(ctx context.Context, id string) ([]govmedia.Delivery, error) {
	return p.store.Deliveries(ctx, govmedia.DeliverPost, id)
}
