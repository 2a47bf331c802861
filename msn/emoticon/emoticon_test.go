package emoticon

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestToEmoji(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain":                  "plain",
		":)":                     "🙂",
		":-)":                    "🙂",
		"hi :) there":            "hi 🙂 there",
		"hi, :)!":                "hi, 🙂!",
		"(see :))":               "(see 🙂)",
		"two\n:P\tlines":         "two\n😛\tlines",
		":d :D :-d":              "😃 😃 😃",
		"(l) (L)(k)":             "❤️ ❤️💋",
		"(NAH) (Brb)":            "🐐 🔜",
		":'( 8o| <:o) +o( ('.')": "😢 😬 🥳 🤢 🐰",
		"(||) |-) :|":            "🥣 😴 😐",
		":):)":                   "🙂🙂",
		"❤️:)":                   "❤️🙂",

		"smile:)":                       "smile:)",
		":)smile":                       ":)smile",
		"f(a) C:D g(8)":                 "f(a) C:D g(8)",
		":D3 12:30 :Sure":               ":D3 12:30 :Sure",
		"std::s for(;;) fe80::d":        "std::s for(;;) fe80::d",
		"é:)":                           "é:)",
		"http://x.org/:)(a) :)":         "http://x.org/:)(a) 🙂",
		"(https://x.org/Foo_(a))":       "(https://x.org/Foo_(a))",
		"www.x.org/(a) mailto:x(a)@y.z": "www.x.org/(a) mailto:x(a)@y.z",
		"\xff:) \xff":                   "\xff🙂 \xff",
	} {
		if got := ToEmoji(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestToCodes(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"plain – “text” … ½ 漢字": "plain – “text” … ½ 漢字",
		"🙂":                     ":)",
		"hi🙂there🙂🙂":            "hi:)there:):)",
		"❤️ ❤":                  "(L) (L)",
		"❤︎":                    "❤",
		"👍🏽 👍":                  "(Y) (Y)",
		"☝🏽 ☝️ ☝":               ":point_up: :point_up: ☝",
		"✅ ✔️ ✔ ⭐":              ":white_check_mark: :heavy_check_mark: ✔ (*)",
		"© ©️ ™":                "© :copyright: ™",
		"1️⃣ 1 #️⃣ #":           ":one: 1 :hash: #",
		"👩‍💻":                   ":female-technologist:",
		"👩🏾‍💻":                  ":female-technologist:",
		"🤷 🤷‍♂️":                ":^) :man-shrugging:",
		"👨🏿‍🔧x":                 ":male-mechanic:x",
		"👩🏽‍🐱":                  ":woman:(@)",
		"🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁤󠁥󠁢󠁹󠁿":       ":de: :flag-england: :waving_black_flag:",
		"क्\u200dष می\u200cخواهم": "क्\u200dष می\u200cخواهم",
		"https://x.org/🙂 🙂":       "https://x.org/🙂 :)",
		"𐍈 \U0001fbf0":            "𐍈 \U0001fbf0",
	} {
		if got := ToCodes(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// Every row goes both ways.
func TestTable(t *testing.T) {
	for _, r := range table {
		if got := ToCodes(r.emoji); got != r.codes[0] {
			t.Errorf("%s is %q, not %q", r.emoji, got, r.codes[0])
		}
		if bare := strings.TrimSuffix(r.emoji, string(asPicture)); ToCodes(bare) != r.codes[0] {
			t.Errorf("%q is not %q", bare, r.codes[0])
		}
		for _, c := range r.codes {
			for _, c := range []string{c, strings.ToLower(c), strings.ToUpper(c)} {
				if got := ToEmoji(c); got != r.emoji {
					t.Errorf("%q is %q, not %s", c, got, r.emoji)
				}
			}
		}
	}
}

// Every emoji that has a name is written with nothing but ASCII.
func TestNames(t *testing.T) {
	var check func(n *node, path string)
	check = func(n *node, path string) {
		if n.written != "" {
			// Only what is a picture without asPicture stands here without it.
			if got := ToCodes(path + string(asPicture)); got != n.written {
				t.Errorf("%q is %q, not %q", path, got, n.written)
			}
			if strings.ContainsFunc(n.written, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' }) {
				t.Errorf("%q is written %q", path, n.written)
			}
		}
		for r, next := range n.next {
			check(next, path+string(r))
		}
	}
	check(emoji(), "")
}

// Whatever a text is: what was UTF-8 stays UTF-8, line ends and blanks stay, and
// the result is bounded.
func FuzzBothWays(f *testing.F) {
	f.Add("hi :) (a) std::s http://x/(a)")
	f.Add("👩🏽‍💻 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 \u200d\ufe0f")
	f.Fuzz(func(t *testing.T, s string) {
		blanks := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return r
				}
				return -1
			}, s)
		}
		for _, got := range []string{ToEmoji(s), ToCodes(s), ToCodes(ToEmoji(s))} {
			if utf8.ValidString(s) && !utf8.ValidString(got) {
				t.Fatalf("%q", got)
			}
			if blanks(got) != blanks(s) {
				t.Fatalf("blanks of %q: %q", s, got)
			}
			if len(got) > 20*len(s)+60 {
				t.Fatalf("%d bytes became %d", len(s), len(got))
			}
		}
		if got := ToCodes(s); utf8.ValidString(s) && ToCodes(got) != got && !strings.Contains(s, "\ufe0e") {
			t.Fatalf("%q became %q and then %q", s, got, ToCodes(got))
		}
	})
}
