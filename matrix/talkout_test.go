package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// roomSays is a message of ours into the room of aRoom.
func roomSays(text string) bridge.Message {
	m := outgoing("!a:x", text)
	m.Via = "!a:x"
	return m
}

func typedCommand(command, text string) bridge.Message {
	m := roomSays(text)
	m.Command = command
	return m
}

// numbered answers each message that is sent with an ID of its own: $s1, $s2, ...
func (s *script) numbered(room string) {
	var mu sync.Mutex
	n := 0
	s.on("PUT /rooms/"+room+"/send/", func(*http.Request) answer {
		mu.Lock()
		defer mu.Unlock()
		n++
		return ok(fmt.Sprintf(`{"event_id":"$s%d"}`, n))
	})
}

// sentLast is the content of the event that was sent last.
func (s *script) sentLast(room string) (in struct {
	content
	Formatted string          `json:"formatted_body"`
	Mentions  json.RawMessage `json:"m.mentions"`
}) {
	s.t.Helper()
	all := s.asked("PUT /rooms/" + room + "/send/")
	if len(all) == 0 {
		s.t.Fatal("nothing was sent")
	}
	if err := json.Unmarshal([]byte(all[len(all)-1]), &in); err != nil {
		s.t.Fatal(err)
	}
	return in
}

// remembered waits until an event that was handed over is remembered.
func remembered(t *testing.T, c *Conn, room, event string) {
	t.Helper()
	until(t, "what was handed over is remembered", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		r := c.rooms.rooms[room]
		if r == nil {
			return false
		}
		_, seen := r.seen(event)
		return seen
	})
}

