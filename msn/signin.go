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
// which is in force (doc/protocol, 00).
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
	if len(r.args) > 2 && strings.EqualFold(r.arg(len(r.args)-1), "CVR0") {
		names = append(names, "CVR0")
	}
	s.d, s.state = ds[0], negotiated
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

// usr is either step of the sign-in.
func usr(s *session, r *request) error {
	switch {
	case s.state == signedIn:
		return codeLoggedIn
	case s.dispatch:
		return refer(s, r)
	case !strings.EqualFold(r.arg(0), "MD5"):
		return s.failed(r)
	case r.arg(1) == "I":
		return challenge(s, r)
	}
	return respond(s, r)
}

// refer sends the client to the notification server.
func refer(s *session, r *request) error {
	self := s.c.nc.LocalAddr().String()
	r.reply("XFR", append([]string{"NS", s.c.srv.address(s.c.nc)}, s.dialect().referral(self)...)...)
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
	}
	if s.try == nil {
		s.try = &attempt{}
	}
	s.try.handle, s.try.challenge = handle, newChallenge()
	r.reply("USR", "MD5", "S", s.try.challenge)
	return nil
}

// newChallenge is a word in the form of the original ones.
func newChallenge() string {
	var b [16]byte
	rand.Read(b[:])
	return strconv.FormatUint(binary.LittleEndian.Uint64(b[:]), 10) + "." +
		strconv.FormatUint(binary.LittleEndian.Uint64(b[8:]), 10)
}

// respond checks the answer to the challenge, and signs in.
func respond(s *session, r *request) error {
	if s.try == nil || s.try.challenge == "" || r.arg(1) != "S" {
		return s.failed(r)
	}
	began := time.Now()
	handle, challenge := s.try.handle, s.try.challenge
	s.try.challenge = ""
	if !s.c.srv.limits.maySignIn(s.c.nc.RemoteAddr(), handle) {
		return end(s.dialect().busy)
	}
	ctx, cancel := context.WithTimeout(s.c.group.ctx, signInTime/2)
	defer cancel()
	// For an unknown handle the password is empty and the work the same.
	password, err := s.c.srv.bridge.Password(ctx, handle)
	if err != nil && !errors.Is(err, bridge.ErrNotFound) {
		return s.unavailable(err)
	}
	want := wire.MD5Response(challenge, password.Reveal())
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(r.arg(2)))) == 1
	if err != nil || !same {
		pause(ctx, failTime-time.Since(began))
		return s.failed(r)
	}
	s.c.srv.limits.signedIn(s.c.nc.RemoteAddr(), handle)
	return s.signIn(ctx, r, handle)
}

// failed answers a sign-in that fails. The connection lives for another try, but
// not for many.
func (s *session) failed(r *request) error {
	if s.try == nil {
		s.try = &attempt{}
	}
	s.try.failed++
	s.c.srv.limits.signInFailed(s.c.nc.RemoteAddr(), s.try.handle)
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

// welcome says that the client is signed in, and then what has happened since.
// Nothing may come before USR OK: a Gaim would give up (doc/protocol, 06).
func (s *session) welcome(trid uint32) {
	s.out = wire.AppendInt(append(s.out, "USR"...), int64(trid))
	s.out = append(s.out, " OK"...)
	s.out = wire.AppendWord(s.out, s.bs.Handle())
	s.out = appendName(s.out, s.bs.Settings().Name, s.bs.Handle())
	for _, w := range s.d.verified {
		s.out = wire.AppendWord(s.out, w)
	}
	s.out = wire.AppendEnd(s.out)
	s.out = appendProfile(s.out, time.Now())
	s.open = true
	early := s.early
	s.early = nil
	for _, ev := range early {
		s.event(ev)
	}
}

// appendProfile writes the message that follows USR OK (doc/protocol, 02 section
// 8). Gaim wants every line to end in CR LF; no e-mail means no questions for it.
func appendProfile(b []byte, now time.Time) []byte {
	var a [512]byte
	p := append(a[:0], "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\nLoginTime: "...)
	p = strconv.AppendInt(p, now.Unix(), 10)
	p = append(p, "\r\nEmailEnabled: 0\r\nlang_preference: 1033\r\npreferredEmail: \r\ncountry: \r\n"+
		"PostalCode: \r\nGender: \r\nKid: 0\r\nAge: \r\nBirthday: \r\nWallet: \r\n\r\n"...)
	return wire.AppendPayload(append(b, "MSG Hotmail Hotmail"...), p)
}
