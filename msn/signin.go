package msn

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

const (
	maxHandle = 129 // bytes (draft, 5.4)
	maxTries  = 3   // failed sign-ins on one connection

	// failTime is how long a sign-in takes that fails: an unknown handle and a
	// wrong password must not be told apart by their time.
	failTime = 50 * time.Millisecond
)

// An attempt is a sign-in under way.
type attempt struct {
	handle    string
	challenge string // empty: none was given, or it has been answered
	failed    int
}

// ver is answered with the common dialects in the client's order, the first of
// which is in force, and with CVR0 if it is among several (doc/protocol, 00), or
// beside a single one of MSNP8 and later: aMSN 0.95 and 0.97 do not go on without.
func ver(s *session, r *request) error {
	if s.state != fresh || s.d != nil {
		return end(codeNotExpected)
	}
	ds := s.c.srv.common(r.args)
	if len(ds) == 0 {
		r.reply("VER", "0")
		return errEnd
	}
	var names []string
	for _, d := range ds {
		names = append(names, d.name)
	}
	s.d, s.state = ds[0], negotiated
	if (len(r.args) > 2 || s.d.tickets) && strings.EqualFold(r.arg(len(r.args)-1), "CVR0") {
		names = append(names, "CVR0")
	}
	s.c.rd.Payloads = s.d.payloads
	r.reply("VER", names...)
	return nil
}

// cvr tells every client that its own version is the newest and the oldest, so
// that it goes on (doc/protocol, 01 section 2).
func cvr(s *session, r *request) error {
	v := "1.0.0000"
	if len(r.args) > 5 {
		v = r.arg(5)
		s.unescapes = s.unescapes || strings.EqualFold(r.arg(4), "GTMESS")
	}
	r.reply(string(r.row.verb), v, v, v, s.c.srv.web("/download"), s.c.srv.web("/"))
	return nil
}

// cvq is asked by a client that wants nothing else.
func cvq(s *session, r *request) error {
	cvr(s, r)
	return errEnd
}

func inf(_ *session, r *request) error {
	r.reply("INF", "MD5")
	return nil
}

// leave ends the connection without a word, as the service did at what a dialect
// had given up (doc/protocol, 01 section 4).
func leave(*session, *request) error { return errEnd }

// usr is either step of the sign-in.
func usr(s *session, r *request) error {
	switch {
	case s.state == signedIn:
		return codeLoggedIn
	case s.dispatch:
		return refer(s, r)
	case !strings.EqualFold(r.arg(0), s.dialect().security().name):
		return s.failed(r)
	case r.arg(1) == "I":
		return challenge(s, r)
	}
	return respond(s, r)
}

// refer sends the client to the notification server.
func refer(s *session, r *request) error {
	srv, self := s.c.srv, s.c.nc.LocalAddr().String()
	host, _ := srv.local(s.c.nc)
	r.reply("XFR", append([]string{"NS", srv.told(host, srv.port.Load().(string))}, s.dialect().referral(self)...)...)
	return errEnd
}

// challenge begins a sign-in. Nothing tells an unknown handle from a known one.
func challenge(s *session, r *request) error {
	handle := strings.ToLower(r.arg(2))
	switch {
	case len(handle) > maxHandle:
		return codeInvalid
	case !strings.Contains(handle, "@"):
		return codeNoDomain
	case !s.c.srv.limits.maySignIn(s.c.nc.RemoteAddr(), handle):
		return end(s.dialect().busy)
	case s.dialect().tickets && s.c.srv.conf.Tickets == nil:
		return s.c.srv.noTickets()
	}
	if s.try == nil {
		s.try = &attempt{}
	}
	security := s.dialect().security()
	s.try.handle, s.try.challenge = handle, security.challenge()
	if security.patience > 0 {
		s.c.readDeadline(time.Now().Add(security.patience))
	}
	r.reply("USR", security.name, "S", s.try.challenge)
	return nil
}

