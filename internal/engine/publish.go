package engine

import (
	"context"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/publish"
)

// SavePost implements publish.Store.
func (e *Engine[TTx]) SavePost(ctx context.Context, actor string, step publish.Step, p publish.Post) error {
	return e.write(ctx, "post", func(t tx[TTx]) error {
		var queued int
		err := t.NewRaw("SELECT count(*) FROM govmedia_delivery WHERE kind = ? AND subject = ?", govmedia.DeliverPost, p.ID).Scan(ctx, &queued)
		if err != nil {
			return err
		}
		if queued > 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q is being published; it can no longer be changed", p.ID)
		}
		res, err := t.ExecContext(ctx, "UPDATE govmedia_post SET version = ?, stage = ?, seal = ?, body = ? WHERE id = ? AND version = ?",
			p.Version, p.Stage, p.Seal, body(p), p.ID, p.Version-1)
		if err == nil && p.Version == 1 {
			res, err = t.ExecContext(ctx, `INSERT INTO govmedia_post (id, version, stage, seal, body) VALUES (?, 1, ?, ?, ?)
				ON CONFLICT DO NOTHING`, p.ID, p.Stage, p.Seal, body(p))
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q is no longer at version %d; read it again", p.ID, p.Version-1)
		}
		return audit(ctx, t, e.audited(actor, "post."+string(step), "post/"+p.ID,
			map[string]any{"version": p.Version, "stage": p.Stage, "seal": p.Seal, "targets": len(p.Targets)}))
	})
}

// Post implements publish.Store.
func (e *Engine[TTx]) Post(ctx context.Context, id string) (publish.Post, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "post", id, "SELECT body FROM govmedia_post WHERE id = ?", id); err != nil {
		return publish.Post{}, err
	}
	return decode[publish.Post]("post", text)
}

// QueuePost implements publish.Store.
func (e *Engine[TTx]) QueuePost(ctx context.Context, actor, id string, version int64, items []outbox.Item) error {
	return e.write(ctx, "post.queue", func(t tx[TTx]) error {
		var n int
		err := t.NewRaw("SELECT count(*) FROM govmedia_post WHERE id = ? AND version = ? AND stage = ?",
			id, version, publish.StageApproved).Scan(ctx, &n)
		if err != nil {
			return err
		}
		if n == 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q changed or lost its approval meanwhile; read it again", id)
		}
		queued, err := e.queue(ctx, t, items)
		if err != nil || queued == 0 {
			return err
		}
		return audit(ctx, t, e.audited(actor, "post.publish", "post/"+id, map[string]any{"version": version, "queued": queued}))
	})
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
		return audit(ctx, t, e.audited(actor, "media.add", "media/"+digest, map[string]any{"name": m.Name, "type": m.Type, "bytes": len(m.Data)}))
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
