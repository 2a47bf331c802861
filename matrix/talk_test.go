package matrix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// eventFrom is an event as JSON.
func eventFrom(id, sender, kind, content string) string {
	return fmt.Sprintf(`{"type":%q,"event_id":%q,"sender":%q,"origin_server_ts":%d,"content":%s}`,
		kind, id, sender, time.Now().UnixMilli(), content)
}

func messageFrom(id, sender, content string) string {
	return eventFrom(id, sender, typeMessage, `{"msgtype":"m.text",`+content+`}`)
}

// quoteJSON is a string as JSON.
func quoteJSON(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(raw)
}

func correctionFrom(id, sender, of, text string) string {
	return messageFrom(id, sender, fmt.Sprintf(`"body":%s,"m.new_content":{"msgtype":"m.text","body":%s},"m.relates_to":{"rel_type":"m.replace","event_id":%q}`,
		quoteJSON("* "+text), quoteJSON(text), of))
}

func reactionFrom(id, sender, to, key string) string {
	return eventFrom(id, sender, typeReaction, fmt.Sprintf(`{"m.relates_to":{"rel_type":"m.annotation","event_id":%q,"key":%s}}`, to, quoteJSON(key)))
}

func redactionFrom(id, sender, of string) string {
	return strings.Replace(eventFrom(id, sender, typeRedaction, fmt.Sprintf(`{"redacts":%q}`, of)), "{", fmt.Sprintf(`{"redacts":%q,`, of), 1)
}

// aRoom is a scripted homeserver with the room !a:x of Bob, Carol, Dave and us besides the direct
// chat with Bob.
func aRoom(t *testing.T) (s *script, o *owner, c *Conn, say func(events ...string)) {
	s = newScript(t)
	o = s.owner()
	o.times.Fold = 200 * time.Millisecond
	s.initial = strings.Replace(s.initial, `"!r:x":{`, `"!a:x":{"summary":{"m.joined_member_count":4,"m.invited_member_count":0},`+
		stateBody(state(typeName, "@bob:x", "", `{"name":"Club"}`), joins("@me:x", "Me"), joins("@bob:x", "Bob"), joins("@carol:x", "Carol"), joins("@dave:x", "Dave"))+
		`},"!r:x":{`, 1)
	c = o.connect()
	n := 1
	say = func(events ...string) {
		n++
		s.news <- roomAnswer(fmt.Sprint("s", n), "!a:x", timelineBody(events...))
	}
	return s, o, c, say
}

// remark waits for a line about a conversation.
func remark(o *owner, ok func(string) bool) string {
	o.t.Helper()
	return await(o, func(e bridge.Remark) bool { return ok(e.Text) }).Text
}

func TestCorrections(t *testing.T) {
	_, o, _, say := aRoom(t)
	long := strings.Repeat("many words ", 20) + "to reed today"
	say(textFrom("$1", "@bob:x", "helo"), textFrom("$2", "@bob:x", long))
	awaitText(o, "helo")
	for i, test := range []struct {
		event          string
		old, new, line string // no old: nothing happens
	}{
		{correctionFrom("$e1", "@bob:x", "$1", "hello"), "$1", "hello", "* hello"},
		{correctionFrom("$e2", "@bob:x", "$2", strings.Replace(long, "reed", "read", 1)), "$2", strings.Replace(long, "reed", "read", 1), "* ... to read today"},
		{correctionFrom("$e3", "@bob:x", "$1", "hello"), "$1", "hello", ""},
		{correctionFrom("$e4", "@bob:x", "$e1", "hello you"), "$1", "hello you", "* hello you"},
		{correctionFrom("$e5", "@carol:x", "$1", "forged"), "", "", ""},
		{correctionFrom("$e6", "@carol:x", "$e1", "forged"), "", "", ""},
		{correctionFrom("$e7", "@bob:x", "$nowhere", "new"), "$nowhere", "new", "* new"},
		{correctionFrom("$e8", "@bob:x", "$1", ""), "", "", ""},
		{eventFrom("$e9", "@bob:x", typeMessage, `{"msgtype":"m.emote","body":"* x","m.new_content":{"msgtype":"m.emote","body":"waves"},"m.relates_to":{"rel_type":"m.replace","event_id":"$1"}}`),
			"$1", "waves", "waves (corrected)"},
	} {
		o.forget()
		say(test.event, textFrom(fmt.Sprint("$after", i), "@bob:x", "that was it"))
		awaitText(o, "that was it")
		all := have[bridge.MessageReplaced](o)
		if test.old == "" {
			if len(all) != 0 || len(have[bridge.MessageReceived](o)) != 0 {
				t.Errorf("%s: %+v", test.event, all)
			}
			continue
		}
		if len(all) != 1 || all[0].ID != test.old || all[0].Chat.ID != "!a:x" || all[0].New == nil || all[0].New.Text != test.new || all[0].New.ID != test.old {
			t.Errorf("%s: %+v", test.event, all)
			continue
		}
		line, _ := all[0].Else.(bridge.MessageReceived)
		if line.Message.Text != test.line || test.line != "" && (line.Message.ID == "" || line.Message.ID == test.old) {
			t.Errorf("%s: %+v", test.event, all[0].Else)
		}
	}
}

