package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// A crowd is many users, all of whom have ghosts, at a daemon that reaches its homeserver through a
// counter.
type crowd struct {
	*ghostCase
	count   *counter
	handles []string
}

// A counter passes requests on to a homeserver.
type counter struct {
	*httputil.ReverseProxy
	seen   sync.Map // how many of each kind
	flying atomic.Int64
	most   atomic.Int64 // at once
}

// ServeHTTP implements http.Handler.
func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	n, _ := c.seen.LoadOrStore(r.Method+" "+parts[len(parts)-1], new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	now := c.flying.Add(1)
	defer c.flying.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	c.ReverseProxy.ServeHTTP(w, r)
}

// total is how many requests there were.
func (c *counter) total() (n int64) {
	c.seen.Range(func(_, v any) bool { n += v.(*atomic.Int64).Load(); return true })
	return n
}

// take describes the requests since it was called last.
func (c *counter) take() string {
	defer c.most.Store(0)
	defer c.seen.Clear()
	var lines []string
	c.seen.Range(func(k, v any) bool {
		if n := v.(*atomic.Int64).Load(); n >= 10 {
			lines = append(lines, fmt.Sprintf("%6d %s", n, k))
		}
		return true
	})
	slices.Sort(lines)
	return fmt.Sprintf("at most %d at once\n%s", c.most.Load(), strings.Join(lines, "\n"))
}

// gather prepares a crowd, of whom nobody is signed in.
func gather(t testing.TB, n int) *crowd {
	t.Helper()
	const web = "[web]\nlisten = \"127.0.0.1:0\"\n"
	c := &crowd{ghostCase: hauntSoon(t, "info")}
	target, err := url.Parse(c.hs.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	c.count = &counter{ReverseProxy: httputil.NewSingleHostReverseProxy(target)}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	c.count.Transport, c.count.ErrorLog = transport, log.New(io.Discard, "", 0) // clients give up requests
	proxy := httptest.NewServer(c.count)
	t.Cleanup(func() { c.rest(); proxy.Close(); transport.CloseIdleConnections() })
	c.haunts(proxy.URL, []string{web})
	c.start()
	c.handles = c.people(n)
	return c
}

// people makes so many accounts.
func (d *daemon) people(n int) (handles []string) {
	d.t.Helper()
	var lines strings.Builder
	for i := range n {
		handles = append(handles, fmt.Sprintf("crowd%d@%s", i, domain))
		fmt.Fprintf(&lines, "%s %s Number %d\n", handles[i], passwordOf(handles[i]), i)
	}
	file := filepath.Join(d.dir, "crowd")
	d.write(file, lines.String())
	d.must("", "account", "import", file)
	return handles
}

// arrive signs all of them in, some at a time, and returns how long each took.
func (d *daemon) arrive(handles []string, at int) (clients []*client.Client, took []time.Duration) {
	d.t.Helper()
	clients, took = make([]*client.Client, len(handles)), make([]time.Duration, len(handles))
	var all sync.WaitGroup
	var next atomic.Int64
	for range at {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(handles); i = int(next.Add(1)) - 1 {
				began := time.Now()
				c, err := appear(d.addr, handles[i])
				if err != nil {
					d.t.Errorf("%s: %v", handles[i], err)
					return
				}
				clients[i], took[i] = c, time.Since(began)
			}
		})
	}
	all.Wait()
	d.t.Cleanup(func() {
		for _, c := range clients {
			if c != nil {
				c.Close()
			}
		}
	})
	if slices.Contains(clients, nil) {
		d.t.FailNow()
	}
	slices.Sort(took)
	return clients, took
}

// appear signs somebody in, online.
func appear(addr, handle string) (*client.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{Server: addr, Handle: handle, Password: passwordOf(handle), Dialects: []string{"MSNP7"}})
	if err != nil {
		return nil, err
	}
	if _, err := c.Sync(ctx, 0); err != nil {
		c.Close()
		return nil, err
	}
	if err := c.SetState(ctx, client.Online); err != nil {
		c.Close()
		return nil, err
	}
	go func() {
		for range c.Events() {
		}
	}()
	return c, nil
}

