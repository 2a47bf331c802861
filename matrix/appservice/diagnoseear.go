package appservice

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// An ear notes how the homeserver comes to us.
type ear struct {
	alarm chan struct{} // holds one: somebody has come with a wrong token

	mu    sync.Mutex // guards heard
	total heard
}

// What has been heard.
type heard struct {
	open  bool // somebody can come
	right int  // requests with the right token
	wrong int  // requests with another one
}

func newEar() *ear { return &ear{alarm: make(chan struct{}, 1)} }

func (e *ear) setOpen(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.total.open = on
}

// note takes note of a request, which was refused or not. One without any token is not the
// homeserver's.
func (e *ear) note(no *refusal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch no {
	case nil:
		e.total.right++
	case wrongToken:
		e.total.wrong++
		select {
		case e.alarm <- struct{}{}:
		default:
		}
	}
}

func (e *ear) heard() heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.total
}

// since is what has been heard since then.
func (e *ear) since(then heard) heard {
	now := e.heard()
	return heard{open: now.open, right: now.right - then.right, wrong: now.wrong - then.wrong}
}

// Listen has the homeserver be heard, but nothing be taken from it, while f runs: for a Diagnose
// without Serve. It closes ln.
func (s *Service) Listen(ln net.Listener, f func()) {
	server := &http.Server{Handler: s.counted(http.HandlerFunc(s.hear)), ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: headerTime}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(ln)
	}()
	s.ear.setOpen(true)
	f()
	s.ear.setOpen(false)
	server.Close()
	<-ended
	s.answering.Wait()
	s.transport.CloseIdleConnections()
}

// hear answers as if there were no ghosts, and has the homeserver keep what it pushes.
func (s *Service) hear(w http.ResponseWriter, r *http.Request) {
	no := s.authorize(r)
	s.ear.note(no)
	switch {
	case no == nil && strings.HasSuffix(r.URL.Path, "/ping"):
		answer(w, http.StatusOK, struct{}{})
		return
	case no == nil && r.Method == http.MethodGet:
		no = notFound
	case no == nil:
		no = notNow
	}
	answer(w, no.status, no)
}
