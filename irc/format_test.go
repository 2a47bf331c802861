package irc

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

func TestUnformat(t *testing.T) {
	bold, red := bridge.Format{Bold: true}, bridge.Format{Color: bridge.RGB(0xff0000)}
	for in, want := range map[string]struct {
		text string
		f    bridge.Format
	}{
		"plain":                         {"plain", bridge.Format{}},
		"\x02bold":                      {"bold", bold},
		"\x02bold\x02":                  {"bold", bold},
		"\x02bold\x0f ":                 {"bold ", bold},
		" \x02bold":                     {" bold", bold},
		"\x02bold\x02 not":              {"bold not", bridge.Format{}},
		"not \x02bold":                  {"not bold", bridge.Format{}},
		"\x02\x1d\x1f\x1eall":           {"all", bridge.Format{Bold: true, Italic: true, Underline: true, Strike: true}},
		"\x11mono\x16 reverse":          {"mono reverse", bridge.Format{}},
		"\x034red":                      {"red", red},
		"\x0304red":                     {"red", red},
		"\x03041 of them":               {"1 of them", red},
		"\x0304,12on blue":              {"on blue", red},
		"\x0304,text":                   {",text", red},
		"\x0352bright red":              {"bright red", red},
		"\x0399mine":                    {"mine", bridge.Format{}},
		"\x0304\x03none":                {"none", bridge.Format{}},
		"\x04FF0000hex":                 {"hex", red},
		"\x04ff0000,000000hex":          {"hex", red},
		"\x04ff00hex":                   {"ff00hex", bridge.Format{}},
		"\x0300,01white on black":       {"white on black", bridge.Format{}},
		"\x0300white":                   {"white", bridge.Format{Color: bridge.RGB(0xffffff)}},
		"\x0304r\x0303g\x0302b":         {"rgb", bridge.Format{}},
		"\x0304one\n\x0304two":          {"one\ntwo", red},
		"\x0304one\ntwo":                {"one\ntwo", bridge.Format{}},
		"\x03":                          {"", bridge.Format{}},
		"\x04":                          {"", bridge.Format{}},
		"\x02":                          {"", bridge.Format{}},
		"bell\x07\x7f\u0085\x00\x01 \t": {"bell  ", bridge.Format{}},
	} {
		if text, f := unformat(in); text != want.text || f != want.f {
			t.Errorf("%q: %q %q, want %q %q", in, text, f, want.text, want.f)
		}
	}
}

// What is sent in a format is read back as it was.
func TestFormatted(t *testing.T) {
	for n, rgb := range palette {
		for _, f := range []bridge.Format{{Color: bridge.RGB(rgb)}, {Color: bridge.RGB(rgb), Italic: true}, {Underline: true, Strike: true}} {
			for _, line := range []string{"text", "5", ",5", ",", "12 monkeys", "äh"} {
				out := formatted(f, line)
				if text, got := unformat(out); text != line || got != f || len(out)-len(line) > formatSize(f) {
					t.Errorf("%q in %q (colour %d): %q is read as %q in %q", line, f, n, out, text, got)
				}
			}
		}
	}
	if got := formatted(bridge.Format{Bold: true, Color: bridge.RGB(0xfe0101)}, "x"); got != "\x0304\x02x" {
		t.Errorf("%q", got)
	}
	if got := formatted(bridge.Format{}, "x"); got != "x" {
		t.Errorf("%q", got)
	}
}

func TestNearest(t *testing.T) {
	for rgb, want := range map[uint32]int{
		0xffffff: 0, 0: 1, 0xff0000: 4, 0x0000ff: 60, 0x808080: 14, 0x000080: 2, 0xd3d3d3: 15, 0x00fd00: 9,
	} {
		if got := nearest(rgb); got != want {
			t.Errorf("%06x: %d, want %d", rgb, got, want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"\x0304,12x\x04ff00ff", "\x02\x1d\x1f\x1e\x11\x16x\x0fy", "\x03,1", "\x0399,99z", "\n\x02a\nb", ",5"} {
		f.Add(s, uint32(0x1ff0000), true)
	}
	f.Fuzz(func(t *testing.T, s string, colour uint32, bold bool) {
		text, look := unformat(s)
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Fatalf("%q became %q", s, text)
		}
		if again, _ := unformat(text); again != text || utf8.ValidString(s) && !utf8.ValidString(text) {
			t.Fatalf("%q became %q and then %q", s, text, again)
		}
		out := formatted(bridge.Format{Bold: bold, Color: look.Color | bridge.RGB(colour)}, outbound(text))
		if back, _ := unformat(out); back != outbound(text) {
			t.Fatalf("%q is read as %q", out, back)
		}
	})
}

// A text in a format fits its lines, as lines and as a batch.
func TestSendFormatted(t *testing.T) {
	look := bridge.Format{Bold: true, Color: bridge.RGB(0xff0000)}
	say := func(t *testing.T, c *Conn, text string) <-chan error {
		sent := make(chan error, 1)
		go func() {
			sent <- c.Send(t.Context(), bridge.Message{Chat: c.n.addr("bob"), Text: text, Format: look})
		}()
		return sent
	}
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := say(t, c, "hi\n,1 "+strings.Repeat("x", 900))
		s.expect("PRIVMSG bob :\x0304\x02hi")
		for range 2 {
			if line := ":me!ident@host.test " + s.next() + "\r\n"; len(line) > 512 || len(line) < 400 || !strings.Contains(line, " :\x0304\x02") {
				t.Errorf("%d bytes: %q", len(line), line)
			}
		}
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
	playing(t, setting{caps: richCaps}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := say(t, c, "a\n"+strings.Repeat("b", 500))
		label, _, _ := strings.Cut(s.expect("@label=*"), " ")
		var lines []string
		for line := s.next(); !strings.HasPrefix(line, "BATCH -"); line = s.next() {
			_, line, _ = strings.Cut(line, " :")
			lines = append(lines, line)
		}
		s.say("@label=" + label + " :irc.test ACK")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if text, f := unformat(lines[0] + "\n" + lines[1] + lines[2]); text != "a\n"+strings.Repeat("b", 500) || f != look {
			t.Errorf("%q in %q", text, f)
		}
	})
	// The server takes the formatting out of the echo.
	playing(t, setting{caps: "echo-message"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := say(t, c, "hi")
		s.expect("PRIVMSG bob :\x0304\x02hi")
		s.say(":me!ident@host.test PRIVMSG bob :hi")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		r.expect(t)
	})
}