func mustSend(t *testing.T, c *Conn, m bridge.Message) {
	t.Helper()
	if err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// isRefused checks that a message was refused, with a reason that has some words in it.
func isRefused(t *testing.T, err error, words string) {
	t.Helper()
	var failed *bridge.SendError
	if !errors.As(err, &failed) || failed.Unknown || !strings.Contains(failed.Reason, words) {
		t.Errorf("%v; want %q", err, words)
	}
}

func TestFormatsOut(t *testing.T) {
	s, _, c, _ := aRoom(t)
	m := roomSays("Bob: 1 < 2\nhttps://example.org/?a=1&b=2")
	m.Format = bridge.Format{Bold: true, Color: bridge.RGB(0xff0000)}
	mustSend(t, c, m)
	in := s.sentLast("!a:x")
	want := `<span data-mx-color="#ff0000"><font color="#ff0000"><strong><a href="https://matrix.to/#/@bob:x">Bob</a>: 1 &lt; 2<br>https://example.org/?a=1&amp;b=2</strong></font></span>`
	if in.Body != m.Text || in.Format != formatHTML || in.Formatted != want || string(in.Mentions) != `{"user_ids":["@bob:x"]}` || in.Key != m.ID {
		t.Errorf("%+v", in)
	}
	mustSend(t, c, roomSays("no names"))
	if in := s.sentLast("!a:x"); in.Format != "" || string(in.Mentions) != "{}" {
		t.Errorf("%+v", in)
	}
	mustSend(t, c, bobSays("Bob: hi"))
	if in := s.sentLast("!r:x"); string(in.Mentions) != "{}" {
		t.Errorf("%+v", in)
	}
}

func TestFixSent(t *testing.T) {
	s, _, c, say := aRoom(t)
	s.numbered("!a:x")
	s.on("GET /rooms/!a:x/messages", func(*http.Request) answer { return ok(`{"chunk":[]}`) })
	isRefused(t, c.Send(t.Context(), roomSays("s/a/b/")), "no message of yours")
	if n := len(s.asked("PUT /rooms/!a:x/send/")); n != 0 {
		t.Fatalf("%d sent", n)
	}
	mustSend(t, c, roomSays("helo Bob"))
	isRefused(t, c.Send(t.Context(), roomSays("s/xyz/b/")), "does not contain \u201cxyz\u201d")
	isRefused(t, c.Send(t.Context(), roomSays("s/helo bob//i")), "nothing would be left")
	isRefused(t, c.Send(t.Context(), roomSays("s/helo/helo/")), "change nothing")
	mustSend(t, c, roomSays("s/lo/llo/"))
	in := s.sentLast("!a:x")
	var now content
	if err := json.Unmarshal(in.New, &now); err != nil {
		t.Fatal(err)
	}
	if in.Body != "* hello Bob" || in.RelatesTo.Type != relReplace || in.RelatesTo.EventID != "$s1" ||
		now.Body != "hello Bob" || now.MsgType != "m.text" || !strings.Contains(string(in.New), `"user_ids":["@bob:x"]`) || string(in.Mentions) != "{}" {
		t.Errorf("%+v; %s", in, in.New)
	}
	// It is the corrected message that is corrected next, though its echo comes late.
	say(strings.Replace(messageFrom("$s1", "@me:x", `"body":"helo Bob"`), `"content"`, `"unsigned":{"transaction_id":"t"},"content"`, 1))
	mustSend(t, c, roomSays("s/hello/bye/"))
	if in := s.sentLast("!a:x"); in.Body != "* bye Bob" || in.RelatesTo.EventID != "$s1" {
		t.Errorf("%+v", in)
	}
	wave := roomSays("waves")
	wave.Emote = true
	mustSend(t, c, wave)
	mustSend(t, c, roomSays("s/waves/leaves/"))
	if in := s.sentLast("!a:x"); in.MsgType != "m.emote" || in.RelatesTo.EventID != "$s4" {
		t.Errorf("%+v", in)
	}
	for _, text := range []string{"s/he", " s/a/b/", "s/a/b/ is how to correct"} {
		mustSend(t, c, roomSays(text))
		if in := s.sentLast("!a:x"); in.Body != text || in.RelatesTo.Type != "" {
			t.Errorf("%+v", in)
		}
	}
}

// A guest speaks in the user's name: those words are neither corrected nor taken back by the user, and
// the guest corrects nothing of the user's.
func TestFixAndGuests(t *testing.T) {
	s, _, c, _ := aRoom(t)
	s.numbered("!a:x")
	mustSend(t, c, roomSays("helo all"))
	guest := roomSays("Ann: helo to you")
	guest.Name = "Ann"
	mustSend(t, c, guest)
	if in := s.sentLast("!a:x"); !in.Guest || in.Body != guest.Text {
		t.Errorf("%+v", in)
	}
	hostile := roomSays("s/helo/: bad/")
	hostile.Name = "s/helo/"
	mustSend(t, c, hostile)
	if in := s.sentLast("!a:x"); in.RelatesTo.Type != "" || in.Body != hostile.Text {
		t.Errorf("%+v", in)
	}
	corrected := func() {
		t.Helper()
		mustSend(t, c, roomSays("s/helo/hello/"))
		if in := s.sentLast("!a:x"); in.RelatesTo.EventID != "$s1" || in.Body != "* hello all" {
			t.Errorf("%+v", in)
		}
	}
	corrected()
	s.hangUp(c)
	sent := s.asked("PUT /rooms/!a:x/send/")
	s.on("GET /rooms/!a:x/messages", func(*http.Request) answer {
		return ok(`{"chunk":[` + eventFrom("$s2", "@me:x", typeMessage, sent[1]) + `,` + eventFrom("$s1", "@me:x", typeMessage, sent[0]) + `]}`)
	})
	c = s.owner().connect()
	corrected()
}

// After a restart the last message is looked for in the room, as it was corrected last.
func TestFixLookedUp(t *testing.T) {
	s, _, c, _ := aRoom(t)
	keyed := func(id, key, content string) string {
		return messageFrom(id, "@me:x", fmt.Sprintf(`"org.msnbridge.key":%q,%s`, key, content))
	}
	s.on("GET /rooms/!a:x/messages", func(r *http.Request) answer {
		return ok(`{"chunk":[` + strings.Join([]string{
			messageFrom("$6", "@me:x", `"body":"from my phone"`),
			keyed("$5", "k5", `"body":"* the end","m.new_content":{"msgtype":"m.text","body":"the end"},"m.relates_to":{"rel_type":"m.replace","event_id":"$3"}`),
			keyed("$4", "k4", `"body":"* an end","m.new_content":{"msgtype":"m.text","body":"an end"},"m.relates_to":{"rel_type":"m.replace","event_id":"$3"}`),
			keyed("$3", "k3", `"body":"no end"`),
			keyed("$2", "k2", `"body":"before"`),
		}, ",") + `]}`)
	})
	mustSend(t, c, roomSays("s/the/my/"))
	if in := s.sentLast("!a:x"); in.Body != "* my end" || in.RelatesTo.EventID != "$3" {
		t.Errorf("%+v", in)
	}
	// One that was under way when the process ended, and has arrived.
	before := len(s.asked("PUT /rooms/!a:x/send/"))
	again := roomSays("s/no/an/")
	again.ID, again.Retry = "k4", true
	mustSend(t, c, again)
	if n := len(s.asked("PUT /rooms/!a:x/send/")); n != before {
		t.Error("a correction was sent twice")
	}
	again.ID, again.Text = "k9", "s/my/your/"
	mustSend(t, c, again)
	if in := s.sentLast("!a:x"); in.Body != "* your end" || in.RelatesTo.EventID != "$3" {
		t.Errorf("%+v", in)
	}
}

func TestSlashTalk(t *testing.T) {
	s, o, c, say := aRoom(t)
	s.numbered("!a:x")
	s.on("GET /rooms/!a:x/messages", func(*http.Request) answer { return ok(`{"chunk":[]}`) })
	isRefused(t, c.Send(t.Context(), typedCommand("reply", "x")), "nobody else")
	isRefused(t, c.Send(t.Context(), typedCommand("redact", "x")), "no message of yours")
	say(textFrom("$1", "@bob:x", "first words"), textFrom("$2", "@me:x", "mine"))
	awaitText(o, "mine")
	remembered(t, c, "!a:x", "$2")
	mustSend(t, c, typedCommand("reply", "s/a/b/"))
	if in := s.sentLast("!a:x"); in.Body != "s/a/b/" || in.RelatesTo.ReplyTo.EventID != "$1" || string(in.Mentions) != `{"user_ids":["@bob:x"]}` {
		t.Errorf("%+v", in)
	}
	remark(o, func(s string) bool { return strings.Contains(s, "Bob: \u201cfirst words\u201d") })
	if in := s.sentLast("!a:x"); in.RelatesTo.Type != "" {
		t.Errorf("%+v", in.RelatesTo)
	}
	mustSend(t, c, typedCommand("react", "👍"))
	if in := s.sentLast("!a:x"); in.RelatesTo.Type != relAnnotation || in.RelatesTo.EventID != "$1" || in.RelatesTo.Key != "👍" {
		t.Errorf("%+v", in)
	}
	remark(o, func(s string) bool { return strings.Contains(s, "👍") })
	mustSend(t, c, typedCommand("nudge", ""))
	if in := s.sentLast("!a:x"); in.MsgType != "m.emote" || in.Body != "sends a nudge" {
		t.Errorf("%+v", in)
	}
	mustSend(t, c, roomSays("to be taken back"))
	for range 2 { // the second takes back the message before
		mustSend(t, c, typedCommand("redact", "typing error"))
	}
	if all := s.asked("PUT /rooms/!a:x/redact/$s4/"); len(all) != 1 || all[0] != `{"reason":"typing error"}` {
		t.Errorf("%q", all)
	}
	if all := s.asked("PUT /rooms/!a:x/redact/$s3/"); len(all) != 1 {
		t.Errorf("%q", all)
	}
	mustSend(t, c, typedCommand("msg", "Bob hello there"))
	if m := awaitText(o, "hello there"); !m.Own || m.Chat != addr("@bob:x") {
		t.Errorf("%+v", m)
	}
	isRefused(t, c.Send(t.Context(), typedCommand("msg", "Nobody hello")), "nobody here is called")
	isRefused(t, c.Send(t.Context(), typedCommand("react", "")), "usage: /react EMOJI")
	isRefused(t, c.Send(t.Context(), typedCommand("frobnicate", "")), "there is no command /frobnicate")
	isRefused(t, c.Send(t.Context(), typedCommand("topic", "a\x07b")), "control codes")
	mustSend(t, c, typedCommand("help", ""))
	remark(o, func(s string) bool { return strings.Contains(s, "/kick USER [REASON]") })
	mustSend(t, c, typedCommand("help", "topic"))
	remark(o, func(s string) bool { return strings.HasPrefix(s, "/topic [TEXT]: ") })
}

// An answer stays in the thread of what it answers, also if that has to be looked up.
func TestReplyInThread(t *testing.T) {
	s, o, c, say := aRoom(t)
	inThread := messageFrom("$2", "@bob:x", `"body":"in a thread","m.relates_to":{"rel_type":"m.thread","event_id":"$1","is_falling_back":true,"m.in_reply_to":{"event_id":"$1"}}`)
	answered := func() {
		t.Helper()
		mustSend(t, c, typedCommand("reply", "so am I"))
		if rel := s.sentLast("!a:x").RelatesTo; rel.Type != relThread || rel.EventID != "$1" || rel.ReplyTo.EventID != "$2" || rel.Fallback {
			t.Errorf("%+v", rel)
		}
	}
	say(textFrom("$1", "@bob:x", "first words"), inThread)
	awaitText(o, "[thread: first words] in a thread")
	remembered(t, c, "!a:x", "$2")
	answered()
	s.hangUp(c)
	s.on("GET /rooms/!a:x/messages", func(*http.Request) answer { return ok(`{"chunk":[` + inThread + `]}`) })
	c = o.connect()
	answered()
}

func TestSlashRoom(t *testing.T) {
	s, o, c, _ := aRoom(t)
	s.on("POST /rooms/!a:x/ban", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	s.on("POST /rooms/!a:x/kick", func(*http.Request) answer { return ok(`{}`) })
	s.on("GET /rooms/!a:x/state/m.room.topic", func(*http.Request) answer { return ok(`{"topic":"All about\n\u0007it"}`) })
	s.on("GET /rooms/!a:x/joined_members", func(*http.Request) answer {
		return ok(`{"joined":{"@bob:x":{"display_name":"Bob"},"@carol:x":{"display_name":"\u202e"},"nonsense":{},"@me:x":{"display_name":"Me"}}}`)
	})
	s.on("GET /rooms/!a:x/state/m.room.member/@me:x", func(*http.Request) answer {
		return ok(`{"membership":"join","displayname":"Me","avatar_url":"mxc://x/y"}`)
	})
	s.on("GET /profile/@bob:x", func(*http.Request) answer { return ok(`{"displayname":"Bob"}`) })
	s.on("GET /presence/@bob:x/status", func(*http.Request) answer { return ok(`{"presence":"online","status_msg":"here"}`) })
	for _, test := range []struct{ command, text, path, body string }{
		{"kick", "Bob go away", "POST /rooms/!a:x/kick", `{"reason":"go away","user_id":"@bob:x"}`},
		{"kick", `"carol" x`, "POST /rooms/!a:x/kick", `{"reason":"x","user_id":"@carol:x"}`},
		{"topic", "what it is about", "PUT /rooms/!a:x/state/m.room.topic/", `{"topic":"what it is about"}`},
		{"topic", "-", "PUT /rooms/!a:x/state/m.room.topic/", `{"topic":""}`},
		{"name", "Pub", "PUT /rooms/!a:x/state/m.room.name/", `{"name":"Pub"}`},
		{"nick", "New Me", "PUT /profile/@me:x/displayname", `{"displayname":"New Me"}`},
		{"roomnick", "Here Me", "PUT /rooms/!a:x/state/m.room.member/@me:x", `{"avatar_url":"mxc://x/y","displayname":"Here Me","membership":"join"}`},
	} {
		mustSend(t, c, typedCommand(test.command, test.text))
		all := s.asked(test.path)
		if len(all) == 0 || all[len(all)-1] != test.body {
			t.Errorf("/%s %s: %q", test.command, test.text, all)
		}
	}
	isRefused(t, c.Send(t.Context(), typedCommand("ban", "dave@x")), "does not allow that: no")
	for _, test := range []struct{ command, text, line string }{
		{"topic", "", "Topic: All about\nit"},
		{"name", "", "the room is called Club (!a:x)"},
		{"names", "", "3 in the room:"},
		{"names", "", "@carol:x, Bob, Me"},
		{"whois", "bob", "Bob is @bob:x, online: here"},
	} {
		mustSend(t, c, typedCommand(test.command, test.text))
		remark(o, func(s string) bool { return s == test.line })
	}
	direct := bobSays("x")
	direct.Command = "topic"
	isRefused(t, c.Send(t.Context(), direct), "belongs to a room")
	direct.Command, direct.Text = "whois", ""
	mustSend(t, c, direct)
	await(o, func(e bridge.Remark) bool { return e.Chat == addr("@bob:x") && e.Text == "Bob is @bob:x, online: here" })
}

func TestMarkRead(t *testing.T) {
	s, o, c, say := aRoom(t)
	release := make(chan struct{})
	s.on("POST /rooms/!a:x/read_markers", func(*http.Request) answer { <-release; return ok(`{}`) })
	shown := func(id string) bridge.Message {
		return bridge.Message{ID: id, Chat: addr("!a:x"), Via: "!a:x", Time: time.Now()}
	}
	say(textFrom("$1", "@bob:x", "one"), textFrom("$2", "@bob:x", "two"), textFrom("$3", "@bob:x", "three"), textFrom("$4", "@bob:x", "four"))
	awaitText(o, "four")
	remembered(t, c, "!a:x", "$4")
	asked := func() []string { return s.asked("POST /rooms/!a:x/read_markers") }
	mark := func(m bridge.Message) {
		if err := c.MarkRead(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	mark(shown("$1"))
	until(t, "the first receipt", func() bool { return len(asked()) == 1 })
	mark(shown("$2"))
	mark(shown("$4"))
	mark(shown("$3")) // not back
	mark(shown("before $5"))
	elsewhere := shown("$6")
	elsewhere.Chat = addr("@bob:x")
	mark(elsewhere)
	elsewhere.Chat, elsewhere.Via = addr("!a:x"), "!r:x"
	mark(elsewhere)
	close(release)
	until(t, "the last receipt", func() bool { return len(asked()) == 2 })
	if all := asked(); all[0] != `{"m.fully_read":"$1","m.read":"$1"}` || all[1] != `{"m.fully_read":"$4","m.read":"$4"}` {
		t.Errorf("%q", all)
	}
	if n := len(s.asked("POST /rooms/!r:x/read_markers")); n != 0 {
		t.Errorf("%d of another room", n)
	}

	// Our own receipt that comes back drops nothing; another client's does.
	receiptAnswer := func(event string) string {
		return fmt.Sprintf(`"ephemeral":{"events":[{"type":"m.receipt","content":{%q:{"m.read":{"@me:x":{"ts":1}}}}}]},%s`, event, timelineBody(textFrom("$after"+event[1:], "@bob:x", "after "+event)))
	}
	s.news <- roomAnswer("r1", "!a:x", receiptAnswer("$4"))
	awaitText(o, "after $4")
	s.news <- roomAnswer("r2", "!a:x", receiptAnswer("$after4"))
	if e := await[bridge.ReadElsewhere](o, nil); e.ID != "$after4" {
		t.Errorf("%+v", e)
	}

	// Hidden, nobody else is told.
	if err := c.SetPresence(t.Context(), bridge.Presence{State: bridge.Hidden}); err != nil {
		t.Fatal(err)
	}
	mark(shown("$after4"))
	until(t, "the private receipt", func() bool { return len(asked()) == 3 })
	if all := asked(); all[2] != `{"m.fully_read":"$after4","m.read.private":"$after4"}` {
		t.Errorf("%q", all)
	}
}

// A receipt waits as long as the homeserver wants, and one that fails is not tried for ever.
func TestMarkReadFails(t *testing.T) {
	s, o, c, say := aRoom(t)
	var mu sync.Mutex
	answers := []answer{
		{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":10}`}, fail(502, "M_UNKNOWN"), ok(`{}`),
		fail(502, "M_UNKNOWN"), fail(502, "M_UNKNOWN"), fail(502, "M_UNKNOWN"), fail(403, "M_FORBIDDEN"),
	}
	s.on("POST /rooms/!a:x/read_markers", func(*http.Request) answer {
		mu.Lock()
		defer mu.Unlock()
		a := answers[0]
		answers = answers[1:]
		return a
	})
	left := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(answers)
	}
	say(textFrom("$1", "@bob:x", "one"), textFrom("$2", "@bob:x", "two"), textFrom("$3", "@bob:x", "three"))
	awaitText(o, "three")
	remembered(t, c, "!a:x", "$3")
	for i, want := range []int{4, 1, 0} {
		m := bridge.Message{ID: fmt.Sprint("$", i+1), Chat: addr("!a:x"), Via: "!a:x", Time: time.Now()}
		if err := c.MarkRead(t.Context(), m); err != nil {
			t.Error(err)
		}
		until(t, "the receipt", func() bool { return left() == want })
		until(t, "rest", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return !c.readings["!a:x"].busy
		})
	}
}
