package passport

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"msnbridge/bridge"
)

// An outcome is how a sign-in has ended, in words for the user.
type outcome string

// The outcomes of a sign-in that has failed.
const (
	wrongPassword outcome = "Wrong e-mail address or password. Please check both and try again."
	tooManyTries  outcome = "Too many sign-ins have failed. Please try again in some minutes."
	notNow        outcome = "The service cannot sign you in just now. Please try again in a few minutes."
)

// What nobody's name and password exceed, in bytes.
const (
	maxHandle   = 129 // draft, 5.4
	maxPassword = 1024
)

// possible tells whether this may be somebody. A handle is one word of a line of
// MSNP.
func (c credential) possible() bool {
	return c.handle != "" && len(c.handle) <= maxHandle && c.password != "" && len(c.password) <= maxPassword &&
		!strings.ContainsFunc(c.handle, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}

// signIn checks a name and a password, and gives a ticket for them.
func (s *Server) signIn(ctx context.Context, q *inquiry, c credential) (ticket string, failed outcome) {
	if !c.possible() {
		s.log.Debug("sign-in failed", "peer", q.from, "err", "malformed name or password")
		return "", wrongPassword
	}
	seal, err := s.conf.Accounts.Authenticate(ctx, q.from, c.handle, c.password)
	said, explained := errors.AsType[*bridge.SignInError](err)
	switch {
	case err == nil:
		s.log.Debug("ticket given", "peer", q.from, "account", c.handle)
		return s.conf.Tickets.Issue(c.handle, seal), ""
	case explained:
		failed = outcome(said.Words())
	case errors.Is(err, bridge.ErrWrongPassword):
		failed = wrongPassword
	case errors.Is(err, bridge.ErrTooManyTries):
		failed = tooManyTries
	default:
		s.log.Warn("sign-in not possible", "peer", q.from, "account", c.handle, "err", err)
		return "", notNow
	}
	s.log.Debug("sign-in failed", "peer", q.from, "account", c.handle, "err", err)
	return "", failed
}

// login is the Passport 1.4 log-in (doc/protocol, 04 section 2.3).
func (s *Server) login(ctx context.Context, q *inquiry) *answer {
	c, _ := credentials(q.Header.Get("Authorization"))
	ticket, failed := s.signIn(ctx, q, c)
	if failed != "" {
		return refused(failed)
	}
	return &answer{status: "200 OK", media: "text/html", fields: []field{{"Authentication-Info",
		"Passport1.4 da-status=success,tname=MSPAuth,tname=MSPProf,tname=MSPSec,from-PP='" + ticket + "',ru=http://messenger.msn.com"}}}
}

// refused says why there is no ticket. Clients show the text only from a 401; it
// ends the line, which is where Gaim ends it.
func refused(why outcome) *answer {
	return &answer{status: "401 Unauthorized", media: "text/html", fields: []field{{"WWW-Authenticate",
		"Passport1.4 da-status=failed,srealm=Passport.NET,ts=-3,prompt,cburl=http://messenger.msn.com,cbtxt=" + url.PathEscape(string(why))}}}
}
