package govmedia

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// AuditRecord (审计记录) is one state change: who did what to which subject. Records are appended in the transaction
// of the change they describe and are chained by the engine's sealer in batches, so the newest ones may still be
// unsealed (Hash empty).
type AuditRecord struct {
	Seq     int64     `json:"seq"` // 1, 2, 3, … in the order of sealing; 0 while unsealed
	ID      string    `json:"id"`  // unique, chosen when the change was made
	At      time.Time `json:"at"`  // UTC, microseconds
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`  // such as "post.approve" or "delivery.fence"
	Subject string    `json:"subject"` // such as "post/p1"
	Detail  string    `json:"detail"`  // JSON object, verbatim
	Hash    string    `json:"hash"`    // hex SHA-256 over the previous hash and this record; empty while unsealed
}

// Seal returns the record with its place in the chain: the sequence number and the hash that follows prev.
func (r AuditRecord) Seal(seq int64, prev string) AuditRecord {
	r.Seq = seq
	h := sha256.New()
	for _, field := range []string{prev, r.ID, r.Actor, r.Action, r.Subject, r.Detail} {
		_ = binary.Write(h, binary.BigEndian, int64(len(field)))
		h.Write([]byte(field))
	}
	_ = binary.Write(h, binary.BigEndian, []int64{seq, r.At.UnixMicro()})
	r.Hash = hex.EncodeToString(h.Sum(nil))
	return r
}

// AuditReport is the result of verifying an exported audit log.
type AuditReport struct {
	Sealed   int64  // records covered by the chain
	Unsealed int64  // records after it, not yet covered
	Head     string // hash of the last sealed record; compare it with a head kept elsewhere
}

// VerifyAudit reads an exported log, one JSON record a line, and recomputes the chain. It needs no database and no
// network. A record that was altered, dropped, doubled or moved gives a KindCorrupt error naming its line; the
// report then covers the part before it. Lines over 1 MiB are refused.
func VerifyAudit(r io.Reader) (AuditReport, error) {
	var report AuditReport
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for n := 1; lines.Scan(); n++ {
		var rec AuditRecord
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			return report, auditBroken(n, "not a JSON record")
		}
		if rec.Hash == "" {
			report.Unsealed++
			continue
		}
		if report.Unsealed > 0 {
			return report, auditBroken(n, "a sealed record stands after an unsealed one")
		}
		if want := rec.Seal(report.Sealed+1, report.Head); rec != want {
			return report, auditBroken(n, fmt.Sprintf("record %q does not continue the chain", rec.ID))
		}
		report.Sealed, report.Head = rec.Seq, rec.Hash
	}
	if err := lines.Err(); err != nil {
		return report, Errorf(KindCorrupt, "audit.verify", "after record %d: %w", report.Sealed+report.Unsealed, err)
	}
	return report, nil
}

func auditBroken(line int, what string) error {
	return Errorf(KindCorrupt, "audit.verify", "line %d: %s; restore the log from a copy whose head is known", line, what)
}
