package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// Manifest (归档清单) says what an archive holds. It is the last file of the archive, manifest.json.
type Manifest struct {
	Format  string         `json:"format"`  // "govmedia/archive/1"
	Account string         `json:"account"` //
	Made    time.Time      `json:"made"`    //
	Actor   string         `json:"actor"`   // who made it
	Head    string         `json:"head"`    // hash of the last sealed record of the audit log when it was made
	Files   []ArchivedFile `json:"files"`   // in the order in which they stand in the archive
	Digest  string         `json:"digest"`  // hex SHA-256 of the manifest with this field empty; keep it elsewhere
}

// ArchivedFile is one file of an archive.
type ArchivedFile struct {
	Name   string   `json:"name"`
	Size   int64    `json:"size"`
	SHA256 string   `json:"sha256"`
	Lines  []string `json:"lines,omitempty"` // of a .jsonl file: the first 16 digits of each line's SHA-256, to say which one was altered
}

const (
	archiveFormat = "govmedia/archive/1"
	manifestName  = "manifest.json"
)

func archived(name string, data []byte) ArchivedFile {
	f := ArchivedFile{Name: name, Size: int64(len(data)), SHA256: hexSum(data)}
	if strings.HasSuffix(name, ".jsonl") {
		for line := range bytes.Lines(data) {
			f.Lines = append(f.Lines, hexSum(line)[:16])
		}
	}
	return f
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// text is the one form that a manifest has.
func (m Manifest) text() []byte {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return append(text, '\n')
}

func (m Manifest) digest() string {
	m.Digest = ""
	return hexSum(m.text())
}

// ArchiveWriter writes an archive (归档包): a zip file without compression that any tool opens, in which every byte is
// determined by its content. It is for package matrix, which fills it, and for whoever makes an archive of other data. It
// is not safe for concurrent use.
type ArchiveWriter struct {
	w        io.Writer
	manifest Manifest
	zip      container
}

// NewArchive begins an archive. Format, Files and Digest of the manifest are set by the writer.
func NewArchive(w io.Writer, m Manifest) *ArchiveWriter {
	m.Format, m.Files, m.Made = archiveFormat, []ArchivedFile{}, stored(m.Made)
	return &ArchiveWriter{w: w, manifest: m}
}

// Add writes one file. Its name has small letters, digits, and "-", "_", ".", "/".
func (a *ArchiveWriter) Add(name string, data []byte) error {
	if !archivable(name) || name == manifestName {
		return govmedia.Errorf(govmedia.KindInvalid, "archive.add", "%.40q is no name for a file of an archive", name)
	}
	a.manifest.Files = append(a.manifest.Files, archived(name, data))
	return a.add(name, data)
}

func (a *ArchiveWriter) add(name string, data []byte) error {
	head, err := a.zip.enter(name, int64(len(data)), crc32.ChecksumIEEE(data))
	if err != nil {
		return err
	}
	if _, err := a.w.Write(head); err != nil {
		return err
	}
	_, err = a.w.Write(data)
	return err
}

// Close writes the manifest and the directory, and returns the manifest. It does not close the writer below.
func (a *ArchiveWriter) Close() (Manifest, error) {
	a.manifest.Digest = a.manifest.digest()
	if err := a.add(manifestName, a.manifest.text()); err != nil {
		return Manifest{}, err
	}
	_, err := a.w.Write(a.zip.directory())
	return a.manifest, err
}

// VerifyArchive reads an archive of that many bytes and returns its manifest. It needs no database and no network. Any
// byte that was altered, added or removed gives a KindCorrupt error that says where: the file and, where it has lines,
// the line, or the place in the container. Whoever could have replaced the whole archive is found by comparing
// Manifest.Digest with the one that the audit log keeps.
func VerifyArchive(r io.ReaderAt, size int64) (Manifest, error) {
	entries, rest, walkErr := walk(r, size)
	if walkErr != nil && (len(entries) == 0 || !errors.Is(walkErr, govmedia.KindCorrupt)) {
		return Manifest{}, walkErr
	}
	last := entries[len(entries)-1]
	if walkErr != nil || last.name != manifestName {
		for _, e := range entries { // what is broken may have led the walk astray
			if e.odd >= 0 {
				return Manifest{}, archiveBroken("file %q, which begins at byte %d, or its header is altered", e.name, e.start)
			}
		}
		if walkErr == nil {
			walkErr = archiveBroken("the last file is %q and not %s", last.name, manifestName)
		}
		return Manifest{}, fmt.Errorf("%w; or it is the header of the file before, which begins at byte %d", walkErr, last.start)
	}
	m, err := readManifest(r, last)
	if err != nil {
		return Manifest{}, err
	}
	if err := m.matches(entries[:len(entries)-1]); err != nil {
		return Manifest{}, err
	}
	var zip container
	for _, e := range entries {
		if e.odd >= 0 {
			return Manifest{}, archiveBroken("byte %d, in the header of file %q, is altered", e.odd, e.name)
		}
		if _, err := zip.enter(e.name, e.file.Size, e.crc); err != nil {
			return Manifest{}, err
		}
	}
	want := zip.directory()
	got := make([]byte, size-rest)
	if err := readAt(r, got, rest); err != nil {
		return Manifest{}, err
	}
	if i := differs(got, want); i >= 0 {
		return Manifest{}, archiveBroken("byte %d, in the directory at the end, is altered", rest+int64(i))
	}
	return m, nil
}

func readManifest(r io.ReaderAt, e entry) (Manifest, error) {
	if e.file.Size > maxManifest {
		return Manifest{}, archiveBroken("%s has %d bytes", manifestName, e.file.Size)
	}
	text := make([]byte, e.file.Size)
	if err := readAt(r, text, e.data); err != nil {
		return Manifest{}, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, archiveBroken("%s is altered: it is no manifest", manifestName)
	}
	if m.Format != archiveFormat || m.Digest != m.digest() || !bytes.Equal(m.text(), text) {
		return Manifest{}, archiveBroken("%s is altered: its digest or form is not right", manifestName)
	}
	return m, nil
}

const maxManifest = 1 << 30

// matches compares what the manifest says with what is there.
func (m Manifest) matches(entries []entry) error {
	for i, e := range entries {
		if i >= len(m.Files) || m.Files[i].Name != e.name {
			return archiveBroken("file %q, which begins at byte %d, is not the one that belongs there", e.name, e.start)
		}
		want := m.Files[i]
		if want.SHA256 == e.file.SHA256 && want.Size == e.file.Size {
			continue
		}
		for n, line := range e.file.Lines {
			if n >= len(want.Lines) || want.Lines[n] != line {
				return archiveBroken("file %q: line %d is altered", e.name, n+1)
			}
		}
		return archiveBroken("file %q is altered or incomplete", e.name)
	}
	if len(entries) < len(m.Files) {
		return archiveBroken("file %q is missing", m.Files[len(entries)].Name)
	}
	return nil
}

func archiveBroken(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindCorrupt, "archive.verify", "%s; fetch the archive from a copy", fmt.Sprintf(format, args...))
}
