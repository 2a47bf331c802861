package matrix

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// A pusher is a scripted homeserver with a service, to which the test pushes.
type pusher struct {
	*script
	service *appservice.Service
	address string
	pushes  int
}

const (
	aliceGhost   = "@_msn_alice_msn.local:x"
	ghostInitial = `{"next_batch":"s1","rooms":{"join":{"!r:x":{
		"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0},
		"state":{"events":[
			{"type":"m.room.member","event_id":"$m1","sender":"@_msn_alice_msn.local:x","state_key":"@_msn_alice_msn.local:x","content":{"membership":"join"}},
			{"type":"m.room.member","event_id":"$m2","sender":"@bob:x","state_key":"@bob:x","content":{"membership":"join","displayname":"Bob"}}]},
		"timeline":{"events":[]}}}},
		"account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"]}}]}}`
)

func newPusher(t testing.TB) *pusher {
	p := &pusher{script: newScript(t)}
	p.initial = ghostInitial
	p.registers()
	ln := listen(t, "127.0.0.1:0")
	p.address = ln.Addr().String()
	var stop func()
	p.service, stop = serve(t, ln, t.TempDir(), appservice.Config{
		Server: "x", Homeserver: p.server.URL, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(stop)
	return p
}

// registers makes whatever ghost is wanted.
func (p *pusher) registers() {
	p.on("POST /register", func(*http.Request) answer { return ok(`{}`) })
}

// registered is how often alice's ghost was made.
func (p *pusher) registered() (n int) {
	for _, body := range p.asked("POST /register") {
		if strings.Contains(body, `"_msn_alice_msn.local"`) && strings.Contains(body, "m.login.application_service") {
			n++
		}
	}
	return n
}

// ghost is alice's.
func (p *pusher) ghost() *owner {
	o := newOwner(p.t, map[string]string{"user": aliceGhost, "auth": "appservice"}, "")
	o.login.Account, o.service, o.times = "alice@msn.local", p.service, quickly
	return o
}

// push sends events as a homeserver does; each has its room.
func (p *pusher) push(ephemeral string, events ...string) {
	p.t.Helper()
	p.pushes++
	body := fmt.Sprintf(`{"events":[%s],"ephemeral":[%s]}`, strings.Join(events, ","), ephemeral)
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPut,
		fmt.Sprintf("http://%s/_matrix/app/v1/transactions/%d", p.address, p.pushes), bytes.NewReader([]byte(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testHSToken)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("pushed: %s", resp.Status)
	}
}

// in puts an event into a room.
func in(room, event string) string {
	return strings.Replace(event, "{", fmt.Sprintf(`{"room_id":%q,`, room), 1)
}

func memberEvent(id, sender, who, membership, more string) string {
	return fmt.Sprintf(`{"type":"m.room.member","event_id":%q,"sender":%q,"state_key":%q,"origin_server_ts":%d,"content":{"membership":%q%s}}`,
		id, sender, who, time.Now().UnixMilli(), membership, more)
}

// A ghost costs its homeserver nothing but one /sync when it is connected again.
func TestGhostFrugal(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	o.login.Initial = bridge.Presence{}
	o.network = o.newNetwork()
	c := o.connect()
	if err := c.SetName(t.Context(), "Alice"); err != nil {
		t.Fatal(err)
	}
	p.push("", in("!r:x", textEvent("$1", "one")))
	awaitText(o, "one")
	c.Close()
	if n := p.registered(); n != 1 {
		t.Errorf("registered %d times", n)
	}
	var asked []string
	p.mu.Lock()
	p.guard = func(r *http.Request) (answer, bool) { // the service's own user asks too
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.URL.Query().Get("user_id") == aliceGhost {
			asked = append(asked, r.Method+" "+r.URL.Path)
		}
		return answer{}, false
	}
	p.mu.Unlock()
	c = o.connect()
	if err := c.SetName(t.Context(), "Alice"); err != nil {
		t.Fatal(err)
	}
	p.push("", in("!r:x", textEvent("$2", "two")))
	awaitText(o, "two")
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(asked) != 1 || asked[0] != "GET /_matrix/client/v3/sync" {
		t.Errorf("asked: %v", asked)
	}
	q := p.syncs[len(p.syncs)-1]
	if q.Get("user_id") != aliceGhost || q.Get("set_presence") != "offline" || q.Get("since") != "" {
		t.Errorf("by %v", q)
	}
}

// Where the homeserver pushes it, nobody asks who types, reads and is there.
func TestGhostPushedEphemeral(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	c := o.connect()
	if err := c.Watch(t.Context(), []bridge.Addr{addr("@bob:x")}); err != nil {
		t.Fatal(err)
	}
	p.push("", in("!r:x", textEvent("$1", "one")))
	awaitText(o, "one")
	p.push(`{"type":"m.presence","sender":"@bob:x","content":{"presence":"unavailable"}},
		{"type":"m.typing","room_id":"!r:x","content":{"user_ids":["@bob:x"]}},
		{"type":"m.typing","room_id":"!other:x","content":{"user_ids":["@bob:x"]}},
		{"type":"m.receipt","room_id":"!r:x","content":{"$1":{"m.read":{"@_msn_alice_msn.local:x":{"ts":5}}}}},
		{"type":5}, "nonsense"`)
	await(o, func(e bridge.PresenceChanged) bool {
		return e.Addr == addr("@bob:x") && e.Presence.State == bridge.Idle
	})
	await(o, func(e bridge.Typing) bool { return e.From == addr("@bob:x") })
	await(o, func(e bridge.ReadElsewhere) bool { return e.ID == "$1" })
	if !p.service.EphemeralPushed() {
		t.Error("not noticed")
	}
}

// Whoever runs the service has made a mistake: it is said in words, in one line for all ghosts, and
// all goes on once it is mended.
func TestGhostMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		path   string
		answer answer
		want   string
	}{
		"another token":     {"POST /register", fail(401, "M_UNKNOWN_TOKEN"), ghostNoToken},
		"another namespace": {"POST /register", fail(400, "M_EXCLUSIVE"), ghostNoSpace},
		"forbidden":         {"POST /register", fail(403, "M_FORBIDDEN"), ghostNoLeave},
		"another domain":    {"POST /register", ok(`{"user_id":"@_msn_alice_msn.local:y"}`), ghostNoDomain},
		"no homeserver":     {"GET /versions", fail(404, "M_NOT_FOUND"), ghostNoServer},
		"token taken away":  {"GET /sync", fail(401, "M_UNKNOWN_TOKEN"), ghostNoToken},
		"not its ghosts":    {"GET /sync", fail(403, "M_FORBIDDEN"), ghostNoSpace},
		"out of order":      {"GET /versions", fail(502, "M_UNKNOWN"), ghostAway},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPusher(t)
			o := p.ghost()
			o.times.Retry = 2 * time.Millisecond
			var lines tape
			o.login.Log = slog.New(slog.NewTextHandler(&lines, nil))
			o.network = o.newNetwork()
			p.on(test.path, func(*http.Request) answer { return test.answer })
			for range 5 {
				_, err := o.tryConnect()
				var later *bridge.LaterError
				if !errors.As(err, &later) || !later.Quiet || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v; want %q", err, test.want)
				}
			}
			p.on(test.path, nil)
			p.registers()
			until(t, "a connection", func() bool {
				c, err := o.tryConnect()
				return err == nil && c != nil
			})
			if n := strings.Count(lines.String(), test.want); n != 1 {
				t.Errorf("%d lines:\n%s", n, lines.String())
			}
			if strings.Contains(lines.String(), testASToken) {
				t.Error("the token is in the log")
			}
		})
	}
}

