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

	Seq     int64  `bun:"seq,pk"`
	ID      string `bun:"id"`
	At      int64  `bun:"at"`
	Actor   string `bun:"actor"`
	Action  string `bun:"action"`
	Subject string `bun:"subject"`
	Detail  string `bun:"detail"`
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

// longestRecord bounds what a record says, so that its line, in which a byte becomes six at most, stays one that
// govmedia.VerifyAudit reads.
const longestRecord = 160 << 10

// audit appends records to the log and chains them: whoever writes is alone, so the head cannot move meanwhile.
func (e *Engine[TTx]) audit(ctx context.Context, t tx[TTx], records ...auditRow) error {
	if len(records) == 0 {
		return nil
	}
	seq, hash, err := head(ctx, t)
	if err != nil {
		return err
	}
	var list paramRows
	for _, r := range records {
		if n := len(r.Actor) + len(r.Subject) + len(r.Detail); n > longestRecord {
			return govmedia.Errorf(govmedia.KindInvalid, "store.audit", "the record of %s would have %d bytes and may have %d; shorten what is said", r.Action, n, longestRecord)
		}
		rec := r.record().Seal(seq+1, hash)
		seq, hash = rec.Seq, rec.Hash
		list.add(seq, r.ID, r.At, r.Actor, r.Action, r.Subject, r.Detail, hash)
	}
	return e.each(ctx, t, list, `INSERT INTO govmedia_audit (seq, id, at, actor, action, subject, detail, hash)
		SELECT {0:int}, {1}, {2:int}, {3}, {4}, {5}, {6}, {7} {rows}`)
}

func head(ctx context.Context, db bun.IDB) (seq int64, hash string, err error) {
	rows, err := selected(ctx, db, func(r *auditRow) []any { return []any{&r.Seq, &r.Hash} }, "SELECT seq, hash FROM govmedia_audit ORDER BY seq DESC LIMIT 1")
	if err != nil || len(rows) == 0 {
		return 0, "", err
	}
	return rows[0].Seq, rows[0].Hash, nil
}

// AuditHead returns the hash of the last record, empty when there is none.
func (e *Engine[TTx]) AuditHead(ctx context.Context) (string, error) {
	_, hash, err := head(ctx, e.b.Read)
	return hash, e.fail("audit.head", err)
}

// ExportAudit writes the whole log, one JSON record a line. govmedia.VerifyAudit reads it.
func (e *Engine[TTx]) ExportAudit(ctx context.Context, w io.Writer) error {
	rows, err := e.b.Read.QueryContext(ctx, `SELECT id, at, actor, action, subject, detail, seq, hash FROM govmedia_audit ORDER BY seq`)
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
