package irc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

func TestInvited(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":bob!b@h INVITE me :#Go", ":bob!b@h INVITE me #go", ":bob!b@h INVITE me nowhere", ":bob!b@h INVITE me #a,#b", ":bob!b@h INVITE eve #go")
		evs := r.take()
		if got := brief(evs); got != "invited #go #Go (invited by bob)" {
			t.Fatal(got)
		}
		if by := evs[0].(bridge.Invited).By; by != c.n.addr("bob") {
			t.Errorf("invited by %v", by)
		}
		room := c.n.addr("#go")
		if err := c.Answer(t.Context(), room, true); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		s.say(entry("#Go", "bob")...)
		r.expect(t, "found #go #Go", "presence #go online")
		for _, addr := range []bridge.Addr{c.n.addr("bob"), c.n.addr("#other")} {
			if err := c.Answer(t.Context(), addr, false); err != nil {
				t.Error(err)
			}
		}
		s.say(":bob!b@h INVITE me #go") // where we are
		s.quiet()
		r.expect(t)
	})
}

// An invitation that does not stand any more is a contact that says so.
func TestInvitedTooLate(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Answer(t.Context(), c.n.addr("#go"), true); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		s.say(":irc.test 473 me #go :Cannot join channel (+i)")
		r.expect(t, "found #go #go", "presence #go away invite only")
	})
}

// Invitations without end are counted.
func TestInvitedToMany(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for i := range 1000 {
			s.say(fmt.Sprintf(":bob!b@h INVITE me #room%d", i))
		}
		if n := len(r.take()); n != invitesAtOnce {
			t.Errorf("%d invitations", n)
		}
		for i := range 100 {
			time.Sleep(time.Minute) // in the bubble
			s.say(fmt.Sprintf(":bob!b@h INVITE me #other%d", i), fmt.Sprintf(":bob!b@h INVITE me #more%d", i))
		}
		if n := len(r.take()); n != 100 {
			t.Errorf("%d invitations", n)
		}
		if n := len(c.channels.invited.told); n > invitesAtOnce+10 {
			t.Errorf("%d are remembered", n)
		}
		if n := len(c.channels.all); n > 0 {
			t.Errorf("%d channels", n)
		}
	})
}

func TestInvite(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#Go", 20, "bob")
		room := c.n.addr("#go")
		for line, want := range map[string]error{
			"341 me eve #Go":                             nil,
			"341 me #Go eve":                             nil,
			"443 me eve #Go :is already on channel":      bridge.ErrAlreadyThere,
			"401 me eve :No such nick":                   bridge.ErrNoSuchPerson,
			"442 me #Go :You're not on that channel":     errNotThere,
			"482 me #Go :You must be a channel operator": errors.New("You must be a channel operator"),
			"518 me #Go :Invite is disabled (+V)":        errors.New("Invite is disabled (+V)"),
			"345 me #Go eve bob :has been invited":       nil,
		} {
			invited := make(chan error, 1)
			go func() { invited <- c.Invite(t.Context(), room, c.n.addr("eve")) }()
			s.expect("INVITE eve #Go")
			s.say(":irc.test " + line)
			s.say(":irc.test PONG irc.test :" + s.expect("PING *"))
			if err := <-invited; fmt.Sprint(err) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", line, err, want)
			}
		}
		for _, pair := range [][2]bridge.Addr{
			{room, c.n.addr("bob")}, {room, c.n.addr("me")}, {c.n.addr("#other"), c.n.addr("eve")}, {c.n.addr("bob"), c.n.addr("eve")},
			{room, c.n.addr("#other")}, {room, c.n.addr("a b")}, {room, {Network: "else", ID: "eve"}},
		} {
			if err := c.Invite(t.Context(), pair[0], pair[1]); err == nil {
				t.Errorf("%v was invited to %v", pair[1].ID, pair[0].ID)
			}
		}
		s.quiet()
	})
}

func TestInviteNotify(t *testing.T) {
	playing(t, setting{caps: "invite-notify"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "bob")
		s.say(":bob!b@h INVITE eve #go", ":bob!b@h INVITE eve #else", ":bob!b@h INVITE a,b #go")
		r.expect(t, "remark #go bob has invited eve")
	})
}

// What a hostile server says of channels takes bounded memory and stops nobody.
func TestHostileChannels(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "bob")
		for i := range 5000 {
			s.say(fmt.Sprintf(":me!i@h JOIN #forced%d", i))
		}
		r.take()
		s.say(":me!i@h JOIN #big", ":me!i@h PART #unknown", ":x!y@z KICK #unknown me", ":me!i@h JOIN "+strings.Repeat("#a,", 300))
		for i := range 30 {
			for j := range 40 {
				s.say(fmt.Sprintf(":irc.test 353 me = #forced%d :", i) + strings.Repeat(fmt.Sprintf("n%d-%d ", i, j), 50))
			}
		}
		for i := range 10000 {
			s.say(fmt.Sprintf(":n%d!u@h JOIN #go", i))
		}
		s.say(":irc.test 353 me = #go :x y z", ":irc.test 366 me", ":irc.test 332 me", ":irc.test 470 me #go", ":irc.test 475", ":irc.test 474 me",
			":x!y@z MODE #go +"+strings.Repeat("o", 400), ":x!y@z MODE", ":irc.test 353 me", ":irc.test 333 me #go")
		got := r.take()
		s.say(":bob!b@h PRIVMSG #go :still here")
		r.expect(t, "msg #go <bob> still here")
		if n := len(c.channels.all); n != maxUnasked+1 {
			t.Errorf("%d channels", n)
		}
		if n := len(c.channel("#go").members); n != 10001 {
			t.Errorf("%d members", n)
		}
		if n := len(got); n > 30 {
			t.Errorf("%d events", n)
		}
	})
}

// Members beyond the bound are counted.
func TestTooManyMembers(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20)
		for i := 0; i < maxMembers+100; i += 20 {
			var lines []string
			for j := range 20 {
				lines = append(lines, fmt.Sprintf(":n%d!u@h JOIN #go", i+j))
			}
			s.say(strings.Join(lines, "\r\n"))
		}
		r.take()
		ch := c.channel("#go")
		if len(ch.members) != maxMembers || ch.count() != maxMembers+100 {
			t.Fatalf("%d members of %d", len(ch.members), ch.count())
		}
		for i := range maxMembers + 100 {
			if i%20 == 0 {
				s.say(fmt.Sprintf(":n%d!u@h QUIT", i))
			}
		}
		s.say(fmt.Sprintf(":n%d!u@h PART #go", maxMembers+1))
		r.take()
		if ch.more != 99 {
			t.Errorf("%d more", ch.more)
		}
	})
}