// A tape keeps what is logged.
type tape struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *tape) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *tape) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A homeserver that was made anew does not know the ghost any more, which is then made again.
func TestGhostUnknown(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	o.connect().Close()
	p.on("GET /sync", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	if _, err := o.tryConnect(); err == nil || errors.As(err, new(*bridge.RejectedError)) {
		t.Fatalf("connected: %v", err)
	}
	p.on("GET /sync", nil)
	o.connect()
	if n := p.registered(); n != 2 {
		t.Errorf("registered %d times", n)
	}
}

// What was pushed is not kept any more: what came after the events that were handed over last is
// read from the room itself.
func TestGhostLost(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	c := o.connect()
	p.push("", in("!r:x", textEvent("$1", "one")))
	awaitText(o, "one")
	c.Close()
	o.position = []byte("none of this log")
	p.on("GET /rooms/!r:x/messages", func(*http.Request) answer {
		return ok(`{"chunk":[` + textEvent("$3", "three") + "," + textEvent("$2", "two") + "," + textEvent("$1", "one") + `]}`)
	})
	p.mu.Lock()
	p.initial = strings.Replace(ghostInitial, `"timeline":{"events":[]}`,
		`"timeline":{"limited":true,"prev_batch":"p1","events":[`+textEvent("$4", "four")+`]}`, 1)
	p.mu.Unlock()
	c = o.connect()
	<-c.Done()
	if !errors.Is(c.Err(), errLost) {
		t.Errorf("ended: %v", c.Err())
	}
	o.connect()
	awaitTexts(o, "two", "three", "four")
	p.push("", in("!r:x", textEvent("$4", "four")), in("!r:x", textEvent("$5", "five")))
	awaitTexts(o, "two", "three", "four", "five")
}

// Events that make no sense, or are of rooms that the ghost is not in, do no harm.
func TestGhostNonsense(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	o.connect()
	p.push("",
		in("!elsewhere:x", textEvent("$1", "not for us")),
		in("not a room", textEvent("$2", "nowhere")),
		in("!r:x", memberEvent("$3", "@bob:x", aliceGhost, "dance", "")),
		in("!r:x", `{"type":"m.room.message","event_id":"$4","sender":"nobody","content":{"msgtype":"m.text","body":"forged"}}`),
		in("!r:x", `{"type":"m.room.message","event_id":"$5","sender":"@bob:x","content":"text"}`),
		in("!r:x", memberEvent("$6", "@bob:x", "@_msn_carol_msn.local:x", "leave", "")),
		in("!r:x", textEvent("$7", "sense")))
	awaitTexts(o, "sense")
}

// What a forgotten ghost cannot leave in time is said.
func TestGhostStays(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	c := o.connect()
	c.Close()
	n := o.newNetwork()
	p.on("POST /rooms/!r:x/leave", func(*http.Request) answer { return fail(500, "M_UNKNOWN") })
	ctx, cancel := contextWithTimeout(t, 500*time.Millisecond)
	defer cancel()
	says(t, n.Forget(ctx, o.login), "still in 1 of 1 rooms")
	p.on("POST /rooms/!r:x/leave", func(*http.Request) answer { return ok(`{}`) })
	if err := n.Forget(t.Context(), o.login); err != nil {
		t.Error(err)
	}
	if left := p.asked("POST /rooms/!r:x/leave"); !strings.Contains(left[len(left)-1], reasonGoes) {
		t.Errorf("left with %q", left)
	}
	p.server.CloseClientConnections()
	p.on("GET /sync", func(*http.Request) answer { return fail(503, "M_UNKNOWN") })
	ctx, cancel = contextWithTimeout(t, 200*time.Millisecond)
	defer cancel()
	says(t, n.Forget(ctx, o.login), "stays in its rooms")
}

// So much comes in a room that is being read that it is not held: it is read again, and what may not
// be found there yet is told all the same.
func TestGhostAhead(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	c := p.invited(o)
	g := make(chan struct{})
	state := p.handlers["GET /rooms/!q:x/state"]
	p.on("GET /rooms/!q:x/state", func(r *http.Request) answer {
		<-g
		return state(r)
	})
	if err := c.Answer(t.Context(), addr("@carol:x"), true); err != nil {
		t.Fatal(err)
	}
	p.push("", in("!q:x", memberEvent("$j", aliceGhost, aliceGhost, "join", "")))
	for i := range 6 {
		p.push("", in("!q:x", textFrom(fmt.Sprint("$long", i), "@carol:x", strings.Repeat("x", maxHeldRoom/5))))
	}
	p.push("", in("!q:x", textFrom("$last", "@carol:x", "last")))
	until(t, "so much", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		gap := c.gaps["!q:x"]
		return gap != nil && slices.ContainsFunc(gap.held, func(e anEvent) bool { return e.ID == "$last" }) && gap.size < maxHeldRoom
	})
	close(g)
	awaitText(o, "hello")
	awaitText(o, "last")
}
