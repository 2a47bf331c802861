package msn

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"
)

// tickets are given to whoever asks, and are good once.
type tickets struct {
	mu    sync.Mutex
	given map[string]string // whose each is
}

func (t *tickets) give(handle string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given == nil {
		t.given = map[string]string{}
	}
	w := rand.Text()
	t.given[w] = handle
	return w
}

func (t *tickets) Redeem(handle, ticket string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	whose, ok := t.given[ticket]
	delete(t.given, ticket)
	return ok && whose == handle
}

func TestTicketOf(t *testing.T) {
	for in, want := range map[string]string{
		"t=abc&p=":             "abc",
		"t=abc&p=def":          "abc",
		"t=abc&amp;p=":         "abc",
		"t=abc":                "abc",
		"abc":                  "abc",
		"t%3Dabc%26p%3D":       "abc",
		"t%3dabc%26amp%3Bp=":   "abc",
		"t=a+b/c==&p=":         "a+b/c==",
		"t=&p=":                "",
		"t=":                   "",
		"%FF%9F":               "",
		"t=" + long(maxTicket): "",
	} {
		if got := ticketOf(in); got != want {
			t.Errorf("%.40q: %q, want %q", in, got, want)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// The policy is one word of all keys that clients look up.
func TestPolicy(t *testing.T) {
	p := newPolicy()
	for _, key := range []string{"lc", "id", "tw", "fs", "ru", "ct", "kpp", "kv", "ver", "rn", "tpf"} {
		if !strings.Contains(","+p, ","+key+"=") {
			t.Errorf("%s lacks %s", p, key)
		}
	}
	if strings.ContainsAny(p, " \t\r\n") || len(p) >= 500 {
		t.Errorf("%s is no word", p)
	}
}

func FuzzTicketOf(f *testing.F) {
	f.Add("t=abc&p=")
	f.Add("t%3Dabc%26p%3D%00%0d")
	f.Fuzz(func(t *testing.T, in string) {
		if got := ticketOf(in); len(got) > maxTicket || strings.Contains(got, "&") {
			t.Fatalf("%q: %q", in, got)
		}
	})
}

// Sessions of all dialects can sign in.
func TestSignInDialects(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			newRig(t).Play(t, onlineIn(d.name, "alice", "bob"))
		})
	}
}
