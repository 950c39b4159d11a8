package weibo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const shareOp = "statuses/share"

// engine is the whole house over one account: what an integrator runs.
type engine struct {
	*rig
	m *matrix.Matrix
}

func house(t *testing.T, cfg *weibotest.Config, run func(*testing.T, *engine)) {
	t.Helper()
	bubble(t, cfg, func(t *testing.T, r *rig) {
		ctx := t.Context()
		db, err := sqlite.Open(ctx, sqlite.Memory, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		require.NoError(t, db.Migrate(ctx))
		m, err := matrix.New(db, matrix.Config{
			Adapters: []publish.Adapter{r.client},
			Keys:     account.Keyring{Current: "k", Keys: map[string][]byte{"k": []byte("0123456789abcdef0123456789abcdef")}},
			Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
			Logger:   slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		require.NoError(t, m.Registry.Save(ctx, "admin", account.Register{
			Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}},
			Accounts: []account.Account{{
				ID: "city", App: r.client.App(), UID: uid, Name: "某市发布", Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
			}},
		}))
		require.NoError(t, m.Vault.Put(ctx, "admin", r.cred))
		run(t, &engine{r, m})
	})
}

// draft adds the files and drafts the post.
func (e *engine) draft(t *testing.T, p publish.Post, files ...publish.Media) (publish.Post, error) {
	t.Helper()
	for _, f := range files {
		digest, err := e.m.Publisher.AddMedia(t.Context(), "author", f)
		require.NoError(t, err)
		p.Media = append(p.Media, digest)
	}
	p.Targets = []string{"city"}
	return e.m.Publisher.Draft(t.Context(), "author", p)
}

// queue drafts, approves and queues a post, as impatiently as people are.
func (e *engine) queue(t *testing.T, p publish.Post, files ...publish.Media) publish.Post {
	t.Helper()
	ctx := t.Context()
	p, err := e.draft(t, p, files...)
	require.NoError(t, err)
	p, err = e.m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	for range 3 {
		_, err = e.m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
	}
	return p
}

// settle lets time pass until no delivery of the post moves any more. each sees them after every step.
func (e *engine) settle(t *testing.T, post string, each func([]govmedia.Delivery)) []govmedia.Delivery {
	t.Helper()
	for start := time.Now(); time.Since(start) < 24*time.Hour; {
		_, err := e.m.Step(t.Context())
		require.NoError(t, err)
		ds, err := e.m.Publisher.Deliveries(t.Context(), post)
		require.NoError(t, err)
		if each != nil {
			each(ds)
		}
		moving := slices.DeleteFunc(slices.Clone(ds), func(d govmedia.Delivery) bool { return d.State.Settled() })
		if len(moving) == 0 {
			return ds
		}
		time.Sleep(max(time.Second, time.Until(moving[0].Due)))
	}
	t.Fatal("the post does not settle")
	return nil
}

// pictureOf is a picture of the type, filled up to the size if it is smaller.
func pictureOf(mediaType string, size int) publish.Media {
	var b bytes.Buffer
	var err error
	picture := image.NewGray(image.Rect(0, 0, 9, 4))
	switch mediaType {
	case "image/jpeg":
		err = jpeg.Encode(&b, picture, nil)
	case "image/gif":
		err = gif.Encode(&b, picture, nil)
	case "image/bmp":
		err = bmp.Encode(&b, picture)
	default:
		err = png.Encode(&b, picture)
	}
	if err != nil {
		panic(err)
	}
	data := append(b.Bytes(), make([]byte, max(0, size-b.Len()))...)
	return publish.Media{Name: "图", Type: mediaType, Data: data}
}

// filmOf is the head of an MP4.
func filmOf() publish.Media {
	box := func(name string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
	}
	mvhd := append(make([]byte, 12), 0, 0, 3, 232, 0, 0, 3, 232) // a thousand units, each of a thousandth second
	data := append(box("ftyp", []byte("isom\x00\x00\x00\x00isomavc1")), box("moov", box("mvhd", mvhd), box("trak", box("tkhd", make([]byte, 84))))...)
	return publish.Media{Name: "片.mp4", Type: "video/mp4", Data: data}
}
