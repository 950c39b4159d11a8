package engine

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"

	"github.com/govmedia/govmedia"
	"github.com/uptrace/bun"
)

type auditRow struct {
	bun.BaseModel `bun:"table:govmedia_audit"`

	N       int64  `bun:"n,pk,autoincrement"`
	ID      string `bun:"id"`
	At      int64  `bun:"at"`
	Actor   string `bun:"actor"`
	Action  string `bun:"action"`
	Subject string `bun:"subject"`
	Detail  string `bun:"detail"`
	Seq     int64  `bun:"seq"`
	Hash    string `bun:"hash"`
}

func (r auditRow) record() govmedia.AuditRecord {
	return govmedia.AuditRecord{
		Seq: r.Seq, ID: r.ID, At: instant(r.At), Actor: r.Actor, Action: r.Action, Subject: r.Subject, Detail: r.Detail, Hash: r.Hash,
	}
}

// audited builds the audit record of a change; detail becomes its JSON.
func (e *Engine[TTx]) audited(actor, action, subject string, detail any) auditRow {
	text, err := json.Marshal(detail)
	if err != nil {
		panic(err) // details are structs and maps of plain values
	}
	return auditRow{ID: rand.Text(), At: micros(e.cfg.Now()), Actor: plain(actor), Action: action, Subject: plain(subject), Detail: string(text)}
}

func (e *Engine[TTx]) audit(ctx context.Context, db bun.IDB, records ...auditRow) error {
	var list jsonRows
	for _, r := range records {
		list.add(r.ID, r.At, r.Actor, r.Action, r.Subject, r.Detail)
	}
	return e.eachRow(ctx, db, list, `INSERT INTO govmedia_audit (id, at, actor, action, subject, detail)
		SELECT v.value ->> 0, CAST(v.value ->> 1 AS BIGINT), v.value ->> 2, v.value ->> 3, v.value ->> 4, v.value ->> 5 FROM ?rows`)
}

const sealBatch = 500

// Seal chains the audit records that are not chained yet and returns how many there were.
func (e *Engine[TTx]) Seal(ctx context.Context) (int, error) {
	total := 0
	for {
		n := 0
		err := e.write(ctx, "audit.seal", func(t tx[TTx]) error {
			var rows []auditRow
			err := t.NewRaw("SELECT * FROM govmedia_audit WHERE seq = 0 ORDER BY n LIMIT ?", sealBatch).Scan(ctx, &rows)
			if err != nil || len(rows) == 0 {
				return err
			}
			seq, hash, err := head(ctx, t)
			if err != nil {
				return err
			}
			var list jsonRows
			for _, row := range rows {
				rec := row.record().Seal(seq+1, hash)
				seq, hash = rec.Seq, rec.Hash
				list.add(row.N, seq, hash)
			}
			n = len(rows)
			return e.eachRow(ctx, t, list, `UPDATE govmedia_audit SET seq = CAST(v.value ->> 1 AS BIGINT), hash = v.value ->> 2
				FROM ?rows WHERE govmedia_audit.n = CAST(v.value ->> 0 AS BIGINT)`)
		})
		total += n
		if err != nil || n < sealBatch {
			return total, err
		}
	}
}

func head(ctx context.Context, db bun.IDB) (seq int64, hash string, err error) {
	var rows []auditRow
	err = db.NewRaw("SELECT * FROM govmedia_audit WHERE seq > 0 ORDER BY seq DESC LIMIT 1").Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, "", err
	}
	return rows[0].Seq, rows[0].Hash, nil
}

// AuditHead returns the hash of the last chained record, empty when there is none.
func (e *Engine[TTx]) AuditHead(ctx context.Context) (string, error) {
	_, hash, err := head(ctx, e.b.Read)
	return hash, e.fail("audit.head", err)
}

// ExportAudit writes the whole log, one JSON record a line, chained records first. govmedia.VerifyAudit reads it.
func (e *Engine[TTx]) ExportAudit(ctx context.Context, w io.Writer) error {
	rows, err := e.b.Read.QueryContext(ctx, `SELECT id, at, actor, action, subject, detail, seq, hash FROM govmedia_audit
		ORDER BY CASE WHEN seq = 0 THEN 1 ELSE 0 END, seq, n`)
	if err != nil {
		return e.fail("audit.export", err)
	}
	defer func() { _ = rows.Close() }()
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for rows.Next() {
		var r auditRow
		if err := rows.Scan(&r.ID, &r.At, &r.Actor, &r.Action, &r.Subject, &r.Detail, &r.Seq, &r.Hash); err != nil {
			return e.fail("audit.export", err)
		}
		if err := enc.Encode(r.record()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return e.fail("audit.export", err)
	}
	return out.Flush()
}
