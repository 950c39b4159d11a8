package engine

import (
	"context"
	"database/sql"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/uptrace/bun"
)

// History implements matrix.Engine.
func (e *Engine[TTx]) History(ctx context.Context, id string, each func(file string, line any) error) error {
	var lines []line
	err := e.b.Read.RunInTx(ctx, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, t bun.Tx) error {
		a, err := e.account(ctx, t, id)
		if err != nil {
			return err
		}
		lines = append(lines, line{"account", a})
		happened, err := events(ctx, t, id, nil)
		if err != nil {
			return err
		}
		lines = add(lines, "events", happened)
		const subjects = "(SELECT subject FROM govmedia_delivery WHERE account = ? AND kind = ?)"
		posts, err := bodies[publish.Post](ctx, t, "post", "SELECT body FROM govmedia_post WHERE id IN "+subjects+" ORDER BY id", id, govmedia.DeliverPost)
		if err != nil {
			return err
		}
		lines = add(lines, "posts", posts)
		sealed, err := bodies[publish.Post](ctx, t, "post", "SELECT body FROM govmedia_sealed WHERE post IN "+subjects+" ORDER BY post, version", id, govmedia.DeliverPost)
		if err != nil {
			return err
		}
		lines = add(lines, "sealed", sealed)
		answers, err := bodies[reply.Answer](ctx, t, "answer", "SELECT body FROM govmedia_answer WHERE id IN "+subjects+" ORDER BY id", id, govmedia.DeliverAnswer)
		if err != nil {
			return err
		}
		lines = add(lines, "answers", answers)
		var rows []deliveryRow
		if err := t.NewRaw("SELECT * FROM govmedia_delivery WHERE account = ? ORDER BY id", id).Scan(ctx, &rows); err != nil {
			return err
		}
		lines = add(lines, "deliveries", deliveries(rows))
		return nil
	})
	if err != nil {
		return e.fail("history", err)
	}
	for _, l := range lines {
		if err := each(l.file, l.value); err != nil {
			return err
		}
	}
	return nil
}

// line is one line of a file of an archive.
type line struct {
	file  string
	value any
}

func add[T any](lines []line, file string, list []T) []line {
	for _, v := range list {
		lines = append(lines, line{file, v})
	}
	return lines
}

func bodies[T any](ctx context.Context, db bun.IDB, what, query string, args ...any) ([]T, error) {
	var texts []string
	if err := db.NewRaw(query, args...).Scan(ctx, &texts); err != nil {
		return nil, err
	}
	return decodeAll[T](what, texts)
}
