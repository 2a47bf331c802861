package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

func TestAddErrors(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test", "carol@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.AL, "bob@msn.test")
	alice.mustAdd(bridge.BL, "carol@msn.test")
	for _, tt := range []struct {
		list   bridge.List
		handle string
		want   error
	}{
		{bridge.FL, "nonsense", bridge.ErrMalformed},
		{bridge.FL, "nobody@msn.test", bridge.ErrNoSuchUser},
		{bridge.FL, "bob@net.test", bridge.ErrNoSuchUser}, // no login there
		{bridge.FL, "bob@elsewhere.test", bridge.ErrNoSuchUser},
		{bridge.FL, "alice@msn.test", bridge.ErrInvalid},
		{bridge.RL, "bob@msn.test", bridge.ErrInvalid},
		{bridge.AL, "bob@msn.test", bridge.ErrAlreadyThere},
		{bridge.BL, "bob@msn.test", bridge.ErrOpposite},
		{bridge.AL, "carol@msn.test", bridge.ErrOpposite},
	} {
		if _, err := alice.add(tt.list, tt.handle); !errors.Is(err, tt.want) {
			t.Errorf("add %s %s: %v, want %v", listName(tt.list), tt.handle, err, tt.want)
		}
	}
	if _, err := alice.remove(bridge.FL, "bob@msn.test"); !errors.Is(err, bridge.ErrNotOnList) {
		t.Errorf("remove: %v", err)
	}
}

// Versions grow with every change, and all survives a restart; what others did
// meanwhile is put right.
func TestListsSurvive(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test", "carol@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	c1 := alice.mustAdd(bridge.FL, "BOB@msn.test")
	c2 := alice.mustAdd(bridge.AL, "carol@msn.test")
	v3, _ := change(alice, func(done func(uint32, error)) { alice.SetAllowedOnly(true, done) })
	if !(c1.Version < c2.Version && c2.Version < v3) {
		t.Errorf("versions %d, %d, %d do not grow", c1.Version, c2.Version, v3)
	}
	r.restart()
	bob := r.signIn("bob@msn.test", bridge.Online) // learns of alice while she is away
	if got := bob.list(bridge.RL); !slices.Equal(got, []string{"gateway@msn.test", "alice@msn.test"}) {
		t.Errorf("bob's RL: %q", got)
	}
	bob.mustAdd(bridge.FL, "alice@msn.test")
	alice = r.signIn("alice@msn.test", bridge.Online)
	if got := alice.list(bridge.FL); !slices.Equal(got, []string{"gateway@msn.test", "bob@msn.test"}) {
		t.Errorf("FL: %q", got)
	}
	if got := alice.list(bridge.RL); !slices.Contains(got, "bob@msn.test") {
		t.Errorf("RL: %q", got)
	}
	alice.turn(func() {
		if !alice.Settings().AllowedOnly || alice.Version() <= v3 {
			t.Errorf("settings %+v, version %d", alice.Settings(), alice.Version())
		}
	})
	if _, err := bob.remove(bridge.FL, "alice@msn.test"); err != nil {
		t.Fatal(err)
	}
	alice.wait("-RL bob@msn.test")
}

