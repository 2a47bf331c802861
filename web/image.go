package web

import (
	"bytes"
	"context"
	"errors"
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

// errNotShown is an image that cannot be shown, but saved.
var errNotShown = errors.New("an image that cannot be shown")

// show answers with an image that the browser can show. Nothing is answered if it returns errNotShown.
func (s *Server) show(w http.ResponseWriter, r *http.Request, f *fetched) (int64, error) {
	if f.size > maxImage {
		return f.download(w, r)
	}
	p, err := s.picture(r, f)
	if errors.Is(err, errNotShown) {
		return 0, err
	}
	if err != nil {
		refuse(w, r, err)
		return 0, err
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

// picture makes one of an image; errNotShown if that cannot be done.
func (s *Server) picture(r *http.Request, f *fetched) (*picture, error) {
	ctx, cancel := context.WithTimeout(r.Context(), imageTime)
	defer cancel()
	if err := s.reading.Acquire(ctx, 1); err != nil {
		return nil, errors.New("too much is going on; please try again later")
	}
	defer s.reading.Release(1)
	data, err := io.ReadAll(io.LimitReader(f, maxImage+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxImage {
		return nil, errNotShown
	}
	p, err := s.render(ctx, f.kind, data, wanted{s.conf.Width, s.conf.Height, knowsPNG(r.UserAgent())})
	if err != nil {
		s.log.Debug("image cannot be shown", "type", f.kind.media, "bytes", len(data), "err", err)
		return nil, errNotShown
	}
	return p, nil
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
