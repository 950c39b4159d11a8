package wechattest

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// cubeSpans are the names of the statistics and how many days one call may span. The
// spans of the newer names (the last four) are assumptions.
var cubeSpans = map[string]int{
	"getusersummary": 7, "getusercumulate": 7,
	"getarticlesummary": 1, "getarticletotal": 1,
	"getuserread": 3, "getuserreadhour": 1, "getusershare": 7, "getusersharehour": 1,
	"getupstreammsg": 7, "getupstreammsghour": 1, "getupstreammsgweek": 30, "getupstreammsgmonth": 30,
	"getupstreammsgdist": 15, "getupstreammsgdistweek": 30, "getupstreammsgdistmonth": 30,
	"getinterfacesummary": 30, "getinterfacesummaryhour": 1,
	"getarticleread": 1, "getarticleshare": 1, "getarticletotaldetail": 1, "getbizsummary": 30,
}

// newCubes answer with is_delay, too.
var newCubes = map[string]bool{"getarticleread": true, "getarticleshare": true, "getarticletotaldetail": true, "getbizsummary": true}

// Stat is one row of the statistics (数据统计). The platform counts nothing by itself:
// a test says what was counted.
type Stat struct {
	AppID string         `json:"appid"`
	Name  string         `json:"name"` // such as getarticletotal
	Date  string         `json:"date"` // YYYY-MM-DD, the row's ref_date
	Row   map[string]any `json:"row"`  // its other fields, named as on the wire
}

type statRow struct {
	date string
	row  map[string]any
}

// AddStat adds a row to an account's statistics. It goes out from eight o'clock of the
// day after its date.
func (s *Server) AddStat(stat Stat) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.apps[stat.AppID]
	_, known := cubeSpans[stat.Name]
	switch {
	case app == nil:
		return unknown("app", stat.AppID)
	case !known:
		return unknown("statistic", stat.Name)
	}
	if _, err := time.Parse(time.DateOnly, stat.Date); err != nil {
		return fmt.Errorf("wechattest: date: %w", err)
	}
	app.stats[stat.Name] = append(app.stats[stat.Name], statRow{date: stat.Date, row: maps.Clone(stat.Row)})
	return nil
}

// cube is POST /datacube/NAME.
//
// developers.weixin.qq.com/doc/service/api (数据统计), as noted 2026-11-22.
func (s *Server) cube(c *call) (any, *refusal) {
	var in struct {
		Begin string `json:"begin_date"`
		End   string `json:"end_date"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	name := strings.TrimPrefix(c.endpoint.name, "datacube/")
	if code := checkSpan(in.Begin, in.End, cubeSpans[name], c.now); code != 0 {
		return nil, refuse(code)
	}
	list := []map[string]any{}
	for _, it := range c.app.stats[name] {
		if it.date >= in.Begin && it.date <= in.End {
			row := map[string]any{"ref_date": it.date}
			maps.Copy(row, it.row)
			list = append(list, row)
		}
	}
	out := object{"list": list}
	if newCubes[name] {
		out["is_delay"] = false
	}
	return out, nil
}

// readyHour is from when in the morning yesterday's figures are there.
const readyHour = 8

// checkSpan returns the code that a span of days is refused with, or 0: 61500 for what
// is no span of past days, 61501 for too long a one, 61503 for figures that are not
// ready.
func checkSpan(begin, end string, most int, now time.Time) int {
	from, err1 := time.ParseInLocation(time.DateOnly, begin, beijing())
	to, err2 := time.ParseInLocation(time.DateOnly, end, beijing())
	today := dayOf(now)
	switch {
	case err1 != nil || err2 != nil || to.Before(from) || !to.Before(today):
		return 61500
	case int(to.Sub(from)/(24*time.Hour))+1 > most:
		return 61501
	case to.AddDate(0, 0, 1).Equal(today) && now.Before(today.Add(readyHour*time.Hour)):
		return 61503
	}
	return 0
}
