package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"msnbridge/bridge"
)

// file answers /f/TOKEN/NAME. The name is for the browser alone.
func (s *Server) file(w http.ResponseWriter, r *http.Request, rest string) {
	token, _, _ := strings.Cut(rest, "/")
	l, ok, gone := s.links.get(token, time.Now())
	switch {
	case !ok:
		page(w, r, http.StatusNotFound, "Not found", "There is no such file here, or its link has expired.")
		return
	case gone:
		page(w, r, http.StatusGone, "Expired", "This link has expired.")
		return
	}
	log := s.log.With("account", l.key.account, "network", l.key.network, "peer", r.RemoteAddr)
	n, err := s.deliver(&slowWriter{ResponseWriter: w, control: http.NewResponseController(w)}, r, &l)
	log.Debug("file fetched", "bytes", n, "err", err)
	if n > 0 && err != nil {
		panic(http.ErrAbortHandler) // or half a file might pass for a whole one
	}
}

// deliver answers with a file, and returns how much of it was sent. One that turns out to be no image that
// can be shown is fetched anew: how long it takes to send it is up to the browser, and it is not kept in
// memory for so long.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, l *link) (int64, error) {
	n, err := s.send(w, r, l, !r.URL.Query().Has("original"))
	if errors.Is(err, errNotShown) {
		return s.send(w, r, l, false)
	}
	return n, err
}

// send answers with a file, as an image if that is wanted. It has not answered if it returns errNotShown.
func (s *Server) send(w http.ResponseWriter, r *http.Request, l *link, shown bool) (int64, error) {
	d, err := s.bridge.Open(r.Context(), l.key.account, l.key.network, l.key.ref)
	if err != nil {
		refuse(w, r, err)
		return 0, err
	}
	defer d.Close()
	in := bufio.NewReaderSize(d, 32<<10)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		refuse(w, r, err)
		return 0, err
	}
	f := fetched{Reader: in, kind: kindOf(head), name: cleanName(l.file.Name), size: d.Size}
	if f.kind.image && shown {
		return s.show(w, r, &f)
	}
	return f.download(w, r)
}

// refuse says why a file does not come.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, bridge.ErrNotFound) || errors.Is(err, errors.ErrUnsupported):
		page(w, r, http.StatusNotFound, "Not found", "The file is not there any more.")
	case errors.Is(err, bridge.ErrNotOnline):
		page(w, r, http.StatusServiceUnavailable, "Not connected", "The file cannot be fetched just now. Please try again later.")
	case errors.Is(err, context.Canceled):
		w.WriteHeader(http.StatusServiceUnavailable) // nobody reads it
	default:
		page(w, r, http.StatusBadGateway, "Not available", "The file cannot be fetched: "+err.Error()+".")
	}
}

// A fetched file is one that is being read.
type fetched struct {
	io.Reader
	kind kind
	name string // clean; may be empty
	size int64  // -1: not known
}

// named is the name of the file, with an end that tells its type.
func (f *fetched) named() string {
	switch {
	case f.name == "":
		return "file" + f.kind.ext
	case extension(f.name) == "":
		return f.name + f.kind.ext
	}
	return f.name
}

// download answers with the file as it is, to be saved.
func (f *fetched) download(w http.ResponseWriter, r *http.Request) (int64, error) {
	f.describe(w.Header(), "attachment", f.named())
	if r.Method == http.MethodHead {
		return 0, nil
	}
	return io.Copy(onlyWriter{w}, onlyReader{f.Reader})
}

// describe sets the headers of a file.
func (f *fetched) describe(h http.Header, what, name string) {
	h.Set("Content-Type", f.kind.media)
	h.Set("Content-Disposition", disposition(what, name))
	h.Set("Cache-Control", "private, max-age=600")
	if f.size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(f.size, 10))
	}
}
