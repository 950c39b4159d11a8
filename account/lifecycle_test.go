package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/reply/sla"
)

func TestA2_FilingIsDueSoManyWorkingDaysAfterTheEvent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, preset, at, due string }{
		{"before the Spring Festival", "", "2026-02-12 08:15", "2026-02-26 17:30"}, // 13, 14 (make-up), 24, 25, 26
		{"by name", "hubei", "2026-02-12 08:15", "2026-02-26 17:30"},
		{"strict", "strict", "2026-02-12 08:15", "2026-02-14 17:30"},
		{"an ordinary week", "hubei", "2026-11-23 10:00", "2026-11-30 17:30"},
		{"late in the evening in Beijing, afternoon in UTC", "strict", "2026-11-23 23:59", "2026-11-25 17:30"},
		{"on a Saturday", "strict", "2026-11-28 10:00", "2026-12-01 17:30"},
		{"over the end of a year that is known", "hubei", "2025-12-30 10:00", "2026-01-07 17:30"}, // 31, 4 (make-up), 5, 6, 7
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, beijing(t, c.at), account.LifecycleConfig{Preset: c.preset})
			o.opened(t, proposed("a", "u"))
			list, err := o.Filings(t.Context())
			require.NoError(t, err)
			require.Len(t, list, 1)
			f := list[0]
			require.Equal(t, account.StepOpen, f.Event.Step)
			require.Equal(t, beijing(t, c.due), f.Due)
			require.Contains(t, f.Explanation, "开设备案：自")
			require.Contains(t, f.Explanation, "国办发〔2018〕123号")

			o.now = f.Due
			require.False(t, f.Late(o.now))
			require.Empty(t, o.check(t, "lifecycle.filing"), "exactly then is in time")
			o.now = f.Due.Add(time.Microsecond)
			require.True(t, f.Late(o.now))
			late := o.check(t, "lifecycle.filing")["a"]
			require.Equal(t, govmedia.SeverityError, late.Severity)
			require.Contains(t, late.Explanation, "开设的备案已逾期")
			require.Contains(t, late.Citation, "（据公开通报，未见原文）")
			require.Equal(t, account.BuiltInLifecycle().Version, late.Version)

			require.NoError(t, o.File(t.Context(), "clerk", f.Event.ID, "备〔2026〕7号", f.Due))
			require.Empty(t, o.check(t, "lifecycle.filing"))
			list, err = o.Filings(t.Context())
			require.NoError(t, err)
			require.Equal(t, "备〔2026〕7号", list[0].Number)
			require.Equal(t, f.Due, list[0].Done)
			require.False(t, list[0].Late(o.now), "it was filed in time, whenever that was recorded")
		})
	}
}

// The holidays of 2027 have not been announced. Nobody guesses them: the duty stays open and says why.
func TestA2_AFilingWithoutADeadlineStaysOpen(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-12-30 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	list, err := o.Filings(t.Context())
	require.NoError(t, err)
	require.True(t, list[0].Due.IsZero())
	f := o.check(t, "lifecycle.filing")["a"]
	require.Equal(t, govmedia.SeverityWarning, f.Severity)
	require.Contains(t, f.Explanation, "工作日历“省政府办公时间”还没有2027年的放假安排")
	o.now = o.now.AddDate(3, 0, 0)
	list, err = o.Filings(t.Context())
	require.NoError(t, err)
	require.False(t, list[0].Late(o.now), "nobody can tell")
	require.NotEmpty(t, o.check(t, "lifecycle.filing"), "and it is not forgotten")

	everything := func(context.Context, string, account.Step, account.Account) error { return nil }
	later := func(cal *sla.Calendar) account.Filing {
		l, err := account.NewLifecycle(o.engine, o.engine, o.Registry, account.LifecycleConfig{Authorize: everything, Calendar: cal})
		require.NoError(t, err)
		list, err := l.Filings(t.Context())
		require.NoError(t, err)
		return list[0]
	}
	require.Contains(t, later(nil).Explanation, "没有配置工作日历")
	known := later(calendar(t, sla.Year{Year: 2027, Version: "1", Source: "invented"}))
	require.Equal(t, beijing(t, "2027-01-06 17:30"), known.Due, "31, then 1, 4, 5, 6 of a year without holidays")
}

