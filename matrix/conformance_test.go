package matrix

import (
	"context"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/testserver"
)

func TestConformance(t *testing.T) {
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	n, err := New(Config{Times: Times{Retry: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	bridgetest.Run(t, &harness{hs: hs, network: n, own: map[string]*friend{}})
}

// A harness runs the conformance test against Dendrite.
type harness struct {
	hs      *testserver.DendriteServer
	network *Network
	own     map[string]*friend // by user: another client of the login's
}

func (h *harness) Network() bridge.Network { return h.network }

func (h *harness) Login(t testing.TB) bridge.Login {
	o, own, _ := users(t, h.hs)
	h.own[own.id()] = own
	o.login.Secret, o.login.State = "a good password", &bridgetest.State{}
	return o.login
}

func (h *harness) Friend(t testing.TB, login bridge.Login) bridgetest.Friend {
	_, _, bob := users(t, h.hs)
	own := h.own[login.Keys["user"]]
	room := bob.direct(own.id())
	own.join(room)
	own.do("m.direct", own.SetAccountData(context.Background(), typeDirect, map[string][]string{bob.id(): {room}}))
	p := &player{friend: bob, room: room, me: own.id()}
	p.Be(t, bridge.Online)
	return p
}

func (h *harness) Features() bridgetest.Features {
	return bridgetest.Features{
		Typing: true, Emote: true, Gather: true, Leave: true, Blocks: true,
		Room: makeRoom, Ask: ask, Accept: accept, SeesRead: seesRead,
		Elsewhere: func(t testing.TB, login bridge.Login) bridgetest.Elsewhere {
			return elsewhere{h.own[login.Keys["user"]]}
		},
		Malformed: []string{"b ob", "bo:b", "bö", strings.Repeat("b", 300)},
		IDs:       []string{"@bob:localhost", "#go:localhost", "@Old!Name=/~:example.org:8448", "@a:[::1]"},
		Stop:      func(t testing.TB) { h.hs.Kill(t) },
		Start:     func(t testing.TB) { h.hs.Restart(t) },
	}
}

// A player is a friend as the conformance test wants it.
type player struct {
	*friend
	room, me string
	heard    []*event.Event
	said     string // the last event
}

func (p *player) Addr() bridge.Addr { return addr(p.id()) }

func (p *player) Say(_ testing.TB, text string, emote bool) {
	kind := event.MsgText
	if emote {
		kind = event.MsgEmote
	}
	p.said = p.event(p.room, typeMessage, &event.MessageEventContent{MsgType: kind, Body: text})
}

// seesRead waits for the receipt of what a player has said last.
func seesRead(_ testing.TB, friend bridgetest.Friend, _ string) {
	p := friend.(*player)
	p.see("receipt", func(room string, e *event.Event) bool {
		content := string(e.Content.VeryRaw)
		return e.Type.Type == "m.receipt" && room == p.room && strings.Contains(content, p.said) && strings.Contains(content, p.me)
	})
}

func (p *player) Hear(testing.TB) (string, bool) {
	if len(p.heard) == 0 {
		p.see("a text", func(room string, e *event.Event) bool {
			if room == p.room && e.Type.Type == typeMessage && e.Sender == id.UserID(p.me) {
				p.heard = append(p.heard, e)
			}
			return len(p.heard) > 0
		})
	}
	e := p.heard[0]
	p.heard = p.heard[1:]
	body, _ := e.Content.Raw["body"].(string)
	return body, e.Content.Raw["msgtype"] == "m.emote"
}

func (p *player) Be(_ testing.TB, s bridge.State) {
	p.do("presence", p.SetPresence(context.Background(), mautrix.ReqPresence{Presence: presenceOf[s]}))
}

func (p *player) Type(testing.TB) {
	_, err := p.UserTyping(context.Background(), id.RoomID(p.room), true, 20*time.Second)
	p.do("type", err)
}

func (p *player) SeesTyping(testing.TB) {
	p.see("typing", func(_ string, e *event.Event) bool {
		return e.Type.Type == typeTyping && strings.Contains(string(e.Content.VeryRaw), p.me)
	})
}
