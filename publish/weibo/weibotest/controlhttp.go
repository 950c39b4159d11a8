package weibotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	controlPrefix = "/_fake/"
	maxControl    = 1 << 20 // bytes of a control call's body
)

// control answers the calls below /_fake/.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControl)
	value, err := s.controlCall(r)
	status := http.StatusOK
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
	case errors.Is(err, errNoControl):
		status = http.StatusNotFound
	case errors.Is(err, ErrUnknown):
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

var errNoControl = errors.New("weibotest: no such control call")

func (s *Server) controlCall(r *http.Request) (any, error) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, controlPrefix) {
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
	case "POST users":
		return s.controlUser(r)
	case "POST tokens":
		return s.controlToken(r)
	case "DELETE tokens":
		return s.controlRevoke(r)
	case "POST comments":
		return s.controlComment(r)
	case "POST items":
		return s.controlItem(r)
	default:
		return nil, fmt.Errorf("%w: %s %s", errNoControl, r.Method, r.URL.Path)
	}
}

// decode reads a control call's body: one JSON value without unknown fields.
func decode(r *http.Request, to any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("weibotest: body: %w", err)
	}
	if dec.More() {
		return errors.New("weibotest: body: more than one JSON value")
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
		return nil, errors.New("weibotest: body: either advance or now")
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

func (s *Server) controlUser(r *http.Request) (any, error) {
	var user User
	if err := decode(r, &user); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.putUser(user)
	if err != nil {
		return nil, err
	}
	return u.User, nil
}

func (s *Server) controlToken(r *http.Request) (any, error) {
	var in struct {
		App string `json:"app"`
		UID string `json:"uid"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.Token(in.App, in.UID)
}

func (s *Server) controlRevoke(r *http.Request) (any, error) {
	var in struct {
		AccessToken string `json:"access_token"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return struct{}{}, s.Revoke(in.AccessToken)
}

func (s *Server) controlComment(r *http.Request) (any, error) {
	var in struct {
		PostID   string `json:"post_id"`
		ParentID string `json:"parent_id"`
		By       string `json:"by"`
		Text     string `json:"text"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.ParentID != "" {
		return s.AddReply(in.ParentID, in.By, in.Text)
	}
	return s.AddComment(in.PostID, in.By, in.Text)
}

func (s *Server) controlItem(r *http.Request) (any, error) {
	var in struct {
		ID     string `json:"id"`
		Action string `json:"action"`
		Text   string `json:"text"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var err error
	switch in.Action {
	case "edit":
		err = s.Edit(in.ID, in.Text)
	case "delete":
		err = s.Delete(in.ID)
	case "hide":
		err = s.Hide(in.ID)
	case "unhide":
		err = s.Unhide(in.ID)
	default:
		err = fmt.Errorf("weibotest: action %q is none of edit, delete, hide, unhide", in.Action)
	}
	return struct{}{}, err
}
