package account

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"github.com/govmedia/govmedia"
)

// The container of an archive is a zip file with nothing left to choose: no compression, no times, no comments. So it can
// be rebuilt from the names and contents alone, and every byte of it can be verified, now and after many versions of Go.
// Package archive/zip opens it, but promises nothing about the bytes it writes, and does not notice all that were altered.

const (
	localSize   = 30
	localSig    = 0x04034b50
	centralSig  = 0x02014b50
	endSig      = 0x06054b50
	zipVersion  = 10       // needed to extract: 1.0
	zipMadeBy   = 20       // 2.0, FAT
	zipDay      = 1<<5 | 1 // 1980-01-01, the first that there is
	mostEntries = math.MaxUint16 - 1
	mostBytes   = math.MaxUint32 - 1
)

// container is the directory of a zip file that is being written.
type container struct {
	central bytes.Buffer
	entries int
	at      int64
}

// enter notes a file and returns its local header.
func (c *container) enter(name string, size int64, crc uint32) ([]byte, error) {
	if c.entries >= mostEntries || c.at+size+localSize+int64(len(name)) > mostBytes-int64(c.central.Len())-1<<10 {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "archive.add", "the archive would have over %d bytes or %d files; leave out media, or archive in parts", int64(mostBytes), mostEntries)
	}
	head := local(name, size, crc)
	le := binary.LittleEndian
	b := le.AppendUint32(nil, centralSig)
	b = le.AppendUint16(b, zipMadeBy)
	b = append(b, head[4:28]...)              // from the version to the length of the name
	b = append(b, make([]byte, 2+2+2+2+4)...) // extra, comment, disk, attributes
	b = le.AppendUint32(b, uint32(c.at))
	c.central.Write(append(b, name...))
	c.entries++
	c.at += int64(len(head)) + size
	return head, nil
}

// directory is what stands after the last file.
func (c *container) directory() []byte {
	le := binary.LittleEndian
	b := bytes.Clone(c.central.Bytes())
	b = le.AppendUint32(b, endSig)
	b = append(b, 0, 0, 0, 0)
	b = le.AppendUint16(b, uint16(c.entries))
	b = le.AppendUint16(b, uint16(c.entries))
	b = le.AppendUint32(b, uint32(c.central.Len()))
	b = le.AppendUint32(b, uint32(c.at))
	return append(b, 0, 0)
}

func local(name string, size int64, crc uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, localSig)
	b = le.AppendUint16(b, zipVersion)
	b = append(b, 0, 0, 0, 0, 0, 0) // flags, method, time
	b = le.AppendUint16(b, zipDay)
	b = le.AppendUint32(b, crc)
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint16(b, uint16(len(name)))
	b = append(b, 0, 0)
	return append(b, name...)
}

// archivable reports whether a name can stand in an archive.
func archivable(name string) bool {
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '/':
		default:
			return false
		}
	}
	return name != "" && len(name) <= 200
}

// entry is one file as it was found.
type entry struct {
	name        string
	start, data int64 // where its header and its content begin
	crc         uint32
	file        ArchivedFile
	odd         int64 // the first byte of its header that is not as it should be; -1 for none
}

// walk reads the files one after the other and returns where the directory begins. On an error it returns those before.
func walk(r io.ReaderAt, size int64) (entries []entry, rest int64, err error) {
	for at := int64(0); ; {
		var sig [4]byte
		if err := readAt(r, sig[:], at); err != nil {
			return entries, at, err
		}
		if len(entries) > 0 && binary.LittleEndian.Uint32(sig[:]) == centralSig {
			return entries, at, nil
		}
		e, next, err := read(r, at, size)
		if err != nil {
			return entries, at, err
		}
		entries = append(entries, e)
		at = next
	}
}

// read reads the file that begins at a byte.
func read(r io.ReaderAt, at, size int64) (e entry, next int64, err error) {
	head := make([]byte, localSize)
	if err := readAt(r, head, at); err != nil {
		return e, 0, err
	}
	le := binary.LittleEndian
	length, twice, n := int64(le.Uint32(head[18:])), int64(le.Uint32(head[22:])), int64(le.Uint16(head[26:]))
	if le.Uint32(head) != localSig || length != twice || n > 200 || at+localSize+n+length > size {
		return e, 0, archiveBroken("at byte %d no file of an archive begins, or its header is altered", at)
	}
	name := make([]byte, n)
	if err := readAt(r, name, at+localSize); err != nil {
		return e, 0, err
	}
	if !archivable(string(name)) {
		return e, 0, archiveBroken("the header of the file that begins at byte %d is altered", at)
	}
	e = entry{name: string(name), start: at, data: at + localSize + n, odd: -1}
	content := make([]byte, length)
	if err := readAt(r, content, e.data); err != nil {
		return e, 0, err
	}
	e.file, e.crc = archived(e.name, content), crc32.ChecksumIEEE(content)
	if i := differs(slices.Concat(head, name), local(e.name, length, e.crc)); i >= 0 {
		e.odd = at + int64(i)
	}
	return e, e.data + length, nil
}

// differs returns the first place where both differ; -1 when they are the same.
func differs(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF), err == nil:
		return archiveBroken("it ends at byte %d, in the middle", at+int64(n))
	}
	return govmedia.Errorf(govmedia.KindInternal, "archive.verify", "byte %d: %w", at, err)
}
