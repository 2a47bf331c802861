package irc

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/testserver"
)

// A visit is a login and a peer in one channel, which the peer has made.
type visit struct {
	t    *testing.T
	n    *Network
	addr string
	c    bridge.Conn
	tape *bridgetest.Tape
	nick string
	op   *peer
	room string
}

func newVisit(t *testing.T, n *Network, addr, caps string) *visit {
	t.Helper()
	login := realLogin(freshNick("Guest"))
	c, tape := connectReal(t, n, login)
	v := &visit{t, n, addr, c, tape, login.Keys["nick"], newPeer(t, n, addr, freshNick("Op"), caps), "#" + freshNick("Room")}
	v.op.send("JOIN " + v.room)
	v.op.await(t, func(m ircmsg.Message) bool { return m.Command == "366" })
	return v
}

func (v *visit) chat() bridge.Addr { return v.n.addr(v.room) }

func (v *visit) bounded() context.Context {
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	v.t.Cleanup(cancel)
	return ctx
}

// watch has the login be in the channel, or try to.
func (v *visit) watch() {
	v.t.Helper()
	if err := v.c.Watch(v.bounded(), []bridge.Addr{v.chat()}); err != nil {
		v.t.Fatal(err)
	}
}

// is waits for what the bridge is told of the channel.
func (v *visit) is(s bridge.State, note string) {
	v.t.Helper()
	p := bridgetest.Next(v.t, v.tape, func(p bridge.PresenceChanged) bool { return p.Addr == v.chat() })
	if p.Presence.State != s || !strings.Contains(p.Presence.Note, note) || p.Name != v.room && p.Name != lower(v.room) {
		v.t.Errorf("the channel is %+v, want %v with %q", p, s, note)
	}
}

// enter has the login be in the channel, with a window.
func (v *visit) enter() {
	v.t.Helper()
	v.watch()
	v.is(bridge.Online, "")
	if err := v.c.Roster(v.bounded(), v.chat(), 20); err != nil {
		v.t.Fatal(err)
	}
	whole := bridgetest.Next(v.t, v.tape, func(r bridge.RosterChanged) bool { return r.Whole })
	if !slices.ContainsFunc(whole.Joined, func(who bridge.Contact) bool { return who.Name == v.op.nick }) || len(whole.Joined) != 1 {
		v.t.Errorf("members: %+v", whole.Joined)
	}
	v.op.await(v.t, func(m ircmsg.Message) bool { return m.Command == "JOIN" && m.Nick() == v.nick })
}

// remark waits for a line of the channel.
func (v *visit) remark(text string) {
	v.t.Helper()
	bridgetest.Next(v.t, v.tape, func(r bridge.Remark) bool { return r.Chat == v.chat() && strings.Contains(r.Text, text) })
}

// joined and left wait for who comes and goes.
func (v *visit) joined(nick string) {
	v.t.Helper()
	bridgetest.Next(v.t, v.tape, func(r bridge.RosterChanged) bool {
		return slices.ContainsFunc(r.Joined, func(who bridge.Contact) bool { return who.Addr == v.n.addr(nick) })
	})
}

func (v *visit) left(nick string) {
	v.t.Helper()
	bridgetest.Next(v.t, v.tape, func(r bridge.RosterChanged) bool { return slices.Contains(r.Left, v.n.addr(nick)) })
}

// A life in a channel: who comes, goes, is renamed and put out, and what changes.
func TestChannelReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, caps string) {
		v := newVisit(t, n, addr, caps)
		v.op.send("TOPIC " + v.room + " :first topic")
		v.watch()
		v.is(bridge.Online, "")
		if err := v.c.Roster(v.bounded(), v.chat(), 20); err != nil {
			t.Fatal(err)
		}
		v.remark("Topic: first topic (set by " + v.op.nick)
		bob := newPeer(t, n, addr, freshNick("Bob"), caps)
		bob.send("JOIN " + v.room)
		v.joined(bob.nick)
		v.op.send("TOPIC " + v.room + " :second topic")
		v.remark(v.op.nick + " has changed the topic to: second topic")
		v.op.send("MODE " + v.room + " +v " + bob.nick)
		v.remark(v.op.nick + " has given voice to " + bob.nick)
		v.op.send("MODE " + v.room + " +m")
		v.remark("moderated")
		failure, ok := errors.AsType[*bridge.SendError](v.c.Send(v.bounded(), bridge.Message{Chat: v.chat(), Text: "may I?"}))
		if !ok || failure.Unknown || failure.Reason == "" {
			t.Errorf("spoke in a moderated channel: %v", failure)
		}
		v.op.send("MODE " + v.room + " -m")
		v.remark("lets everybody speak again")
		old := bob.nick
		bob.nick = freshNick("Rob")
		bob.send("NICK " + bob.nick)
		v.joined(bob.nick)
		v.remark(old + " is now known as " + bob.nick)
		bob.send("PART " + v.room + " :tired")
		v.remark(bob.nick + " has left")
		v.left(bob.nick)
		bob.send("JOIN " + v.room)
		v.joined(bob.nick)
		v.op.send("KICK " + v.room + " " + bob.nick + " :no noise")
		v.remark(v.op.nick + " has kicked " + bob.nick + ": no noise")
		v.left(bob.nick)
		bob.send("JOIN " + v.room)
		v.joined(bob.nick)
		bob.leave()
		v.left(bob.nick)
		v.op.send("KICK " + v.room + " " + v.nick + " :and you")
		v.remark(v.op.nick + " has kicked you: and you")
		v.is(bridge.Away, "kicked by "+v.op.nick+": and you")
	})
}

