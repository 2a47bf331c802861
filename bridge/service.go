package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// serviceTitle is what the service contact is called.
const serviceTitle = "msnbridge"

// ensureService puts the service contact on FL, AL and RL at each sign-in: an
// empty forward list hangs some clients.
func (a *account) ensureService() {
	addr := a.b.handles.service()
	e := a.byHandle[addr.ID]
	if e != nil && e.On(FL|RL) && e.Lists&(AL|BL) != 0 {
		return
	}
	e = a.makeEntry(addr, serviceTitle)
	e.Lists |= FL | RL
	if !e.On(BL) {
		e.Lists |= AL
	}
	var w batch
	a.raise(&w)
	a.saveEntry(&w, e)
	a.commit(w, nil)
}

// say has the service contact say something, unless it is blocked.
func (a *account) say(text string) {
	addr := a.b.handles.service()
	if e := a.byHandle[addr.ID]; e != nil && e.On(BL) {
		return
	}
	var w batch
	taken := a.keep(&w, Message{Chat: addr, From: addr, Name: serviceTitle, Text: text, Time: time.Now()})
	a.commit(w, func(err error) {
		if err == nil {
			taken()
		}
	})
}

// A command is what the service contact understands.
type command struct {
	name, args, help string
	run              func(a *account, words []string)
}

func commands() []command {
	return append([]command{
		{"help", "", "this list", (*account).cmdHelp},
		{"status", "", "how your logins fare", (*account).cmdStatus},
		{"login", "NETWORK key=value ...", "link a login, in place of a ghost or anew where it was rejected; give a password as password=..., or none where one signs in on a web page", (*account).cmdLogin},
		{"logout", "NETWORK", "remove a login and its contacts", (*account).cmdLogout},
		{"whoami", "", "who you are here", (*account).cmdWhoami},
		{"password", "NEW", "change the password with which you sign in here", (*account).cmdPassword},
	}, roomCommands()...)
}

// command answers what the user has said to the service contact. Nothing of it
// is repeated: there may be a password in it.
func (a *account) command(text string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	name := strings.ToLower(strings.TrimPrefix(words[0], "/"))
	cs := commands()
	i := slices.IndexFunc(cs, func(c command) bool { return c.name == name })
	switch {
	case i >= 0:
		cs[i].run(a, words[1:])
	case a.b.handles.byName[name] != nil:
		a.askNetworkTo(a.b.handles.byName[name], words[1:])
	default:
		a.say("I do not know that command. Say help for a list.")
	}
}

func (a *account) cmdHelp([]string) {
	var b strings.Builder
	b.WriteString("I understand:")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\n%s: %s", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	for _, name := range a.b.networkNames() {
		b.WriteString(networkHelp(a.b.handles.byName[name]))
	}
	b.WriteString("\n" + a.b.networkList())
	a.say(b.String())
}

// networkList says which networks there are.
func (b *Bridge) networkList() string {
	if len(b.handles.byName) == 0 {
		return "No networks are configured."
	}
	return "Networks: " + strings.Join(b.networkNames(), ", ")
}

func (b *Bridge) networkNames() []string {
	var ns []string
	for n := range b.handles.byName {
		ns = append(ns, n)
	}
	slices.Sort(ns)
	return ns
}

func (a *account) cmdWhoami([]string) {
	a.say(fmt.Sprintf("You are %s, called %s.", a.handle, a.name()))
}

func (a *account) cmdStatus([]string) {
	if len(a.logins) == 0 {
		a.say("You have no logins. Say login NETWORK key=value ... to link one.")
		return
	}
	var lines, ghosts []string
	for _, n := range a.b.networkNames() {
		l := a.logins[n]
		if l == nil {
			continue
		}
		lines = append(lines, l.report().String())
		if l.lent {
			ghosts = append(ghosts, n)
		}
	}
	for _, n := range ghosts {
		lines = append(lines, "The ghost is lent to you because you have no login of your own on "+n+
			". To link one, say login "+n+" key=value ...; the people on your list stay.")
	}
	a.say(strings.Join(lines, "\n"))
}

// ParseKeys reads key=value words as they are typed to the service contact or at
// the command line. password=... and token=... are the secret; for a token
// the key auth says so.
func ParseKeys(words []string) (keys map[string]string, secret Secret, err error) {
	keys = map[string]string{}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		switch {
		case !ok || k == "":
			return nil, "", errors.New("everything after the network has the form key=value")
		case k == "password":
			secret = Secret(v)
		case k == "token":
			secret, keys["auth"] = Secret(v), "token"
		case keys[k] != "":
			return nil, "", fmt.Errorf("%s is given twice", k)
		default:
			keys[k] = v
		}
	}
	return keys, secret, nil
}

func (a *account) cmdLogin(words []string) {
	if len(words) == 0 {
		a.say("login where? " + a.b.networkList())
		return
	}
	keys, secret, err := ParseKeys(words[1:])
	if err != nil {
		a.say(err.Error())
		return
	}
	a.long(func(ctx context.Context) {
		network := strings.ToLower(words[0])
		if err := a.b.link(ctx, a.handle, network, keys, secret, true); err != nil {
			a.sayLater("Not linked: " + err.Error())
			return
		}
		a.sayLinked(ctx, network)
	})
}

// sayLinked says how the first attempt of a new login ends, if it ends soon. What the
// owner has to do before was said already.
func (a *account) sayLinked(ctx context.Context, network string) {
	a.b.WaitLogin(ctx, a.handle, network)
	l, _ := ask(a, func() *login { return a.logins[network] })
	if l == nil {
		return // removed meanwhile
	}
	switch s, ok := l.firstOutcome(); {
	case !ok:
		a.sayLater("Linked. The network has not answered yet; say status to see how it fares.")
	case !s.Awaits:
		a.sayLater("Linked. " + s.String())
	}
}

func (a *account) cmdLogout(words []string) {
	if len(words) != 1 {
		a.say("logout of which network? Say status for a list.")
		return
	}
	network := strings.ToLower(words[0])
	old := a.logins[network]
	a.long(func(ctx context.Context) {
		err := a.b.RemoveLogin(ctx, a.handle, network)
		a.turn.post(func() { a.say(a.loggedOut(network, old != nil && old.lent, err)) })
	})
}

// loggedOut is what there is to say when a login was to be removed, which was lent or not.
func (a *account) loggedOut(network string, lent bool, err error) string {
	text := "The login and its contacts have been removed."
	switch now := a.logins[network]; {
	case errors.Is(err, ErrLeftBehind):
		return "Take note: " + err.Error() + "."
	case err != nil:
		return "Not removed: " + err.Error()
	case lent:
		return "The ghost and its contacts have been removed. You are lent one again when you add somebody there, or sign in again."
	case now != nil && now.lent:
		text += " You are lent a ghost there now."
	}
	return text
}

// longTime bounds a command that waits for a network.
const longTime = 30 * time.Second

// long runs a command that has to wait, outside the turn.
func (a *account) long(f func(ctx context.Context)) {
	ok := a.b.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, longTime)
		defer cancel()
		f(ctx)
	})
	if !ok {
		a.say("That is not possible just now: " + errNotRunning.Error())
	}
}

// sayLater is say from outside the turn.
func (a *account) sayLater(text string) { a.turn.post(func() { a.say(text) }) }
