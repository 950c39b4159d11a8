package wechat_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// draft adds the files and drafts the post.
func (e *engine) draft(t *testing.T, p publish.Post, cover *publish.Media, files ...publish.Media) (publish.Post, error) {
	t.Helper()
	var err error
	if cover != nil {
		p.Cover, err = e.m.Publisher.AddMedia(t.Context(), "author", *cover)
		require.NoError(t, err)
	}
	for _, f := range files {
		digest, err := e.m.Publisher.AddMedia(t.Context(), "author", f)
		require.NoError(t, err)
		p.Media = append(p.Media, digest)
	}
	p.Targets = []string{"city"}
	return e.m.Publisher.Draft(t.Context(), "author", p)
}

// queue approves and queues a draft.
func (e *engine) queue(t *testing.T, p publish.Post) {
	t.Helper()
	ctx := t.Context()
	p, err := e.m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	_, err = e.m.Publisher.Publish(ctx, "author", p.ID)
	require.NoError(t, err)
}

// settleAll lets time pass until no delivery of the post moves any more. each sees them after every step.
func (e *engine) settleAll(t *testing.T, post string, each func([]govmedia.Delivery)) []govmedia.Delivery {
	t.Helper()
	for start := time.Now(); time.Since(start) < 72*time.Hour; {
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
	picture := image.NewGray(image.Rect(0, 0, 9, 5))
	switch mediaType {
	case "image/jpeg":
		err = jpeg.Encode(&b, picture, nil)
	case "image/gif":
		err = gif.Encode(&b, picture, nil)
	case "image/bmp":
		err = bmp.Encode(&b, picture)
	case "image/webp": // the head of one pixel
		b.WriteString("RIFF\x12\x00\x00\x00WEBPVP8L\x06\x00\x00\x00\x2f\x00\x00\x00\x00\x00")
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