// What only looks like a correction is a message.
func TestNoCorrections(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(messageFrom("$1", "@bob:x", `"body":"one","m.new_content":{"msgtype":"m.text","body":"forged"}`),
		messageFrom("$2", "@bob:x", `"body":"two","m.relates_to":{"rel_type":"m.replace","event_id":"$1"}`),
		messageFrom("$3", "@bob:x", `"body":"three","m.new_content":7,"m.relates_to":{"rel_type":"m.replace","event_id":"$1"}`),
		messageFrom("$4", "@bob:x", `"body":"four","m.new_content":{},"m.relates_to":{"rel_type":["m.replace"],"event_id":"$1"}`),
		messageFrom("$5", "@bob:x", `"body":"five","m.new_content":{"msgtype":"m.text","body":"x"},"m.relates_to":{"rel_type":"m.replace","event_id":"1\n"}`),
		messageFrom("$6", "@bob:x", `"body":"six","m.relates_to":`+strings.Repeat(`{"m.relates_to":`, 2000)+"1"+strings.Repeat("}", 2000)))
	for _, text := range []string{"one", "two", "three", "four", "five", "six"} {
		awaitText(o, text)
	}
}

func TestOwnCorrections(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(textFrom("$1", "@me:x", "helo"), correctionFrom("$2", "@me:x", "$1", "hello"))
	if m := awaitText(o, "* hello"); !m.Own || m.ID != "$2" {
		t.Errorf("%+v", m)
	}
	if all := have[bridge.MessageReplaced](o); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestRedactions(t *testing.T) {
	s, o, _, say := aRoom(t)
	s.on("GET /rooms/!a:x/event/", func(r *http.Request) answer {
		if strings.HasSuffix(r.URL.Path, "/$gone") || strings.HasSuffix(r.URL.Path, "/$only") {
			id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '$'):]
			return ok(eventFrom(id, "@carol:x", typeMessage, `{}`))
		}
		if strings.HasSuffix(r.URL.Path, "/$like") {
			return ok(eventFrom("$like", "@carol:x", typeReaction, `{}`))
		}
		return ok(textFrom("$1", "@bob:x", "still here"))
	})
	say(textFrom("$1", "@bob:x", "first words"), textFrom("$mine", "@me:x", "my words"), textFrom("$only", "@carol:x", "only words"))
	awaitText(o, "only words")
	for i, test := range []struct{ event, target, line string }{
		{strings.Replace(redactionFrom("$r0", "@carol:x", "$1"), `"redacts":"$1",`, "", 1), "", ""}, // made up: the homeserver still has it
		{redactionFrom("$r1", "@bob:x", "$1"), "$1", "(Bob has taken back a message: \u201cfirst words\u201d)"},
		{redactionFrom("$r2", "@bob:x", "$1"), "$1", ""},
		{redactionFrom("$r3", "@dave:x", "$mine"), "$mine", "(Dave has removed a message of yours: \u201cmy words\u201d)"},
		{redactionFrom("$r4", "@dave:x", "$gone"), "$gone", "(Dave has removed a message of Carol)"},
		{redactionFrom("$r5", "@carol:x", "$like"), "$like", ""},
		{strings.Replace(redactionFrom("$r6", "@carol:x", "$only"), `"redacts":"$only",`, "", 1), "$only", "(Carol has taken back a message: \u201conly words\u201d)"},
		{eventFrom("$r7", "@carol:x", typeRedaction, `{"redacts":7}`), "", ""},
	} {
		o.forget()
		say(test.event, textFrom(fmt.Sprint("$after", i), "@bob:x", "that was it"))
		awaitText(o, "that was it")
		all := have[bridge.MessageReplaced](o)
		if test.target == "" {
			if len(all) != 0 {
				t.Errorf("%s: %+v", test.event, all)
			}
			continue
		}
		if len(all) != 1 || all[0].ID != test.target || all[0].New != nil {
			t.Errorf("%s: %+v", test.event, all)
			continue
		}
		if line, _ := all[0].Else.(bridge.Remark); line.Text != test.line {
			t.Errorf("%s: %+v", test.event, all[0].Else)
		}
	}
}

