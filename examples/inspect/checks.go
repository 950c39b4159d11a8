package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/verify"
)

// own is what the integrator brings along.
type own struct {
	rules *verify.Rules // nil means none
	text  verify.Text   // with the own lexicon, if any
	names []seenName
}

// seenName is a name that somebody saw on a platform.
type seenName struct {
	line int
	name string
}

func readOwn(o options) (own, error) {
	var x own
	if o.rules != "" {
		content, err := slurp(o.rules, nil)
		if err != nil {
			return own{}, err
		}
		rules, err := verify.ReadRules(bytes.NewReader(content))
		if err != nil {
			return own{}, fmt.Errorf("命名规则%s不能用：%w", o.rules, err)
		}
		x.rules = &rules
	}
	var lexicons []verify.Lexicon
	if o.lexicon != "" {
		content, err := slurp(o.lexicon, nil)
		if err != nil {
			return own{}, err
		}
		l, err := verify.ReadLexicon(bytes.NewReader(content))
		if err != nil {
			return own{}, fmt.Errorf("词库%s不能用：%w", o.lexicon, err)
		}
		lexicons = append(lexicons, l)
	}
	text, err := verify.NewText(lexicons...)
	if err != nil {
		return own{}, fmt.Errorf("词库%s不能用：%w", o.lexicon, err)
	}
	x.text = text
	if o.names != "" {
		if x.names, err = readNames(o.names); err != nil {
			return own{}, err
		}
	}
	return x, nil
}

// readNames refuses what the radar would pass over, so that no name counts as checked that was not.
func readNames(file string) ([]seenName, error) {
	content, err := slurp(file, nil)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(content) {
		return nil, fmt.Errorf("名单%s不是UTF-8文本，请另存为UTF-8", file)
	}
	var all []seenName
	for i, line := range strings.Split(strings.TrimPrefix(string(content), "\ufeff"), "\n") {
		name := strings.TrimSpace(line)
		if name == "" {
			continue
		}
		if n := utf8.RuneCountInString(name); n > 64 {
			return nil, fmt.Errorf("名单%s第%d行有%d个字，不像账号名称；每行只写一个名称，不超过64字", file, i+1, n)
		}
		all = append(all, seenName{i + 1, name})
	}
	return all, nil
}

// report (检查报告) is everything that was found in one register.
type report struct {
	file     string
	digest   string // hex SHA-256 of the file
	at       time.Time
	units    int
	accounts int
	seen     int // names that were held against the register
	findings []item
}

// item is a finding with the name of what it is about, for people.
type item struct {
	govmedia.Finding
	name string
}

