package wire

import (
	"testing"
	"unicode/utf8"
)

func TestEncode(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"Anna":             "Anna",
		"My Nick":          "My%20Nick",
		"a@x.tld":          "a%40x.tld",
		"100% = 1;:":       "100%25%20%3D%201%3B%3A",
		"Zoë\r\nOUT":       "Zo%C3%ABOUT",
		"\u0085a\x00b\x7f": "ab",
		"!$'()*+,-._":      "!$'()*+,-._",
	} {
		if got := Encode(in); got != want {
			t.Errorf("Encode(%q) = %q, want %q", in, got, want)
		}
	}
}

// An encoded name is cut between characters.
func TestEncodeMax(t *testing.T) {
	for max, want := range map[int]string{5: " ab", 7: " ab", 8: " ab%C3%AB", 9: " ab%C3%ABc", 0: " "} {
		if got := string(AppendEncoded(nil, "abëc", max)); got != want {
			t.Errorf("%d: %q, want %q", max, got, want)
		}
	}
}

func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"My%20Nick": "My Nick", "100%": "100%", "%zz%4": "%zz%4", "Zo%c3%AB": "Zoë", "Zoë": "Zoë",
		"Zo%EB": "Zoë", "100%25%20Zo\xeb": "100% Zoë",
	} {
		if got, err := Decode([]byte(in)); got != want || err != nil {
			t.Errorf("Decode(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"%FF%9F", "%ED%A0%80", "a%80"} {
		if got, err := Decode([]byte(in)); err != ErrEncoding {
			t.Errorf("Decode(%q) = %q, %v", in, got, err)
		}
	}
}

func TestAppend(t *testing.T) {
	for want, got := range map[string][]byte{
		"OUT OTH\r\n":           AppendCommand(nil, "OUT", "OTH"),
		"CHG 7 NLN\r\n":         AppendReply(nil, "CHG", 7, "NLN"),
		"FLN a%0D%0AOUT%20\r\n": AppendCommand(nil, "FLN", "a\r\nOUT "),
		"911 4294967295\r\n":    Error{911, 1<<32 - 1}.Append(nil),
		"MSG 1 N 2\r\nhi":       AppendPayload([]byte("MSG 1 N"), []byte("hi")),
	} {
		if string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMD5Response(t *testing.T) {
	for _, c := range [][3]string{
		{"1013928519.693957190", "foopass", "320df2f99b75b0b0f9cbd573c86b8908"},
		{"15570131571988941333", "Q1P7W2E4J9R8U3S5", "8f2f5a91b72102cd28355e9fc9000d6e"},
	} {
		if got := MD5Response(c[0], c[1]); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("My%20Nick%"))
	f.Add([]byte("%F0%9F%99%82"))
	f.Add([]byte("Zo%EB%80"))
	f.Fuzz(func(t *testing.T, w []byte) {
		s, err := Decode(w)
		if err != nil {
			return
		}
		if !utf8.ValidString(s) {
			t.Fatalf("%q decodes to %q", w, s)
		}
		e := Encode(s)
		for i := 0; i < len(e); i++ {
			if !plain[e[i]] && e[i] != '%' {
				t.Fatalf("%q encodes to %q", s, e)
			}
		}
		if got, err := Decode([]byte(e)); got != Clean(s) || err != nil {
			t.Fatalf("%q came back as %q, %v", s, got, err)
		}
	})
}
