package e2e

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// aPassport is a daemon's sign-in service, on any port.
const aPassport = "[passport]\nlisten = \"127.0.0.1:0\"\n"

// signInTable lets people of hs sign in.
func signInTable(hs *testserver.DendriteServer) string {
	return fmt.Sprintf("[matrix]\nsign_in = [%q]\n", hs.ServerName+"="+hs.BaseURL)
}

var passportAt = regexp.MustCompile(`msg="passport sign-in is served" passport=(\S+)`)

// showPassword signs in with a password that is shown to the daemon's sign-in service, at this path.
func (d *daemon) showPassword(handle, password, path, dialect string) (*user, error) {
	d.t.Helper()
	d.hush(password)
	m, err := d.log.await(bounded(d.t), 0, passportAt)
	if err != nil {
		d.t.Fatal(err)
	}
	c, err := client.Dial(bounded(d.t), client.Options{Server: d.addr, Handle: handle, Password: password,
		Dialects: []string{dialect}, Passport: client.Passport{URL: "http://" + m[1] + path}})
	if err != nil {
		return nil, err
	}
	d.t.Cleanup(func() { c.Close() })
	return &user{Client: c, inbox: &inbox{t: d.t, whose: handle, events: c.Events()}}, nil
}

// mustShow is showPassword for a sign-in that has to succeed, as clients go on from it.
func (d *daemon) mustShow(handle, password, path, dialect string) *user {
	d.t.Helper()
	u, err := d.showPassword(handle, password, path, dialect)
	if err != nil {
		d.t.Fatal(err)
	}
	u.sync()
	u.show(client.Online)
	return u
}

// sessions counts those of the user, but for its own.
func (u *matrixUser) sessions() int {
	u.t.Helper()
	resp, err := u.GetDevicesInfo(bounded(u.t))
	if err != nil {
		u.t.Fatal(err)
	}
	return len(resp.Devices) - 1
}

// awaitLogin waits until the login of an account is said to fare so.
func (d *daemon) awaitLogin(handle, fare string) {
	d.t.Helper()
	for ctx := bounded(d.t); ; {
		list := d.must("", "login", "list", handle) // takes a while by itself
		if strings.Contains(list, fare) {
			return
		}
		if ctx.Err() != nil {
			d.t.Fatalf("%q, and not %q", list, fare)
		}
	}
}

// Somebody with a Matrix account signs in with a client of MSN 5.0 to 7.5 without having been
// registered, finds their chats, and can do from then on what others can.
func TestMatrixSignIn(t *testing.T) {
	t.Parallel()
	hs := dendrite(t)
	d := start(t, signInTable(hs), aPassport)
	me, bob := newMatrixUser(t, hs, "sianna"), newMatrixUser(t, hs, "sibob")
	room := me.direct(bob.UserID)
	bob.join(room)
	handle, password := handleOf(me), passwordOf(me.UserID.Localpart())

	for _, handle := range []string{handle, "nobody@localhost", "anna@elsewhere.test"} {
		var refused *client.Refused
		if _, err := d.showPassword(handle, passwordOf("wrong"), "/login2.srf", "MSNP8"); !errors.As(err, &refused) || !strings.Contains(refused.Text, "Wrong") {
			t.Errorf("%s: %v", handle, err)
		}
	}
	if list := d.must("", "account", "list"); strings.Contains(list, handle) {
		t.Errorf("accounts: %s", list)
	}
	a := d.mustShow(handle, password, "/login2.srf", "MSNP8")
	if !a.has(client.Forward, handleOf(bob)) { // the login may not be connected yet
		a.awaitContact(handleOf(bob))
	}
	bob.say(room, words("hello anna"))
	w := a.answer(handleOf(bob))
	w.hear(words("hello anna"))
	w.say(words("hello bob"))
	bob.hear(me.UserID, words("hello bob"))
	a.callFails(handle, 215)
	if _, err := a.Add(bounded(t), client.Forward, handle, handle, 0); err == nil {
		t.Error("the own handle was added")
	}

	// Who has no Matrix login meets the account here, in both directions.
	carl := d.signIn(d.account("carl"))
	a.befriend(carl.Handle())
	carl.befriend(handle)
	carl.awaitState(handle, client.Online)
	for _, pair := range [][2]*user{{carl, a}, {a, carl}} {
		mine, theirs := pair[0].meet(pair[1])
		mine.say(words("native"))
		theirs.hear(words("native"))
	}

	// Signing in again asks the homeserver, which has one session of ours all the time.
	for path, dialect := range map[string]string{"/login.srf": "MSNP10", "/RST.srf": "MSNP12", "/login2.srf": "MSNP9"} {
		if !d.mustShow(handle, password, path, dialect).has(client.Forward, handleOf(bob)) {
			t.Errorf("%s: bob is not on the list", dialect)
		}
		if _, err := d.showPassword(handle, passwordOf("wrong"), path, dialect); err == nil {
			t.Errorf("%s: signed in with a wrong password", dialect)
		}
	}
	if n := me.sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}

	// A password of the account's own is for clients of all ages, and needs no homeserver.
	a = d.mustShow(handle, password, "/RST.srf", "MSNP11")
	a.call(gateway).wantAnswer("password "+passwordOf(handle), "You can sign in here as "+handle)
	d.signIn(handle, "MSNP2")
	d.mustShow(handle, passwordOf(handle), "/RST.srf", "MSNP12")

	// The account is one like any other to the operator, and after a restart.
	d.stop()
	from := d.log.len()
	d.start()
	if _, err := d.log.await(bounded(t), from, passportAt); err != nil {
		t.Fatal(err)
	}
	d.awaitLogin(handle, " connected since ")
	d.must(passwordOf("new")+"\n", "account", "passwd", handle, "--password-stdin")
	d.must("", "login", "remove", handle, "matrix")
	if n := me.sessions(); n != 0 {
		t.Errorf("%d sessions after the login was removed", n)
	}
	if out, err := d.run(passwordOf("x")+"\n", "account", "add", "x@localhost", "--password-stdin"); err == nil {
		t.Errorf("the operator added a handle of Matrix: %s", out)
	}
	d.must("", "account", "remove", handle)
	if list := d.must("", "account", "list"); strings.Contains(list, handle) {
		t.Errorf("accounts: %s", list)
	}
}

// A login that its owner has signed out elsewhere is linked anew by the next sign-in.
func TestMatrixSignInAnew(t *testing.T) {
	t.Parallel()
	hs := dendrite(t)
	d := start(t, signInTable(hs), aPassport)
	me := newMatrixUser(t, hs, "sagain")
	handle, password := handleOf(me), passwordOf(me.UserID.Localpart())
	d.mustShow(handle, password, "/RST.srf", "MSNP12")
	d.awaitLogin(handle, " connected since ")
	if _, err := me.LogoutAll(bounded(t)); err != nil {
		t.Fatal(err)
	}
	d.awaitLogin(handle, "not tried again")
	a := d.mustShow(handle, password, "/login2.srf", "MSNP8")
	d.awaitLogin(handle, " connected since ")
	w := a.call(gateway)
	w.hearSome("Your login on Matrix has ended")
	w.hearSome("linked anew")
	w.wantAnswer("status", "matrix: connected since")
}