func (r report) count(s govmedia.Severity) int {
	n := 0
	for _, f := range r.findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// clean reports whether nothing is worse than for information.
func (r report) clean() bool { return r.count(govmedia.SeverityInfo) == len(r.findings) }

// inspection is a register under inspection.
type inspection struct {
	own      own
	builtIn  verify.Rules
	personal verify.Personal
	units    map[string]account.Unit
	accounts map[string]account.Account
	register account.Register
	findings []item
	bar      *bar
}

// inspect checks the content of a register file.
func inspect(ctx context.Context, file string, content []byte, x own, at time.Time, b *bar) (report, error) {
	reg, rows, err := register.Read(bytes.NewReader(content), register.ReadOptions{KeepGood: true, MaxBytes: mostBytes})
	if err != nil {
		return report{}, unreadable(file, rows, err)
	}
	in := inspection{
		own: x, builtIn: verify.BuiltIn(), register: reg, bar: b,
		units: map[string]account.Unit{}, accounts: map[string]account.Account{},
	}
	for _, u := range reg.Units {
		in.units[u.ID] = u
	}
	for _, a := range reg.Accounts {
		in.accounts[a.ID] = a
	}
	for _, f := range rows {
		in.add("", f)
	}
	if err := in.each(ctx); err != nil {
		return report{}, err
	}
	if err := in.together(ctx, at); err != nil {
		return report{}, err
	}
	in.lookalikes()
	sum := sha256.Sum256(content)
	return report{
		file: file, digest: hex.EncodeToString(sum[:]), at: at, units: len(reg.Units), accounts: len(reg.Accounts),
		seen: len(x.names), findings: in.finish(),
	}, nil
}

// unreadable says why a file is not a register, in the reader's own findings where it has them.
func unreadable(file string, rows []govmedia.Finding, err error) error {
	var all []string
	for _, f := range rows {
		if f.Severity == govmedia.SeverityError {
			all = append(all, f.Explanation+f.Suggestion)
		}
	}
	if len(all) == 0 || !errors.Is(err, govmedia.KindInvalid) {
		return fmt.Errorf("%s读不了：%w", file, err)
	}
	const most = 12
	if rest := len(all) - most; rest > 0 {
		all = append(all[:most], fmt.Sprintf("……另有%d处", rest))
	}
	return fmt.Errorf("%s不是可以检查的台账：\n  %s", file, strings.Join(all, "\n  "))
}

func (in *inspection) add(name string, all ...govmedia.Finding) {
	for _, f := range all {
		in.findings = append(in.findings, item{f, name})
	}
}

// each checks units and accounts one by one.
func (in *inspection) each(ctx context.Context) error {
	all := len(in.register.Units) + len(in.register.Accounts)
	for i, u := range in.register.Units {
		in.bar.show("检查单位", i, all)
		in.unit(u)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for i, a := range in.register.Accounts {
		in.bar.show("检查账号", len(in.register.Units)+i, all)
		in.account(a)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// unit checks a unit once, however many accounts it has, and also when it has none.
func (in *inspection) unit(u account.Unit) {
	for _, f := range in.named(account.Account{}, u) {
		if ofUnit(f) {
			in.add(u.Name, f)
		}
	}
	in.texts(u.ID, u.Name, []field{
		{"单位编号", u.ID, true}, {"单位名称", u.Name, false}, {"系统", u.System, false}, {"单位来源", u.Source, false},
	})
}

// account checks an account by itself. A name that is gone needs no correction, personal data in the register does.
func (in *inspection) account(a account.Account) {
	if a.State != account.Deregistered {
		for _, f := range in.named(a, in.units[a.Unit]) {
			if !ofUnit(f) {
				in.add(a.Name, f)
			}
		}
	}
	if strings.Contains(a.ID, "/") {
		in.add(a.Name, govmedia.Finding{
			Rule: "register.account_id", Version: "2026-11", Citation: "govmedia 账号导入要求", Severity: govmedia.SeverityError,
			Subject: a.ID, Field: "账号编号", Explanation: "账号编号含有斜杠“/”，不能导入。", Suggestion: "请改用不含斜杠的编号。",
		})
	}
	in.texts(a.ID, a.Name, []field{
		{"账号编号", a.ID, true}, {"账号名称", a.Name, a.State == account.Deregistered}, {"链接", a.URL, true}, {"认证说明", a.Verification, false},
		{"矩阵", strings.Join(a.Clusters, "；"), false}, {"来源", a.Source, false},
	})
}

func ofUnit(f govmedia.Finding) bool { return f.Field == "code" || f.Field == "region" }

// named applies the built-in naming rules and the integrator's own. Where these have a rule of the same id, and of the
// same platform if it is one for a platform, the built-in one does not speak.
func (in *inspection) named(a account.Account, u account.Unit) []govmedia.Finding {
	all := verify.Names{Rules: &in.builtIn}.Check(a, u)
	if in.own.rules == nil {
		return all
	}
	mine := ruleIDs(in.own.rules, a.App.Platform)
	all = slices.DeleteFunc(all, func(f govmedia.Finding) bool { return slices.Contains(mine, f.Rule) })
	return append(all, verify.Names{Rules: in.own.rules}.Check(a, u)...)
}

// ruleIDs are the ids of the rules that judge an account of the platform.
func ruleIDs(r *verify.Rules, platform string) []string {
	ids := []string{
		r.Reserved.ID, r.Code.ID, r.CodePrefix.ID, r.Region.ID, r.News.ID, r.NameRegion.ID, r.Contact.ID, r.Verification.ID,
		r.Verification.Missing.ID,
	}
	for _, w := range r.Width {
		if w.Platform == platform {
			ids = append(ids, w.ID)
		}
	}
	for _, c := range r.Characters {
		if c.Platform == platform {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// field is one text of the register. Of a key only personal data is looked for, because nobody reads it as prose.
type field struct {
	column, text string
	key          bool
}

func (in *inspection) texts(subject, name string, fields []field) {
	for _, x := range fields {
		check := in.own.text.Check
		if x.key {
			check = in.personal.Check
		}
		for _, f := range check(x.text) {
			f.Subject, f.Field = subject, x.column
			in.add(name, f)
		}
	}
}

// together checks the accounts of the register as a whole. The register has no history, so what rests on one is left out.
func (in *inspection) together(ctx context.Context, at time.Time) (err error) {
	in.bar.show("核对全部账号", 0, 1)
	now := func() time.Time { return at }
	engine, err := sqlite.Open(ctx, sqlite.Memory, &matrix.EngineConfig{Logger: slog.New(slog.DiscardHandler), Now: now})
	if err != nil {
		return fmt.Errorf("内存数据库打不开：%w", err)
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	registry := account.NewRegistry(engine)
	rules := account.BuiltInLifecycle()
	reg, crowds := in.importable(rules.OneAccount.Kinds)
	if err := errors.Join(engine.Migrate(ctx), registry.Save(ctx, "inspect", reg)); err != nil {
		return fmt.Errorf("台账导入不了内存数据库：%w", err)
	}
	life, err := account.NewLifecycle(engine, engine, registry, account.LifecycleConfig{Rules: &rules, Now: now})
	if err != nil {
		return err
	}
	all, err := life.Check(ctx)
	if err != nil {
		return fmt.Errorf("全部账号核对不了：%w", err)
	}
	var alone govmedia.Finding
	for _, f := range all {
		if f.Rule == rules.OneAccount.ID || f.Rule == rules.SameName.ID {
			in.add(in.accounts[f.Subject].Name, f)
		}
		if f.Rule == rules.OneAccount.ID {
			alone = f
		}
	}
	for _, c := range crowds {
		alone.Subject, alone.Field = c.unit, "unit"
		alone.Explanation = fmt.Sprintf("主办单位%s在同一平台（%s）有%d个账号；只逐一核对了编号在前的%d个，其余没有核对。", c.unit, c.platform, c.count, crowd)
		alone.Suggestion = "请先核对各行的单位编号是否填错，改正后重新检查。"
		in.add(in.units[c.unit].Name, alone)
	}
	return nil
}

// crowd is how many accounts of one unit on one platform are held against each other. Every finding names all the others,
// so that a column of one unit's id would make gigabytes of them.
const crowd = 100

// crowded is a unit with more accounts of a kind on a platform than that.
type crowded struct {
	unit, platform string
	kind           account.Kind
	count          int
}

// importable is the register without what an engine refuses and what has been reported already: supervisors that are not
// in it, and ids with a slash. Nor has it the accounts beyond a crowd, of the
// kinds of which a unit has one on a platform.
func (in *inspection) importable(single []account.Kind) (reg account.Register, crowds []crowded) {
	for _, u := range in.register.Units {
		if _, known := in.units[u.Supervisor]; !known {
			u.Supervisor = ""
		}
		reg.Units = append(reg.Units, u)
	}
	count := map[crowded]int{} // by unit, platform and kind
	for _, a := range in.register.Accounts {
		place := crowded{unit: a.Unit, platform: a.App.Platform, kind: a.Kind}
		if strings.Contains(a.ID, "/") || a.State == account.Deregistered {
			continue
		}
		if count[place]++; count[place] <= crowd || !slices.Contains(single, a.Kind) {
			reg.Accounts = append(reg.Accounts, a)
		}
	}
	for place, n := range count {
		if place.count = n; n > crowd && slices.Contains(single, place.kind) {
			crowds = append(crowds, place)
		}
	}
	slices.SortFunc(crowds, func(a, b crowded) int {
		return cmp.Or(strings.Compare(a.unit, b.unit), strings.Compare(a.platform, b.platform), strings.Compare(string(a.kind), string(b.kind)))
	})
	return reg, crowds
}

// lookalikes holds the names that were seen on platforms against those of the register. A name that is registered is
// nobody's look-alike.
func (in *inspection) lookalikes() {
	if len(in.own.names) == 0 {
		return
	}
	var names []string
	for _, a := range in.register.Accounts {
		if a.State != account.Deregistered {
			names = append(names, a.Name)
		}
	}
	radar := verify.NewRadar(names)
	for i, s := range in.own.names {
		in.bar.show("比对名称", i, len(in.own.names))
		in.add(s.name, radar.Findings(fmt.Sprintf("名单第%d行", s.line), s.name)...)
	}
}

// finish returns the findings, each once, the worst first, with personal data masked wherever a check has quoted it.
func (in *inspection) finish() []item {
	seen := map[govmedia.Finding]bool{}
	all := slices.DeleteFunc(in.findings, func(f item) bool {
		again := seen[f.Finding]
		seen[f.Finding] = true
		return again
	})
	for i := range all {
		for _, s := range []*string{&all[i].Subject, &all[i].Field, &all[i].Explanation, &all[i].Suggestion, &all[i].name} {
			*s = in.personal.Mask(*s)
		}
	}
	slices.SortStableFunc(all, func(a, b item) int { return cmp.Compare(grade(a.Severity), grade(b.Severity)) })
	return all
}

// grade orders severities, the worst first.
func grade(s govmedia.Severity) int {
	return slices.Index([]govmedia.Severity{govmedia.SeverityError, govmedia.SeverityWarning, govmedia.SeverityInfo}, s)
}
