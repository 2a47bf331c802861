package appservice

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// Everybody sees what they may do, and nothing else is done for them.
func TestDeskHelp(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		plain := r.ask("!d:x", dora, "help", "link HANDLE", "block HANDLE", "list [WORD]: people on MSN")
		super := r.ask("!r:x", admin, "!HELP", "status HANDLE", "link HANDLE")
		r.link()
		mine := r.ask("!d:x", dora, "help me", "unlink", "signin", "block @user:server", "You have linked alice@msn.local")
		for who, x := range map[string]struct{ text, not string }{
			"nobody": {plain, "status"}, "nobody linked": {plain, "unlink"}, "an administrator": {super, "unlink"}, "somebody linked": {mine, "status"},
		} {
			if strings.Contains(x.text, "\n"+x.not) {
				t.Errorf("%s is offered %s: %s", who, x.not, x.text)
			}
		}
	})
}

func TestDeskAuthority(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	for _, x := range []struct{ line, words string }{
		{"dance", "I do not know that. Say help"},
		{"\u200b", "I do not know that"},
		{"status", "administrators of this service, and you are none"},
		{"status alice@msn.local", "administrators"},
		{"unlink", "and you have not"},
		{"signin", "and you have not"},
		{"block @eve:x", "and you have not"},
		{"unblock @eve:x", "and you have not"},
		{"block", "Say it so: block HANDLE"},
		{"link", "Say it so: link HANDLE"},
		{"link alice@msn.local hunter2", "If there was a password"},
		{"link alice", "One looks like alice@msn.local."},
		{"link nobody@msn.local", "nobody on MSN here with the address nobody@msn.local"},
		{"link @_msn_nobody_msn.local:example.org", "nobody@msn.local"},
		{"block nobody@msn.local", "nobody@msn.local"},
		{"login matrix user=@dora:x password=hunter2", "I never ask for one"},
		{"help\nlist", "One command at a time"},
		{strings.Repeat("x", 1001), "too long"},
	} {
		got := r.ask("!d:x", dora, x.line, x.words)
		if strings.Contains(got, "hunter2") {
			t.Errorf("the password is repeated: %s", got)
		}
	}
}

// Commands of whoever is not the only other person in a room are not carried out.
func TestDeskForeigners(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	before := len(r.notices("!d:x"))
	r.say("!d:x", "@eve:x", "link alice@msn.local")
	r.say("!d:x", theBot, "help")
	r.say("!d:x", "@_msn_alice_msn.local:example.org", "help")
	for _, content := range []string{
		`{"msgtype":"m.notice","body":"help"}`, `{"msgtype":"m.text","body":"* help","m.relates_to":{"rel_type":"m.replace","event_id":"$1"}}`,
		`{"body":"help"}`, `[]`, `null`,
	} {
		r.said++
		r.push(eventOf("!d:x", fmt.Sprint("$odd", r.said), dora, "m.room.message", content))
	}
	r.silent("!d:x", dora, before)
	equal(t, "the bot leaves", r.hs.count("POST rooms/!d:x/leave "+theBot), 0)
}

// With others in it a room is left, with words.
func TestDeskCrowd(t *testing.T) {
	for what, further := range map[string]string{
		"joined":   memberState("@eve:x", "join"),
		"invited":  memberState("@eve:x", "invite"),
		"by mail":  `{"type":"m.room.third_party_invite","state_key":"abc","content":{"display_name":"e..."}}`,
		"nonsense": `{"type":"m.room.member","state_key":"@eve:x","content":[]}`,
		"no state": `{"type":"m.room.member","content":{"membership":"join"}}`,
		"a ghost":  memberState("@_msn_bob_msn.local:example.org", "join"),
	} {
		t.Run(what, func(t *testing.T) {
			r := newDesk(t, sqliteBase(t))
			r.room("!d:x", dora, further)
			r.ask("!d:x", dora, "link alice@msn.local", "where one person and I are alone")
			r.hs.wait(t, "POST rooms/!d:x/leave "+theBot)
		})
	}
	r := newDesk(t, sqliteBase(t))
	r.room("!d:x", dora, memberState("@eve:x", "invite"))
	r.push(invited("!d:x", "$eve", "@eve:x", "invite"))
	r.hs.wait(t, "POST rooms/!d:x/leave "+theBot)
	r.hs.answer("GET rooms/!r:x/state", 200, "["+memberState(theBot, "join")+","+memberState(admin, "leave")+"]")
	r.push(invited("!r:x", "$bye", admin, "leave"))
	r.hs.wait(t, "POST rooms/!r:x/leave "+theBot)
	equal(t, "words for nobody", len(r.notices("!r:x")), 0)
}

