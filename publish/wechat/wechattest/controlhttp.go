package wechattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const maxControl = 1 << 20 // bytes of a control call's body

// control answers the calls below the control prefix.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControl)
	value, err := s.controlCall(r)
	status := http.StatusOK
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
	case errors.Is(err, errNoControl), errors.Is(err, ErrUnknown):
		status = http.StatusNotFound
	case errors.As(err, &tooLarge):
		status = http.StatusRequestEntityTooLarge
	default:
		status = http.StatusBadRequest
	}
	if err != nil {
		value = map[string]string{"error": err.Error()}
	}
	s.deliver(w, r, answer{status: status, contentType: "application/json", body: encode(value)})
}

var errNoControl = errors.New("wechattest: no such control call")

func (s *Server) controlCall(r *http.Request) (any, error) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, s.cfg.ControlPrefix) {
	case "GET faults":
		return s.PendingFaults(), nil
	case "POST faults":
		return s.controlScript(r)
	case "DELETE faults":
		s.ClearFaults()
		return s.PendingFaults(), nil
	case "GET journal":
		return s.Journal(), nil
	case "GET time":
		return s.controlTime(), nil
	case "POST time":
		return s.controlSetTime(r)
	case "POST apps":
		return s.controlApp(r)
	case "POST tokens":
		return s.controlToken(r)
	case "DELETE tokens":
		return s.controlOverwrite(r)
	default:
		return s.controlPeople(r)
	}
}

func (s *Server) controlPeople(r *http.Request) (any, error) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, s.cfg.ControlPrefix) {
	case "POST fans":
		return s.controlFan(r)
	case "POST messages":
		return s.controlMessage(r)
	case "POST comments":
		return s.controlComment(r)
	case "POST items":
		return s.controlItem(r)
	case "POST stats":
		return s.controlStat(r)
	case "GET pushes":
		return s.queued(), nil
	case "POST pushes":
		return s.controlPushes(r)
	default:
		return nil, fmt.Errorf("%w: %s %s", errNoControl, r.Method, r.URL.Path)
	}
}

// decode reads a control call's body: one JSON value without unknown fields.
func decode(r *http.Request, to any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("wechattest: body: %w", err)
	}
	if dec.More() {
		return errors.New("wechattest: body: more than one JSON value")
	}
	return nil
}

func (s *Server) controlScript(r *http.Request) (any, error) {
	var raw json.RawMessage
	if err := decode(r, &raw); err != nil {
		return nil, err
	}
	faults := make([]Fault, 1)
	var err error
	if bytes.HasPrefix(raw, []byte("[")) {
		err = json.Unmarshal(raw, &faults)
	} else {
		err = json.Unmarshal(raw, &faults[0])
	}
	if err != nil {
		return nil, err
	}
	for _, f := range faults { // null leaves a fault without a name
		if err := f.Validate(); err != nil {
			return nil, err
		}
	}
	s.Script(faults...)
	return s.PendingFaults(), nil
}

func (s *Server) controlTime() any { return map[string]time.Time{"now": s.Now()} }

func (s *Server) controlSetTime(r *http.Request) (any, error) {
	var in struct {
		Advance *duration  `json:"advance"`
		Now     *time.Time `json:"now"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	switch {
	case in.Advance != nil && in.Now == nil:
		s.Advance(time.Duration(*in.Advance))
	case in.Now != nil && in.Advance == nil:
		s.SetTime(*in.Now)
	default:
		return nil, errors.New("wechattest: body: either advance or now")
	}
	return s.controlTime(), nil
}

func (s *Server) controlApp(r *http.Request) (any, error) {
	var app App
	if err := decode(r, &app); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return app, s.putApp(app)
}

func (s *Server) controlToken(r *http.Request) (any, error) {
	var in struct {
		AppID  string `json:"appid"`
		Stable bool   `json:"stable"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.Token(in.AppID, in.Stable)
}

func (s *Server) controlOverwrite(r *http.Request) (any, error) {
	var in struct {
		AccessToken string `json:"access_token"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return struct{}{}, s.Overwrite(in.AccessToken)
}

func (s *Server) controlFan(r *http.Request) (any, error) {
	var who Fan
	if err := decode(r, &who); err != nil {
		return nil, err
	}
	return s.AddFan(who)
}

func (s *Server) controlMessage(r *http.Request) (any, error) {
	var in struct {
		AppID  string `json:"appid"`
		OpenID string `json:"openid"`
		Text   string `json:"text"`
		Event  string `json:"event"`
		Key    string `json:"key"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Event != "" {
		return s.Event(in.AppID, in.OpenID, in.Event, in.Key)
	}
	return s.Say(in.AppID, in.OpenID, in.Text)
}

func (s *Server) controlComment(r *http.Request) (any, error) {
	var in struct {
		MsgDataID string `json:"msg_data_id"`
		Index     int    `json:"index"`
		OpenID    string `json:"openid"`
		Text      string `json:"text"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.AddComment(in.MsgDataID, in.Index, in.OpenID, in.Text)
}

func (s *Server) controlItem(r *http.Request) (any, error) {
	var in struct {
		ID     string `json:"id"`
		Action string `json:"action"`
		Status int    `json:"status"`
		Result string `json:"result"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var err error
	switch in.Action {
	case "settle-publication":
		err = s.SettlePublication(in.ID, in.Status)
	case "settle-mass":
		err = s.SettleMass(in.ID, in.Result)
	case "ban-article":
		err = s.BanArticle(in.ID)
	case "delete-article":
		err = s.DeleteArticle(in.ID)
	case "delete-draft":
		err = s.DeleteDraft(in.ID)
	case "delete-comment":
		err = s.DeleteComment(in.ID)
	case "hide-comment":
		err = s.HideComment(in.ID)
	case "unhide-comment":
		err = s.UnhideComment(in.ID)
	default:
		err = fmt.Errorf("wechattest: action %q is none of settle-publication, settle-mass, ban-article, delete-article, "+
			"delete-draft, delete-comment, hide-comment, unhide-comment", in.Action)
	}
	return struct{}{}, err
}

func (s *Server) controlStat(r *http.Request) (any, error) {
	var stat Stat
	if err := decode(r, &stat); err != nil {
		return nil, err
	}
	return struct{}{}, s.AddStat(stat)
}

// queued returns the pushes that wait.
func (s *Server) queued() []Push {
	out := []Push{}
	for _, p := range s.Journal().Pushes {
		if p.State == PushQueued {
			out = append(out, p)
		}
	}
	return out
}

// takenPush is a request that a client of another language posts itself.
type takenPush struct {
	URL  string `json:"url"`
	Type string `json:"content_type"`
	Body string `json:"body"`
}

func (s *Server) controlPushes(r *http.Request) (any, error) {
	var in struct {
		Action string `json:"action"`
		Target string `json:"target"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	switch in.Action {
	case "deliver":
		return s.DeliverPushes(r.Context(), s.cfg.Client)
	case "take":
		return s.controlTake(r, in.Target)
	default:
		return nil, fmt.Errorf("wechattest: action %q is none of deliver, take", in.Action)
	}
}

func (s *Server) controlTake(r *http.Request, target string) (any, error) {
	all, err := s.TakePushes(r.Context(), target)
	if err != nil {
		return nil, err
	}
	out := []takenPush{}
	for _, req := range all {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		out = append(out, takenPush{URL: req.URL.String(), Type: req.Header.Get("Content-Type"), Body: string(body)})
	}
	return out, nil
}
