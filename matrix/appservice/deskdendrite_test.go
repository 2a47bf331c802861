package appservice

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// A visitor is a person on a real homeserver who talks to the service's own user there.
type visitor struct {
	testing.TB
	person
	id  string
	txn int
}

func (v *visitor) in(room string, what ...any) string {
	return "rooms/" + url.PathEscape(room) + fmt.Sprint(what...)
}

// chat makes a room with these people, which is a direct chat; further is further initial state.
func (v *visitor) chat(people []string, further ...map[string]any) string {
	v.Helper()
	room, ok := v.do(v, "POST", "createRoom", map[string]any{
		"invite": people, "is_direct": true, "preset": "trusted_private_chat", "initial_state": further,
	})["room_id"].(string)
	if !ok {
		v.Fatal("no room")
	}
	return room
}

func (v *visitor) say(room, text string) {
	v.Helper()
	v.txn++
	if v.do(v, "PUT", v.in(room, "/send/m.room.message/", v.txn), map[string]any{"msgtype": "m.text", "body": text})["event_id"] == nil {
		v.Fatalf("%q cannot be said", text)
	}
}

// notices are what the service's own user has said in a room, oldest first.
func (v *visitor) notices(room string) []string {
	v.Helper()
	chunk, _ := v.do(v, "GET", v.in(room, "/messages?dir=b&limit=100"), nil)["chunk"].([]any)
	var texts []string
	for _, e := range chunk {
		e, _ := e.(map[string]any)
		content, _ := e["content"].(map[string]any)
		body, isText := content["body"].(string)
		if e["sender"] == "@msnbot:localhost" && isText && content["msgtype"] == "m.notice" {
			texts = append([]string{body}, texts...)
		}
	}
	return texts
}

// hears waits for the next notice after some, in which these words must be.
func (v *visitor) hears(room string, before int, words ...string) string {
	v.Helper()
	var text string
	eventually(v, fmt.Sprintf("%s hears %q", v.id, words), func() bool {
		all := v.notices(room)
		if len(all) > before {
			text = all[before]
		}
		return len(all) > before
	})
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.Errorf("%q is not in: %s", w, text)
		}
	}
	return text
}

func (v *visitor) ask(room, text string, words ...string) string {
	v.Helper()
	before := len(v.notices(room))
	v.say(room, text)
	return v.hears(room, before, words...)
}

func (v *visitor) membership(room, user string) any {
	v.Helper()
	return v.do(v, "GET", v.in(room, "/state/m.room.member/", user), nil)["membership"]
}

// People use the control room on a real homeserver.
func TestDeskDendrite(t *testing.T) {
	ln := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	hs := homeserverOf(t, ln)
	visit := func(name string) *visitor {
		id, token := hs.CreateUser(t, name, "a good password")
		return &visitor{TB: t, person: person{hs.BaseURL, token}, id: id}
	}
	dora, root, eve := visit("dora"), visit("root"), visit("eve")
	house := newHouse(t)
	s := sqliteBase(t).service(t, func(c *Config) {
		c.Homeserver, c.Server, c.Admins, c.Home = hs.BaseURL, "localhost", []string{root.id}, "msn.local"
	})
	s.serveOn(t, ln, house)
	bot := []string{s.bot()}

	t.Run("link", func(t *testing.T) {
		room := dora.chat(bot)
		dora.say(room, "help") // perhaps before the bot is there
		dora.hears(room, 0, "Hello")
		dora.hears(room, 1, "link HANDLE")
		code := eightDigits.FindString(dora.ask(room, "link alice@msn.local", "Your code is"))
		if _, err := s.Confirm(t.Context(), "alice@msn.local", fmt.Sprint(string("1234567890"[code[0]-48]), code[1:])); err == nil {
			t.Error("a wrong code is good")
		}
		must[string](t)(s.Confirm(t.Context(), "alice@msn.local", code))
		dora.hears(room, 3, "You have linked alice@msn.local", "password only")
		dora.ask(room, "list", "nobody from here on the list of alice@msn.local")
		dora.ask(room, "block bob@msn.local", "can no longer write to you")
		equal(t, "blocked", s.Blocked("bob@msn.local", dora.id), true)
		dora.ask(room, "status", "administrators")
		name := dora.do(t, "GET", "profile/"+s.bot(), nil)["displayname"]
		equal(t, "the bot's name", name, any("MSN"))
	})
	t.Run("administrator", func(t *testing.T) {
		room := root.chat(bot)
		root.hears(room, 0, "Hello")
		root.ask(room, "status", "Accounts: 3", "Linked accounts: 1", "Problems: none")
		root.ask(room, "status alice@msn.local", "linked with "+dora.id)
	})
	t.Run("others", func(t *testing.T) {
		room := eve.chat(append(bot, dora.id))
		eve.hears(room, 0, "where one person and I are alone")
		eventually(t, "the bot leaves", func() bool { return eve.membership(room, s.bot()) == "leave" })
		room = root.chat(bot)
		root.hears(room, 0, "Hello")
		root.do(t, "POST", root.in(room, "/invite"), map[string]any{"user_id": eve.id})
		root.hears(room, 1, "where one person and I are alone")
		eve.do(t, "POST", "join/"+url.PathEscape(room), map[string]any{})
		eve.say(room, "link bob@msn.local")
		eventually(t, "the bot leaves", func() bool { return root.membership(room, s.bot()) == "leave" })
		equal(t, "notices", len(root.notices(room)), 2)
	})
	t.Run("encrypted", func(t *testing.T) {
		room := eve.chat(bot, map[string]any{"type": "m.room.encryption", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}})
		eve.say(room, "link bob@msn.local")
		eve.hears(room, 0, "this room is encrypted")
		before := s.control.passed.Load()
		eve.say(room, "help")
		eventually(t, "that is passed over", func() bool { return s.control.passed.Load() > before })
		equal(t, "notices", len(eve.notices(room)), 1)
	})
	t.Run("contacts", func(t *testing.T) {
		room := eve.chat(bot)
		eve.hears(room, 0, "Hello")
		if err := house.Lend(t.Context(), "bob@msn.local", Network, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := house.net.WaitConn(t.Context(), "bob@msn.local"); err != nil {
			t.Fatal(err)
		}
		(&deskRig{TB: t, house: house}).contact("bob@msn.local", eve.id)
		eve.ask(room, "list", "bob (bob@msn.local): offline")
		must[bridge.AccountInfo](t)(house.Account(t.Context(), "bob@msn.local"))
	})
}