// The state of a room that cannot be read, or is too large, is denied.
func TestDeskBigRoom(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.hs.answer("GET rooms/!d:x/state", 200, "["+strings.Repeat(" ", maxState)+"]")
	r.ask("!d:x", dora, "help", "alone")
	r.hs.answer("GET rooms/!r:x/state", 403, `{"errcode":"M_FORBIDDEN"}`)
	r.say("!r:x", admin, "status")
	r.ask("!o:x", "@oscar:x", "help", "I understand")
	equal(t, "answers where we are not", len(r.notices("!r:x")), 0)
}

func TestDeskEncrypted(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.room("!d:x", dora, `{"type":"m.room.encryption","state_key":"","content":{"algorithm":"m.megolm.v1.aes-sha2"}}`)
	r.push(eventOf("!d:x", "$sealed", dora, "m.room.encrypted", `{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"x"}`))
	r.heard("!d:x", 0, "this room is encrypted", "Enable end-to-end encryption", theBot)
	r.push(eventOf("!d:x", "$again", dora, "m.room.encrypted", `{}`))
	r.say("!d:x", dora, "link alice@msn.local")
	eventually(t, "the command is passed over", func() bool { return r.control.passed.Load() == 1 })
	r.room("!d:x", dora)
	r.ask("!d:x", dora, "help", "I understand")
	equal(t, "notices", len(r.notices("!d:x")), 2)
}

// Whoever invites the bot is greeted, and what they have said meanwhile is answered.
func TestDeskInvited(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.room("!n:x", "@bob:x")
	r.hs.answer("GET rooms/!n:x/messages", 200, `{"chunk":[`+strings.Join([]string{
		eventOf("!n:x", "$m2", "@bob:x", "m.room.message", string(asText("list"))),
		eventOf("!n:x", "$m1", "@bob:x", "m.room.message", string(asText("help"))), `5`,
		invited("!n:x", "$inv", theBot, "invite"),
		eventOf("!n:x", "$m0", "@bob:x", "m.room.message", string(asText("before"))),
	}, ",")+`]}`)
	r.push(invited("!n:x", "$inv", theBot, "invite"))
	r.heard("!n:x", 0, "Hello", "example.org")
	r.heard("!n:x", 1, "I understand")
	r.heard("!n:x", 2, "Nobody on MSN has you as a contact")
	equal(t, "joins", r.hs.count("POST rooms/!n:x/join "+theBot), 1)
	r.push(invited("!n:x", "$joined", theBot, "join"),
		eventOf("!n:x", "$m1", "@bob:x", "m.room.message", string(asText("help"))))
	r.ask("!n:x", "@bob:x", "help", "I understand")
	equal(t, "notices", len(r.notices("!n:x")), 4)
}

func TestDeskNotEntered(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	r.room("!n:x", "@bob:x", memberState("@eve:x", "join"))
	r.push(invited("!n:x", "$inv", theBot, "invite"))
	r.heard("!n:x", 0, "alone")
	r.hs.wait(t, "POST rooms/!n:x/leave "+theBot)
	ghost := "@_msn_alice_msn.local:example.org"
	r.push(strings.Replace(invited("!g:x", "$inv2", theBot, "invite"), "@bob:x", ghost, 1))
	r.hs.wait(t, "POST rooms/!g:x/leave "+theBot)
	equal(t, "joins at a ghost's", r.hs.count("POST rooms/!g:x/join"), 0)
	r.hs.answer("POST rooms/!f:x/join", 403, `{"errcode":"M_FORBIDDEN"}`)
	r.push(invited("!f:x", "$inv3", theBot, "invite")) // taken back meanwhile
	r.ask("!d:x", dora, "help", "I understand")
}

