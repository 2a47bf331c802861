package msn

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

func TestSplit(t *testing.T) {
	long := strings.Repeat("x", maxText)
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"short", []string{"short"}},
		{long, []string{long}},
		{long + "y", []string{long, "y"}},
		{"one\n" + long, []string{"one", long}},
		{"one\ntwo\n" + long, []string{"one\ntwo", long}},
		{long + "\nnext", []string{long, "next"}},
		{long[1:] + "é", []string{long[1:], "é"}},
	} {
		got := split(c.in)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%.20q...: %d parts %.60q", c.in, len(got), got)
		}
	}
}

// At most so many parts, and a line that says what was left out.
func TestSplitMuch(t *testing.T) {
	got := split(strings.Repeat("x", maxText*maxParts+7))
	if len(got) != maxParts+1 || got[maxParts] != "(the rest was left out: 7 characters)" {
		t.Errorf("%d parts, the last %q", len(got), got[len(got)-1])
	}
}

// Whatever a text is: every part fits into a MSG, no character is cut, and with
// the line ends put back nothing is lost.
func FuzzSplit(f *testing.F) {
	f.Add("hello\nworld")
	f.Add(strings.Repeat("é\n", 900))
	f.Fuzz(func(t *testing.T, s string) {
		s = printable(s)
		left := s
		for i, p := range split(s) {
			if i == maxParts {
				left = ""
				break
			}
			if !utf8.ValidString(p) || len(p) > maxText {
				t.Fatalf("part %d: %q", i, p)
			}
			var cmd wire.Command
			b := appendText(nil, "a@b.c", "name", p, bridge.Format{Bold: true, Italic: true, Underline: true, Strike: true, Color: bridge.RGB(0xffffff)})
			n, err := wire.Payloads{"MSG": {Words: 3, Limit: maxMessage}}.Parse(b, &cmd)
			if err != nil || n != len(b) {
				t.Fatalf("part %d makes %q: %v", i, b, err)
			}
			if !strings.HasPrefix(left, p) {
				t.Fatalf("part %d is %q, left is %q", i, p, left)
			}
			left = strings.TrimPrefix(left[len(p):], "\n")
		}
		if left != "" {
			t.Fatalf("lost: %q", left)
		}
	})
}

// Whatever a client sends as a message, networks get plain UTF-8.
func FuzzSpoken(f *testing.F) {
	f.Add([]byte("Content-Type: text/plain\r\n\r\n\xe9t\xe9\x07\r\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := wire.ParseMessage(p)
		if err != nil {
			return
		}
		text := spoken(&m)
		bad := func(r rune) bool { return r != '\n' && unicode.IsControl(r) }
		if !utf8.ValidString(text) || strings.ContainsFunc(text, bad) {
			t.Fatalf("%q", text)
		}
	})
}

func TestSpoken(t *testing.T) {
	for in, want := range map[string]string{
		"Content-Type: text/plain; charset=UTF-8\r\n\r\nhé\r\nyou\t!\r\n": "hé\nyou !",
		"Content-Type: text/plain\r\n\r\n\xe9":                            "é",
		"Content-Type: text/plain\r\n\r\né":                               "é",
		"Content-Type: text/plain; charset=utf-8\r\n\r\na\xffb":           "a\uFFFDb",
	} {
		m, err := wire.ParseMessage([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if text := spoken(&m); text != want {
			t.Errorf("%q: %q", in, text)
		}
	}
}

func TestExplanations(t *testing.T) {
	e := &bridge.SendError{Reason: "no\r\nMSG evil", Sent: 1, Parts: 3}
	got := strings.Join(explanations(e), "|")
	if got != "(not delivered: no\nMSG evil)|(only 1 of 3 parts of this message arrived)" {
		t.Errorf("%q", got)
	}
	long := explanations(&bridge.SendError{Reason: strings.Repeat("x", 5000)})
	if len(long) != 1 || len(long[0]) > maxText+1 {
		t.Errorf("%d lines, %d bytes", len(long), len(long[0]))
	}
}

// Clients that can show emoji get them, all others get codes.
func TestFaceless(t *testing.T) {
	s := shown{handle: "a@b.c", name: "A"}.with("hi 🙂")
	for _, c := range []struct {
		faceless bool
		end      string
	}{{true, "\r\n\r\nhi :)"}, {false, "\r\n\r\nhi 🙂"}} {
		to := &seat{ns: &session{d: &dialect{faceless: c.faceless}}}
		if got := string(s.to(to)); !strings.HasSuffix(got, c.end) {
			t.Errorf("%v: %q", c.faceless, got)
		}
	}
	for _, d := range dialects {
		if !d.faceless {
			t.Errorf("%s can show emoji", d.name)
		}
	}
}
