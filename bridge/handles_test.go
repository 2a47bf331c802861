package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// named is a Network of which only the naming is used.
type named struct {
	Network
	name, domain string
}

func (n named) Name() string   { return n.name }
func (n named) Title() string  { return n.name }
func (n named) Domain() string { return n.domain }

func (n named) Split(id string) (string, string, bool) {
	if n.domain != "" {
		return id, n.domain, true
	}
	return strings.Cut(strings.TrimPrefix(id, "@"), ":")
}

func (n named) Join(local, domain string) (string, error) {
	switch {
	case strings.HasPrefix(local, "#"):
		return local, nil
	case n.domain != "":
		return foldASCII(local), nil
	}
	return "@" + local + ":" + domain, nil
}

func (n named) Kind(id string) Kind {
	if strings.HasPrefix(id, "#") || strings.HasPrefix(id, "!") {
		return Room
	}
	return Person
}

func (named) Connect(context.Context, Login, Emit) (Conn, error) { return nil, errors.ErrUnsupported }

func testHandles(t testing.TB) *handles {
	h, err := newHandles([]string{"msn.local", "example.org"},
		[]Network{named{name: "libera", domain: "libera.chat"}, named{name: "matrix"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHandles(t *testing.T) {
	h := testHandles(t)
	tests := []struct {
		addr   Addr
		kind   Kind
		handle string
	}{
		{Addr{Local, "alice@msn.local"}, Person, "alice@msn.local"},
		{Addr{Service, "gateway@msn.local"}, Person, "gateway@msn.local"},
		{Addr{"matrix", "@bob:matrix.org"}, Person, "bob@matrix.org"},
		{Addr{"matrix", "@bob:localhost"}, Person, "bob@localhost"},
		{Addr{"matrix", "@Bob:matrix.org"}, Person, "~42ob@matrix.org"},
		{Addr{"matrix", "@a=b/c:matrix.org"}, Person, "a~3db~2fc@matrix.org"},
		{Addr{"matrix", "@bob:matrix.org:8448"}, Person, "uoiq3xa53gqvgmxxxnqxnbwqkfx@x.msn.local"},
		{Addr{"libera", "bob"}, Person, "bob@libera.chat"},
		{Addr{"libera", "b[o]b^"}, Person, "b~5bo~5db~5e@libera.chat"},
		{Addr{"libera", "#go-nuts"}, Room, "#go-nuts@libera.chat"},
		{Addr{"libera", "##c++"}, Room, "#~23c++@libera.chat"},
	}
	for _, tt := range tests {
		got := h.remember(tt.addr)
		if got != tt.handle && !(strings.HasSuffix(tt.handle, "@x.msn.local") && strings.HasSuffix(got, "@x.msn.local")) {
			t.Errorf("handle(%v) = %q, want %q", tt.addr, got, tt.handle)
		}
		a, err := h.parse(strings.ToUpper(got))
		if kind := h.kind(a); a != tt.addr || kind != tt.kind || err != nil {
			t.Errorf("parse(%q) = %v, %v, %v, want %v", got, a, h.kind(a), err, tt.addr)
		}
	}
}

// Whose server bears one of our names, or that of an IRC network, or is named by
// a port or an address, and whoever is too long, gets an alias.
func TestAliases(t *testing.T) {
	h := testHandles(t)
	for _, id := range []string{"@bob:msn.local", "@bob:x.msn.local", "@bob:libera.chat", "@bob:matrix.org:8448",
		"@bob:127.0.0.1", "@bob:[::1]", "@bob:Matrix.org", "@" + strings.Repeat("b", 120) + ":matrix.org", "!room:x"} {
		got := h.remember(Addr{"matrix", id})
		local, domain, _ := strings.Cut(got, "@")
		if domain != "x.msn.local" || len(local) != 27 || (local[0] == 'r') != (id[0] == '!') {
			t.Errorf("handle(%s) = %q, want an alias", id, got)
		}
		if a, err := h.parse(got); err != nil || a.ID != id {
			t.Errorf("parse(%q) = %v, %v", got, a, err)
		}
	}
}

func TestParseHandleErrors(t *testing.T) {
	h := testHandles(t)
	for s, want := range map[string]error{
		"":                              ErrMalformed,
		"bob":                           ErrMalformed,
		"@matrix.org":                   ErrMalformed,
		"bob@":                          ErrMalformed,
		"bob@@matrix.org":               ErrMalformed,
		"b ob@matrix.org":               ErrMalformed,
		"bob\r@matrix.org":              ErrMalformed,
		"bob@matrix.org:8448":           ErrMalformed,
		"bob@10.0.0.1":                  ErrMalformed,
		"b~6fb@matrix.org":              ErrMalformed, // o needs no escape
		"b~6@matrix.org":                ErrMalformed,
		"b#b@libera.chat":               ErrMalformed,
		"al~69ce@msn.local":             ErrMalformed,
		"#alice@msn.local":              ErrMalformed,
		"~23alice@msn.local":            ErrMalformed,
		"uxyz@x.msn.local":              ErrNoSuchUser,
		"a@" + strings.Repeat("b", 130): ErrMalformed,
	} {
		if _, err := h.parse(s); !errors.Is(err, want) {
			t.Errorf("parse(%q): %v, want %v", s, err, want)
		}
	}
	if a, err := h.parse("~23go@libera.chat"); a != (Addr{"libera", "#go"}) || h.kind(a) != Room || err != nil {
		t.Errorf("~23go: %v %v", a, err)
	}
}

// A handle is long enough for whoever fits into it, and not longer.
func TestLongHandles(t *testing.T) {
	h := testHandles(t)
	domain := strings.Repeat("d", 110) + ".org"
	fits := strings.Repeat("b", maxHandle-1-len(domain))
	if got := h.handle(Addr{"matrix", "@" + fits + ":" + domain}); got != fits+"@"+domain {
		t.Errorf("handle %q, want the plain form", got)
	}
	if got := h.handle(Addr{"matrix", "@" + fits + "b:" + domain}); !h.isAlias(got) {
		t.Errorf("handle %q, want an alias", got)
	}
}

// The domains of our own leave room for aliases.
func TestOwnDomains(t *testing.T) {
	long := strings.Repeat("d", mostOwnDomain-4) + ".org"
	h, err := newHandles([]string{long}, []Network{named{name: "matrix"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.remember(Addr{"matrix", "!room:x"}); len(got) != maxHandle {
		t.Errorf("alias %q has %d bytes", got, len(got))
	}
	for _, ds := range [][]string{nil, {"d" + long}, {"a.org", "x.a.org"}, {"A.org"}, {"10.0.0.1"}, {""}} {
		if _, err := newHandles(ds, nil, nil); err == nil {
			t.Errorf("%q: no error", ds)
		}
	}
}

// Anybody can have an alias, so only those of contacts are remembered for good.
func TestAliasesAreForgotten(t *testing.T) {
	h := testHandles(t)
	id := func(i int) Addr { return Addr{"matrix", fmt.Sprintf("!%d:x", i)} }
	known := func(i int) bool {
		a, err := h.parse(h.handle(id(i)))
		return err == nil && a == id(i)
	}
	h.keep(h.handle(id(0)), id(0))
	for i := range 3 * mostRecent {
		h.remember(id(i))
		if !known(i) {
			t.Fatalf("%d is not known", i)
		}
	}
	if n := len(h.aliases.kept) + len(h.aliases.recent) + len(h.aliases.old); n > 2*mostRecent+1 {
		t.Errorf("%d are remembered", n)
	}
	if !known(0) || known(1) || !known(3*mostRecent-1) || !known(2*mostRecent) {
		t.Error("the wrong ones are remembered")
	}
}

func TestNetworkConflicts(t *testing.T) {
	for _, ns := range [][]Network{
		{named{name: "a", domain: "x.org"}, named{name: "b", domain: "x.org"}},
		{named{name: "a", domain: "msn.local"}},
		{named{name: "a", domain: "x.msn.local"}},
		{named{name: "a", domain: "x.org"}, named{name: "a", domain: "y.org"}},
		{named{name: "local", domain: "x.org"}},
		{named{name: "m"}, named{name: "n"}},
		{named{name: "a", domain: "X.org"}},
	} {
		if _, err := newHandles([]string{"msn.local"}, ns, nil); err == nil {
			t.Errorf("%v: no error", ns)
		}
	}
}

func FuzzHandles(f *testing.F) {
	for _, s := range []string{"bob@matrix.org", "~23go@libera.chat", "B~4Fb@msn.local", "a~7eb@libera.chat"} {
		f.Add(s)
	}
	h := testHandles(f)
	f.Fuzz(func(t *testing.T, s string) {
		a, err := h.parse(s)
		if err != nil {
			return
		}
		c := h.handle(a)
		b, err := h.parse(c)
		if err != nil || a != b {
			t.Fatalf("%q is %v, whose handle %q is %v (%v)", s, a, c, b, err)
		}
		if len(c) > maxHandle || strings.Trim(c, "abcdefghijklmnopqrstuvwxyz0123456789._-+#~@") != "" {
			t.Fatalf("handle %q has bytes that clients stumble over", c)
		}
	})
}

// FuzzIDs: every ID has a handle, and it leads back.
func FuzzIDs(f *testing.F) {
	f.Add("@bob:matrix.org")
	f.Add("@Bob[]:localhost")
	f.Add("")
	h := testHandles(f)
	f.Fuzz(func(t *testing.T, id string) {
		a := Addr{"matrix", id}
		c := h.remember(a)
		if b, err := h.parse(c); err != nil || b != a {
			t.Fatalf("%q has the handle %q, which is %v (%v)", id, c, b, err)
		}
	})
}