// What keeps one out of a channel, and how one gets in all the same.
func TestRefusedReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, caps string) {
		for mode, want := range map[string]string{"+i": "invite only", "+k secret": "needs a key", "+b *!*@*": "banned", "+l 1": "full"} {
			t.Run(want, func(t *testing.T) {
				v := newVisit(t, n, addr, caps)
				v.op.send("MODE " + v.room + " " + mode)
				v.op.await(t, func(m ircmsg.Message) bool { return m.Command == "MODE" && m.Params[0] == v.room })
				v.watch()
				v.is(bridge.Away, want)
				if err := v.c.Reach(v.bounded(), v.chat()); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("reach: %v", err)
				}
				if mode == "+k secret" {
					if _, err := v.c.Join(v.bounded(), v.chat(), "secret"); err != nil {
						t.Error(err)
					}
					v.is(bridge.Online, "")
					return
				}
				v.op.send("MODE " + v.room + " -bl *!*@*")
				v.op.send("INVITE " + v.nick + " " + v.room)
				v.is(bridge.Online, "")
			})
		}
	})
}

// Invitations go both ways.
func TestInviteReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, caps string) {
		v := newVisit(t, n, addr, caps)
		v.op.send("MODE " + v.room + " +i")
		v.op.send("INVITE " + v.nick + " " + v.room)
		invited := bridgetest.Next[bridge.Invited](t, v.tape, nil)
		if invited.Contact.Addr != v.chat() || invited.Contact.Name != v.room+" (invited by "+v.op.nick+")" {
			t.Errorf("%+v", invited)
		}
		if err := v.c.Answer(v.bounded(), v.chat(), true); err != nil {
			t.Fatal(err)
		}
		bridgetest.Next(t, v.tape, func(f bridge.ContactFound) bool { return f.Contact.Addr == v.chat() })
		v.is(bridge.Online, "")
		bob := newPeer(t, n, addr, freshNick("Bob"), caps)
		if err := v.c.Invite(v.bounded(), v.chat(), bob.Addr()); err == nil {
			t.Error("invited into a closed channel without being its operator")
		}
		v.op.send("MODE " + v.room + " +o " + v.nick)
		v.op.await(t, func(m ircmsg.Message) bool { return m.Command == "MODE" && slices.Contains(m.Params, v.nick) })
		if err := v.c.Invite(v.bounded(), v.chat(), bob.Addr()); err != nil {
			t.Error(err)
		}
		bob.await(t, func(m ircmsg.Message) bool { return m.Command == "INVITE" && m.Nick() == v.nick })
		if err := v.c.Invite(v.bounded(), v.chat(), v.op.Addr()); !errors.Is(err, bridge.ErrAlreadyThere) {
			t.Error(err)
		}
		if err := v.c.Invite(v.bounded(), v.chat(), n.addr("nobody-here")); !errors.Is(err, bridge.ErrNoSuchPerson) {
			t.Error(err)
		}
	})
}

// Those who are on a server that is cut off are told of at once, and so is their
// coming back.
func TestNetsplitReal(t *testing.T) {
	hub := testserver.Ngircd(t, testserver.NgircdOptions{Name: "hub.test", Peers: []string{"leaf.test"}})
	leaf := testserver.Ngircd(t, testserver.NgircdOptions{Name: "leaf.test", Uplink: hub})
	v := newVisit(t, realNetwork(t, hub.TLSAddr, hub.CAFile), hub.Addr, "")
	v.enter()
	far := []*peer{newPeer(t, v.n, leaf.Addr, "far1", ""), newPeer(t, v.n, leaf.Addr, "far2", "")}
	enter := func() {
		t.Helper()
		for _, p := range far {
			p.send("JOIN " + v.room)
		}
	}
	enter()
	v.members(far)
	leaf.Kill(t)
	v.remark("Netsplit: ")
	v.members(nil)
	leaf.Restart(t)
	for _, p := range far {
		p.connect(t)
	}
	enter()
	v.remark("The netsplit is over: ")
	v.members(far)
}

// members waits until these and the operator are in the channel.
func (v *visit) members(all []*peer) {
	v.t.Helper()
	for {
		if err := v.c.Roster(v.bounded(), v.chat(), 20); err != nil {
			v.t.Fatal(err)
		}
		whole := bridgetest.Next(v.t, v.tape, func(r bridge.RosterChanged) bool { return r.Whole })
		if len(whole.Joined) == len(all)+1 {
			return
		}
		bridgetest.Next[bridge.RosterChanged](v.t, v.tape, nil)
	}
}
