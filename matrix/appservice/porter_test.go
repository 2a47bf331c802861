package appservice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func ghost(name string) string { return "@_msn_" + name + "_msn.local:example.org" }

// invited is an event that changes somebody's membership, by bob on Matrix.
func invited(room, id, user, what string) string {
	return fmt.Sprintf(`{"event_id":%q,"room_id":%q,"sender":"@bob:x","type":"m.room.member","state_key":%q,"content":{"membership":%q},"origin_server_ts":%d}`,
		id, room, user, what, time.Now().UnixMilli())
}

// withHomeserver makes a service of a homeserver.
func withHomeserver(t testing.TB, b base, hs *homeserver) testService {
	s := b.service(t, func(c *Config) { c.Homeserver = hs.URL })
	t.Cleanup(s.transport.CloseIdleConnections)
	return s
}

func TestInvitedGhosts(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		hs, house := newHomeserver(t), newHouse(t)
		if err := house.AddLogin(t.Context(), "bob@msn.local", Network, map[string]string{"user": "@own:x"}, ""); err != nil {
			t.Fatal(err)
		}
		r := withHomeserver(t, b, hs).serve(t, house)
		r.transact(t, "1",
			invited("!a:x", "$1", ghost("alice"), "invite"),
			invited("!a:x", "$2", ghost("bob"), "invite"),
			invited("!a:x", "$3", ghost("nobody"), "invite"),
			invited("!a:x", "$4", "@_msn_what:example.org", "invite"),
			invited("!a:x", "$5", "@carol:x", "invite"),
			invited("!b:x", "$6", ghost("carol"), "leave"))
		house.lent(t, "alice@msn.local")
		hs.wait(t, "POST rooms/!a:x/leave "+ghost("bob")+` {"reason":"`+reasonOwn)
		hs.wait(t, "POST rooms/!a:x/leave "+ghost("nobody")+` {"reason":"`+reasonNone)
		equal(t, "bob's ghost is registered", hs.count(`POST register {"username":"_msn_bob_msn.local"`), 1)
		equal(t, "nobody's ghost is registered", hs.count(`POST register {"username":"_msn_nobody`), 0)
		equal(t, "joins", hs.count("POST join")+hs.count("POST rooms/!a:x/join"), 0)
		house.notLent(t, "carol@msn.local")
		odd := strings.Replace(invited("!c:x", "$7", ghost("carol"), "join"), `_ts":`, `_ts":0.5`, 1) // by bob
		r.transact(t, "2", odd)
		house.lent(t, "carol@msn.local")
	})
}

// What has been answered with 200 is looked after by the next process.
func TestPorterAfterCrash(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		hs, house := newHomeserver(t), newHouse(t)
		s := b.service(t, nil) // which cannot reach a homeserver
		r := s.serve(t, house)
		r.transact(t, "1", invited("!a:x", "$1", ghost("nobody"), "invite"), invited("!b:x", "$2", ghost("alice"), "invite"))
		house.lent(t, "alice@msn.local") // whatever trouble the other room has
		s.kill(t)
		r.stop()

		s = withHomeserver(t, b, hs)
		s.serve(t, house)
		hs.wait(t, "POST rooms/!a:x/leave "+ghost("nobody"))
		j := must[*journal](t)(s.journal(t.Context()))
		eventually(t, "nothing is left to be done", func() bool {
			return len(must[[]entry](t)(j.tasks(t.Context(), "porter"))) == 0
		})
	})
}