func TestA2_EachOfTheFourEventsIsFiled(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := o.opened(t, proposed("a", "u"))
	a.Name = "示例市发布"
	require.NoError(t, o.Change(t.Context(), "chief", a, account.Grounds{Reason: "改名"}))
	a.UID, a.Clusters = "77", []string{"矩阵"}
	require.NoError(t, o.Change(t.Context(), "chief", a, account.Grounds{Reason: "登记平台编号"}), "nobody files that")
	require.NoError(t, o.Lifecycle.Suspend(t.Context(), "chief", "a", account.Grounds{}))
	require.NoError(t, o.Lifecycle.Reopen(t.Context(), "chief", "a", account.Grounds{}))
	require.NoError(t, o.Registry.Suspend(t.Context(), "duty", "a", "被盗用"), "the brake owes a filing as well")
	require.NoError(t, o.Deregister(t.Context(), "chief", "a", o.grounds()))
	list, err := o.Filings(t.Context())
	require.NoError(t, err)
	var steps []account.Step
	for _, f := range list {
		steps = append(steps, f.Event.Step)
	}
	require.Equal(t, []account.Step{account.StepOpen, account.StepChange, account.StepSuspend, account.StepSuspend, account.StepDeregister}, steps)
}

func TestA2_AFilingIsOfAnEventAndAfterIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	history, err := o.History(t.Context(), "a")
	require.NoError(t, err)
	open := history[2]
	for what, err := range map[string]error{
		"before it":         o.File(t.Context(), "clerk", open.ID, "1", o.now.Add(-time.Second)),
		"in the future":     o.File(t.Context(), "clerk", open.ID, "1", o.now.Add(time.Second)),
		"no number":         o.File(t.Context(), "clerk", open.ID, " ", o.now),
		"of an application": o.File(t.Context(), "clerk", history[0].ID, "1", o.now),
		"not text":          o.File(t.Context(), "clerk", open.ID, "\xff", o.now),
	} {
		require.ErrorIs(t, err, govmedia.KindInvalid, what)
	}
	_, err = o.History(t.Context(), "")
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func TestA2_OpeningNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	all := []string{"批准的申请", "运维人员", "应急联系人", "管理制度"}
	for _, c := range []struct {
		name    string
		alter   func(*account.Request)
		approve bool
		missing []string
	}{
		{"nothing but a name", func(r *account.Request) { *r = account.Request{ID: r.ID, Account: r.Account} }, false, all},
		{"not approved", func(*account.Request) {}, false, all[:1]},
		{"no operator", func(r *account.Request) { r.Operators = nil }, true, all[1:2]},
		{"contact without phone", func(r *account.Request) { r.Contact.Phone = " " }, true, all[2:3]},
		{"no contact", func(r *account.Request) { r.Contact = account.Contact{} }, true, all[2:3]},
		{"no rules", func(r *account.Request) { r.Rules = "" }, true, all[3:]},
		{"no contact and no rules", func(r *account.Request) { r.Contact, r.Rules = account.Contact{}, " " }, true, all[2:]},
		{"an operator nobody knows", func(r *account.Request) { r.Operators = []string{"op", "ghost"} }, true, []string{`operator "ghost" is not registered`}},
		{"an operator whose contract is for others", func(r *account.Request) { r.Operators = []string{"out"} }, true, []string{`account "a" is not within the contract`}},
		{"an event without an end", func(r *account.Request) { r.Account.Kind = account.KindEvent }, true, []string{"到期日"}},
		{"an event that has ended", func(r *account.Request) {
			r.Account.Kind, r.Account.Expires = account.KindEvent, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		}, true, []string{"2026-11-01"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
			_, err := o.operators.Save(t.Context(), "admin", account.Operator{ID: "out", Name: "张某", Unit: "u", Outsourced: true,
				Contract: account.Contract{Number: "1", Company: "示例公司", From: o.now, Until: o.now.AddDate(1, 0, 0), Units: []string{"v"}}})
			require.NoError(t, err)
			r := complete(proposed("a", "u"))
			c.alter(&r)
			r, err = o.Apply(t.Context(), "applicant", r)
			require.NoError(t, err)
			if c.approve {
				r, err = o.Approve(t.Context(), "approver", r, account.Grounds{})
				require.NoError(t, err)
			}
			_, err = o.Open(t.Context(), "opener", r.ID)
			require.ErrorIs(t, err, govmedia.KindForbidden)
			require.NotContains(t, err.Error(), "000-0000")
			for _, m := range c.missing {
				require.ErrorContains(t, err, m)
			}
			for _, m := range all {
				if !slices.Contains(c.missing, m) && !strings.Contains(c.name, "operator") {
					require.NotContains(t, err.Error(), m)
				}
			}
			_, err = o.Account(t.Context(), "a")
			require.ErrorIs(t, err, govmedia.KindNotFound, "nothing was opened")
		})
	}
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	_, err := o.Open(t.Context(), "opener", "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

func TestA2_APresetMayDemandTheFilingFirst(t *testing.T) {
	t.Parallel()
	rules := account.BuiltInLifecycle()
	rules.Filing[0].BeforeOpening = true
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{Rules: &rules})
	r := o.approved(t, complete(proposed("a", "u")))
	_, err := o.Open(t.Context(), "opener", r.ID)
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "批准的备案")
	list, err := o.Filings(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, o.File(t.Context(), "clerk", list[0].Event.ID, "1", o.now))
	_, err = o.Open(t.Context(), "opener", r.ID)
	require.NoError(t, err)
}

func TestA2_NobodyMayUnlessItIsSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := o.opened(t, proposed("a", "u"))
	waiting, err := o.Apply(t.Context(), "applicant", complete(proposed("b", "v")))
	require.NoError(t, err)
	_, err = o.Approve(t.Context(), "applicant", waiting, account.Grounds{})
	require.ErrorIs(t, err, govmedia.KindForbidden, "nobody approves the own request")
	_, err = o.Reject(t.Context(), "applicant", waiting, account.Grounds{})
	require.ErrorIs(t, err, govmedia.KindForbidden)

	denied := errors.New("not today")
	for what, authorize := range map[string]func(context.Context, string, account.Step, account.Account) error{
		"nothing set": nil,
		"refused":     func(context.Context, string, account.Step, account.Account) error { return denied },
	} {
		cfg := account.LifecycleConfig{Authorize: authorize, Calendar: calendar(t), Now: func() time.Time { return o.now }}
		l, err := account.NewLifecycle(o.engine, o.engine, o.Registry, cfg)
		require.NoError(t, err)
		s, err := account.NewOperators(o.engine, o.Registry, cfg)
		require.NoError(t, err)
		ctx, g := t.Context(), o.grounds()
		history, err := l.History(ctx, "a")
		require.NoError(t, err)
		second := func(_ any, err error) error { return err }
		for step, err := range map[string]error{
			"apply":      second(l.Apply(ctx, "x", complete(proposed("c", "v")))),
			"approve":    second(l.Approve(ctx, "x", waiting, g)),
			"reject":     second(l.Reject(ctx, "x", waiting, g)),
			"open":       second(l.Open(ctx, "x", waiting.ID)),
			"change":     l.Change(ctx, "x", a, g),
			"suspend":    l.Suspend(ctx, "x", "a", g),
			"deregister": l.Deregister(ctx, "x", "a", g),
			"extend":     l.Extend(ctx, "x", "a", o.now.Add(time.Hour), g),
			"hand_back":  l.HandBack(ctx, "x", "a", g),
			"file":       l.File(ctx, "x", history[2].ID, "1", o.now),
			"exempt":     l.Exempt(ctx, "x", account.Exemption{Account: "c", Unit: "u", Granted: "省", Reason: "r", Until: o.now.Add(time.Hour)}),
			"keep":       l.Keep(ctx, "x", "a", g),
			"consent":    l.Consent(ctx, "x", "a", "省", "r"),
			"take_over":  l.TakeOver(ctx, "x", "a", "省", "b", g),
			"archive":    l.Archived(ctx, "x", "a", "d"),
			"operator":   second(s.Save(ctx, "x", account.Operator{ID: "y", Name: "y", Unit: "u"})),
			"entrust":    s.Entrust(ctx, "x", "a", "op", ""),
			"leave":      second(s.Leave(ctx, "x", "op", o.now)),
		} {
			require.ErrorIs(t, err, govmedia.KindForbidden, "%s: %s", what, step)
			if authorize != nil {
				require.ErrorIs(t, err, denied, step)
			}
		}
		require.Len(t, history, 3, "nothing happened")
	}
	require.ErrorIs(t, o.Lifecycle.Suspend(t.Context(), " ", "a", account.Grounds{}), govmedia.KindForbidden, "no person is named")
}

