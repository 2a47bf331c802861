package msn

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// tickets are given to whoever asks, and are good once.
type tickets struct {
	mu    sync.Mutex
	given map[string]given
}

type given struct{ handle, seal string }

// ticket gives one for a handle, with the password that its account has now.
func (r *rig) ticket(handle string) string {
	seal, err := r.srv.seal(r.ctx, handle)
	if err != nil && !errors.Is(err, bridge.ErrNotFound) {
		r.t.Fatal(err)
	}
	t := &r.tickets
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given == nil {
		t.given = map[string]given{}
	}
	w := rand.Text()
	t.given[w] = given{handle, seal}
	return w
}

func (t *tickets) Redeem(handle, ticket string) (seal string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.given[ticket]
	delete(t.given, ticket)
	return g.seal, ok && g.handle == handle
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

func TestTickets(t *testing.T) { newRig(t).script("ticket.txt") }

// Wrong tickets count as wrong passwords do.
func TestTicketLimits(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{AccountSignIns: 2, SignIns: 3, LoopbackToo: true}})
	r.Play(t, `
a C: VER 1 MSNP9
a S: VER 1 MSNP9
a C: USR 2 TWN I alice@msn.test
a S: USR 2 TWN S {_}
a C: USR 3 TWN S t=wrong&p=
a S: 911 3
a C: USR 4 TWN I alice@msn.test
a S: USR 4 TWN S {_}
a C: USR 5 TWN S t=wrong&p=
a S: 911 5
a C: USR 6 TWN I alice@msn.test
a S: 921 6
a S: close
b C: VER 1 MSNP9
b S: VER 1 MSNP9
b C: USR 2 TWN I bob@msn.test
b S: USR 2 TWN S {_}
b C: USR 3 TWN S t=wrong&p=
b S: 911 3
b C: USR 4 TWN I carol@msn.test
b S: 921 4
b S: close
`)
}

// Where nobody gives tickets, the dialects without are in force if a client has
// one; else it is told in words, and the operator once.
func TestTicketless(t *testing.T) {
	var log lockedBuffer
	r := &rig{t: t, dir: t.TempDir(), ticketless: true}
	r.conf.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.begin(60*time.Second).Play(t, `
a C: VER 1 MSNP9 MSNP8 MSNP7 CVR0
a S: VER 1 MSNP7 CVR0
b C: VER 1 MSNP9 MSNP8 CVR0
b S: VER 1 MSNP9 MSNP8 CVR0
b C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS bob@msn.test
b S: CVR 2 6.0.0602 {...}
b C: USR 3 TWN I bob@msn.test
b S: 601 3
b S: close
c C: VER 1 MSNP12
c S: VER 1 MSNP12
c C: USR 2 TWN S t=abc&p=
c S: 911 2
c C: USR 3 TWN I bob@msn.test
c S: 601 3
c S: close
`)
	r.stop()
	if got := log.b.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "[passport]") {
		t.Errorf("logged %q", got)
	}
}