// A security package is a way to show that one knows the password.
type security struct {
	name      string
	challenge func() string
	patience  time.Duration // for the answer; zero: what is left of signInTime

	// check tells whether the answer is right. An error says that it cannot be told.
	check func(ctx context.Context, srv *Server, try attempt, answer string) (bool, error)
}

var (
	md5Security    = security{name: "MD5", challenge: newChallenge, check: checkMD5}
	ticketSecurity = security{name: "TWN", challenge: newPolicy, patience: ticketTime, check: checkTicket}
)

// security is the package that a dialect's clients use.
func (d *dialect) security() *security {
	if d.tickets {
		return &ticketSecurity
	}
	return &md5Security
}

// newChallenge is a word in the form of the original ones.
func newChallenge() string {
	var b [16]byte
	rand.Read(b[:])
	return strconv.FormatUint(binary.LittleEndian.Uint64(b[:]), 10) + "." +
		strconv.FormatUint(binary.LittleEndian.Uint64(b[8:]), 10)
}

// respond checks the answer to the challenge, and signs in. There is one answer
// to a challenge.
func respond(s *session, r *request) error {
	if s.try == nil || s.try.challenge == "" || r.arg(1) != "S" {
		return s.failed(r)
	}
	began, try := time.Now(), *s.try
	s.try.challenge = ""
	if !s.c.srv.limits.try(s.c.nc.RemoteAddr(), try.handle) {
		return end(s.dialect().busy)
	}
	ctx, cancel := context.WithTimeout(s.c.group.ctx, signInTime/2)
	defer cancel()
	ok, err := s.dialect().security().check(ctx, s.c.srv, try, r.arg(2))
	if err != nil {
		s.c.srv.limits.signInVoid(s.c.nc.RemoteAddr(), try.handle)
		return s.unavailable(err)
	}
	if !ok {
		pause(ctx, failTime-time.Since(began))
		return s.failed(r)
	}
	s.c.srv.limits.signedIn(s.c.nc.RemoteAddr(), try.handle)
	return s.signIn(ctx, r, try.handle)
}

// checkMD5 does the same work for an unknown handle, with an empty password.
func checkMD5(ctx context.Context, srv *Server, try attempt, answer string) (bool, error) {
	password, err := srv.bridge.Password(ctx, try.handle)
	if err != nil && !errors.Is(err, bridge.ErrNotFound) {
		return false, err
	}
	want := wire.MD5Response(try.challenge, password.Reveal())
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(answer))) == 1
	return same && err == nil, nil
}

// failed answers a sign-in that fails. The connection lives for another try, but
// not for many.
func (s *session) failed(r *request) error {
	if s.try == nil {
		s.try = &attempt{}
	}
	s.try.failed++
	s.c.srv.limits.signInFailed(s.c.nc.RemoteAddr())
	s.c.srv.log.Debug("sign-in failed", "peer", s.c.nc.RemoteAddr(), "account", s.try.handle)
	if s.try.failed >= maxTries {
		return end(codeFailed)
	}
	return codeFailed
}

func (s *session) unavailable(err error) error {
	s.c.srv.log.Error("sign-in not possible", "account", s.try.handle, "err", err)
	return end(codeUnavailable)
}

// signIn makes the connection the sink of the account's session. From here on
// commands are handled in the account's turn.
func (s *session) signIn(ctx context.Context, r *request, handle string) error {
	s.d = s.dialect()
	s.c.rd.Payloads = s.d.payloads
	bs, err := s.c.srv.bridge.SignIn(ctx, handle, s)
	switch {
	case errors.Is(err, bridge.ErrNotFound):
		return s.failed(r)
	case errors.Is(err, bridge.ErrClosed):
		return end(codeUnavailable)
	case err != nil:
		return s.unavailable(err)
	}
	s.bs, s.state, s.try = bs, signedIn, nil
	s.c.readDeadline(time.Time{})
	s.c.setFarewell(farewell)
	s.c.srv.reached(s.c.nc, bs.Handle())
	trid := r.trid
	if !bs.Post(func() { s.turn(func() { s.welcome(trid) }) }) {
		return errEnd // it was ended meanwhile, and Event has been told
	}
	return nil
}
