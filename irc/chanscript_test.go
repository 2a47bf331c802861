package irc

import (
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// briefRoster writes down who is there, or who came (+) and went (-).
func briefRoster(e bridge.RosterChanged) string {
	s := "roster " + e.Room.ID
	if e.Whole {
		s += " whole"
	}
	for _, who := range e.Joined {
		s += " +" + who.Name
	}
	for _, who := range e.Left {
		s += " -" + who.ID
	}
	return s
}

// later is the next line, in however long: the Conn's questions for a sign of life
// are answered meanwhile.
func (s *script) later() string {
	s.t.Helper()
	for {
		line := s.next()
		if line != "PING alive" {
			return line
		}
		s.say(":irc.test PONG irc.test alive")
	}
}

// idle checks that nothing is written in some time but questions for a sign of
// life.
func (s *script) idle(d time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Second) // in the bubble
		for len(s.lines) > 0 {
			s.expect("PING alive")
			s.say(":irc.test PONG irc.test alive")
		}
	}
}

// open has the Conn enter a channel in which are these others, with a window that
// shows up to most of them.
func open(t *testing.T, c *Conn, s *script, r *tape, channel string, most int, others ...string) {
	t.Helper()
	if err := c.Watch(t.Context(), c.n.who(lower(channel))); err != nil {
		t.Fatal(err)
	}
	s.expect("JOIN " + lower(channel))
	s.say(entry(channel, others...)...)
	r.expect(t, "presence "+lower(channel)+" online")
	if most == 0 {
		return
	}
	if err := c.Roster(t.Context(), c.n.addr(channel), most); err != nil {
		t.Fatal(err)
	}
	r.take()
}

// entry is what a server says when we enter a channel.
func entry(channel string, others ...string) []string {
	return []string{
		":me!ident@host.test JOIN " + channel,
		":irc.test 353 me = " + channel + " :me " + strings.Join(others, " "),
		":irc.test 366 me " + channel + " :End of /NAMES list.",
	}
}
