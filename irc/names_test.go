package irc

import (
	"strings"
	"testing"

	"msnbridge/bridge"
)

func TestJoinSplit(t *testing.T) {
	n := testNetwork(t, nil)
	for local, want := range map[string]string{
		"Bob": "bob", "[x]\\`_^{|}-": "[x]\\`_^{|}-", "1st": "1st", "Jürgen": "jürgen", "#Go-Nuts": "#go-nuts",
		"##x": "##x", "&local": "&local", "#ünï~x@y": "#ünï~x@y",
	} {
		id, err := n.Join(local, "IRC.test")
		if err != nil || id != want || (n.Kind(id) == bridge.Room) != strings.ContainsAny(local[:1], "#&") {
			t.Errorf("%q: %q %v %v", local, id, n.Kind(id), err)
			continue
		}
		back, domain, ok := n.Split(id)
		if again, err := n.Join(back, domain); !ok || err != nil || again != id {
			t.Errorf("%q: split into %q %q %v", id, back, domain, ok)
		}
	}
	for _, local := range []string{
		"", "a b", "a,b", "a!b", "a@b", "-x", "a:b", ":x", "*", "a*", "$x", "a.b", "\x01", "a\r\nb", "\xff",
		"#", "#a b", "#a,b", "#a\x07", "#a\x00", "#a:b", "#" + strings.Repeat("x", 200), strings.Repeat("x", 65),
	} {
		if id, err := n.Join(local, "irc.test"); err == nil {
			t.Errorf("%q became %q", local, id)
		}
	}
	if _, err := n.Join("bob", "irc.test.example"); err == nil {
		t.Error("a foreign domain was accepted")
	}
	if _, _, ok := n.Split("Bob"); ok {
		t.Error("an ID that was not folded was accepted")
	}
}

func TestFoldings(t *testing.T) {
	for name, want := range map[string]string{
		"ascii": `a[]\~`, "rfc1459": `a{}|^`, "rfc1459-strict": `a{}|~`,
	} {
		if got := foldings[name](`A[]\~`); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		config Config
		says   string // empty: it is right
	}{
		{Config{Name: "x", Domain: "x.test", Server: "irc.x.test", TLS: true}, ""},
		{Config{Name: "x", Domain: "x.test", Server: "[::1]"}, ""},
		{Config{Name: "x", Domain: "x.test"}, "server"},
		{Config{Name: "x", Server: "a:1"}, "domain"},
		{Config{Name: "x", Domain: "a@b", Server: "a:1"}, "domain"},
		{Config{Domain: "a", Server: "a:1"}, "name"},
		{Config{Name: "x", Domain: "x", Server: "a:1", Password: "a\nb"}, "password"},
		{Config{Name: "x", Domain: "x", Server: "a:1", TLS: true, TLSCA: "/nowhere"}, "tls_ca"},
	} {
		n, err := New(test.config)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v", test.config, err)
		}
		if err == nil && test.config.TLS && n.config.Server != "irc.x.test:6697" {
			t.Error(n.config.Server)
		}
	}
}
