package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// lifecycle builds the lifecycle and the operators and, where everybody who orders something out must be one of these,
// has that asked before anything else.
func (m *Matrix) lifecycle() (err error) {
	if m.Lifecycle, err = account.NewLifecycle(m.engine, m.engine, m.Registry, m.cfg.Lifecycle); err != nil {
		return err
	}
	if m.Operators, err = account.NewOperators(m.engine, m.Registry, m.cfg.Lifecycle); err != nil {
		return err
	}
	if !m.cfg.Lifecycle.KnownOperators {
		return nil
	}
	if post := m.cfg.Publish.Authorize; post != nil {
		orders := []publish.Step{publish.StepPublish, publish.StepReschedule, publish.StepRetry}
		m.cfg.Publish.Authorize = func(ctx context.Context, actor string, step publish.Step, p publish.Post) error {
			if slices.Contains(orders, step) {
				if err := m.Operators.Known(ctx, actor); err != nil {
					return err
				}
			}
			return post(ctx, actor, step, p)
		}
	}
	if answer := m.cfg.Reply.Authorize; answer != nil {
		m.cfg.Reply.Authorize = func(ctx context.Context, actor string, c reply.Case) error {
			if err := m.Operators.Known(ctx, actor); err != nil {
				return err
			}
			return answer(ctx, actor, c)
		}
	}
	return nil
}

// recheck tells the observer about accounts that return to review, once each.
func (m *Matrix) recheck(ctx context.Context) error {
	returned, err := m.Lifecycle.Sweep(ctx)
	for _, e := range returned {
		m.cfg.Logger.WarnContext(ctx, "nothing has happened to an account for long; decide whether it stays", "account", e.Account, "event", e.ID)
		m.observe(ctx, govmedia.Event{Name: "account." + string(e.Step), Account: e.Account, Subject: e.ID})
	}
	return err
}

// archives are the files of an archive, in order; media follow.
var archives = []string{"account", "events", "posts", "sealed", "answers", "deliveries"}

// Archive (归档) writes everything that an account did and that happened to it as one zip file of JSON lines and media, and
// records its digest in the account's history: the account, its events, the posts with a delivery to it as they stand and as
// they were sealed, its answers, its deliveries with their receipts, and the files of its posts. What citizens wrote and
// who is called at night are not in it. [account.VerifyArchive] checks it without any database.
func (m *Matrix) Archive(ctx context.Context, actor, id string, w io.Writer) (account.Manifest, error) {
	if err := m.Lifecycle.May(ctx, actor, account.StepArchive, id); err != nil {
		return account.Manifest{}, err
	}
	head, err := m.engine.AuditHead(ctx)
	if err != nil {
		return account.Manifest{}, err
	}
	files, media := map[string]*bytes.Buffer{}, []string{}
	for _, name := range archives {
		files[name] = &bytes.Buffer{}
	}
	err = m.engine.History(ctx, id, func(file string, line any) error {
		if p, ok := line.(publish.Post); ok {
			media = append(media, named(p)...)
		}
		return json.NewEncoder(files[file]).Encode(line)
	})
	if err != nil {
		return account.Manifest{}, err
	}
	out := account.NewArchive(w, account.Manifest{Account: id, Made: m.cfg.Now(), Actor: actor, Head: head})
	for _, name := range archives {
		if err := out.Add(name+".jsonl", files[name].Bytes()); err != nil {
			return account.Manifest{}, err
		}
	}
	slices.Sort(media)
	for _, digest := range slices.Compact(media) {
		file, err := m.engine.Media(ctx, digest)
		if err != nil {
			return account.Manifest{}, err
		}
		if file.Digest() != digest {
			return account.Manifest{}, govmedia.Errorf(govmedia.KindCorrupt, "matrix.archive", "the file %q is no longer what it was; restore the database from a backup", file.Name)
		}
		if err := out.Add("media/"+digest, file.Data); err != nil {
			return account.Manifest{}, err
		}
	}
	manifest, err := out.Close()
	if err != nil {
		return account.Manifest{}, err
	}
	return manifest, m.Lifecycle.Archived(ctx, actor, id, manifest.Digest)
}

// named are the files that the renditions of a post name.
func named(p publish.Post) (digests []string) {
	for _, r := range p.Renditions {
		for _, part := range append([]publish.Rendition{r}, r.Rest...) {
			digests = append(digests, part.Media...)
			if part.Cover != "" {
				digests = append(digests, part.Cover)
			}
		}
	}
	return digests
}
