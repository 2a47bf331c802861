package matrix

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"msnbridge/bridge"
)

// A blocklist is a homeserver's list of ignored people.
type blocklist struct {
	mu   sync.Mutex
	body string // empty: none
	puts int
}

func (l *blocklist) serve(s *script) {
	const path = "/user/@me:x/account_data/m.ignored_user_list"
	s.on("GET "+path, func(*http.Request) answer {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.body == "" {
			return fail(404, "M_NOT_FOUND")
		}
		return ok(l.body)
	})
	s.on("PUT "+path, func(r *http.Request) answer {
		l.mu.Lock()
		defer l.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		l.body, l.puts = string(body), l.puts+1
		return ok(`{}`)
	})
}

func (l *blocklist) is(t *testing.T, want string, puts int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.body != want || l.puts != puts {
		t.Errorf("%d puts, %s; want %d, %s", l.puts, l.body, puts, want)
	}
}

func block(t *testing.T, c *Conn, who ...string) {
	t.Helper()
	var addrs []bridge.Addr
	for _, id := range who {
		addrs = append(addrs, addr(id))
	}
	if err := c.Block(t.Context(), addrs); err != nil {
		t.Fatal(err)
	}
}

// Both lists get what the other had, what is not ours stays, and what has gone on one side since
// goes on the other, also across a restart.
func TestIgnoredInStep(t *testing.T) {
	s := newScript(t)
	l := &blocklist{body: `{"ignored_users":{"@bad:x":{"since":1e0},"odd":{}},"of another":[1,{"a":"<b>"}]}`}
	l.serve(s)
	o := s.owner()
	c := o.connect()
	block(t, c, "@here:x")
	l.is(t, `{"ignored_users":{"@bad:x":{"since":1e0},"@here:x":{},"odd":{}},"of another":[1,{"a":"<b>"}]}`, 1)
	if e := await[bridge.Ignored](o, nil); e.Who != addr("@bad:x") || !e.Ignored {
		t.Errorf("%+v", e)
	}
	block(t, c, "@here:x", "@bad:x") // as the account does then
	block(t, c, "@here:x", "@bad:x")
	s.hangUp(c)
	l.mu.Lock()
	if l.puts != 1 {
		t.Errorf("%d puts", l.puts)
	}
	l.body = `{"ignored_users":{"@here:x":{},"@new:x":{}}}` // by another client, meanwhile
	l.mu.Unlock()

	c = o.connect()
	block(t, c, "@bad:x") // the user has unblocked the other, also meanwhile
	l.is(t, `{"ignored_users":{"@new:x":{}}}`, 2)
	for _, want := range []bridge.Ignored{{Who: addr("@new:x"), Ignored: true}, {Who: addr("@bad:x")}} {
		await(o, func(e bridge.Ignored) bool { return e == want })
	}
	if more := have[bridge.Ignored](o); len(more) > 0 {
		t.Errorf("%+v", more)
	}
	block(t, c, "@new:x")
	l.is(t, `{"ignored_users":{"@new:x":{}}}`, 2)
	l.mu.Lock()
	l.body = `{"ignored_users":{}}`
	l.mu.Unlock()
	s.news <- ok(`{"next_batch":"s9","account_data":{"events":[{"type":"m.ignored_user_list","content":{"ignored_users":{}}}]}}`)
	await(o, func(e bridge.Ignored) bool { return e.Who == addr("@new:x") && !e.Ignored })
}

// A list that makes no sense is left alone.
func TestIgnoredMalformed(t *testing.T) {
	for _, body := range []string{`[]`, `7`, `{"ignored_users":[]}`, `{"ignored_users":null}`, `nonsense`} {
		s := newScript(t)
		l := &blocklist{body: body}
		l.serve(s)
		o := s.owner()
		c := o.connect()
		if err := c.Block(t.Context(), []bridge.Addr{addr("@here:x")}); err == nil {
			t.Errorf("%s: no error", body)
		}
		l.is(t, body, 0)
		if more := have[bridge.Ignored](o); len(more) > 0 {
			t.Errorf("%+v", more)
		}
	}
}

// Somebody whom the account could not put on its list is not taken off the homeserver's.
func TestIgnoredNotTaken(t *testing.T) {
	s := newScript(t)
	l := &blocklist{body: `{"ignored_users":{"@bad:x":{}}}`}
	l.serve(s)
	o := s.owner()
	c := o.connect()
	for range 3 {
		block(t, c)
	}
	l.is(t, `{"ignored_users":{"@bad:x":{}}}`, 0)
}

func TestIgnoredMany(t *testing.T) {
	var users []string
	for i := range 3 * maxIgnored {
		users = append(users, fmt.Sprintf(`"@u%d:x":{}`, i))
	}
	s := newScript(t)
	l := &blocklist{body: `{"ignored_users":{` + strings.Join(users, ",") + `}}`}
	l.serve(s)
	o := s.owner()
	c := o.connect()
	block(t, c)
	if n := len(have[bridge.Ignored](o)); n > maxIgnored {
		t.Errorf("%d are told", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.puts > 0 {
		t.Error("changed")
	}
}

func FuzzIgnored(f *testing.F) {
	f.Add([]byte(`{"ignored_users":{"@a:x":{}},"x":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := parseIgnored(raw)
		if err != nil {
			return
		}
		l.change([]string{"@b:x"}, []string{"@a:x"})
		if _, there := l.users["@b:x"]; !there {
			t.Error("not added")
		}
		for _, who := range l.people() {
			if !validUser(who) {
				t.Errorf("%q", who)
			}
		}
	})
}
