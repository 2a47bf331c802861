package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"msnbridge/msn/client"
)

// formatted is the payload of a text in this format (doc/protocol, 03).
func formatted(text, effects, color string) []byte {
	return fmt.Appendf(nil, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"+
		"X-MMS-IM-Format: FN=Comic%%20Sans; EF=%s; CO=%s; CS=0; PF=22\r\n\r\n%s", effects, color, text)
}

// imFormat finds the effects and the colour of a message.
var imFormat = regexp.MustCompile(`X-MMS-IM-Format: .*EF=([A-Z]*); CO=([0-9a-f]*)`)

func TestFormat(t *testing.T) { onBoth(t, "fo", testFormat) }

func testFormat(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	bob := ch.join(t, "bob")
	w, q := ch.open(a), a.call(c.handle(bob))

	for _, in := range []struct{ raw, text, effects, color string }{
		{"\x02" + words("bold"), words("bold"), "B", "0"},
		{"\x1d" + words("italic") + "\x1d", words("italic"), "I", "0"},
		{"\x1f" + words("under") + "\x0f", words("under"), "U", "0"},
		{"\x1e" + words("struck"), words("struck"), "S", "0"},
		{"\x02\x1d" + words("both"), words("both"), "BI", "0"},
		{"\x0304" + words("red"), words("red"), "", "ff"},
		{"\x04ff8000" + words("orange"), words("orange"), "", "80ff"},
		{words("one ") + "\x02word\x02 only", words("one word only"), "", "0"},
		{"\x0304,01" + words("four") + "\x03 five \x16six\x11\x07", words("four five six"), "", "0"},
	} {
		for to, v := range map[string]*window{ch.name: w, c.nick: q} {
			bob.say(to, in.raw)
			m := v.hears(c.handle(bob), in.text)
			if f := imFormat.FindStringSubmatch(string(m.Raw)); f == nil || f[1] != in.effects || f[2] != in.color {
				t.Errorf("%q came as %q", in.raw, m.Raw)
			}
		}
	}
	for _, out := range []struct{ effects, color, before string }{
		{"", "0", ""}, {"B", "0", "\x02"}, {"I", "0", "\x1d"}, {"U", "0", "\x1f"}, {"S", "0", "\x1e"},
	} {
		for _, v := range []*window{w, q} {
			if _, err := v.Send(bounded(t), client.Acknowledged, formatted(words("looks"), out.effects, out.color)); err != nil {
				t.Fatal(err)
			}
			m := bob.next("PRIVMSG")
			if text := strings.TrimRight(m.Params[1], out.before+"\x0f"); text != out.before+words("looks") {
				t.Errorf("%q is %q on IRC", out.effects, m.Params[1])
			}
		}
	}
	if _, err := w.Send(bounded(t), client.Acknowledged, formatted(words("red"), "", "ff")); err != nil {
		t.Fatal(err)
	}
	ch.waitHost(c.nick+"\t", "looks")
	if text := bob.next("PRIVMSG").Params[1]; !regexp.MustCompile(`^\x03(0?4|0?5)` + words("red") + "|^\x04(?i)ff0000" + words("red")).MatchString(text) {
		t.Errorf("red is %q on IRC", text)
	}
	// Nothing that a user types becomes a control code.
	w.say("\x02\x03\x0304" + words("typed\x1b[31m\x07") + "\x00\x7f\x01")
	text := bob.next("PRIVMSG").Params[1]
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) || !strings.Contains(text, words("typed")) {
		t.Errorf("control codes have got through: %q", text)
	}
}
