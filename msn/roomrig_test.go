package msn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// roomDoings are what a transcript can ask for in rooms.
var roomDoings = map[string]func(r *rig, words []string) error{
	"members": func(r *rig, w []string) error { // ROOM NICK...
		r.net.SetMembers(w[0], r.contacts(w[1:])...)
		return nil
	},
	"joins": func(r *rig, w []string) error { // HANDLE ROOM NICK...
		return r.roster(w[0], bridge.RosterChanged{Room: r.net.Addr(w[1]), Joined: r.contacts(w[2:])})
	},
	"leaves": func(r *rig, w []string) error { // HANDLE ROOM NICK...
		return r.roster(w[0], bridge.RosterChanged{Room: r.net.Addr(w[1]), Left: r.addrs(w[2:])})
	},
	"renames": func(r *rig, w []string) error { // HANDLE ROOM OLD NEW
		return r.roster(w[0], bridge.RosterChanged{Room: r.net.Addr(w[1]), Joined: r.contacts(w[3:]), Left: r.addrs(w[2:3])})
	},
	"whole": func(r *rig, w []string) error { // HANDLE ROOM NICK...
		return r.roster(w[0], bridge.RosterChanged{Room: r.net.Addr(w[1]), Joined: r.contacts(w[2:]), Whole: true})
	},
	"remark": func(r *rig, w []string) error { // HANDLE ROOM TEXT
		return r.net.Emit(r.ctx, w[0], nil, bridge.Remark{Chat: r.net.Addr(w[1]), Text: strings.Join(w[2:], " ")})
	},
	"writes": func(r *rig, w []string) error { // HANDLE ROOM NICK: is typing
		return r.net.Emit(r.ctx, w[0], nil, bridge.Typing{Chat: r.net.Addr(w[1]), From: r.net.Addr(w[2]), Name: named(w[2])})
	},
	"invites": func(r *rig, w []string) error { // HANDLE ROOM NICK: the network is asked to
		_, err := r.net.WaitCall(r.ctx, "Invite", func(c bridgetest.Call) bool {
			return c.Account == w[0] && c.Addr == r.net.Addr(w[1]) && c.Who == r.net.Addr(w[2])
		})
		return err
	},
	"gathers": func(r *rig, w []string) error { // ROOM NAME: this is the next room that is made
		r.net.OnGather(r.net.NewRoom(w[0], strings.Join(w[1:], " ")))
		return nil
	},
	"broken": func(r *rig, w []string) error { // WHY: no room can be made
		r.net.OnGather(func(context.Context, string, []bridge.Addr) (bridge.Contact, error) {
			return bridge.Contact{}, errors.New(strings.Join(w, " "))
		})
		return nil
	},
	"gathered": func(r *rig, w []string) error { // HANDLE NICK...: the network is asked to make a room with them
		_, err := r.net.WaitCall(r.ctx, "Gather", func(c bridgetest.Call) bool {
			return c.Account == w[0] && slices.Equal(c.People, r.addrs(w[1:]))
		})
		return err
	},
	"rostered": func(r *rig, w []string) error { // ROOM: the network is asked who is there
		_, err := r.net.WaitCall(r.ctx, "Roster", func(c bridgetest.Call) bool { return c.Addr == r.net.Addr(w[0]) })
		return err
	},
	"moves": func(r *rig, w []string) error { // HANDLE OLD NEW NAME: one takes the place of another
		return r.net.Emit(r.ctx, w[0], nil, bridge.Moved{Old: r.net.Addr(w[1]),
			New: bridge.Contact{Addr: r.net.Addr(w[2]), Name: w[3]}})
	},
	"bans": func(r *rig, w []string) error { // HANDLE ROOM WHY
		return r.net.Emit(r.ctx, w[0], nil, bridge.PresenceChanged{Addr: r.net.Addr(w[1]),
			Presence: bridge.Presence{State: bridge.Away, Note: w[2]}})
	},
	"told": func(r *rig, w []string) error { // HANDLE ROOM NICK TEXT
		return r.inRoom(w[0], bridge.Message{Chat: r.net.Addr(w[1]), From: r.net.Addr(w[2]), Name: named(w[2]),
			Text: strings.Join(w[3:], " "), Time: time.Now()})
	},
	"elsewhere": func(r *rig, w []string) error { // HANDLE ROOM TEXT: said with another client
		return r.inRoom(w[0], bridge.Message{Chat: r.net.Addr(w[1]), Own: true, Text: strings.Join(w[2:], " "), Time: time.Now()})
	},
	"mentioned": func(r *rig, w []string) error { // the same, with the user's name in it
		return r.inRoom(w[0], bridge.Message{Chat: r.net.Addr(w[1]), From: r.net.Addr(w[2]), Name: named(w[2]),
			Text: strings.Join(w[3:], " "), Time: time.Now(), Mention: true})
	},
	"runs": func(r *rig, w []string) error { // HANDLE ROOM COMMAND TEXT: the network is asked to
		_, err := r.net.WaitCall(r.ctx, "Send", func(c bridgetest.Call) bool {
			return c.Account == w[0] && c.Message.Command == w[2] && c.Message.Text == strings.Join(w[3:], " ")
		})
		return err
	},
}

func (r *rig) doInRoom(words []string) error {
	f := roomDoings[words[0]]
	if f == nil {
		return fmt.Errorf("nobody knows how to %s", words[0])
	}
	return f(r, words[1:])
}

func (r *rig) inRoom(handle string, m bridge.Message) error {
	return r.net.Emit(r.ctx, handle, nil, bridge.MessageReceived{Message: m})
}

func (r *rig) roster(handle string, ev bridge.RosterChanged) error {
	return r.net.Emit(r.ctx, handle, nil, ev)
}

// named is what somebody in a room is called: the nick with a capital.
func named(nick string) string { return strings.ToUpper(nick[:1]) + nick[1:] }

func (r *rig) contacts(nicks []string) []bridge.Contact {
	var cs []bridge.Contact
	for _, n := range nicks {
		cs = append(cs, bridge.Contact{Addr: r.net.Addr(n), Name: named(n)})
	}
	return cs
}

func (r *rig) addrs(nicks []string) []bridge.Addr {
	var as []bridge.Addr
	for _, n := range nicks {
		as = append(as, r.net.Addr(n))
	}
	return as
}
