package irc

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                              "plain",
		"\x02b\x1di\x1fu\x1es\x11m\x16r\x0f": "biusmr",
		"\x0304red\x03":                      "red",
		"\x0304,12both":                      "both",
		"\x031234":                           "34",
		"\x034,red":                          ",red",
		"\x0304,123":                         "3",
		"\x03,4":                             ",4",
		"\x04ff00FFhex":                      "hex",
		"\x04ff00ff,00ff00x":                 "x",
		"\x04ff00,x":                         "ff00,x",
		"\x04ff00ff,00ff0x":                  ",00ff0x",
		"tab\there":                          "tab here",
		"bell\x07\x7f\u0085":                 "bell",
		"\x01odd\x01":                        "odd",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	long := strings.Repeat("ab ", 150)
	for in, want := range map[string]string{
		"grün":            "grün",
		"gr\xfcn":         "grün",
		"caf\xe9":         "café",
		"\x80 \x93x\x94":  "€ “x”",
		long + "\xe2\x82": long,
		long + "\xc3":     long,
		long + "é":        long + "é",
	} {
		if got := decode([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"one two three", 8, "one two |three"},
		{"abcdefghij", 4, "abcd|efgh|ij"},
		{"a bcdefghijkl", 6, "a bcde|fghijk|l"},
		{"äöüß", 5, "äö|üß"},
		{"xe\u0301e\u0301", 5, "xe\u0301|e\u0301"},
		{"ab👩\u200d👩", 12, "ab|👩\u200d👩"},
	} {
		if got := strings.Join(split(test.in, test.limit), "|"); got != test.want {
			t.Errorf("%q at %d: %q, want %q", test.in, test.limit, got, test.want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("one two three", 8)
	f.Add("\u0301\u0301\u0301\u0301", 4)
	f.Add(strings.Repeat("👩🏽\u200d", 50), 30)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 4 + max(limit, -limit)%600
		for _, line := range lines(text) {
			parts := split(line, limit)
			if strings.Join(parts, "") != line {
				t.Fatalf("%q became %q", line, parts)
			}
			for _, part := range parts {
				if part == "" || len(part) > limit || !utf8.ValidString(part) {
					t.Fatalf("%q at %d: part %q", line, limit, part)
				}
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("control code in %q", line)
			}
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte("\x0304,12x\x04ff00ff"))
	f.Add([]byte("caf\xe9"))
	f.Fuzz(func(t *testing.T, line []byte) {
		got := plain(decode(line))
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("%q became %q", line, got)
		}
	})
}