func TestGroups(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	group := func(name string) (g bridge.Group, err error) {
		return change(alice, func(done func(bridge.Group, error)) {
			alice.AddGroup(name, func(g bridge.Group, _ uint32, err error) { done(g, err) })
		})
	}
	one, err := group("Friends")
	if err != nil || one.ID != 1 {
		t.Fatalf("group %+v, %v", one, err)
	}
	if _, err := group("friends"); !errors.Is(err, bridge.ErrGroupExists) {
		t.Errorf("twice: %v", err)
	}
	two, _ := group("Work")
	in := func(id int) error {
		_, err := change(alice, func(done func(bridge.Change, error)) { alice.Add(bridge.FL, "bob@msn.test", "Bob", id, done) })
		return err
	}
	out := func(id int) error {
		_, err := change(alice, func(done func(bridge.Change, error)) { alice.Remove(bridge.FL, "bob@msn.test", id, done) })
		return err
	}
	groups := func() (ids []int) {
		alice.turn(func() {
			for _, e := range alice.Entries(bridge.FL) {
				if e.Handle == "bob@msn.test" {
					ids = slices.Clone(e.Groups)
				}
			}
		})
		return ids
	}
	for i, step := range []struct {
		do   func(int) error
		id   int
		want error
		now  []int
	}{
		{in, 7, bridge.ErrGroup, nil},
		{in, one.ID, nil, []int{1}},
		{in, two.ID, nil, []int{1, 2}},
		{in, two.ID, bridge.ErrAlreadyThere, []int{1, 2}},
		{in, 0, nil, []int{0, 1, 2}},
		{out, 0, nil, []int{1, 2}},
		{out, 0, bridge.ErrNotInGroup, []int{1, 2}},
		{out, one.ID, nil, []int{2}},
		{out, two.ID, nil, nil}, // falls into group 0
		{out, two.ID, bridge.ErrNotInGroup, nil},
		{in, one.ID, nil, []int{0, 1}}, // the client moves it: first in, then out
		{out, 0, nil, []int{1}},
	} {
		if err := step.do(step.id); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
		if got := groups(); !slices.Equal(got, step.now) && len(got)+len(step.now) > 0 {
			t.Errorf("step %d: groups %v, want %v", i, got, step.now)
		}
	}
	_, err = change(alice, func(done func(uint32, error)) { alice.RemoveGroup(one.ID, done) })
	if err != nil || len(groups()) != 0 {
		t.Errorf("remove group: %v, bob is in %v", err, groups())
	}
	if _, err := change(alice, func(done func(uint32, error)) { alice.RemoveGroup(0, done) }); !errors.Is(err, bridge.ErrGroupZero) {
		t.Errorf("remove group 0: %v", err)
	}
	r.restart()
	alice = r.signIn("alice@msn.test", bridge.Online)
	alice.turn(func() {
		if gs := alice.Groups(); len(gs) != 1 || gs[0] != two {
			t.Errorf("groups after restart: %v", gs)
		}
	})
}

// The service contact comes back when it has been removed, and keeps silent
// when it has been blocked.
func TestServiceContactReturns(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	if _, err := alice.remove(bridge.FL, "gateway@msn.test"); err != nil {
		t.Fatal(err)
	}
	if got := alice.list(bridge.FL); len(got) > 0 {
		t.Errorf("FL after removal: %q", got)
	}
	alice = r.signIn("alice@msn.test", bridge.Online)
	if got := alice.list(bridge.FL); !slices.Equal(got, []string{"gateway@msn.test"}) {
		t.Errorf("FL at the next sign-in: %q", got)
	}
}

// What the bridge adds by itself, and what it does not.
func TestContactsFound(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	found := func(id, name string) {
		t.Helper()
		err := r.net.Emit(r.ctx, "alice@msn.test", nil,
			bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr(id), Name: name}})
		if err != nil {
			t.Fatal(err)
		}
	}
	found("bob", "Bob")
	alice.wait("group Net")
	alice.wait("+AL bob@net.test")
	alice.wait("+RL bob@net.test")
	ev := alice.wait("+FL bob@net.test").(bridge.ListChanged)
	alice.turn(func() {
		if ev.Change.Entry.Name != "Bob" || ev.Change.Group != 1 || !slices.Equal(ev.Change.Entry.Groups, []int{1}) {
			t.Errorf("added as %+v in group %d", ev.Change.Entry, ev.Change.Group)
		}
	})
	found("bob", "Bobby")
	alice.turn(func() {
		if e := alice.Entries(bridge.FL)[1]; e.Name != "Bobby" {
			t.Errorf("name %q", e.Name)
		}
	})
	alice.remove(bridge.FL, "bob@net.test")
	found("bob", "Bob")
	if got := alice.settled(); len(got) > 0 {
		t.Errorf("a contact that was taken off: %q", got)
	}
	r.say("alice@msn.test", "bob", "hello?")
	alice.wait("ring bob@net.test")
	if got := alice.list(bridge.FL); slices.Contains(got, "bob@net.test") {
		t.Errorf("a message has put the contact back: %q", got)
	}
}

func TestUnknownPersonIsTakenOff(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "nobody@net.test")
	alice.wait("-FL nobody@net.test")
	ring := alice.wait("ring gateway@msn.test").(bridge.Ring)
	w := newWindow()
	ring.Chat.Attach(w)
	w.wait(r, "There is nobody called nobody@net.test. The contact has been taken off your list.")
}