func TestStrays(t *testing.T) {
	hs, house := newHomeserver(t), newHouse(t)
	s := withHomeserver(t, sqliteBase(t), hs)
	r := s.serve(t, house)

	// The log knows who is in the room.
	r.transact(t, "1", invited("!a:x", "$1", ghost("alice"), "leave"), message("!a:x", "$2", "@bob:x"))
	house.lent(t, "alice@msn.local")

	// Nobody but the homeserver does.
	hs.answer("GET joined_rooms "+ghost("bob"), 403, `{"errcode":"M_FORBIDDEN"}`)
	hs.answer("GET joined_rooms "+ghost("carol"), 200, `{"joined_rooms":["!b:x"]}`)
	p := &porter{Service: s.Service, strays: newStrays()}
	p.strays.begun = time.Now().Add(-2 * settleTime)
	e := pushedEvent{Room: "!b:x", Type: "m.room.message", Sender: "@bob:x", Time: time.Now()}
	if err := p.lookAfter(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	house.lent(t, "carol@msn.local")
	house.notLent(t, "bob@msn.local")
	e.Room = "!c:x"
	if err := p.lookAfter(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	equal(t, "questions about a ghost whose rooms are known", hs.count("GET joined_rooms "+ghost("bob")), 1)
	p.strays.begun = time.Now()
	if err := p.lookAfter(t.Context(), &e); !errors.Is(err, errLater) {
		t.Error(err)
	}
}

func TestStrayRoomsAreFewTasks(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	p := &porter{Service: s.Service, strays: newStrays()}
	said := func(room, id, sender string) pushedEvent {
		return pushedEvent{ID: id, Room: room, Type: "m.room.message", Sender: sender}
	}
	sub := s.Subscribe(me)
	sub.Follow([]string{"!followed"})
	for _, x := range []struct {
		event pushedEvent
		want  bool
	}{
		{said("!a", "$1", "@bob:x"), true}, {said("!a", "$1", "@bob:x"), true}, {said("!a", "$2", "@bob:x"), false},
		{said("!followed", "$3", "@bob:x"), false}, {said("!b", "$4", me), false}, {said("!b", "$5", s.bot()), false},
		{pushedEvent{ID: "$6", Room: "!b", Type: "m.reaction", Sender: "@bob:x"}, false},
	} {
		if _, ok := p.concerns(&x.event); ok != x.want {
			t.Errorf("%s: %v", x.event.ID, ok)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Now()
	for _, x := range []struct{ at, want time.Time }{
		{now, now.Add(-lendBefore)}, {now.Add(-30 * time.Minute), now.Add(-31 * time.Minute)},
		{now.Add(-48 * time.Hour), now.Add(-lendWithin)}, {time.Unix(0, 0), now.Add(-lendWithin)}, {now.Add(48 * time.Hour), now},
	} {
		got := since(&pushedEvent{Time: x.at})
		if d := got - x.want.Unix(); d < -1 || d > patience.Milliseconds()/1000 {
			t.Errorf("%v: %d; want %d", x.at, got, x.want.Unix())
		}
	}
}

func TestUserQuery(t *testing.T) {
	hs, house := newHomeserver(t), newHouse(t)
	r := withHomeserver(t, sqliteBase(t), hs).serve(t, house)
	const users = "/_matrix/app/v1/users/"
	status, _ := r.ask(t, "GET", users+"@_msn_alice_msn.local%3Aexample.org", bearer, "")
	equal(t, "status", status, 200)
	equal(t, "registered", hs.count(`POST register {"username":"_msn_alice_msn.local","inhibit_login":true,"type":"m.login.application_service"}`), 1)
	equal(t, "named", hs.count("PUT profile/"+ghost("alice")+"/displayname "+ghost("alice")), 1)
	hs.answer("POST register", 400, `{"errcode":"M_USER_IN_USE"}`)
	status, _ = r.ask(t, "GET", "/users/"+ghost("bob")+"?access_token=hs-token", "", "")
	equal(t, "status of one that is there", status, 200)
	hs.answer("POST register", 403, `{"errcode":"M_FORBIDDEN"}`)
	status, code := r.ask(t, "GET", users+ghost("carol"), bearer, "")
	equal(t, "status of one that cannot be", fmt.Sprint(status, code), "500M_UNKNOWN")
}

// A note is a desk that notes what it is given.
type note struct {
	mu     sync.Mutex
	fails  int // how often to fail
	events []string
}

func (n *note) event(_ context.Context, e pushedEvent) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails > 0 {
		n.fails--
		return errors.New("not now")
	}
	n.events = append(n.events, e.ID)
	return nil
}

func (n *note) heard() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.events, " ")
}

func TestBell(t *testing.T) {
	hs, house := newHomeserver(t), newHouse(t)
	hs.answer("GET joined_rooms", 200, `{"joined_rooms":["!a:x"]}`)
	b := sqliteBase(t)
	desk := &note{fails: 1}
	s := withHomeserver(t, b, hs)
	s.desk = desk
	r := s.serve(t, house)
	bot := "@msnbot:example.org"
	r.transact(t, "1", message("!a:x", "$1", "@bob:x"), message("!b:x", "$2", "@bob:x"))
	eventually(t, "the first", func() bool { return desk.heard() == "$1" })
	r.transact(t, "2", invited("!b:x", "$3", bot, "invite"), invited("!b:x", "$4", bot, "join"), message("!b:x", "$5", "@bob:x"))
	eventually(t, "the new room", func() bool { return desk.heard() == "$1 $3 $4 $5" })
	r.transact(t, "3", invited("!b:x", "$6", bot, "ban"), message("!b:x", "$7", "@bob:x"), message("!a:x", "$8", "@bob:x"))
	eventually(t, "no more of it", func() bool {
		return strings.HasSuffix(desk.heard(), "$6 $8") || strings.HasSuffix(desk.heard(), "$8 $6")
	})
	r.stop()

	again := &note{}
	s = withHomeserver(t, b, hs)
	s.desk = again
	r = s.serve(t, house)
	r.transact(t, "4", message("!a:x", "$9", "@bob:x"))
	eventually(t, "the rest", func() bool { return again.heard() == "$9" })
}

func TestLanes(t *testing.T) {
	var mu sync.Mutex
	var log []string
	tries := map[string]int{}
	l := newLanes(sqliteBase(t).service(t, nil).log, func(_ context.Context, k task) error {
		mu.Lock()
		defer mu.Unlock()
		if tries[k.ID]++; k.ID == "$bad" || k.ID == "$late" && tries[k.ID] < 3 {
			return errors.New("trouble")
		}
		log = append(log, k.ID)
		return nil
	}, func(_ context.Context, k task) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, "-"+k.ID)
	})
	l.pause = time.Nanosecond
	for _, x := range []struct{ lane, id string }{{"a", "$late"}, {"a", "$1"}, {"b", "$bad"}, {"b", "$2"}} {
		l.add(t.Context(), task{x.lane, pushedEvent{ID: x.id, Room: x.lane}})
	}
	l.wg.Wait()
	got := strings.Join(log, " ")
	if !strings.Contains(got, "$late -$late") || strings.Index(got, "$1 -$1") < strings.Index(got, "$late") || strings.Index(got, "$2") < strings.Index(got, "-$bad") {
		t.Error(got)
	}
	equal(t, "tries", tries["$bad"], maxAttempts)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.add(ctx, task{"b", pushedEvent{ID: "$bad", Room: "b"}})
	l.wg.Wait()
	if strings.Count(strings.Join(log, " "), "-$bad") != 1 {
		t.Error("what is cut off by the end is given up")
	}
}