func TestReactions(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(textFrom("$1", "@bob:x", "first words"), textFrom("$2", "@bob:x", "second"))
	awaitText(o, "second")
	say(reactionFrom("$x1", "@bob:x", "$1", "👍"), reactionFrom("$x2", "@carol:x", "$1", "👍"), reactionFrom("$x3", "@dave:x", "$1", "👍"),
		reactionFrom("$x4", "@dave:x", "$1", "no\u202e"), redactionFrom("$r1", "@dave:x", "$x4"), reactionFrom("$x5", "@me:x", "$1", "🎉"),
		eventFrom("$x6", "@carol:x", typeReaction, `{"shortcode":":party:","m.relates_to":{"rel_type":"m.annotation","event_id":"$2","key":"mxc://x/y"}}`),
		reactionFrom("$x7", "@carol:x", "$nowhere", "👍"), reactionFrom("$x8", "@carol:x", "$x1", "👍"), reactionFrom("$x9", "@carol:x", "not an event", "👍"))
	remark(o, func(s string) bool { return s == "(Bob, Carol and Dave: 👍 to \u201cfirst words\u201d)" })
	remark(o, func(s string) bool { return s == "(Carol: :party: to \u201csecond\u201d)" })
	say(reactionFrom("$y1", "@bob:x", "$1", "👎"), redactionFrom("$r2", "@bob:x", "$1"))
	say(reactionFrom("$y2", "@bob:x", "$2", "😀"))
	remark(o, func(s string) bool { return s == "(Bob: 😀 to \u201csecond\u201d)" })
	if more := have[bridge.Remark](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
}

func TestReplies(t *testing.T) {
	s, o, _, say := aRoom(t)
	s.on("GET /rooms/!a:x/event/", func(r *http.Request) answer {
		switch id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '$'):]; id {
		case "$old":
			return ok(textFrom("$old", "@dave:x", "long ago\n\tsaid"))
		case "$elsewhere":
			return ok(strings.Replace(textFrom("$elsewhere", "@dave:x", "secret"), "{", `{"room_id":"!r:x",`, 1))
		case "$sealed":
			return ok(eventFrom(id, "@dave:x", typeEncrypted, `{"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"x"}`))
		case "$busy", "$busier":
			return fail(500, "M_UNKNOWN")
		}
		return fail(404, "M_NOT_FOUND")
	})
	reply := func(to, body string) string {
		return fmt.Sprintf(`"body":%s,"m.relates_to":{"m.in_reply_to":{"event_id":%q}}`, quoteJSON(body), to)
	}
	thread := func(root, to string, fallback bool) string {
		return fmt.Sprintf(`"body":"text","m.relates_to":{"rel_type":"m.thread","event_id":%q,"is_falling_back":%v,"m.in_reply_to":{"event_id":%q}}`, root, fallback, to)
	}
	say(textFrom("$1", "@bob:x", "first words"), textFrom("$mine", "@me:x", "my words"), textFrom("$long", "@bob:x", strings.Repeat("word ", 50)))
	awaitText(o, "first words")
	for i, test := range []struct{ content, want string }{
		{reply("$1", "yes"), "> Bob: first words\nyes"},
		{reply("$1", "> <@eve:x> forged\n\nyes"), "> Bob: first words\nyes"},
		{reply("$mine", "yes"), "> You: my words\nyes"},
		{reply("$long", "yes"), "> Bob: " + strings.TrimSpace(strings.Repeat("word ", 12)) + "...\nyes"},
		{reply("$old", "yes"), "> Dave: long ago said\nyes"},
		{reply("$elsewhere", "yes"), "yes"},
		{reply("$unknown", "> <@dave:x> forged\n\nyes"), "yes"},
		{reply("$sealed", "> <@dave:x> not for all\n\nyes"), "> Dave: not for all\nyes"},
		{reply("$sealed", "> <@bob:x> forged\n\nyes"), "> Dave: ...\nyes"},
		{reply("$busy", "> <@dave:x> said\n\nyes"), "> Dave: said\nyes"},
		{reply("$busier", "> <@eve:x> forged\n\nyes"), "yes"},
		{reply("$1", ""), ""},
		{thread("$1", "$mine", true), "[thread: first words] text"},
		{thread("$1", "$mine", false), "[thread: first words] > You: my words\ntext"},
		{thread("$unknown", "$1", true), "[thread] text"},
	} {
		o.forget()
		say(messageFrom(fmt.Sprint("$t", i), "@carol:x", test.content), textFrom(fmt.Sprint("$after", i), "@bob:x", "that was it"))
		awaitText(o, "that was it")
		got := ""
		for _, e := range have[bridge.MessageReceived](o) {
			got += e.Message.Text
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.content, got, test.want)
		}
	}
	say(eventFrom("$em", "@carol:x", typeMessage, `{"msgtype":"m.emote","body":"nods","m.relates_to":{"m.in_reply_to":{"event_id":"$1"}}}`))
	if m := awaitText(o, "nods (Bob: first words)"); !m.Emote {
		t.Errorf("%+v", m)
	}
	// A correction of an answer is shown in its place with what it answers to.
	say(correctionFrom("$e", "@carol:x", "$t0", "no"))
	if e := await[bridge.MessageReplaced](o, nil); e.New == nil || e.New.Text != "> Bob: first words\nno" {
		t.Errorf("%+v", e)
	}
}

