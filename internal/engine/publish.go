package engine

import (
	"context"
	"database/sql"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/publish"
	"github.com/uptrace/bun"
)

// SavePost implements publish.Store.
func (e *Engine[TTx]) SavePost(ctx context.Context, by publish.Signature, p publish.Post, items []outbox.Item) error {
	return e.write(ctx, "post", func(t tx[TTx]) error {
		back, err := e.takeBack(ctx, t, p.ID)
		if err != nil {
			return err
		}
		waits := micros(p.Entered)
		if len(items) > 0 {
			waits = 0
		}
		res, err := t.ExecContext(ctx, "UPDATE govmedia_post SET version = ?, stage = ?, seal = ?, waits = ?, review_by = ?, column_name = ?, body = ? WHERE id = ? AND version = ?",
			p.Version, p.Stage, p.Seal, waits, micros(p.ReviewBy), p.Column, body(p), p.ID, p.Version-1)
		if err == nil && p.Version == 1 {
			res, err = t.ExecContext(ctx, `INSERT INTO govmedia_post (id, version, stage, seal, waits, review_by, column_name, body) VALUES (?, 1, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, p.ID, p.Stage, p.Seal, waits, micros(p.ReviewBy), p.Column, body(p))
		}
		if err != nil {
			return err
		}
		if err := changed(res, p); err != nil {
			return err
		}
		if p.Seal != "" {
			_, err := t.ExecContext(ctx, "INSERT INTO govmedia_sealed (seal, post, version, body) VALUES (?, ?, ?, ?)", p.Seal, p.ID, p.Version, body(p))
			if err != nil {
				return err
			}
		}
		if err := link(ctx, t, p); err != nil {
			return err
		}
		if err := mayOrder(ctx, t, by.Actor, items, e.cfg.Now()); err != nil {
			return err
		}
		queued, err := e.queue(ctx, t, by.Actor, items)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, e.signed(by, p, map[string]any{"targets": len(p.Targets), "taken_back": back, "queued": queued}))
	})
}

// SignPost implements publish.Store.
func (e *Engine[TTx]) SignPost(ctx context.Context, by publish.Signature, p publish.Post) error {
	return e.write(ctx, "post", func(t tx[TTx]) error {
		res, err := t.ExecContext(ctx, "UPDATE govmedia_post SET version = ?, review_by = ?, body = ? WHERE id = ? AND version = ? AND stage = ? AND seal = ?",
			p.Version, micros(p.ReviewBy), body(p), p.ID, p.Version-1, publish.StageApproved, p.Seal)
		if err != nil {
			return err
		}
		if err := changed(res, p); err != nil {
			return err
		}
		return e.audit(ctx, t, e.signed(by, p, map[string]any{}))
	})
}

// changed refuses a change that found another version.
func changed(res sql.Result, p publish.Post) error {
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q is no longer at version %d; read it again", p.ID, p.Version-1)
}

// signed is the audit record of what somebody did to a post.
func (e *Engine[TTx]) signed(by publish.Signature, p publish.Post, detail map[string]any) auditRow {
	detail["version"], detail["stage"], detail["seal"], detail["signature"] = p.Version, p.Stage, p.Seal, by
	return e.audited(by.Actor, "post."+string(by.Step), "post/"+p.ID, detail)
}

// SealedPost implements publish.Store.
func (e *Engine[TTx]) SealedPost(ctx context.Context, id, seal string) (publish.Post, error) {
	var text string
	err := e.get(ctx, e.b.Read, &text, "sealed post", id, "SELECT body FROM govmedia_sealed WHERE post = ? AND seal = ? ORDER BY version LIMIT 1", id, seal)
	if err != nil {
		return publish.Post{}, err
	}
	return decode[publish.Post]("post", text)
}

// WaitingPosts implements publish.Store.
func (e *Engine[TTx]) WaitingPosts(ctx context.Context, stage publish.Stage, before time.Time, limit int) ([]publish.Post, error) {
	return e.posts(ctx, "SELECT body FROM govmedia_post WHERE stage = ? AND waits > 0 AND waits < ? ORDER BY waits, id LIMIT ?", stage, micros(before), limit)
}

// OwedReviews implements publish.Store.
func (e *Engine[TTx]) OwedReviews(ctx context.Context, limit int) ([]publish.Post, error) {
	return e.posts(ctx, "SELECT body FROM govmedia_post WHERE review_by > 0 ORDER BY review_by, id LIMIT ?", limit)
}

// Appearances implements publish.Store.
func (e *Engine[TTx]) Appearances(ctx context.Context, accounts []string, from, to time.Time) ([]publish.Appearance, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	var rows []struct {
		Account string `bun:"account"`
		Post    string `bun:"subject"`
		Column  string `bun:"column_name"`
		At      int64  `bun:"receipt_at"`
	}
	err := e.b.Read.NewRaw(`SELECT d.account, d.subject, p.column_name, d.receipt_at FROM govmedia_delivery d JOIN govmedia_post p ON p.id = d.subject
		WHERE d.state = 'live' AND d.kind = ? AND d.part <= 1 AND d.account IN (?) AND d.receipt_at >= ? AND d.receipt_at < ? ORDER BY d.receipt_at, d.id`,
		govmedia.DeliverPost, bun.List(accounts), micros(from), micros(to)).Scan(ctx, &rows)
	list := make([]publish.Appearance, len(rows))
	for i, r := range rows {
		list[i] = publish.Appearance{Account: r.Account, Post: r.Post, Column: r.Column, At: instant(r.At)}
	}
	return list, e.fail("delivery", err)
}

// posts returns what a query for bodies finds.
func (e *Engine[TTx]) posts(ctx context.Context, query string, args ...any) ([]publish.Post, error) {
	var bodies []string
	if err := e.b.Read.NewRaw(query, args...).Scan(ctx, &bodies); err != nil {
		return nil, e.fail("post", err)
	}
	return decodeAll[publish.Post]("post", bodies)
}

// takeBack removes the deliveries of a post, none of which may have left, and returns how many there were. A worker that
// has leased one finds nothing to fence.
func (e *Engine[TTx]) takeBack(ctx context.Context, t tx[TTx], post string) (int, error) {
	var stay []bool
	err := t.NewRaw("SELECT attempt = 0 AND (state = 'cancelled' OR state IN (?) AND until_at = 0 OR "+neverSent+") FROM govmedia_delivery WHERE kind = ? AND subject = ?",
		bun.List(unsent), govmedia.DeliverPost, post).Scan(ctx, &stay)
	if err != nil || len(stay) == 0 {
		return 0, err
	}
	left := 0
	for _, here := range stay {
		if !here {
			left++
		}
	}
	if left > 0 {
		return 0, govmedia.Errorf(govmedia.KindConflict, "store.post", "too late: %d of %d deliveries of post %q have left, or may have; it can no longer be changed", left, len(stay), post)
	}
	_, err = t.ExecContext(ctx, "DELETE FROM govmedia_delivery WHERE kind = ? AND subject = ?", govmedia.DeliverPost, post)
	return len(stay), err
}

// link keeps what the post says of others where it can be asked from their side.
func link(ctx context.Context, db bun.IDB, p publish.Post) error {
	if _, err := db.ExecContext(ctx, "DELETE FROM govmedia_post_link WHERE post = ?", p.ID); err != nil {
		return err
	}
	for _, l := range p.Links {
		_, err := db.ExecContext(ctx, "INSERT INTO govmedia_post_link (target, kind, post) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", l.Post, l.Kind, p.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// LinkedPosts implements publish.Store.
func (e *Engine[TTx]) LinkedPosts(ctx context.Context, id string, kind publish.LinkKind) ([]publish.Post, error) {
	return e.posts(ctx, `SELECT p.body FROM govmedia_post_link l JOIN govmedia_post p ON p.id = l.post
		WHERE l.target = ? AND l.kind = ? ORDER BY p.id`, id, kind)
}

// Post implements publish.Store.
func (e *Engine[TTx]) Post(ctx context.Context, id string) (publish.Post, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "post", id, "SELECT body FROM govmedia_post WHERE id = ?", id); err != nil {
		return publish.Post{}, err
	}
	return decode[publish.Post]("post", text)
}

// QueuePosts implements publish.Store.
func (e *Engine[TTx]) QueuePosts(ctx context.Context, actor string, list []publish.Queueing) error {
	return e.write(ctx, "post.queue", func(t tx[TTx]) error {
		for _, q := range list {
			if err := e.queuePost(ctx, t, actor, q); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine[TTx]) queuePost(ctx context.Context, t tx[TTx], actor string, q publish.Queueing) error {
	var n int
	err := t.NewRaw("SELECT count(*) FROM govmedia_post WHERE id = ? AND version = ? AND stage = ?",
		q.Post, q.Version, publish.StageApproved).Scan(ctx, &n)
	if err != nil {
		return err
	}
	if n == 0 {
		return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q changed or lost its approval meanwhile; read it again", q.Post)
	}
	if err := said(ctx, t, q.Post, q.Items, q.Since); err != nil {
		return err
	}
	if err := mayOrder(ctx, t, actor, q.Items, e.cfg.Now()); err != nil {
		return err
	}
	queued, err := e.queue(ctx, t, actor, q.Items)
	if err != nil || queued == 0 {
		return err
	}
	if _, err := t.ExecContext(ctx, "UPDATE govmedia_post SET waits = 0 WHERE id = ?", q.Post); err != nil {
		return err
	}
	return e.audit(ctx, t, e.audited(actor, "post.publish", "post/"+q.Post, map[string]any{"version": q.Version, "queued": queued}))
}

// SaveMedia implements publish.Store.
func (e *Engine[TTx]) SaveMedia(ctx context.Context, actor string, m publish.Media) error {
	return e.write(ctx, "media", func(t tx[TTx]) error {
		digest := m.Digest()
		res, err := t.ExecContext(ctx, "INSERT INTO govmedia_media (digest, name, type, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			digest, m.Name, m.Type, m.Data)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "media.add", "media/"+digest, map[string]any{"name": m.Name, "type": m.Type, "bytes": len(m.Data)}))
	})
}

// Media implements publish.Store.
func (e *Engine[TTx]) Media(ctx context.Context, digest string) (publish.Media, error) {
	var row struct {
		Name string `bun:"name"`
		Type string `bun:"type"`
		Data []byte `bun:"data"`
	}
	err := e.get(ctx, e.b.Read, &row, "media", digest, "SELECT name, type, data FROM govmedia_media WHERE digest = ?", digest)
	return publish.Media{Name: row.Name, Type: row.Type, Data: row.Data}, err
}
