package matrix

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"msnbridge/bridge"
)

func crowd() *room {
	return &room{id: "!a:x", members: map[string]member{
		"@bob:x": {name: "Bob"}, "@al:x": {name: "Alice Smith"}, "@al2:x": {name: "Al"}, "@t1:x": {name: "Twin"}, "@t2:x": {name: "twin"},
		"@nameless:y": {}, "@grün:x": {name: "Grün"}, "@dot:x": {name: "Dr. Who"},
	}}
}

func TestAddressed(t *testing.T) {
	for text, want := range map[string]string{
		"hello":                      "",
		"Bob: hello":                 "@bob:x 0-3",
		"bob, hello":                 "@bob:x 0-3",
		"hello Bob":                  "@bob:x 6-9",
		"hello Bob.":                 "@bob:x 6-9",
		"hello bob":                  "",
		"hello @bob":                 "@bob:x 6-10",
		"(@BOB)":                     "@bob:x 1-5",
		"Bobby Bob's":                "@bob:x 6-9",
		"Bob.com Bob@x bob:x x/Bob":  "",
		"https://x.example/@bob/Bob": "",
		"me@bob":                     "",
		"@bob:x and @bob:x":          "@bob:x 0-6 @bob:x 11-17",
		"@bob:xy":                    "",
		"@nameless: yes":             "@nameless:y 0-9",
		"nameless: yes":              "@nameless:y 0-8",
		"they are nameless":          "",
		"Alice Smith is here":        "@al:x 0-11",
		"alice smith: hi":            "@al:x 0-11",
		"al: hi":                     "", // it may be either
		"@twin":                      "",
		"@t1 hello":                  "@t1:x 0-3",
		"Grün und grün: @grün":       "@grün:x 0-5 @grün:x 17-23",
		"ask Dr. Who!":               "@dot:x 4-11",
		"@room look":                 "@room 0-5",
		"room: look, the room":       "",
		"Bob, Bob: " + strings.Repeat("x", maxSearched) + " Bob": "@bob:x 0-3 @bob:x 5-8",
	} {
		var got []string
		for _, a := range addresses(cut(text, maxSearched), crowd().names(text)) {
			got = append(got, fmt.Sprintf("%s %d-%d", a.user, a.begin, a.end))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%.40q: %q, want %q", text, s, want)
		}
	}
}

func FuzzAddressed(f *testing.F) {
	f.Add("Bob: @al and @room")
	f.Add("İBob @bob")
	f.Fuzz(func(t *testing.T, text string) {
		found := addresses(text, crowd().names(text))
		at := 0
		for _, a := range found {
			if a.begin < at || a.end <= a.begin || a.end > len(text) {
				t.Fatalf("%q: %+v", text, found)
			}
			at = a.end
		}
	})
}

// What is written in a format is read back as it was, with the names in it.
func TestWriteHTML(t *testing.T) {
	text := "Bob: 1 < 2 & \"x\"\n<b>not bold</b>\nsee https://example.org/?a=1&b=2 @al"
	people := addresses(text, crowd().names(text))
	for _, f := range []bridge.Format{
		{}, {Bold: true}, {Italic: true, Underline: true}, {Strike: true, Bold: true, Color: bridge.RGB(0x00ff7f)}, {Color: bridge.RGB(0)},
	} {
		written := writeHTML(text, f, people)
		if got, as := readHTML(written, nil); got != text || as != f {
			t.Errorf("%s is read as %q in %q", written, got, as)
		}
	}
	if got := writeHTML("a\nb", bridge.Format{Bold: true, Italic: true}, nil); got != "<strong><em>a<br>b</em></strong>" {
		t.Error(got)
	}
	if got := writeHTML("Bob!", bridge.Format{}, []address{{`@b"/?:x`, 0, 3}}); got != `<a href="https://matrix.to/#/@b&#34;%2F%3F:x">Bob</a>!` {
		t.Error(got)
	}
}

func FuzzWriteHTML(f *testing.F) {
	f.Add("a <b> & \"c\"\nhttps://x")
	f.Fuzz(func(t *testing.T, text string) {
		text = cleanText(text)
		if strings.Join(strings.Fields(text), " ") != text {
			return // white space is HTML's own
		}
		got, format := readHTML(writeHTML(text, bridge.Format{Bold: true}, nil), nil)
		if got != text || text != "" && !format.Bold {
			t.Fatalf("%q is read as %q in %q", text, got, format)
		}
	})
}

func TestSayings(t *testing.T) {
	var m sayings
	for i := range 2 * maxSaid {
		m.put("!a:x", said{id: fmt.Sprint("$", i), kind: saidMessage, text: strings.Repeat("é", maxSaidText), whole: true})
	}
	if len(m.rooms["!a:x"]) != maxSaid {
		t.Errorf("%d", len(m.rooms["!a:x"]))
	}
	if s, ok := m.get("!a:x", fmt.Sprint("$", 2*maxSaid-1)); !ok || s.whole || len(s.text) > maxSaidText {
		t.Errorf("%+v", s)
	}
	m.put("!a:x", said{id: "$new", kind: saidMessage, text: "old"})
	m.put("!a:x", said{id: "$new", kind: saidMessage, text: "new"})
	m.put("!a:x", said{id: "$asked", kind: saidMessage, fetched: true})
	if s, ok := m.last("!a:x", func(said) bool { return true }); !ok || s.text != "new" {
		t.Errorf("%+v", s)
	}
	for i := range maxSaidRooms {
		m.put(fmt.Sprint("!", i), said{id: "$x"})
		m.put("!a:x", said{id: "$y"})
	}
	if len(m.rooms) != maxSaidRooms || len(m.order) != maxSaidRooms || m.rooms["!a:x"] == nil || m.rooms["!0"] != nil {
		t.Errorf("%d rooms, %v", len(m.rooms), slices.Sorted(func(yield func(string) bool) {
			for r := range m.rooms {
				if !yield(r) {
					return
				}
			}
		}))
	}
}

func TestFoldLine(t *testing.T) {
	for _, test := range []struct{ reactions, want string }{
		{"Bob👍", "(Bob: 👍 to x)"},
		{"Bob👍 Carol👍", "(Bob and Carol: 👍 to x)"},
		{"Bob👍 Carol👍 Dave👍", "(Bob, Carol and Dave: 👍 to x)"},
		{"Bob👍 Carol👍 Dave👍 Eve👍 Fred👍", "(Bob, Carol and 3 others: 👍 to x)"},
		{"Bob👍 Carol🎉 Dave👍", "(Bob and Dave: 👍, Carol: 🎉 to x)"},
		{"Bob👍 Bob👍 Bob🎉", "(Bob: 👍, Bob: 🎉 to x)"},
		{"A1 A2 A3 A4 A5 A6 A7", "(A: 1, A: 2, A: 3, A: 4, A: 5, and others to x)"},
	} {
		f := &fold{first: reaction{about: "to x"}}
		for _, r := range strings.Fields(test.reactions) {
			i := strings.IndexAny(r, "👍🎉1234567")
			f.all = append(f.all, reaction{who: r[:i], name: r[:i], key: r[i:]})
		}
		if got := f.line(); got != test.want {
			t.Errorf("%s: %s, want %s", test.reactions, got, test.want)
		}
	}
}
