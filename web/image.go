package web

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxImage    = 20 << 20        // bytes of an image that is looked into; a larger one is for download
	mostReading = 4               // images in memory at a time
	passBytes   = 1 << 20         // bytes of an image that is shown as it is
	imageTime   = 5 * time.Minute // to fetch an image
)

// show answers with an image that the browser can show, or with the file itself where there is none.
func (s *Server) show(w http.ResponseWriter, r *http.Request, f *fetched) (int64, error) {
	if f.size > maxImage {
		return f.download(w, r)
	}
	p, whole, err := s.picture(r, f)
	if err != nil {
		refuse(w, r, err)
		return 0, err
	}
	if p == nil {
		f.Reader = whole
		return f.download(w, r)
	}
	name := f.named()
	if p.kind.ext != "" && p.kind != f.kind {
		name = strings.TrimSuffix(name, extension(name)) + p.kind.ext
	}
	shown := fetched{bytes.NewReader(p.data), p.kind, name, int64(len(p.data))}
	shown.describe(w.Header(), "inline", name)
	if r.Method == http.MethodHead {
		return 0, nil
	}
	return io.Copy(onlyWriter{w}, onlyReader{shown})
}

// A picture is an image as it is sent.
type picture struct {
	kind kind
	data []byte
}

// picture makes one of an image. If that cannot be done it is nil, and whole is the image as it came.
func (s *Server) picture(r *http.Request, f *fetched) (p *picture, whole io.Reader, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), imageTime)
	defer cancel()
	if err := s.reading.Acquire(ctx, 1); err != nil {
		return nil, nil, fmt.Errorf("too much is going on; please try again later")
	}
	defer s.reading.Release(1)
	data, err := io.ReadAll(io.LimitReader(f, maxImage+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxImage {
		return nil, io.MultiReader(bytes.NewReader(data), f.Reader), nil
	}
	f.size = int64(len(data))
	want := wanted{s.conf.Width, s.conf.Height, knowsPNG(r.UserAgent())}
	p, err = s.render(ctx, f.kind, data, want)
	if err != nil {
		s.log.Debug("image cannot be shown", "type", f.kind.media, "bytes", len(data), "err", err)
		return nil, bytes.NewReader(data), nil
	}
	return p, nil, nil
}

// Wanted is what a browser can show.
type wanted struct {
	width, height int
	png           bool
}

// render makes a picture of an image, which is the image itself if it will do.
func (s *Server) render(ctx context.Context, k kind, data []byte, want wanted) (*picture, error) {
	c, err := decoders[k.media].config(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	turned := orientation(k, data)
	if want.fits(k, c, len(data)) && turned == upright {
		return &picture{k, data}, nil
	}
	need, err := cost(k, c, data)
	if err != nil {
		return nil, err
	}
	if err := s.decoding.Acquire(ctx, max(need, memory/mostDecoding)); err != nil {
		return nil, err
	}
	defer s.decoding.Release(max(need, memory/mostDecoding))
	return convert(k, data, turned, want)
}

// fits tells whether a browser can show an image as it is.
func (w *wanted) fits(k kind, c image.Config, size int) bool {
	switch {
	case size > passBytes || c.Width > w.width || c.Height > w.height:
		return false
	case k.media == "image/jpeg":
		return !fourColours(c.ColorModel)
	}
	return k.media == "image/gif" || k.media == "image/png" && w.png
}

// knowsPNG is false for the browsers that came before PNG: Netscape 1 to 3, and Internet Explorer 2 and 3,
// which call themselves Mozilla/1 and Mozilla/2.
func knowsPNG(agent string) bool {
	for _, old := range []string{"Mozilla/1", "Mozilla/2", "Mozilla/3"} {
		if strings.HasPrefix(agent, old) {
			return false
		}
	}
	return !strings.Contains(agent, "MSIE 2.") && !strings.Contains(agent, "MSIE 3.")
}
