package register

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// source yields the rows of a file.
type source interface {
	// next returns the fields of the next row that is not empty, and the number of the last row that was looked at as a
	// spreadsheet counts. A *fault that is not about the whole file is about this row, and the next may follow. The end
	// is io.EOF.
	next() (fields []string, row int, err error)
	close()
}

// fault is a problem that the source itself has found.
type fault struct {
	problem
	whole bool // nothing of the file can be trusted
}

func (f *fault) Error() string { return f.rule + ": " + f.explanation }

// nothing is the source of a file that could not be opened.
type nothing struct{}

func (nothing) next() ([]string, int, error) { return nil, 0, io.EOF }
func (nothing) close()                       {}

const (
	bom    = "\ufeff"
	zipped = "PK\x03\x04"
	ole    = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	// headRead is how much of a file is looked at to know its encoding; the names of all columns take 300 bytes.
	headRead = 4 << 10
)

// open tells by its first bytes what the file is. Remarks are worth knowing and refuse nothing.
func open(r io.Reader, most int64) (rows source, remarks []problem, err error) {
	text := bufio.NewReaderSize(&bounded{r, most}, headRead)
	head, err := text.Peek(headRead)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errTooLarge) {
		return nil, nil, err
	}
	if line, _, ok := bytes.Cut(head, []byte("\n")); ok {
		head = line
	}
	starts := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }
	switch {
	case starts(zipped):
		return openWorkbook(text, most)
	case starts(ole):
		return nil, nil, &fault{problem{"register.format", "", "这是旧版Excel文件（.xls）或加了密码的工作簿",
			"请在Excel中取消密码，另存为“Excel工作簿(*.xlsx)”"}, true}
	case starts("\xff\xfe"), starts("\xfe\xff"):
		return nil, nil, &fault{problem{"register.encoding", "", "文件是UTF-16编码（Excel的“Unicode文本”）",
			"请在Excel中另存为“Excel工作簿(*.xlsx)”或“CSV UTF-8（逗号分隔）”"}, true}
	case starts(bom):
		_, _ = text.Discard(len(bom))
	case !utf8.Valid(head) && gbk(head):
		remarks = []problem{{"register.encoding", "", "文件不是UTF-8编码，已按GBK（GB 18030）编码读取", "请抽查几行，确认没有乱码"}}
		return newCSV(simplifiedchinese.GB18030.NewDecoder().Reader(text)), remarks, nil
	}
	return newCSV(text), nil, nil
}

// gbk reports whether the header names a column of ours when it is read as GBK. Other old encodings do not.
func gbk(header []byte) bool {
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(header)
	if err != nil {
		return false
	}
	for _, c := range columns(nil) {
		if bytes.Contains(decoded, []byte(c.name)) {
			return true
		}
	}
	return false
}

type csvSource struct {
	csv  *csv.Reader
	line int // last line of the file that was read
	row  int
}

func newCSV(r io.Reader) *csvSource {
	s := &csvSource{csv: csv.NewReader(r)}
	s.csv.FieldsPerRecord = -1
	return s
}

func (s *csvSource) close() {}

func (s *csvSource) next() ([]string, int, error) {
	fields, err := s.csv.Read()
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		s.row += syntax.StartLine - s.line
		s.line = syntax.Line
		return nil, s.row, &fault{problem: problem{"register.syntax", "", "不是合法的CSV，引号没有成对或位置不对",
			"含逗号、引号或换行的内容须用双引号括起，内部的双引号写两个"}}
	}
	if err != nil {
		return nil, s.row, err
	}
	// Blank lines, which the CSV reader skips, are rows of a spreadsheet; line breaks inside a field are not.
	first, _ := s.csv.FieldPos(0)
	last, _ := s.csv.FieldPos(len(fields) - 1)
	s.row += first - s.line
	s.line = last + strings.Count(fields[len(fields)-1], "\n")
	return fields, s.row, nil
}

var errTooLarge = errors.New("register: file too large")

// bounded reads no more than left bytes and fails when there are more.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