// An invitation waits on RL; AL or FL accepts it, BL declines it.
func TestInvitations(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	for _, tt := range []struct {
		who    string
		list   bridge.List
		method string
		accept bool
	}{
		{"bob", bridge.AL, "Answer", true},
		{"carol", bridge.BL, "Answer", false},
		{"dave", bridge.FL, "AddContact", false},
	} {
		r.net.AddPerson(tt.who, tt.who, bridge.Presence{})
		invite := bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr(tt.who), Name: tt.who}}
		for range 2 { // it may be repeated
			if err := r.net.Emit(r.ctx, "alice@msn.test", nil, invite); err != nil {
				t.Fatal(err)
			}
		}
		alice.wait("+RL " + tt.who + "@net.test")
		alice.mustAdd(tt.list, tt.who+"@net.test")
		_, err := r.net.WaitCall(r.ctx, tt.method, func(c bridgetest.Call) bool {
			return c.Addr == r.net.Addr(tt.who) && c.On == tt.accept
		})
		if err != nil {
			t.Errorf("%s on %s: %v", tt.who, listName(tt.list), err)
		}
	}
	if got := alice.settled(); slices.ContainsFunc(got, func(s string) bool { return s[0] == '+' }) {
		t.Errorf("told as well: %q", got)
	}
	r.net.ForgetCalls() // who is on AL is accepted at once
	alice.mustAdd(bridge.AL, "erin@net.test")
	r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr("erin")}})
	if _, err := r.net.WaitCall(r.ctx, "Answer", func(c bridgetest.Call) bool { return c.On }); err != nil {
		t.Error(err)
	}
}

// A login that is removed while its network has news goes without taking the
// account with it.
func TestRemoveLoginWhileEventsCome(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	news := make(chan error, 1)
	for range 20 {
		started := make(chan struct{})
		go func() {
			err := r.net.Emit(r.ctx, "alice@msn.test", []byte("0"))
			close(started)
			for n := 0; err == nil; n++ {
				err = r.net.Emit(r.ctx, "alice@msn.test", fmt.Append(nil, n))
			}
			news <- err
		}()
		<-started
		if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
			t.Fatal(err)
		}
		if err := <-news; !errors.Is(err, bridge.ErrClosed) {
			t.Fatal(err)
		}
		r.login("alice@msn.test")
	}
	if slices.Contains(alice.seen(), "ended gone") {
		t.Error("the session has ended")
	}
	alice.mustAdd(bridge.FL, "bob@net.test")
}

// The same with an account: all its logins have ended when it has been removed.
func TestRemoveAccountWhileEventsCome(t *testing.T) {
	const handle = "alice@msn.test"
	r := newRig(t, handle)
	for range 20 {
		r.login(handle)
		started, news := make(chan struct{}), make(chan error, 1)
		go func() {
			err := r.net.Emit(r.ctx, handle, []byte("0"))
			close(started)
			for err == nil {
				err = r.net.Emit(r.ctx, handle, []byte("1"))
			}
			news <- err
		}()
		<-started
		if err := r.RemoveAccount(r.ctx, handle); err != nil {
			t.Fatal(err)
		}
		if r.net.Conn(handle) != nil {
			t.Fatal("still connected")
		}
		<-news
		if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: handle, Password: "p"}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRemoveLoginTakesItsContacts(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@net.test")
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
	alice.wait("-FL bob@net.test")
	if got := alice.list(bridge.FL); !slices.Equal(got, []string{"gateway@msn.test"}) {
		t.Errorf("FL: %q", got)
	}
	if _, err := alice.add(bridge.FL, "bob@net.test"); !errors.Is(err, bridge.ErrNoSuchUser) {
		t.Errorf("add without login: %v", err)
	}
	if r.net.Conn("alice@msn.test") != nil {
		t.Error("the connection still lives")
	}
}

func TestRemoveAccount(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	r.login("alice@msn.test")
	alice, bob := r.signIn("alice@msn.test", bridge.Online), r.signIn("bob@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@msn.test")
	bob.mustAdd(bridge.FL, "alice@msn.test")
	if err := r.RemoveAccount(r.ctx, "Alice@msn.test"); err != nil {
		t.Fatal(err)
	}
	alice.wait("ended gone")
	bob.wait("alice@msn.test is offline")
	bob.wait("-RL alice@msn.test")
	if _, err := r.Password(r.ctx, "alice@msn.test"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("password: %v", err)
	}
	if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: "alice@msn.test", Password: "new"}); err != nil {
		t.Errorf("made again: %v", err)
	}
}