// Of those whom somebody invites into one room at once nobody is left out.
func TestManyInvited(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	p := &porter{Service: s.Service, strays: newStrays()}
	begin, acted := make(chan struct{}), make(chan string, maxTasks)
	l := newLanes(s.log, func(_ context.Context, k task) error {
		<-begin
		acted <- k.ID
		return nil
	}, func(context.Context, task) {})
	const many = 5 * maxRoomTasks
	for i := range many {
		e := must[pushedEvent](t)(parseEvent(entry{room: "!a:x", raw: []byte(invited("!a:x", fmt.Sprint("$", i), ghost(fmt.Sprint("u", i)), "invite"))}))
		lane, ok := p.concerns(&e)
		equal(t, "an invitation concerns the porter", ok, true)
		l.add(t.Context(), task{lane, e})
	}
	close(begin)
	l.wg.Wait()
	equal(t, "invitations that were seen to", len(acted), many)
}

// Of one room no more than some events are tried again, so that they leave places for others.
func TestTroubleOfOneRoom(t *testing.T) {
	var given atomic.Int64
	l := newLanes(sqliteBase(t).service(t, nil).log, func(context.Context, task) error { return errors.New("trouble") },
		func(context.Context, task) { given.Add(1) })
	l.pause = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	for i := range maxTasks + maxRoomTasks {
		l.add(ctx, task{fmt.Sprint(i), pushedEvent{ID: fmt.Sprint("$", i), Room: "!a"}})
	}
	eventually(t, "others are given up", func() bool { return given.Load() == maxTasks })
	cancel()
	l.wg.Wait()
	equal(t, "rooms that make trouble", len(l.trouble), 0)
}

func TestActsForNobodyElse(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	for _, user := range []string{"@bob:example.org", "@_msn_alice_msn.local:example.com", "", "@msnbot:example.com"} {
		if _, err := s.as(user); err == nil {
			t.Error(user)
		}
	}
}

func TestNewChecks(t *testing.T) {
	good := sqliteBase(t).service(t, nil).config
	for what, change := range map[string]func(*Config){
		"server": func(c *Config) { c.Server = "" }, "homeserver": func(c *Config) { c.Homeserver = "example.org" },
		"scheme": func(c *Config) { c.Homeserver = "ftp://example.org" }, "bot": func(c *Config) { c.Bot = "Bot" },
		"no bot": func(c *Config) { c.Bot = "" }, "prefix": func(c *Config) { c.Prefix = "" },
		"bot among ghosts": func(c *Config) { c.Bot = "_msn_bot" }, "token": func(c *Config) { c.ASToken = "" },
		"same tokens": func(c *Config) { c.HSToken = c.ASToken }, "database": func(c *Config) { c.Open = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Error(what)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}
