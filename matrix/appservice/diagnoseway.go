package appservice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// WayBack finds out whether the homeserver reaches us, with the right token, while Serve or Listen
// runs; else it finds nothing. It uses a ping (application service API 1.15, 2.3.3), or where there is
// none it asks about a user of ours, so that the homeserver asks us.
func (s *Service) WayBack(ctx context.Context) []Problem {
	before := s.ear.heard()
	if !before.open {
		return nil // nobody could tell
	}
	client, err := s.bare()
	if err != nil {
		return []Problem{s.odd("answer when it is asked to come to us", err)}
	}
	_, err = client.AppservicePing(ctx, s.ID(), rand.Text())
	if found, known := s.pinged(err, s.ear.since(before)); known {
		return found
	}
	_, err = client.GetProfile(ctx, id.UserID(s.nobody("."+strings.ToLower(rand.Text()))))
	switch came := s.ear.since(before); {
	case came.right > 0:
		return nil
	case came.wrong > 0:
		return []Problem{wrongTokenCame()}
	case isTimeout(err):
		return []Problem{s.unreached("it waits in vain")}
	case !answered(err):
		return []Problem{s.odd("answer when it is asked to come to us", err)}
	case before.right > 0:
		return nil // it has come with news; not every homeserver has questions
	}
	return []Problem{s.unreached("it did not when it was asked about a ghost")}
}

// pinged is what a ping has shown; it is not known where the homeserver has no pings.
func (s *Service) pinged(err error, came heard) (found []Problem, known bool) {
	var he mautrix.HTTPError
	switch {
	case err == nil && came.right == 0:
		return []Problem{s.unreached("somebody else answers there")}, true
	case err == nil:
		return nil, true
	case isTimeout(err):
		return []Problem{s.unreached("it waits in vain")}, true
	case statusOf(err) == http.StatusTooManyRequests:
		return []Problem{s.odd("answer when it is asked to come to us", err)}, true
	case !errors.As(err, &he) || he.RespError == nil:
		return nil, false
	case came.wrong > 0:
		return []Problem{wrongTokenCame()}, true
	}
	p, known := s.pingProblem(he.RespError)
	return []Problem{p}, known
}

// pingProblem is what a homeserver says that has sent a ping in vain.
func (s *Service) pingProblem(e *mautrix.RespError) (p Problem, known bool) {
	switch e.ErrCode {
	case mautrix.MURLNotSet.ErrCode:
		return Problem{Key: "registration", Text: "the one that the homeserver has is without a url", Remedy: anew}, true
	case mautrix.MConnectionFailed.ErrCode, mautrix.MConnectionTimeout.ErrCode:
		return s.unreached(s.clean(e.Err)), true
	case mautrix.MBadStatus.ErrCode:
		return s.unreached("somebody else answers there"), true
	case mautrix.MForbidden.ErrCode:
		return Problem{Key: "registration", Text: fmt.Sprintf("the homeserver does not know the service by the id %s", s.ID()), Remedy: anew}, true
	}
	return Problem{}, false
}

func wrongTokenCame() Problem {
	return Problem{Key: "registration", Text: "the homeserver comes to us with another hs_token", Remedy: anew}
}

func (s *Service) unreached(how string) Problem {
	text := "the homeserver does not come to us"
	if s.config.URL != "" {
		text += " at " + s.config.URL
	}
	return Problem{Key: "url", Text: fmt.Sprintf("%s (%s)", text, how),
		Remedy: "write the address at which it reaches listen, and look at firewalls between the two; then " + anew}
}