func TestAddAccountsIsAllOrNothing(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	for handle, want := range map[string]error{
		"alice@msn.test":   bridge.ErrExists,
		"gateway@msn.test": bridge.ErrInvalid,
		"#room@msn.test":   bridge.ErrMalformed,
		"bob@else.test":    bridge.ErrInvalid,
		"bob":              bridge.ErrMalformed,
	} {
		err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: "new@msn.test", Password: "x"}, bridge.NewAccount{Handle: handle, Password: "x"})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", handle, err, want)
		}
	}
	if as, err := r.Accounts(r.ctx); len(as) != 1 || err != nil {
		t.Errorf("accounts: %v, %v", as, err)
	}
}

// What the network has still to be told of the forward list outlives changes of
// the other lists, and a restart.
func TestPendingAddition(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: "not now"} })
	if err := r.AddLogin(r.ctx, "alice@msn.test", "net", nil, ""); err != nil {
		t.Fatal(err)
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.AL, "bob@net.test")
	alice.mustAdd(bridge.FL, "bob@net.test")
	if _, err := alice.remove(bridge.AL, "bob@net.test"); err != nil {
		t.Fatal(err)
	}
	alice.mustAdd(bridge.BL, "bob@net.test")
	if _, err := alice.remove(bridge.BL, "bob@net.test"); err != nil {
		t.Fatal(err)
	}
	r.restartWith("bob", "Bob", bridge.Presence{})
	if _, err := r.net.WaitCall(r.ctx, "AddContact", nil); err != nil {
		t.Error(err)
	}
}

// Whom the network does not know is no longer watched.
func TestUnknownPersonIsNotWatched(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "nobody@net.test")
	alice.wait("-FL nobody@net.test")
	watched := false
	_, err := r.net.WaitCall(r.ctx, "Watch", func(c bridgetest.Call) bool {
		was := watched
		watched = len(c.Watched) > 0
		return was && !watched
	})
	if err != nil {
		t.Error(err)
	}
}

// A stranger without a plain handle is found by it after a restart, and on the
// list for good once allowed.
func TestStrangerWithAlias(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	change(alice, func(done func(uint32, error)) { alice.SetAllowedOnly(true, done) })
	r.say("alice@msn.test", "secret", "hello")
	rl := alice.list(bridge.RL)
	handle := rl[len(rl)-1]
	for range 2 {
		r.restart()
		r.connected("alice@msn.test")
		addr, err := r.ParseHandle(handle)
		if err != nil || addr != r.net.Addr("secret") {
			t.Fatalf("%s is %v, %v", handle, addr, err)
		}
		alice = r.signIn("alice@msn.test", bridge.Online)
		if !slices.Contains(alice.list(bridge.AL), handle) {
			alice.mustAdd(bridge.AL, handle)
		}
		alice.wait("ring " + handle)
	}
}

// The service contact, blocked, is silent and not present; FL and RL it keeps.
func TestServiceContactBlocked(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	if _, err := alice.remove(bridge.AL, "gateway@msn.test"); err != nil {
		t.Fatal(err)
	}
	alice.mustAdd(bridge.BL, "gateway@msn.test")
	alice.wait("gateway@msn.test is offline")
	if _, err := alice.open("gateway@msn.test"); !errors.Is(err, bridge.ErrBlocked) {
		t.Errorf("open: %v", err)
	}
	alice = r.signIn("alice@msn.test", bridge.Offline)
	if got := alice.state(bridge.Online); len(got) > 0 {
		t.Errorf("present: %q", got)
	}
	if got := alice.list(bridge.BL); len(got) != 1 {
		t.Errorf("BL: %q", got)
	}
	if got := alice.list(bridge.AL); len(got) > 0 {
		t.Errorf("AL: %q", got)
	}
}

// At most 150 contacts are added by themselves, the most recently active first.
func TestAutoContactsAreBounded(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Offline)
	var evs []bridge.Event
	for i := range 160 {
		evs = append(evs, bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr(fmt.Sprintf("p%d", i)), Active: int64(i)}})
	}
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, evs...); err != nil {
		t.Fatal(err)
	}
	got := alice.list(bridge.FL)
	if len(got) != 151 || got[1] != "p159@net.test" || slices.Contains(got, "p9@net.test") {
		t.Errorf("%d contacts, first %q", len(got), got[:3])
	}
}