// awaitGhosts waits until all are called right and have this presence: first for the last, who are
// likely to come last.
func (c *crowd) awaitGhosts(p event.Presence) {
	c.t.Helper()
	for i, handle := range slices.Backward(c.handles) {
		ghost, name := ghostOf(handle), fmt.Sprintf("Number %d", i)
		untilWithin(c.t, 10*time.Minute, fmt.Sprintf("%s is %q and %s", ghost, name, p), func() bool {
			return c.presenceOf(ghost) == p && c.called(ghost) == name
		})
	}
}

// presenceOf is a ghost's presence, for which it asks itself; empty if it is not there.
func (c *ghostCase) presenceOf(ghost id.UserID) event.Presence {
	c.t.Helper()
	var is struct{ Presence event.Presence }
	c.ask(http.MethodGet, fmt.Sprintf("%s/_matrix/client/v3/presence/%s/status?user_id=%s",
		c.hs.BaseURL, ghost, url.QueryEscape(string(ghost))), c.asToken, "", &is)
	return is.Presence
}

// trouble is what must not be in the log of a daemon or a homeserver, though a request that a client
// has given up is no fault.
var trouble = regexp.MustCompile(`level=(error|fatal|panic|ERROR|WARN)|panic:`)

func (c *crowd) checkTrouble() {
	c.t.Helper()
	ours, _ := c.log.since(0)
	theirs, err := os.ReadFile(filepath.Join(c.hs.Dir(), "output.log"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, log := range [][]byte{ours, theirs} {
		for line := range bytes.Lines(log) {
			if trouble.Match(line) && !bytes.Contains(line, []byte("context canceled")) {
				c.t.Errorf("in a log: %s", line)
			}
		}
	}
}

// TestGhostCrowd has many users sign in at once, and again after a restart.
func TestGhostCrowd(t *testing.T) {
	t.Parallel()
	c := gather(t, 40)
	c.arrive(c.handles, 8)
	c.awaitGhosts(event.PresenceOnline)
	c.stop()
	c.awaitGhosts(event.PresenceOffline)
	c.start()
	c.arrive(c.handles, 8)
	c.awaitGhosts(event.PresenceOnline)
	c.checkTrouble()
}

// manyGhosts is how many the benchmark makes, unless MSNBRIDGE_GHOSTS says otherwise.
const manyGhosts = 1000

// BenchmarkGhosts has 1,000 users sign in, whose ghosts are made and put on line, and then sign in once
// more after a restart. It reports how long this takes against what the homeserver needs for the same
// requests of a client that does nothing else, what memory a ghost takes beside its user, how long a
// sign-in takes against a daemon without ghosts, and how long a text takes meanwhile against before.
func BenchmarkGhosts(b *testing.B) {
	n := manyGhosts
	if s := os.Getenv("MSNBRIDGE_GHOSTS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	const atOnce = 16
	for b.Loop() {
		plain := prepare(b)
		plain.level = "info"
		plain.configure()
		plain.start()
		alone := plain.memory(b)
		_, took := plain.arrive(plain.people(n), atOnce)
		b.ReportMetric(float64(plain.memory(b)-alone)/float64(n)/1000, "kB/user-without-ghosts")
		signIns(b, took, "-without-ghosts")
		plain.stop()

		c := gather(b, n)
		baseline := c.baseline(n, atOnce)
		empty := c.memory(b)
		talk := c.talkers(b)
		talk.report(b, talk.during(b, func() { time.Sleep(3 * time.Second) }), "-before")
		for _, phase := range []string{"", "-again"} {
			c.count.take()
			began := time.Now()
			texts := talk.during(b, func() {
				_, took = c.arrive(c.handles, atOnce)
				b.ReportMetric(time.Since(began).Seconds(), "signed-in-s"+phase)
				c.awaitGhosts(event.PresenceOnline)
			})
			elapsed := time.Since(began)
			signIns(b, took, phase)
			talk.report(b, texts, phase)
			b.ReportMetric(elapsed.Seconds(), "online-s"+phase)
			b.ReportMetric(float64(c.count.total())/elapsed.Seconds(), "requests/s"+phase)
			b.ReportMetric(float64(c.count.total())/float64(n), "requests/ghost"+phase)
			b.ReportMetric(float64(c.memory(b)-empty)/float64(n)/1000, "kB/ghost-and-user"+phase)
			fmt.Printf("requests%s: %s\n", phase, c.count.take())
			if phase == "" {
				b.ReportMetric(elapsed.Seconds()/baseline.Seconds(), "ratio")
				began = time.Now()
				c.stop()
				b.ReportMetric(time.Since(began).Seconds(), "stop-s")
				fmt.Printf("requests at the end: %s\n", c.count.take())
				began = time.Now()
				c.start()
				b.ReportMetric(time.Since(began).Seconds(), "start-s")
				talk.again(b)
			}
		}
		c.checkTrouble()
	}
}

// signIns reports the middle and the longest of the times, which are in order.
func signIns(b *testing.B, took []time.Duration, phase string) {
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "sign-in-p50-ms"+phase)
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "sign-in-max-ms"+phase)
}

// baseline is how long the homeserver needs to make n users, name them and put them on line.
func (c *crowd) baseline(n, at int) time.Duration {
	c.t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	var next atomic.Int64
	for range at {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				name := fmt.Sprintf("_msn_base%d_%s", i, domain)
				as := "?user_id=" + url.QueryEscape("@"+name+":localhost")
				for _, r := range [][3]string{
					{"POST", "register", `{"type":"m.login.application_service","inhibit_login":true,"username":"` + name + `"}`},
					{"PUT", "profile/@" + name + ":localhost/displayname", `{"displayname":"` + name + `"}`},
					{"PUT", "presence/@" + name + ":localhost/status", `{"presence":"online"}`},
				} {
					if status := c.ask(r[0], c.hs.BaseURL+"/_matrix/client/v3/"+r[1]+as, c.asToken, r[2], nil); status != http.StatusOK {
						c.t.Errorf("%s: %d", r[1], status)
					}
				}
			}
		})
	}
	all.Wait()
	elapsed := time.Since(began)
	c.t.Logf("the homeserver alone needs %v for %d users", elapsed, n)
	return elapsed
}

