package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"msnbridge/msn/client"
	"msnbridge/msn/passport"
)

const passportTable = "[passport]\nlisten = \"127.0.0.1:0\"\ntls_listen = \"127.0.0.1:0\"\n"

var (
	plainServed = regexp.MustCompile(` passport=(\S+)`)
	tlsServed   = regexp.MustCompile(` passport_tls=(\S+)`)
)

// ways are those in which MSNP8 to 12 get a ticket from a daemon with passportTable, as flags of the
// terminal client. Those with names that clients have built in are led to the daemon.
func (d *daemon) ways() map[string][]string {
	d.t.Helper()
	var at []string
	for _, served := range []*regexp.Regexp{plainServed, tlsServed} {
		m, err := d.log.await(bounded(d.t), 0, served)
		if err != nil {
			d.t.Fatal(err)
		}
		at = append(at, m[1])
	}
	ca := []string{"--passport-ca", filepath.Join(d.data, filepath.Base(passport.RootFile("")))}
	return map[string][]string{
		"nexus": append(ca, "--passport", "https://nexus.passport.com/rdr/pprdr.asp", "--hosts", "nexus.passport.com="+at[1]),
		"RST":   append(ca, "--passport", "https://login.live.com/RST.srf", "--hosts", "login.live.com="+at[1]),
		"plain": {"--passport", "http://" + at[0] + "/login2.srf"},
	}
}

// signInWith is signIn with a ticket.
func (d *daemon) signInWith(handle, dialect string) *user {
	d.t.Helper()
	d.passport = client.Passport{URL: d.ways()["plain"][1]}
	return d.signIn(handle, dialect)
}

// TestDialects has the terminal client talk to a client of the same dialect, in every dialect and over
// every way to sign in.
func TestDialects(t *testing.T) {
	t.Parallel()
	d := start(t, passportTable)
	ways := d.ways()
	cases := map[string][]string{}
	for _, dialect := range client.Dialects {
		cases[dialect] = []string{"--dialect", dialect}
	}
	for _, dialect := range client.PassportDialects {
		for _, way := range []string{"nexus", "RST"} {
			cases[dialect+"-"+way] = append([]string{"--dialect", dialect}, ways[way]...)
		}
	}
	d.accounts(cases)
	for name, flags := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.as(t).speak(strings.ToLower(name), flags)
		})
	}
}

// accounts makes two users for each case.
func (d *daemon) accounts(cases map[string][]string) {
	d.t.Helper()
	var lines strings.Builder
	for name := range cases {
		for _, who := range []string{"anna", "bob"} {
			handle := who + "-" + strings.ToLower(name) + "@" + domain
			fmt.Fprintf(&lines, "%s %s\n", handle, passwordOf(handle))
		}
	}
	file := filepath.Join(d.dir, "people")
	d.write(file, lines.String())
	d.must("", "account", "import", file)
}

// speak is a session of a dialect: sign in, list, add, message both ways, notes, sign out.
func (d *daemon) speak(name string, flags []string) {
	dialect, anna, bob := flags[1], "anna-"+name+"@"+domain, "bob-"+name+"@"+domain
	noted := slices.Contains([]string{"MSNP11", "MSNP12"}, dialect)
	a := d.terminal(anna, flags...)
	a.shows("* signed in at " + d.addr + " as " + anna + " (anna-" + name + "), " + dialect)
	a.shows("* 1 contacts; /who lists them, /help the commands")
	b := d.signInWith(bob, dialect)
	if b.Dialect() != dialect || !b.has(client.Forward, "gateway@"+domain) {
		d.t.Fatalf("signed in as %s in %s: %+v", b.Handle(), b.Dialect(), b.roster)
	}

	shown := bob + " (bob-" + name + ")"
	a.types("/add " + bob)
	next(b.inbox, func(l client.ListChanged) bool { return l.List == client.Reverse && l.Entry.Handle == anna })
	a.shows("* " + bob + " is on your list FL")
	b.befriend(anna)
	b.awaitState(anna, client.Online)
	b.show(client.Away)
	a.shows("* " + shown + " is away")

	a.types("/chat " + bob)
	v := b.answer(anna)
	a.types(words("hello bob"))
	v.hear(words("hello bob"))
	v.say(words("hello anna"))
	a.shows("<" + bob + "> " + words("hello anna"))

	if noted {
		a.types("/note " + words("of <anna> & co"))
		next(b.inbox, func(p client.Presence) bool { return p.Handle == anna && p.Note == words("of <anna> & co") })
		if err := b.SetNote(bounded(d.t), words("of bob")); err != nil {
			d.t.Fatal(err)
		}
		a.shows("* " + shown + " says of themselves: " + words("of bob"))
	} else {
		a.types("/note " + words("none"))
		a.shows("! personal messages in " + dialect + ": unsupported operation; sign in with --dialect MSNP11 or MSNP12")
	}

	a.types("/name " + "Anna = %41")
	next(b.inbox, func(p client.Presence) bool { return p.Handle == anna && p.Name == "Anna = %41" })
	b.renames(anna)
	a.types("/remove " + bob)
	a.shows("* " + bob + " is off your list FL")
	next(b.inbox, func(l client.ListChanged) bool {
		return l.Removed && l.List == client.Reverse && l.Entry.Handle == anna
	})
	a.quits()
	b.awaitState(anna, client.Offline)
}

// renames changes the groups that a contact is in and the name that it has, where the dialect has any,
// and looks at what the server has kept.
func (u *user) renames(handle string) {
	u.t.Helper()
	grouped := !slices.Contains([]string{"MSNP2", "MSNP3", "MSNP4", "MSNP5", "MSNP6"}, u.Dialect())
	group := client.AnyGroup
	if grouped {
		g, _, err := u.AddGroup(bounded(u.t), "pals & co")
		if err != nil {
			u.t.Fatal(err)
		}
		group = g.ID
		if _, err := u.Add(bounded(u.t), client.Forward, handle, "", group); err != nil {
			u.t.Fatal(err)
		}
	}
	if _, err := u.Rename(bounded(u.t), handle, "a friend"); err != nil {
		u.t.Fatal(err)
	}
	u.sync()
	for _, e := range u.roster.Lists[client.Forward] {
		if e.Handle == handle && (e.Name != "a friend" || grouped && !slices.Contains(e.Groups, group)) {
			u.t.Fatalf("%s has become %+v", handle, e)
		}
	}
	if !u.has(client.Forward, handle) || !u.has(client.Allow, handle) || !u.has(client.Reverse, handle) {
		u.t.Fatalf("%+v", u.roster.Lists)
	}
}
