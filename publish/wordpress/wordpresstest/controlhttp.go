package wordpresstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

var errNoControl = errors.New("wordpresstest: no such control call")

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
		return fmt.Errorf("wordpresstest: body: %w", err)
	}
	if dec.More() {
		return errors.New("wordpresstest: body: more than one JSON value")
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
		return nil, errors.New("wordpresstest: body: either advance or now")
	}
	return s.controlTime(), nil
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
		UID string `json:"uid"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	password, err := s.Password(in.UID)
	return map[string]string{"uid": in.UID, "password": password}, err
}

func (s *Server) controlRevoke(r *http.Request) (any, error) {
	var in struct {
		UID string `json:"uid"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return struct{}{}, s.Revoke(in.UID)
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
		Kind   string `json:"kind"`
		ID     string `json:"id"`
		Action string `json:"action"`
		Text   string `json:"text"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var err error
	switch in.Kind + " " + in.Action {
	case "post edit":
		err = s.EditPost(in.ID, in.Text)
	case "post delete":
		err = s.DeletePost(in.ID)
	case "post trash":
		err = s.TrashPost(in.ID)
	case "post approve":
		err = s.SetPostStatus(in.ID, statusPublish)
	case "post return":
		err = s.SetPostStatus(in.ID, statusDraft)
	case "media delete":
		err = s.DeleteMedia(in.ID)
	case "media edit":
		err = s.EditMedia(in.ID)
	case "post close":
		err = s.CloseComments(in.ID)
	case "comment edit":
		err = s.EditComment(in.ID, in.Text)
	case "comment delete":
		err = s.DeleteComment(in.ID)
	case "comment approve":
		err = s.SetCommentStatus(in.ID, Approved)
	case "comment hold":
		err = s.SetCommentStatus(in.ID, Held)
	case "comment spam":
		err = s.SetCommentStatus(in.ID, Spam)
	case "comment trash":
		err = s.SetCommentStatus(in.ID, Trashed)
	default:
		err = fmt.Errorf("wordpresstest: %q is nothing that can be done to a %q", in.Action, in.Kind)
	}
	return struct{}{}, err
}
