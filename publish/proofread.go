package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
)

// FindingsError is why a step was refused: what was found and not let pass. Find it with errors.As.
type FindingsError struct{ Findings []govmedia.Finding }

// Error says what was found, one rule after the other.
func (e *FindingsError) Error() string {
	words := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		words[i] = f.Rule + ": " + f.Explanation
	}
	return strings.Join(words, " ")
}

// proofread refuses a step because of what is found in the post, unless the signer lets it pass with a reason. It returns
// the signature with those reasons that were needed.
func (p *Publisher) proofread(ctx context.Context, by Signature, post Post) (Signature, error) {
	op := "publish." + string(by.Step)
	var found []govmedia.Finding
	switch by.Step {
	case StepSubmit, StepApprove, StepApproveEmergency:
		if p.cfg.Proofread == nil {
			break
		}
		var err error
		if found, err = p.cfg.Proofread(ctx, post); err != nil {
			return by, govmedia.Errorf(govmedia.KindUnavailable, op, "post %q could not be proof-read: %w", post.ID, err)
		}
	}
	if by.Step == StepApprove || by.Step == StepApproveEmergency {
		unexplained, err := p.unexplained(ctx, post)
		if err != nil {
			return by, err
		}
		found = append(found, unexplained...)
	}
	reasons := by.Overrides
	by.Overrides = nil
	var stop []govmedia.Finding
	for _, f := range found {
		switch why := reasons[f.Rule]; {
		case f.Severity != govmedia.SeverityError:
		case strings.TrimSpace(why) == "":
			stop = append(stop, f)
		default:
			if by.Overrides == nil {
				by.Overrides = map[string]string{}
			}
			by.Overrides[f.Rule] = why
		}
	}
	if len(stop) > 0 {
		return by, govmedia.Errorf(govmedia.KindInvalid, op, "post %q: mend it, or say in Signature.Overrides why it may pass: %w", post.ID, &FindingsError{stop})
	}
	return by, nil
}

// ProofreadText makes a Config.Proofread from a check of texts, such as the Check of a verify.Text. It checks title and
// text of every rendition as they will be sent, the same text once. A finding's subject is the post, its field the place:
// renditions.weibo.text.
func ProofreadText(check func(text string) []govmedia.Finding) func(context.Context, Post) ([]govmedia.Finding, error) {
	return func(_ context.Context, post Post) ([]govmedia.Finding, error) {
		var all []govmedia.Finding
		seen := map[string]bool{}
		read := func(field, text string) {
			if text == "" || seen[text] {
				return
			}
			seen[text] = true
			for _, f := range check(text) {
				f.Subject, f.Field = post.ID, field
				all = append(all, f)
			}
		}
		for _, platform := range slices.Sorted(maps.Keys(post.Renditions)) {
			r, field := post.Renditions[platform], "renditions."+platform
			read(field+".title", r.Title)
			read(field+".text", r.Text)
			for i, part := range r.Rest {
				read(fmt.Sprintf("%s.rest[%d].text", field, i), part.Text)
			}
		}
		return all, nil
	}
}
