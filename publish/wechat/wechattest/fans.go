package wechattest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

func (f *fan) snapshot() Fan {
	out := f.Fan
	out.Tags = append([]int{}, f.Tags...)
	return out
}

// AddFan registers a citizen and returns it with its openid, or changes it when the
// openid is known to the account. It sends no push; [Server.Event] does.
func (s *Server) AddFan(who Fan) (Fan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.apps[who.AppID]
	if app == nil {
		return Fan{}, unknown("app", who.AppID)
	}
	if who.OpenID == "" {
		who.OpenID = "o" + s.secret(27)
	}
	if who.SubscribedAt.IsZero() {
		who.SubscribedAt = s.now()
	}
	who.Tags = slices.Clone(who.Tags)
	f := app.fanByID[who.OpenID]
	if f == nil {
		f = &fan{}
		app.fans = append(app.fans, f)
		app.fanByID[who.OpenID] = f
	}
	f.Fan = who
	return f.snapshot(), nil
}

func (s *Server) fan(appID, openID string) (*account, *fan, error) {
	app := s.apps[appID]
	if app == nil {
		return nil, nil, unknown("app", appID)
	}
	f := app.fanByID[openID]
	if f == nil {
		return nil, nil, unknown("citizen", openID)
	}
	return app, f, nil
}

// firstMsgID is beyond 2^53, and message ids are odd, so that a client which reads them
// as floating point numbers always gets a different one.
const firstMsgID = 23_000_000_000_000_001

// Say has a citizen write to the account. It queues a push of kind text and opens the
// window for customer messages: 48 hours and 5 of them.
func (s *Server) Say(appID, openID, words string) (Push, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, f, err := s.fan(appID, openID)
	switch {
	case err != nil:
		return Push{}, err
	case f.Unsubscribed:
		return Push{}, fmt.Errorf("wechattest: %s follows the account no more", openID)
	case words == "":
		return Push{}, errors.New("wechattest: message without text")
	}
	now := s.now()
	f.spoke = now
	s.interact(f, now, false)
	return s.push(app, message{
		kind: "text", from: openID, created: now, msgID: firstMsgID + 2*s.nextID(), body: []node{text("Content", words)},
	}).snapshot(), nil
}

// The events of a citizen that [Server.Event] knows.
const (
	EventSubscribe   = "subscribe"
	EventUnsubscribe = "unsubscribe"
	EventScan        = "SCAN"
	EventClick       = "CLICK"
	EventView        = "VIEW"
	// EventPay is a payment (用户支付), which opens a window but is pushed elsewhere.
	EventPay = "pay"
)

// Event has a citizen do something. It queues a push of that kind, save for
// [EventPay], and opens the window for customer messages: a minute and 3 of them after
// subscribe, SCAN and CLICK, as after a message after a payment, and none after the
// others. key is EventKey and may be empty.
func (s *Server) Event(appID, openID, event, key string) (Push, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, f, err := s.fan(appID, openID)
	if err != nil {
		return Push{}, err
	}
	now := s.now()
	switch event {
	case EventSubscribe:
		f.Unsubscribed, f.SubscribedAt = false, now
		s.interact(f, now, true)
	case EventUnsubscribe:
		f.Unsubscribed, f.windows, f.spoke = true, nil, time.Time{}
	case EventScan, EventClick:
		s.interact(f, now, true)
	case EventView:
	case EventPay:
		s.interact(f, now, false)
		return Push{}, nil
	default:
		return Push{}, fmt.Errorf("wechattest: event %q is none", event)
	}
	return s.push(app, message{
		kind: event, event: true, from: openID, created: now, body: []node{text("EventKey", key)},
	}).snapshot(), nil
}
