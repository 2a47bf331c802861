package e2e

import (
	"strings"
	"testing"

	"msnbridge/msn/client"
)

func TestCommands(t *testing.T) { onBoth(t, "cc", testCommands) }

func testCommands(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	bob := ch.join(t, "bob")
	w := ch.open(a)
	w.await(c.handle(bob))
	ch.hostDoes("/op " + c.nick)
	w.line(ch.handle(), ch.wee.Nick, "operator")

	w.say("/topic cake")
	ch.waitHost("topic", "cake")
	w.say("/mode +m")
	ch.waitHost("Mode "+ch.name, "+m")
	w.say("/MODE -m")
	ch.waitHost("Mode "+ch.name, "-m")
	w.say("/names")
	w.line(ch.handle(), ch.wee.Nick, bob.nick)
	w.say("/whois " + bob.nick)
	w.line(ch.handle(), bob.nick, "127.0.0.1")
	w.say("/msg " + bob.nick + " " + words("psst"))
	bob.hear(c.nick, words("psst"))
	w.say("/notice " + bob.nick + " " + words("note"))
	if m := bob.next("NOTICE"); m.Nick() != c.nick || m.Params[1] != words("note") {
		t.Errorf("a notice came as %v", m)
	}
	w.say("/kick " + bob.nick + " too loud")
	ch.waitHost("<--", bob.nick, "too loud")
	w.leaves(c.handle(bob))
	w.say("/ban " + bob.nick)
	ch.waitHost("Mode "+ch.name, "+b")
	w.say("/nick " + c.nick + "ette")
	ch.waitHost("--", c.nick, c.nick+"ette")

	for typed, why := range map[string]string{
		"/frobnicate all": "/topic", "/topicc tea": "/topic", "/quote PRIVMSG " + ch.name + " :slipped": "allow_quote",
	} {
		w.fails(typed)
		w.line(ch.handle(), why)
	}
	w.say("//" + words("two slashes"))
	ch.waitHost(c.nick+"ette\t", "/"+marker)
	w.say("/usr/bin/" + marker)
	ch.waitHost(c.nick+"ette\t", "/usr/bin/"+marker) // and nothing of what was refused before it
	for _, refused := range []string{"frobnicate", "slipped", "topicc"} {
		ch.never(refused)
	}
}

// never fails the test if the friend has been shown something in the channel.
func (ch *channel) never(part string) {
	ch.d.t.Helper()
	for _, line := range ch.wee.Lines(ch.d.t, ch.name) {
		if strings.Contains(line, part) {
			ch.d.t.Errorf("the channel shows %q", line)
		}
	}
}

func TestChannelInvite(t *testing.T) { onBoth(t, "ci", testChannelInvite) }

func testChannelInvite(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	carol := c.friend(t, "carol")
	w := ch.open(a)
	ch.hostDoes("/op " + c.nick)
	ch.waitHost("Mode "+ch.name, "+o "+c.nick)
	if err := w.Invite(bounded(t), c.handle(carol)); err != nil {
		t.Fatal(err)
	}
	carol.next("INVITE", carol.nick, ch.name)
	carol.join(ch.name)
	w.joins(c.handle(carol))
	for handle, code := range map[string]int{
		c.handle(carol):                215, // there already
		c.of(c.prefix + "nobody"):      217,
		"nohandle":                     208,
		"somebody@elsewhere.test":      217,
		c.of("#" + c.prefix + "other"): 216,
	} {
		err := w.Invite(bounded(t), handle)
		if client.Code(err) != code {
			t.Errorf("invite %s: %v, want %d", handle, err, code)
		}
	}
	w.say(words("still here"))
	ch.waitHost(c.nick+"\t", words("still here"))
}
