package msn

import (
	"cmp"
	"strconv"

	"golang.org/x/time/rate"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// xfr sends the client to a switchboard of its own. Who is not seen cannot call
// (doc/protocol, 02 section 2).
func xfr(s *session, r *request) error {
	switch {
	case r.arg(0) != "SB":
		return codeInvalid
	case !s.bs.Presence().State.Visible():
		return codeHidden
	case !s.limiter().Allow():
		return s.d.tooFast
	}
	cookie := s.c.srv.cookies.put(ticket{handle: s.bs.Handle(), name: s.name(), client: s.features(), ns: s})
	r.reply("XFR", "SB", s.c.srv.address(s.c.nc), "CKI", cookie)
	return nil
}

// limiter bounds how often the session asks for switchboards and calls.
func (s *session) limiter() *rate.Limiter {
	if s.calls == nil {
		l := s.c.srv.conf.Limits
		s.calls = rate.NewLimiter(rate.Limit(l.CallRate), l.CallBurst)
	}
	return s.calls
}

// name is the user's own, as others see it.
func (s *session) name() string {
	if n := s.bs.Settings().Name; n != "" {
		return n
	}
	return s.bs.Handle()
}

// features is what the client can do, as others see it.
func (s *session) features() string {
	return cmp.Or(appearanceOf(s.bs.Presence()).features, noFeatures)
}

// ring asks the user, in the turn, to join sb. False: the client is not to be
// rung.
func (s *session) ring(sb *switchboard, from, name string) bool {
	if !s.open || s.quiet {
		return false
	}
	s.limiter() // made here, so that the switchboard finds it made
	cookie := s.c.srv.cookies.put(ticket{handle: s.bs.Handle(), name: s.name(), client: s.features(), ns: s, sb: sb})
	b := append(s.out, "RNG "...)
	b = strconv.AppendUint(b, uint64(sb.id), 10)
	b = wire.AppendWord(b, s.c.srv.address(s.c.nc))
	b = wire.AppendWord(wire.AppendWord(b, "CKI"), cookie)
	s.out = wire.AppendEnd(appendName(wire.AppendWord(b, from), name, from))
	return true
}

// rungBy opens a switchboard in which a bridged person waits for the user.
func (s *session) rungBy(chat *bridge.Chat) {
	sb := newSwitchboard(s.c.srv)
	o := &outward{sb: sb, chat: chat, handle: chat.Handle()}
	sb.outward = o
	s.ring(sb, o.handle, chat.Name())
}
