package appservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// An ear notes how the homeserver comes to us.
type ear struct {
	mu      sync.Mutex // guards the fields below
	open    bool       // somebody can come
	right   bool       // somebody came with the right token
	refused int        // requests with a wrong one, or with none
}

func (e *ear) setOpen(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = on
}

// note takes note of a request, which was refused or not.
func (e *ear) note(no *refusal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if no == nil {
		e.right = true
	} else {
		e.refused++
	}
}

func (e *ear) heard() (open, right bool, refused int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open, e.right, e.refused
}

// findWayBack finds out whether the homeserver reaches us, with the right token: by a ping
// (application service API 1.15, 2.3.3), or where there is none by asking it about a user of ours, so
// that it asks us.
func (s *Service) findWayBack(ctx context.Context) []Problem {
	open, right, before := s.ear.heard()
	if right || !open {
		return nil // it does, or nobody could tell
	}
	client, err := s.bare()
	if err != nil {
		return []Problem{s.odd("come to us", err)}
	}
	_, err = client.AppservicePing(ctx, s.ID(), rand.Text())
	if found, known := s.pinged(err); known {
		return found
	}
	_, err = client.GetProfile(ctx, id.UserID(s.nobody("."+strings.ToLower(rand.Text()))))
	_, right, refused := s.ear.heard()
	switch {
	case right:
		return nil
	case refused > before:
		return []Problem{s.wrongToken()}
	case err != nil && !answered(err):
		return []Problem{s.odd("come to us", err)}
	}
	return []Problem{s.unreached("it did not when it was asked about a ghost")}
}

// pinged is what a ping has shown; it is not known where the homeserver has no pings.
func (s *Service) pinged(err error) (found []Problem, known bool) {
	var he mautrix.HTTPError
	if err == nil {
		return nil, true
	}
	if !errors.As(err, &he) || he.RespError == nil {
		return nil, false
	}
	switch he.RespError.ErrCode {
	case "M_URL_NOT_SET":
		return []Problem{{Key: "registration", Text: "it has no url", Remedy: anew}}, true
	case "M_CONNECTION_FAILED", "M_CONNECTION_TIMEOUT":
		return []Problem{s.unreached(clean(he.RespError.Err))}, true
	case "M_BAD_STATUS":
		if _, _, refused := s.ear.heard(); refused > 0 {
			return []Problem{s.wrongToken()}, true
		}
		return []Problem{s.unreached("somebody else answers there")}, true
	case "M_FORBIDDEN":
		return []Problem{{Key: "registration", Text: fmt.Sprintf("the homeserver does not know the service by the id %s", s.ID()), Remedy: anew}}, true
	}
	return nil, false
}

func (s *Service) wrongToken() Problem {
	return Problem{Key: "registration", Text: "the homeserver comes to us with another hs_token", Remedy: anew}
}

func (s *Service) unreached(how string) Problem {
	return Problem{Key: "url", Text: fmt.Sprintf("the homeserver does not come to us (%s)", how),
		Remedy: "write the address at which it reaches listen, and look at firewalls between the two; then " + anew}
}

// Listen has the homeserver be heard, but nothing be taken from it, while f runs: for a Diagnose
// without Serve.
func (s *Service) Listen(ln net.Listener, f func()) {
	server := &http.Server{Handler: http.HandlerFunc(s.hear), ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: headerTime}
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