// However many events refer to unknown ones, the homeserver is asked for a few.
func TestFewLookups(t *testing.T) {
	s, o, _, say := aRoom(t)
	var events []string
	for i := range 3 * maxLookups {
		events = append(events, messageFrom(fmt.Sprint("$", i), "@bob:x", fmt.Sprintf(`"body":"text %d","m.relates_to":{"m.in_reply_to":{"event_id":"$u%d"}}`, i, i)))
	}
	say(events...)
	awaitText(o, fmt.Sprint("text ", 3*maxLookups-1))
	if n := len(s.asked("GET /rooms/!a:x/event/")); n != maxLookups {
		t.Errorf("asked %d times", n)
	}
}

func TestWordyEvents(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(eventFrom("$p", "@bob:x", typeOldPoll, `{"org.matrix.msc3381.poll.start":{"question":{"org.matrix.msc1767.text":"What now?"},
			"answers":[{"id":"1","org.matrix.msc1767.text":"Tea"},{"id":"2","org.matrix.msc1767.text":"Coffee\n"}]},"org.matrix.msc1767.text":"x"}`),
		eventFrom("$v", "@carol:x", "org.matrix.msc3381.poll.response", `{"org.matrix.msc3381.poll.response":{"answers":["1"]}}`),
		eventFrom("$q", "@bob:x", typeOldEnd, `{"m.relates_to":{"rel_type":"m.reference","event_id":"$p"},"org.matrix.msc1767.text":"Tea has won"}`),
		eventFrom("$c", "@bob:x", typeCall, `{"call_id":"1","offer":{"sdp":"x"}}`))
	awaitText(o, "(poll) What now?\n1. Tea\n2. Coffee")
	awaitText(o, "(the poll \u201cWhat now?\u201d has ended: Tea has won)")
	awaitText(o, textCall)
}

