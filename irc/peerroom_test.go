package irc

import (
	"strings"
	"testing"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// A peerRoom is a channel as a peer has it.
type peerRoom struct {
	*peer
	channel string
}

// newPeerRoom makes a channel in which only the friend is.
func newPeerRoom(t testing.TB, friend bridgetest.Friend) bridgetest.Room {
	r := &peerRoom{friend.(*peer), "#" + freshNick("room")}
	r.Enter(t)
	return r
}

func (r *peerRoom) Addr() bridge.Addr { return r.network.addr(r.channel) }

func (r *peerRoom) Say(_ testing.TB, text string) { r.send("PRIVMSG " + r.channel + " :" + text) }

func (r *peerRoom) Hear(t testing.TB) string {
	t.Helper()
	m := r.await(t, func(m ircmsg.Message) bool {
		return m.Command == "PRIVMSG" && strings.EqualFold(m.Params[0], r.channel) && m.Nick() == r.last
	})
	return m.Params[1]
}

func (r *peerRoom) Enter(t testing.TB) {
	t.Helper()
	r.send("JOIN " + r.channel)
	r.await(t, func(m ircmsg.Message) bool { return m.Command == "366" })
}

// askPeer has a peer ask a login into a channel.
func askPeer(_ testing.TB, friend bridgetest.Friend, room bridgetest.Room, login bridge.Login) {
	friend.(*peer).send("INVITE " + login.Keys["nick"] + " " + room.(*peerRoom).channel)
}

// peerAccepts has a peer enter a channel once it is asked into it.
func peerAccepts(t testing.TB, friend bridgetest.Friend, room bridge.Addr) bridgetest.Room {
	t.Helper()
	r := &peerRoom{friend.(*peer), room.ID}
	r.await(t, func(m ircmsg.Message) bool { return m.Command == "INVITE" && strings.EqualFold(m.Params[1], r.channel) })
	r.Enter(t)
	return r
}

func (r *peerRoom) Leave(t testing.TB) {
	t.Helper()
	r.send("PART " + r.channel)
	r.await(t, func(m ircmsg.Message) bool { return m.Command == "PART" && m.Nick() == r.nick })
}
