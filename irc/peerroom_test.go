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

func (r *peerRoom) Leave(t testing.TB) {
	t.Helper()
	r.send("PART " + r.channel)
	r.await(t, func(m ircmsg.Message) bool { return m.Command == "PART" && m.Nick() == r.nick })
}