func TestA2_StepsStartWhereTheyMay(t *testing.T) {
	t.Parallel()
	type try = func(ctx context.Context, o *office) error
	tries := map[string]try{
		"change": func(ctx context.Context, o *office) error {
			a, err := o.Account(ctx, "a")
			if err != nil {
				return err
			}
			return o.Change(ctx, "chief", a, o.grounds())
		},
		"suspend":    func(ctx context.Context, o *office) error { return o.Lifecycle.Suspend(ctx, "chief", "a", o.grounds()) },
		"reopen":     func(ctx context.Context, o *office) error { return o.Lifecycle.Reopen(ctx, "chief", "a", o.grounds()) },
		"deregister": func(ctx context.Context, o *office) error { return o.Deregister(ctx, "chief", "a", o.grounds()) },
		"extend": func(ctx context.Context, o *office) error {
			return o.Extend(ctx, "chief", "a", o.now.AddDate(1, 0, 0), o.grounds())
		},
		"hand back": func(ctx context.Context, o *office) error { return o.HandBack(ctx, "chief", "a", o.grounds()) },
		"keep":      func(ctx context.Context, o *office) error { return o.Keep(ctx, "chief", "a", o.grounds()) },
		"consent":   func(ctx context.Context, o *office) error { return o.Consent(ctx, "chief", "a", "省", "同意") },
		"archive":   func(ctx context.Context, o *office) error { return o.Archived(ctx, "chief", "a", "d") },
	}
	for state, allowed := range map[account.State][]string{
		account.Open:         {"change", "suspend", "deregister", "extend", "hand back", "keep", "consent", "archive"},
		account.Suspended:    {"change", "reopen", "deregister", "extend", "hand back", "consent", "archive"},
		account.Deregistered: {"deregister", "archive"},
	} {
		for name, try := range tries {
			t.Run(string(state)+" "+name, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
				a := proposed("a", "u")
				a.Kind, a.Expires = account.KindEvent, o.now.AddDate(0, 1, 0)
				o.opened(t, a)
				switch state {
				case account.Suspended:
					require.NoError(t, o.Lifecycle.Suspend(t.Context(), "chief", "a", o.grounds()))
				case account.Deregistered:
					require.NoError(t, o.Deregister(t.Context(), "chief", "a", o.grounds()))
				}
				err := try(t.Context(), o)
				if slices.Contains(allowed, name) {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, govmedia.KindConflict)
				require.ErrorContains(t, err, string(state))
			})
		}
	}
}

func TestA2_AnotherOwnerDemandsAPublicNotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := o.opened(t, proposed("a", "u"))
	a.Unit = "v"
	for _, n := range []account.Notice{{}, {URL: "https://www.shili.example/gg/1"}, {On: o.now}, {URL: " ", On: o.now}} {
		err := o.Change(t.Context(), "chief", a, account.Grounds{Reason: "机构改革", Notice: n})
		require.ErrorIs(t, err, govmedia.KindForbidden)
		require.ErrorContains(t, err, "公告")
	}
	require.NoError(t, o.Change(t.Context(), "chief", a, o.grounds()))
	history, err := o.History(t.Context(), "a")
	require.NoError(t, err)
	last := history[len(history)-1]
	require.Equal(t, o.grounds().Notice, last.Notice)
	require.Equal(t, []account.Change{{Field: "unit", Before: "u", After: "v"}}, last.Changes)
	require.Empty(t, o.check(t, "lifecycle.owner_notice"))

	// An import does not fail for it: it is found, until the notice is recorded.
	a.Unit = "u"
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{a}}))
	f := o.check(t, "lifecycle.owner_notice")["a"]
	require.Equal(t, "unit", f.Field)
	require.Equal(t, govmedia.SeverityError, f.Severity)
	require.Contains(t, f.Explanation, "2026年11月23日")
	require.NoError(t, o.Change(t.Context(), "chief", a, account.Grounds{Reason: "补充公告", Notice: o.grounds().Notice}))
	require.Empty(t, o.check(t, "lifecycle.owner_notice"))
	require.ErrorIs(t, o.Change(t.Context(), "chief", account.Account{ID: "a"}, o.grounds()), govmedia.KindInvalid)
	a.Unit = "none"
	require.ErrorIs(t, o.Change(t.Context(), "chief", a, o.grounds()), govmedia.KindNotFound)
}

