package wechattest

import (
	"fmt"
	"slices"
	"time"
)

// job is a publication or mass message that the platform works on.
type job interface {
	steps() *progress
	finish(s *Server, at time.Time)
}

func (p *progress) steps() *progress { return p }

// start hands a job to the platform.
func (s *Server) start(c *call, j job) {
	p := j.steps()
	p.polls = max(0, s.cfg.ProcessPolls)
	if s.cfg.ProcessDelay >= 0 {
		p.due = c.now.Add(s.cfg.ProcessDelay)
	}
	if f := c.plan.processing; f != nil {
		p.polls, p.due = f.Polls, time.Time{}
		if f.Polls == 0 {
			p.polls = -1
		}
	}
	s.jobs = append(s.jobs, j)
}

// settle finishes every job whose time has come. It runs before anything looks.
func (s *Server) settle() {
	now := s.now()
	due := []job{}
	for _, j := range s.jobs {
		if p := j.steps(); p.settled.IsZero() && !p.due.IsZero() && !now.Before(p.due) {
			due = append(due, j)
		}
	}
	slices.SortStableFunc(due, func(a, b job) int { return a.steps().due.Compare(b.steps().due) })
	for _, j := range due {
		s.complete(j, j.steps().due)
	}
}

// complete finishes a job at an instant.
func (s *Server) complete(j job, at time.Time) {
	j.steps().settled = at
	s.jobs = slices.DeleteFunc(s.jobs, func(it job) bool { return it == j })
	j.finish(s, at)
}

// poll lets a client ask for a job, which may be the poll that finds it through.
func (s *Server) poll(j job, now time.Time) {
	switch p := j.steps(); {
	case !p.settled.IsZero() || p.polls < 0:
	case p.polls > 0:
		p.polls--
	default:
		s.complete(j, now)
	}
}

// take removes a draft from the box for a job.
func (s *Server) take(d *draft) {
	if d != nil && !s.cfg.KeepDrafts {
		d.state = DraftGone
	}
}

// putBack returns a draft to the box after its job has failed; through takes it for
// good after its job was done.
func (s *Server) putBack(d *draft) {
	if d != nil && !s.cfg.KeepDrafts && d.state == DraftGone {
		d.state = DraftInBox
	}
}

func (d *draft) through() {
	if d != nil && d.state == DraftInBox {
		d.state = DraftGone
	}
}

func (a *account) biz() string { return "MzA" + digest(a.ID, 11) + "==" }

// address gives each article of a job that is through its lasting address.
func (w *work) address() {
	for i, a := range w.articles {
		a.URL = fmt.Sprintf("http://mp.weixin.qq.com/s?__biz=%s&mid=%d&idx=%d&sn=%s#rd",
			w.app.biz(), w.msgDataID, i+1, digest(fmt.Sprint(w.app.ID, w.msgDataID, i), 32))
	}
}