// Talkers are an MSN user and somebody on Matrix, who speak while something else goes on.
type talkers struct {
	c    *crowd
	bob  *matrixUser
	room id.RoomID
	read func() (string, error)
	n    int
	name string
}

func (c *crowd) talkers(b *testing.B) *talkers {
	b.Helper()
	a, bob, room := c.friends("bob")
	t := &talkers{c: c, bob: bob, room: room, name: a.Handle()}
	bob.say(room, words("first"))
	w := a.answer(handleOf(bob))
	w.hear(words("first"))
	t.read = w.reading()
	return t
}

// again opens their conversation after a restart.
func (t *talkers) again(b *testing.B) {
	b.Helper()
	a := t.c.signIn(t.name)
	t.read = a.callAgain(handleOf(t.bob)).reading()
}

// during does something while they speak, and returns how long each text took, in order.
func (t *talkers) during(b *testing.B, do func()) (took []time.Duration) {
	b.Helper()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			case <-time.After(100 * time.Millisecond):
			}
			t.n++
			began, text := time.Now(), words(strconv.Itoa(t.n))
			if err := t.bob.saying(t.room)(text); err != nil {
				done <- err
				return
			}
			if got, err := t.read(); err != nil || got != text {
				done <- fmt.Errorf("read %q, %v; want %q", got, err, text)
				return
			}
			took = append(took, time.Since(began))
		}
	}()
	do()
	close(stop)
	if err := <-done; err != nil {
		b.Error(err)
	}
	slices.Sort(took)
	return took
}

func (t *talkers) report(b *testing.B, took []time.Duration, phase string) {
	if len(took) == 0 {
		b.Errorf("nothing was said%s", phase)
		return
	}
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "text-p50-ms"+phase)
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "text-max-ms"+phase)
}
