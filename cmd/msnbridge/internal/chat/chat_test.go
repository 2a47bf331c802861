package chat

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ä 🙂":           "plain ä 🙂",
		"a\x1b[2Jb\x07\x00":   "a[2Jb",
		"a\tb\r\nc":           "a bc",
		"a\u202eb\u2066c":     "abc",
		"\x9b31m":             "\uFFFD31m",
		"caf\xe9":             "caf\uFFFD",
		"\u009b31m\u0085next": "31mnext",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestLongTextsAreCutBetweenCharacters(t *testing.T) {
	text := strings.Repeat("aä€🙂", 1000)
	var parts []string
	for rest := text; rest != ""; {
		n := end(rest, maxText)
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	for _, p := range parts {
		if len(p) > maxText || !utf8.ValidString(p) {
			t.Errorf("a part of %d bytes, valid: %t", len(p), utf8.ValidString(p))
		}
	}
	if strings.Join(parts, "") != text {
		t.Error("something is lost")
	}
}

func TestCutOfWhatIsNoText(t *testing.T) {
	if n := end(strings.Repeat("\x80", 3000), maxText); n != maxText {
		t.Errorf("cut at %d", n)
	}
}

func TestEveryCommandIsKnown(t *testing.T) {
	for _, cmd := range commands() {
		if found, err := lookUp(strings.ToUpper(cmd.name), cmd.least); err != nil || found.name != cmd.name {
			t.Errorf("/%s: %v", cmd.name, err)
		}
		if cmd.least == 0 {
			continue
		}
		if _, err := lookUp(cmd.name, cmd.least-1); err == nil || !strings.Contains(err.Error(), cmd.args) {
			t.Errorf("/%s without words: %v", cmd.name, err)
		}
	}
	if _, err := lookUp("nonsense", 0); !errors.Is(err, errUnknown) {
		t.Errorf("got %v", err)
	}
}
