package matrix

import (
	"strings"
	"testing"

	"msnbridge/bridge"
)

func TestJoin(t *testing.T) {
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ local, domain, want string }{
		{"bob", "matrix.org", "@bob:matrix.org"},
		{"Bob!old~", "matrix.org", "@Bob!old~:matrix.org"},
		{"a=b/c", "localhost", "@a=b/c:localhost"},
		{"bob", "example.org:8448", "@bob:example.org:8448"},
		{"bob", "[::1]:8448", "@bob:[::1]:8448"},
		{"", "matrix.org", ""},
		{"b ob", "matrix.org", ""},
		{"b\x00b", "matrix.org", ""},
		{"b\r\nb", "matrix.org", ""},
		{"bö", "matrix.org", ""},
		{"bob", "", ""},
		{"bob", "matrix org", ""},
		{"bob", "matrix.org/x", ""},
		{"bob", "a:b:c", ""},
		{"#go", "matrix.org", "#go:matrix.org"},
		{"#gö", "matrix.org:8448", "#gö:matrix.org:8448"},
		{"#g:o", "matrix.org", ""},
		{"#", "matrix.org", ""},
		{"#go\n", "matrix.org", ""},
		{"@bob:matrix.org", "", "@bob:matrix.org"},
		{"#go:matrix.org", "", "#go:matrix.org"},
		{"#go", "", ""},
		{"!abc:matrix.org", "", "!abc:matrix.org"},
		{"!abc:matrix.org?via=a.org&via=b.org&via=%20", "", "!abc:matrix.org?via=a.org,b.org"},
		{"https://matrix.to/#/#go:matrix.org", "", "#go:matrix.org"},
		{"https://matrix.to/#/%23go%3Amatrix.org/$event?via=x", "", "#go:matrix.org"},
		{"https://matrix.to/#/!abc:matrix.org?via=a.org", "", "!abc:matrix.org?via=a.org"},
		{"https://matrix.to/#/", "", ""},
		{"https://matrix.to/#/%zz", "", ""},
		{"https://example.org/#/#go:matrix.org", "", ""},
		{"matrix:r/go:matrix.org?action=join", "", "#go:matrix.org"},
		{"matrix:roomid/abc:matrix.org/e/x?via=a.org", "", "!abc:matrix.org?via=a.org"},
		{"matrix:u/bob:matrix.org", "", "@bob:matrix.org"},
		{"matrix:x/bob", "", ""},
		{"", "", ""},
		{strings.Repeat("b", 243), "matrix.org", "@" + strings.Repeat("b", 243) + ":matrix.org"},
		{strings.Repeat("b", 244), "matrix.org", ""},
	} {
		id, err := n.Join(test.local, test.domain)
		if id != test.want || (err == nil) != (test.want != "") {
			t.Errorf("Join(%q, %q) = %q, %v; want %q", test.local, test.domain, id, err, test.want)
		}
	}
}

func TestSplit(t *testing.T) {
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	local, domain, ok := n.Split("@bob:matrix.org")
	if local != "bob" || domain != "matrix.org" || !ok {
		t.Errorf("got %q, %q, %v", local, domain, ok)
	}
	for _, id := range []string{"!room:matrix.org", "#go", "@bob", "bob:matrix.org", "@:matrix.org", "@#go:x", ""} {
		if _, _, ok := n.Split(id); ok {
			t.Errorf("Split(%q) has a form", id)
		}
	}
}

func FuzzID(f *testing.F) {
	f.Add("bob", "matrix.org")
	f.Add("#go", "x:1")
	f.Fuzz(func(t *testing.T, local, domain string) {
		n, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		id, err := n.Join(local, domain)
		if err != nil {
			return
		}
		l, d, ok := n.Split(id)
		if domain == "" {
			return // a reference
		}
		kind := bridge.Person
		if local[0] == '#' {
			kind = bridge.Room
		}
		if !ok || l != local || d != domain || n.Kind(id) != kind {
			t.Errorf("Join(%q, %q) = %q, which splits into %q, %q, %v", local, domain, id, l, d, ok)
		}
		if len(id) > 255 || strings.ContainsAny(id, " \r\n\x00/?") && strings.ContainsAny(domain, " \r\n\x00/?") {
			t.Errorf("bad ID %q", id)
		}
	})
}

func TestOpaque(t *testing.T) {
	for s, want := range map[string]bool{
		"$abc": true, "$abc:x": true, "$": false, "abc": false, "$a b": false, "$a\n": false,
		"$" + strings.Repeat("x", 254): true, "$" + strings.Repeat("x", 255): false, "$\xff": false,
	} {
		if validEvent(s) != want {
			t.Errorf("validEvent(%q) = %v", s, !want)
		}
	}
}

func TestCheck(t *testing.T) {
	n, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		keys   map[string]string
		secret bridge.Secret
		want   string // a part of the error
	}{
		{map[string]string{"user": " @bob:x "}, "s", ""},
		{map[string]string{"user": "@bob:x", "homeserver": "http://127.0.0.1:8008/", "auth": "token"}, "s", ""},
		{map[string]string{}, "s", "user: missing"},
		{map[string]string{"user": "bob"}, "s", "@name:server"},
		{map[string]string{"user": "@bob:x", "homeserver": "matrix.org"}, "s", "https://"},
		{map[string]string{"user": "@bob:x", "homeserver": "https://a:b@matrix.org"}, "s", "without name"},
		{map[string]string{"user": "@bob:x", "homeserver": "ftp://matrix.org"}, "s", "https://"},
		{map[string]string{"user": "@bob:x", "nick": "bob"}, "s", "nick: unknown key"},
		{map[string]string{"user": "@bob:x", "auth": "magic"}, "s", "auth:"},
		{map[string]string{"user": "@bob:x"}, "", ""},
		{map[string]string{"user": "@bob:x", "auth": "oauth"}, "", ""},
		{map[string]string{"user": "@bob:x", "auth": "sso"}, "", ""},
		{map[string]string{"user": "@bob:x", "auth": "password"}, "", "password is missing"},
		{map[string]string{"user": "@bob:x", "auth": "token"}, "", "access token"},
		{map[string]string{"user": "@bob:x", "auth": "oauth"}, "s", "no password"},
		{map[string]string{"user": "@bob:x", "rooms": "chosen"}, "s", ""},
		{map[string]string{"user": "@bob:x", "rooms": "some"}, "s", "rooms: \"some\" is none of"},
	} {
		err := n.Check(test.keys, test.secret)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("Check(%v) = %v; want %q", test.keys, err, test.want)
		}
	}
	keys := map[string]string{"user": " @bob:x ", "homeserver": "https://x/ "}
	if err := n.Check(keys, "s"); err != nil || keys["user"] != "@bob:x" || keys["homeserver"] != "https://x" {
		t.Errorf("keys are now %v (%v)", keys, err)
	}
}
