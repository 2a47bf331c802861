package irc

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every command, with no parameters up to many, from nobody, a person and us:
// nothing ends the connection but ERROR and a ban.
func TestFewParameters(t *testing.T) {
	playing(t, setting{caps: richCaps + " draft/chathistory"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), c.n.who("bob"))
		for _, command := range slices.Sorted(maps.Keys(handlers)) {
			if command == "ERROR" || command == "465" {
				continue
			}
			for _, source := range []string{"", ":irc.test ", ":bob!b@h ", ":me!i@h ", ":! ", ": "} {
				for _, params := range []string{"", " :", " me", " bob", " * * *", " me bob :x", " + -", " me #c bob :@bob +", " 1 2 3 4 5 6 7 8 9"} {
					s.say(source+command+params, "@batch=1;label=1;time=x;msgid= "+source+command+params)
				}
			}
		}
		r.take()
		select {
		case <-c.Done():
			t.Error(c.Err())
		default:
		}
	})
}

// Tags may be as long as the rules allow; a line may not.
func TestLongTags(t *testing.T) {
	playing(t, setting{caps: "message-tags"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say("@+x=" + strings.Repeat("y", 4000) + ";z=" + strings.Repeat("z", 4080) + " :bob!b@h PRIVMSG me :" + strings.Repeat("t", 400))
		r.expect(t, "msg bob <bob> "+strings.Repeat("t", 400))
		go s.wire.Write([]byte("@" + strings.Repeat("y", 2*maxLine)))
		<-c.Done()
		if c.Err() == nil {
			t.Error("no error")
		}
	})
}

// What the server says faster than the account takes it waits on the wire.
func TestFloodIn(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		r.mu.Lock()
		r.fail = 100
		r.mu.Unlock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 3 * maxPending {
				if _, err := s.wire.Write([]byte(":bob!b@h PRIVMSG me :x\r\n")); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Second) // in the bubble
		c.mu.Lock()
		pending := len(c.pending)
		c.mu.Unlock()
		if pending > maxPending+10 {
			t.Errorf("%d events wait", pending)
		}
		r.mu.Lock()
		r.fail = 0
		r.mu.Unlock()
		<-done
		time.Sleep(time.Minute) // in the bubble
		if got := len(r.take()); got != 3*maxPending {
			t.Errorf("%d messages", got)
		}
	})
}