// Events that make no sense stop nothing.
func TestHostileRelations(t *testing.T) {
	_, o, _, say := aRoom(t)
	say(textFrom("$1", "@bob:x", "first words"))
	awaitText(o, "first words")
	deep := strings.Repeat(`{"m.new_content":`, 3000) + "1" + strings.Repeat("}", 3000)
	var events []string
	for i, content := range []string{
		`[]`, `7`, `null`, `"x"`, `{"m.relates_to":7}`, `{"m.relates_to":{"rel_type":7,"event_id":["$1"],"key":{}}}`,
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"$1","key":""}}`,
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"$1","key":"\u0007\u202e"}}`,
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"$1\r\n","key":"x"}}`,
		`{"m.relates_to":{"rel_type":"m.annotation","event_id":"` + strings.Repeat("$", 5000) + `","key":"x"}}`,
		`{"m.relates_to":{"rel_type":"m.replace","event_id":"$1"},"m.new_content":` + deep + `}`,
		`{"msgtype":"m.text","body":"","m.relates_to":{"rel_type":"m.replace","event_id":"$1"},"m.new_content":{"msgtype":"m.text","body":"\u0000"}}`,
		`{"redacts":["$1"]}`, `{"redacts":"$1\u0000"}`, `{"m.relates_to":{"m.in_reply_to":"$1"}}`,
		`{"m.relates_to":{"rel_type":"m.thread","event_id":"$1","m.in_reply_to":{"event_id":7}}}`,
	} {
		for k, kind := range []string{typeMessage, typeSticker, typeReaction, typeRedaction, typePoll, typeOldPoll, typePollEnd, typeCall} {
			if kind != typeSticker && kind != typePollEnd && kind != typeCall {
				events = append(events, eventFrom(fmt.Sprintf("$h%d-%d", i, k), "@bob:x", kind, content))
			}
		}
	}
	o.forget()
	say(append(events, textFrom("$end", "@bob:x", "that was it"))...)
	awaitText(o, "that was it")
	if more := have[bridge.MessageReceived](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
	if more := have[bridge.MessageReplaced](o); len(more) != 0 {
		t.Errorf("%+v", more)
	}
}

// The mention of a correction is that of the text it makes; a program may mention the user too.
func TestMentionsInTalk(t *testing.T) {
	_, o, _, say := aRoom(t)
	me := `"m.mentions":{"user_ids":["@me:x"]}`
	say(textFrom("$1", "@bob:x", "nothing"),
		messageFrom("$2", "@bob:x", `"body":"* you","m.mentions":{},"m.new_content":{"msgtype":"m.text","body":"you",`+me+`},"m.relates_to":{"rel_type":"m.replace","event_id":"$1"}`),
		eventFrom("$3", "@bob:x", typeMessage, `{"msgtype":"m.notice","body":"for you",`+me+`}`),
		eventFrom("$4", "@bob:x", typeMessage, `{"msgtype":"m.notice","body":"Me is my name"}`))
	e := await[bridge.MessageReplaced](o, nil)
	if line, _ := e.Else.(bridge.MessageReceived); e.New == nil || !e.New.Mention || line.Message.Mention {
		t.Errorf("%+v", e)
	}
	if !awaitText(o, "for you").Mention || awaitText(o, "Me is my name").Mention {
		t.Error("mentions of notices")
	}
}

// Who is blocked is not spoken of.
func TestBlockedTalk(t *testing.T) {
	_, o, c, say := aRoom(t)
	if err := c.Block(t.Context(), []bridge.Addr{addr("@bob:x")}); err != nil {
		t.Log(err) // the homeserver has no list
	}
	say(textFrom("$1", "@bob:x", "first words"), textFrom("$2", "@carol:x", "second"), reactionFrom("$x1", "@bob:x", "$2", "👍"),
		redactionFrom("$r1", "@bob:x", "$1"), messageFrom("$3", "@carol:x", `"body":"yes","m.relates_to":{"m.in_reply_to":{"event_id":"$1"}}`),
		reactionFrom("$x2", "@dave:x", "$2", "🎉"))
	awaitText(o, "yes")
	if e := await[bridge.MessageReplaced](o, nil); e.Else != nil {
		t.Errorf("%+v", e)
	}
	remark(o, func(s string) bool { return s == "(Dave: 🎉 to \u201csecond\u201d)" })
}
