package irc

import (
	"testing"

	"msnbridge/bridge"
)

// In a channel whose modes keep formatting out a message goes plain, as long as
// they do.
func TestColourless(t *testing.T) {
	o := setting{isupport: "CHANMODES=b,k,l,cimnpstS"}
	playing(t, o, func(t *testing.T, c *Conn, s *script, r *tape) {
		chat := c.n.addr("#go")
		c.Watch(t.Context(), []bridge.Addr{chat})
		s.expect("JOIN #go")
		s.say(":me!ident@host.test JOIN #go", ":irc.test 353 me = #go :me bob", ":irc.test 366 me #go :End")
		s.expect("MODE #go")
		s.say(":irc.test 324 me #go +ncl 5", ":irc.test 329 me #go 1")
		say := func(want string) {
			t.Helper()
			sent := make(chan error, 1)
			go func() {
				sent <- c.Send(t.Context(), bridge.Message{Chat: chat, Text: "hi", Format: bridge.Format{Bold: true}})
			}()
			s.expect("PRIVMSG #go :" + want)
			s.fence()
			if err := <-sent; err != nil {
				t.Error(err)
			}
		}
		say("hi")
		s.say(":bob!b@h MODE #go -c")
		say("\x02hi")
		s.say(":bob!b@h MODE #go +oS bob")
		say("hi")
		s.say(":irc.test 324 me #go +n")
		say("\x02hi")
		s.say(":irc.test 324 me #other +c", ":irc.test 324 me #go +z", ":irc.test NOTE PRIVMSG CAREFUL #go :you are loud")
		say("\x02hi")
	})
	// Where nothing keeps it out nobody is asked.
	playing(t, setting{isupport: "CHANMODES=b,k,l,imn"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), []bridge.Addr{c.n.addr("#go")})
		s.expect("JOIN #go")
		s.say(":me!ident@host.test JOIN #go", ":irc.test 353 me = #go :me bob", ":irc.test 366 me #go :End")
		s.quiet()
	})
}
