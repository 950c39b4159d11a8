// Command inspect reads a register of accounts (账号台账) and tells everything that is wrong with it, offline.
//
//	go run ./examples/inspect -in register.xlsx                      # a summary in Chinese
//	go run ./examples/inspect -in register.csv -json                 # findings, one JSON object a line
//	go run ./examples/inspect -in register.csv -out report.html      # a page in one file; -out report.xlsx a workbook
//
// The register is CSV (UTF-8 or GBK) or xlsx, in the form of package account/register. Bad rows are reported and the good
// ones checked: names and codes by verify.Names, what people have written by verify.Text, the accounts of a unit together
// by account.Lifecycle on an engine in memory and, with -names, names seen on platforms by verify.Radar. A register holds
// neither posts nor a history, so what needs these is not checked; the summary and the reports say so.
//
// It exits with 0 when there is neither an error nor a warning, with 1 when there is one, and with 2 when the register
// could not be checked. Personal data that it finds is masked in everything it prints.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/govmedia/govmedia/verify"
)

// The exit codes.
const (
	exitClean    = 0
	exitFindings = 1
	exitFailed   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `用法：inspect -in 台账文件 [-json] [-out 报告文件] [-names 名单] [-rules 规则] [-lexicon 词库]

检查政务新媒体账号台账，列出全部问题。全程离线，不修改台账。

  -in 文件       台账：CSV（UTF-8或GBK）或xlsx；“-”为标准输入
  -out 文件      把报告写入文件：扩展名 .xlsx 为工作簿，.html 为单个网页
  -json          把问题写到标准输出，每行一个JSON对象
  -names 文件    在平台上见到的账号名称（UTF-8文本，每行一个），与台账中未注销的账号比对，查找仿冒
  -rules 文件    本单位的命名规则（格式同verify/names.json），与内置规则一并使用；编号相同的以本单位的为准
  -lexicon 文件  本单位的词库（格式同verify/lexicon.json），与内置词库一并使用

-json和-out都不用时，在标准输出显示摘要。

退出码：
  0  没有“错误”和“警告”（只有“提示”也算）
  1  有“错误”或“警告”
  2  检查没有完成：文件读不了、不是台账、参数有误、报告写不出
`

type options struct {
	in, out, names, rules, lexicon string
	json                           bool
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(stdout, usage)
		return exitClean
	}
	var r report
	if err == nil {
		r, err = work(ctx, o, stdin, stdout, newBar(stderr))
	}
	switch {
	case err != nil:
		// What is wrong with a file may quote what stands in it.
		_, _ = fmt.Fprintln(stderr, "inspect:", verify.Personal{}.Mask(err.Error()))
		return exitFailed
	case r.clean():
		return exitClean
	default:
		return exitFindings
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run says what is wrong, in one line
	flags.StringVar(&o.in, "in", "", "")
	flags.StringVar(&o.out, "out", "", "")
	flags.StringVar(&o.names, "names", "", "")
	flags.StringVar(&o.rules, "rules", "", "")
	flags.StringVar(&o.lexicon, "lexicon", "", "")
	flags.BoolVar(&o.json, "json", false, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, fmt.Errorf("参数有误：%w（用法见 inspect -h）", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("多余的参数%q（用法见 inspect -h）", flags.Arg(0))
	case o.in == "":
		return o, errors.New("请用 -in 指定台账文件（用法见 inspect -h）")
	}
	if _, err := writerFor(o.out); err != nil {
		return o, err
	}
	return o, nil
}

// writerFor returns what writes a report of this name; nil when none is wanted.
func writerFor(name string) (func(io.Writer, report) error, error) {
	if name == "" {
		return nil, nil
	}
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".xlsx":
		return writeWorkbook, nil
	case ".html", ".htm":
		return writePage, nil
	default:
		return nil, fmt.Errorf("报告的扩展名只能是 .xlsx 或 .html，不能是%q", ext)
	}
}

// work reads, checks and reports.
func work(ctx context.Context, o options, stdin io.Reader, stdout io.Writer, b *bar) (report, error) {
	defer b.end()
	own, err := readOwn(o)
	if err != nil {
		return report{}, err
	}
	b.show("读取台账", 0, 1)
	content, err := slurp(o.in, stdin)
	if err != nil {
		return report{}, err
	}
	r, err := inspect(ctx, filepath.Base(o.in), content, own, time.Now(), b)
	if err != nil {
		return report{}, err
	}
	b.show("输出结果", 0, 1)
	if write, _ := writerFor(o.out); write != nil {
		if err := save(o, r, write); err != nil {
			return report{}, err
		}
	}
	b.end()
	switch {
	case o.json:
		err = writeJSON(stdout, r)
	case o.out == "":
		err = writeSummary(stdout, r)
	}
	if err != nil {
		return report{}, fmt.Errorf("结果没有全部写到标准输出：%w", err)
	}
	return r, nil
}

// mostBytes bounds what is read; a register of more is refused.
const mostBytes = 64 << 20

func slurp(name string, stdin io.Reader) ([]byte, error) {
	from := stdin
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the file that whoever runs the program names
		if err != nil {
			return nil, fmt.Errorf("打不开文件：%w", err)
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	content, err := io.ReadAll(io.LimitReader(from, mostBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("读不了文件%s：%w", name, err)
	case len(content) > mostBytes:
		return nil, fmt.Errorf("文件%s超过%d MiB", name, mostBytes>>20)
	case len(bytes.TrimSpace(content)) == 0:
		return nil, fmt.Errorf("文件%s是空的", name)
	}
	return content, nil
}

// save writes the report beside its place and moves it there once it is whole. It never writes over what was read.
func save(o options, r report, write func(io.Writer, report) error) (err error) {
	if target, err := os.Stat(o.out); err == nil {
		for _, name := range []string{o.in, o.names, o.rules, o.lexicon} {
			if read, err := os.Stat(name); err == nil && os.SameFile(target, read) {
				return fmt.Errorf("报告不能写到%s：它是本次检查所读的文件", o.out)
			}
		}
	}
	f, err := os.CreateTemp(filepath.Dir(o.out), ".inspect-*")
	if err != nil {
		return fmt.Errorf("报告写不出：%w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("报告写不出：%w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	if err := errors.Join(write(f, r), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), o.out)
}