func TestA2_DeregistrationDemandsDecisionAndNotice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := o.opened(t, proposed("a", "u"))
	err := o.Deregister(t.Context(), "chief", "a", account.Grounds{Reason: "合并"})
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "注销决定")
	require.ErrorContains(t, err, "公告")
	require.NoError(t, o.Deregister(t.Context(), "chief", "a", o.grounds()))
	require.Empty(t, o.check(t, "lifecycle.deregistration"))

	b := proposed("b", "u")
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{b}}))
	b.State = account.Deregistered
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{a, b}}))
	require.Contains(t, o.check(t, "lifecycle.deregistration"), "b")
	require.NoError(t, o.Deregister(t.Context(), "chief", "b", o.grounds()))
	require.Empty(t, o.check(t, "lifecycle.deregistration"))
	list, err := o.Filings(t.Context())
	require.NoError(t, err)
	n := 0
	for _, f := range list {
		if f.Event.Account == "b" {
			n++
		}
	}
	require.Equal(t, 1, n, "adding the decision is no second deregistration")
	c := proposed("c", "u")
	c.State = account.Deregistered
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{c}}))
	require.NotContains(t, o.check(t, "lifecycle.deregistration"), "c", "it was over before it came here")
}

func TestA2_ARequestIsCheckedBeforeAnybodyReadsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	for what, alter := range map[string]func(*account.Request){
		"unknown kind":        func(r *account.Request) { r.Account.Kind = "robot" },
		"id with a slash":     func(r *account.Request) { r.ID = "a/b" },
		"account with a NUL":  func(r *account.Request) { r.Account.ID = "a\x00" },
		"operator not text":   func(r *account.Request) { r.Operators = []string{"\xff"} },
		"a novel as a reason": func(r *account.Request) { r.Reason = strings.Repeat("长", 4000) },
	} {
		r := complete(proposed("a", "u"))
		alter(&r)
		_, err := o.Apply(t.Context(), "applicant", r)
		require.ErrorIs(t, err, govmedia.KindInvalid, what)
	}
	r := complete(proposed("a", "nobody"))
	_, err := o.Apply(t.Context(), "applicant", r)
	require.ErrorIs(t, err, govmedia.KindNotFound)
	r = complete(proposed("a", "u"))
	r.ID, r.Account.State, r.Account.Redirect = "", account.Deregistered, "b"
	r, err = o.Apply(t.Context(), "applicant", r)
	require.NoError(t, err)
	require.NotEmpty(t, r.ID)
	require.Equal(t, account.Open, r.Account.State)
	require.Empty(t, r.Account.Redirect)

	r, err = o.Reject(t.Context(), "approver", r, account.Grounds{Reason: "重复"})
	require.NoError(t, err)
	_, err = o.Approve(t.Context(), "approver", r, account.Grounds{})
	require.ErrorIs(t, err, govmedia.KindConflict, "it has been decided")
	r, err = o.Apply(t.Context(), "applicant", r)
	require.NoError(t, err)
	r, err = o.Approve(t.Context(), "approver", r, account.Grounds{})
	require.NoError(t, err)
	r, err = o.Apply(t.Context(), "applicant", r)
	require.NoError(t, err)
	require.Equal(t, account.RequestApplied, r.Stage, "an edit voids the approval")
	_, err = o.Open(t.Context(), "opener", r.ID)
	require.ErrorIs(t, err, govmedia.KindForbidden)
	r, err = o.Approve(t.Context(), "approver", r, account.Grounds{})
	require.NoError(t, err)
	_, err = o.Open(t.Context(), "opener", r.ID)
	require.NoError(t, err)
	r.Version++
	_, err = o.Apply(t.Context(), "applicant", r)
	require.ErrorIs(t, err, govmedia.KindConflict, "it has led to an account")
	list, err := o.Requests(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, list, 1)
	got, err := o.Request(t.Context(), r.ID)
	require.NoError(t, err)
	require.Equal(t, list[0], got)
}

func TestA2_ARefusedRequestDoesNotRepeatWhoIsCalledAtNight(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	r := complete(proposed("a", "u"))
	r.Contact = account.Contact{Name: "欧阳某某\x00", Phone: "13900000000\xff"}
	_, err := o.Apply(t.Context(), "applicant", r)
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.NotContains(t, err.Error(), "欧阳")
	r.Contact.Name = "李某"
	_, err = o.Apply(t.Context(), "applicant", r)
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.NotContains(t, err.Error(), "139")
}
