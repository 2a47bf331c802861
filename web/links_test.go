package web

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

func TestLink(t *testing.T) {
	r := newRig(t)
	_, port, _ := strings.Cut(r.Addr().String(), ":")
	f := bridge.File{Name: "my cat.jpeg", Ref: "r"}
	for host, want := range map[string]string{
		"10.0.0.5":        "10.0.0.5:" + port,
		"msn.example.org": "msn.example.org:" + port,
		"2001:db8::1":     `\[2001:db8::1\]:` + port,
	} {
		link := r.Link(alice, "net", f, host)
		if !regexp.MustCompile(`^http://` + want + `/f/[0-9A-Za-z]{15,22}/my_cat\.jpg$`).MatchString(link) {
			t.Error(link)
		}
	}
	same := r.Link(alice, "net", f, "h")
	if r.Link(alice, "net", f, "h") != same {
		t.Error("the same file has two links")
	}
	for _, other := range []string{
		r.Link("bob@msn.test", "net", f, "h"), r.Link(alice, "other", f, "h"),
		r.Link(alice, "net", bridge.File{Name: f.Name, Ref: "q"}, "h"),
	} {
		if other == same {
			t.Error("two files have one link")
		}
	}
	if link := r.Link(alice, "net", bridge.File{Name: "a"}, "h"); link != "" {
		t.Error(link)
	}
	if link := New(Config{NoLinks: true}).Link(alice, "net", f, "h"); link != "" {
		t.Error(link)
	}
}

// A link ends, but lives on where it is shown again.
func TestLinkLife(t *testing.T) {
	ls := newLinks(time.Hour)
	now := time.Now()
	state := func(token string, at time.Duration) string {
		_, ok, gone := ls.get(token, now.Add(at))
		return fmt.Sprint(ok, gone)
	}
	a := ls.put(linkKey{"a", "n", "1"}, bridge.File{}, now)
	b := ls.put(linkKey{"a", "n", "2"}, bridge.File{}, now)
	ls.put(linkKey{"a", "n", "1"}, bridge.File{}, now.Add(30*time.Minute))
	for _, c := range []struct {
		token string
		at    time.Duration
		want  string
	}{
		{a, 0, "true false"}, {b, 59 * time.Minute, "true false"}, {b, 61 * time.Minute, "true true"},
		{a, 61 * time.Minute, "true false"}, {a, 91 * time.Minute, "true true"}, {"", 0, "false false"},
	} {
		if got := state(c.token, c.at); got != c.want {
			t.Errorf("%s after %s: %s", c.token, c.at, got)
		}
	}
	ls.put(linkKey{"b", "n", "1"}, bridge.File{}, now.Add(65*time.Minute))
	if len(ls.byToken) != 2 || len(ls.byKey) != 2 || state(b, 0) != "false false" {
		t.Errorf("%d links, %s", len(ls.byToken), state(b, 0))
	}
	ls.put(linkKey{"b", "n", "2"}, bridge.File{}, now.Add(24*time.Hour))
	if len(ls.byToken) != 1 || len(ls.of) != 1 {
		t.Errorf("%d links of %d", len(ls.byToken), len(ls.of))
	}
}

// There are never too many, and who makes many loses their own first.
func TestMostLinks(t *testing.T) {
	ls := newLinks(time.Hour)
	now := time.Now()
	first := ls.put(linkKey{"a", "n", "first"}, bridge.File{}, now)
	for i := range 2 * mostOfOne {
		ls.put(linkKey{"b", "n", fmt.Sprint(i)}, bridge.File{}, now.Add(time.Second))
	}
	if _, ok, _ := ls.get(first, now); !ok || len(ls.byToken) != mostOfOne+1 {
		t.Errorf("%v, %d links", ok, len(ls.byToken))
	}
	for i := range mostLinks {
		ls.put(linkKey{fmt.Sprint(i % 100), "n", fmt.Sprint(i)}, bridge.File{}, now.Add(2*time.Second))
	}
	if _, ok, _ := ls.get(first, now); ok || len(ls.byToken) != mostLinks || len(ls.byKey) != mostLinks {
		t.Errorf("%v, %d links", ok, len(ls.byToken))
	}
}

func TestExpired(t *testing.T) {
	r := newRig(t, Config{LinkLife: time.Nanosecond})
	r.get(r.put("a.zip", []byte("PK\x03\x04"))).want(t, http.StatusGone, "Cache-Control", "no-store")
}