// What cannot be said waits, also over a restart, and is said once.
func TestDeskAnswerWaits(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		r.control.bot.client.DefaultHTTPRetries = 0
		book := must[*book](t)(r.book(t.Context()))
		if err := book.post(t.Context(), notice{answers: "$late", room: "!d:x", body: "here I am"}); err != nil {
			t.Fatal(err)
		}
		if err := book.post(t.Context(), notice{answers: "$late", room: "!d:x", body: "twice"}); err != nil {
			t.Fatal(err)
		}
		if err := book.post(t.Context(), notice{answers: "$crowded", room: "!r:x", body: "for nobody else"}); err != nil {
			t.Fatal(err)
		}
		r.wire.stop()
		r.room("!r:x", admin, memberState("@eve:x", "join"))
		r.start()
		r.heard("!d:x", 0, "here I am")
		eventually(t, "all is said or dropped", func() bool {
			return len(must[[]notice](t)(book.unsaid(t.Context(), ""))) == 0
		})
		equal(t, "notices where others would read them", len(r.notices("!r:x")), 0)
		equal(t, "notices", len(r.notices("!d:x")), 1)
	})
}

// A homeserver that repeats an event, under whatever transaction, is answered once.
func TestDeskRepeated(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	code := r.code("!d:x", dora, "alice@msn.local")
	e := eventOf("!d:x", "$said1", dora, "m.room.message", string(asText("link alice@msn.local")))
	r.push(e, e)
	parsed := must[pushedEvent](t)(parseEvent(entry{id: "$said1", room: "!d:x", raw: []byte(e)}))
	if err := r.control.event(t.Context(), parsed); err != nil { // as after a crash
		t.Fatal(err)
	}
	book := must[*book](t)(r.book(t.Context()))
	again := must[string](t)(r.control.reply(t.Context(), book, &parsed, &spoken{Body: "link alice@msn.local"}))
	if !strings.Contains(again, code) {
		t.Errorf("another code: %s", again)
	}
	equal(t, "notices", len(r.notices("!d:x")), 1)
}

func TestDeskTooFast(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	for range linesAtOnce {
		r.ask("!d:x", dora, "dance", "I do not know")
	}
	r.say("!d:x", dora, "dance")
	r.say("!d:x", dora, "dance")
	r.ask("!o:x", "@oscar:x", "help", "I understand") // another person
	eventually(t, "a warning", func() bool {
		all := r.notices("!d:x")
		return strings.Contains(all[len(all)-1], "Not so fast")
	})
	if n := len(r.notices("!d:x")); n > linesAtOnce+2 { // one more may be allowed meanwhile
		t.Errorf("%d answers", n)
	}
}

func TestDeskName(t *testing.T) {
	b := sqliteBase(t)
	r := newDesk(t, b)
	r.hs.wait(t, "PUT profile/"+theBot+"/displayname "+theBot+` {"displayname":"MSN"}`)
	book := must[*book](t)(r.book(t.Context()))
	eventually(t, "that is kept", func() bool {
		return len(must[[]string](t)(column(t.Context(), book.db, "SELECT value FROM facts WHERE name = $1", factName))) == 1
	})
	r.wire.stop()
	r.start()
	r.ask("!d:x", dora, "help", "I understand")
	equal(t, "names given", r.hs.count("PUT profile/"), 1)
}

func TestDeskStatus(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		r := newDesk(t, b)
		if err := r.house.Lend(t.Context(), "alice@msn.local", Network, 0); err != nil {
			t.Fatal(err)
		}
		must[bridge.LoginStatus](t)(r.house.WaitLogin(t.Context(), "alice@msn.local", Network))
		r.ask("!r:x", admin, "status", "msnbridge 1.2.3 for example.org", "Accounts: 3;", "with a ghost: 1, of which 1 are connected and 0 wait",
			"Linked accounts: 0", "Events in the log: ", "seconds ago", "asked for, as the homeserver pushes none", "Problems:")
		r.ask("!r:x", admin, "status alice@msn.local", "alice (alice@msn.local)", "matrix: a ghost, connected")
		r.ask("!r:x", admin, "status bob@msn.local", "bob (bob@msn.local)")
	})
}

func TestDeskStatusHidesAddresses(t *testing.T) {
	for _, s := range []bridge.LoginStatus{{Network: "matrix", Awaits: true, Reason: "open https://secret.example"}} {
		if got := aboutLogin(s); strings.Contains(got, "secret") || !strings.Contains(got, "waiting for its owner") {
			t.Error(got)
		}
	}
}

func TestDeskClosed(t *testing.T) {
	r := newDesk(t, sqliteBase(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := must[pushedEvent](t)(parseEvent(entry{id: "$x", room: "!d:x", raw: []byte(eventOf("!d:x", "$x", dora, "m.room.message", string(asText("help"))))}))
	if err := r.control.event(ctx, e); err == nil {
		t.Error("a command that was cut off counts as carried out")
	}
}
