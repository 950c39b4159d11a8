package govmedia

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// AuditRecord (审计记录) is one state change: who did what to which subject. Records are appended in the transaction
// of the change they describe, each chained to the one before it.
type AuditRecord struct {
	Seq     int64     `json:"seq"` // 1, 2, 3, …
	ID      string    `json:"id"`  // unique, chosen when the change was made
	At      time.Time `json:"at"`  // UTC, microseconds
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`  // such as "post.approve" or "delivery.fence"
	Subject string    `json:"subject"` // such as "post/p1"
	Detail  string    `json:"detail"`  // JSON object, verbatim
	Hash    string    `json:"hash"`    // hex SHA-256 over the previous hash and this record
}

// canonical returns the record as an export shows it: time in UTC and microseconds, text in valid UTF-8. The hash
// covers this form, so a log stays verifiable even if somebody's name was not UTF-8.
func (r AuditRecord) canonical() AuditRecord {
	r.At = r.At.UTC().Truncate(time.Microsecond)
	for _, field := range []*string{&r.ID, &r.Actor, &r.Action, &r.Subject, &r.Detail} {
		if !utf8.ValidString(*field) {
			*field = string([]rune(*field))
		}
	}
	return r
}

// MarshalJSON implements json.Marshaler. A record has exactly one JSON form; VerifyAudit accepts no other.
func (r AuditRecord) MarshalJSON() ([]byte, error) {
	type plain AuditRecord // without this method
	return json.Marshal(plain(r.canonical()))
}

// Seal returns the record with its place in the chain: the sequence number and the hash that follows prev.
func (r AuditRecord) Seal(seq int64, prev string) AuditRecord {
	r = r.canonical()
	r.Seq = seq
	text := make([]byte, 0, 1024)
	for _, field := range []string{prev, r.ID, r.Actor, r.Action, r.Subject, r.Detail} {
		text = binary.BigEndian.AppendUint64(text, uint64(len(field)))
		text = append(text, field...)
	}
	text = binary.BigEndian.AppendUint64(text, uint64(seq))
	text = binary.BigEndian.AppendUint64(text, uint64(r.At.UnixMicro()))
	hash := sha256.Sum256(text)
	r.Hash = hex.EncodeToString(hash[:])
	return r
}

// AuditReport is the result of verifying an exported audit log.
type AuditReport struct {
	Sealed int64  // records covered by the chain
	Head   string // hash of the last one; compare it with a head kept elsewhere
}

// VerifyAudit reads an exported log, one JSON record a line, and recomputes the chain. It needs no database and no
// network. A record that was altered, dropped, doubled or moved gives a KindCorrupt error naming its line; the
// report then covers the part before it. So does a line that says the same in other bytes than an export would: the
// file is verified, not only its meaning. Lines over 1 MiB are refused.
//
// What the log cannot tell by itself is that records are missing at its end: compare the report's Head with a head
// kept elsewhere, or look for that head's line.
func VerifyAudit(r io.Reader) (AuditReport, error) {
	var report AuditReport
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	lines.Split(wholeLines)
	n := 1
	for ; lines.Scan(); n++ {
		var rec AuditRecord
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			return report, auditBroken(n, "not a JSON record")
		}
		// Many texts decode to the same record: other spaces, keys in other case, keys given twice, unknown keys.
		if line, err := json.Marshal(rec); err != nil || !bytes.Equal(append(line, '\n'), lines.Bytes()) {
			return report, auditBroken(n, "not written as an export writes it")
		}
		if want := rec.Seal(report.Sealed+1, report.Head); rec.Seq != want.Seq || rec.Hash != want.Hash {
			return report, auditBroken(n, fmt.Sprintf("record %q does not continue the chain", rec.ID))
		}
		report.Sealed, report.Head = rec.Seq, rec.Hash
	}
	if err := lines.Err(); err != nil {
		kind := KindInternal // the reader failed; nothing is known about the log
		if errors.Is(err, bufio.ErrTooLong) {
			kind = KindCorrupt
		}
		return report, Errorf(kind, "audit.verify", "line %d: %w", n, err)
	}
	return report, nil
}

// wholeLines is a bufio.SplitFunc that keeps the end of the line, so that a changed one is noticed.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

func auditBroken(line int, what string) error {
	return Errorf(KindCorrupt, "audit.verify", "line %d: %s; restore the log from a copy whose head is known", line, what)
}
