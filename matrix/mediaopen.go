package matrix

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"msnbridge/bridge"
)

// defaultMaxFile is the largest file that is fetched, in bytes.
const defaultMaxFile = 100_000_000

// Open reads a file that a message has brought. An encrypted one is read whole before Open returns.
func (c *Conn) Open(ctx context.Context, ref string) (*bridge.Download, error) {
	r, err := parseRef(ref)
	if err != nil {
		return nil, err
	}
	if err := c.alive(); err != nil {
		return nil, err
	}
	ctx, done := c.during(ctx)
	d, err := c.download(ctx, r.uri(), done)
	if err != nil {
		return nil, c.mediaFailure(err)
	}
	if !r.sealed() {
		return d, nil
	}
	plain, err := c.net.unseal(ctx, r.cipher(), d)
	d.Close()
	return plain, c.mediaFailure(err)
}

// mediaFailure says in plain words why there is no file.
func (c *Conn) mediaFailure(err error) error {
	if err == nil {
		return nil
	}
	c.log.Debug("matrix file not fetched", slog.String("reason", brief(err)))
	var (
		words   fileError
		refused *mediaError
	)
	switch {
	case errors.Is(err, bridge.ErrNotFound):
		return bridge.ErrNotFound
	case errors.As(err, &words):
		return words
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, bridge.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err // we end, or nobody waits any more
	}
	return errUnreachable
}

// download begins to fetch a file. done is called when it is closed, or at once if there is none.
func (c *Conn) download(ctx context.Context, u mediaURI, done func()) (*bridge.Download, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	d := &body{ctx: ctx, cancel: cancel, done: done, patience: c.times.File, max: c.net.config.MaxFile}
	// A file of another server may have to be fetched from there first.
	late := time.AfterFunc(3*c.times.File, func() { cancel(errStopped) })
	resp, err := c.getMedia(ctx, u)
	if !late.Stop() && err == nil {
		resp.Body.Close()
		err = errStopped
	}
	if err != nil {
		err = d.reason(err)
		d.end()
		return nil, err
	}
	d.stream = resp.Body
	if resp.ContentLength > d.max {
		d.Close()
		return nil, d.tooLarge()
	}
	return &bridge.Download{ReadCloser: d, Type: mediaType(resp), Size: resp.ContentLength}, nil
}

func mediaType(resp *http.Response) string {
	return cleanLine(resp.Header.Get("Content-Type"), maxName)
}

// A body is a file while it is read: the homeserver must go on sending, and not more than allowed.
type body struct {
	stream   io.ReadCloser
	ctx      context.Context
	cancel   context.CancelCauseFunc
	done     func()
	patience time.Duration
	read     int64
	max      int64
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	late := time.AfterFunc(b.patience, func() { b.cancel(errStopped) })
	n, err := b.stream.Read(p)
	late.Stop()
	if b.read += int64(n); b.read > b.max {
		return 0, b.tooLarge()
	}
	if err != nil && err != io.EOF {
		err = b.reason(err)
	}
	return n, err
}

// reason is why the request was given up, if that is what err means.
func (b *body) reason(err error) error {
	if b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	return err
}

func (b *body) tooLarge() error {
	return fileError("it is larger than the " + size(b.max) + " that are allowed here")
}

// Close implements io.Closer.
func (b *body) Close() error {
	err := b.stream.Close()
	b.end()
	return err
}

func (b *body) end() {
	b.cancel(nil)
	b.done()
}
