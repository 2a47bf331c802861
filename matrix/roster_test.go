package matrix

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"msnbridge/bridge"
)

func stateType(kind string) event.Type { return event.Type{Type: kind, Class: event.StateEventType} }

// change is a member event with what was before.
func changeOf(who, by, now, before string) string {
	e := state(typeMember, by, who, now)
	return strings.TrimSuffix(e, "}") + `,"unsigned":{"prev_content":` + before + `}}`
}

func names(r bridge.RosterChanged) string {
	var who []string
	for _, c := range r.Joined {
		who = append(who, c.Addr.ID+" "+c.Name)
	}
	slices.Sort(who)
	return strings.Join(who, ", ")
}

// opened is a room with an open window, in which there are these people and we.
func opened(t *testing.T, most int, joined string, count int) (*script, *owner, *Conn) {
	s := newScript(t)
	s.on("GET /rooms/!a:x/joined_members", func(*http.Request) answer { return ok(`{"joined":{` + joined + `}}`) })
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(joins("@me:x", "Me"))+fmt.Sprintf(`,"summary":{"m.joined_member_count":%d,"m.invited_member_count":0}`, count))
	found(o, "!a:x")
	if err := c.Roster(t.Context(), addr("!a:x"), most); err != nil {
		t.Fatal(err)
	}
	return s, o, c
}

func TestRoster(t *testing.T) {
	s, o, _ := opened(t, 3, `"@me:x":{"display_name":"Me"},"@al:x":{"display_name":"Sam"},"@bob:x":{"display_name":"Sam"},"nonsense":{},"@odd:x":7`, 4)
	r := await(o, func(r bridge.RosterChanged) bool { return r.Whole })
	if got := names(r); got != "@al:x Sam (@al:x), @bob:x Sam (@bob:x), @odd:x @odd:x" {
		t.Errorf("whole: %s", got)
	}
	join, left := `{"membership":"join","displayname":"Eve"}`, `{"membership":"leave","reason":"bye\nbye"}`
	s.news <- roomAnswer("s3", "!a:x", timelineBody(
		changeOf("@odd:x", "@odd:x", left, `{"membership":"join","displayname":"Odd"}`),
		changeOf("@eve:x", "@eve:x", join, `{"membership":"leave"}`),
		changeOf("@bob:x", "@bob:x", `{"membership":"join","displayname":"Bob"}`, `{"membership":"join","displayname":"Sam"}`),
		changeOf("@eve:x", "@al:x", `{"membership":"ban","reason":"spam"}`, join)))
	if r := await[bridge.RosterChanged](o, nil); len(r.Left) != 1 || r.Left[0] != addr("@odd:x") {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"Odd has left: bye bye", "Sam is now known as Bob", "Eve was banned by Sam: spam"} {
		await(o, func(r bridge.Remark) bool { return r.Text == want })
	}
	await(o, func(r bridge.RosterChanged) bool { return names(r) == "@bob:x Bob" })
}

// In a large room nobody is shown but who speaks; when it has become small, all are.
func TestRosterLarge(t *testing.T) {
	s, o, c := opened(t, 2, `"@me:x":{},"@al:x":{"display_name":"Al"},"@bob:x":{"display_name":"Bob"}`, 5)
	if r := await[bridge.RosterChanged](o, nil); !r.Whole || len(r.Joined) > 0 {
		t.Errorf("%+v", r)
	}
	if len(s.asked("GET /rooms/!a:x/joined_members")) > 0 {
		t.Error("the members of a large room were asked for")
	}
	s.news <- roomAnswer("s3", "!a:x", stateBody(joins("@al:x", "Al"))+","+timelineBody(textFrom("$1", "@al:x", "hi")))
	awaitText(o, "hi")
	s.news <- roomAnswer("s4", "!a:x", timelineBody(
		changeOf("@x:x", "@x:x", `{"membership":"leave"}`, `{"membership":"join"}`),
		changeOf("@al:x", "@al:x", `{"membership":"leave"}`, `{"membership":"join"}`)))
	if r := await(o, func(r bridge.RosterChanged) bool { return r.Whole }); !strings.HasSuffix(names(r), "@bob:x Bob") {
		t.Errorf("%+v", r)
	}
	s.news <- roomAnswer("s45", "!a:x", timelineBody(textFrom("$3", "@bob:x", "we are few")))
	awaitText(o, "we are few")
	o.forget() // the one who has gone may have been told of before
	if err := c.Roster(t.Context(), addr("!a:x"), 0); err != nil {
		t.Fatal(err)
	}
	s.news <- roomAnswer("s5", "!a:x", timelineBody(changeOf("@bob:x", "@bob:x", `{"membership":"leave"}`, `{"membership":"join"}`), textFrom("$2", "@y:x", "quiet")))
	awaitText(o, "quiet")
	if r := have[bridge.RosterChanged](o); len(r) > 0 {
		t.Errorf("%+v", r)
	}
}

// What comes while the homeserver is asked who is there is in the answer.
func TestRosterMeanwhile(t *testing.T) {
	s := newScript(t)
	asked, release := make(chan bool), make(chan bool)
	s.on("GET /rooms/!a:x/joined_members", func(*http.Request) answer {
		asked <- true
		<-release
		return ok(`{"joined":{"@al:x":{"display_name":"Al"},"@bob:x":{"display_name":"Bob"}}}`)
	})
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(three()...))
	found(o, "!a:x")
	done := make(chan error, 1)
	go func() { done <- c.Roster(t.Context(), addr("!a:x"), 20) }()
	<-asked
	s.news <- roomAnswer("s3", "!a:x", timelineBody(
		changeOf("@eve:x", "@eve:x", `{"membership":"join","displayname":"Eve"}`, `{"membership":"leave"}`),
		changeOf("@bob:x", "@bob:x", `{"membership":"leave"}`, `{"membership":"join"}`),
		textFrom("$1", "@eve:x", "here")))
	awaitText(o, "here")
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all := have[bridge.RosterChanged](o)
	if len(all) != 1 || !all[0].Whole || names(all[0]) != "@al:x Al, @eve:x Eve" {
		t.Errorf("%+v", all)
	}
}

func TestRoomNews(t *testing.T) {
	s, o, _ := opened(t, 20, `"@al:x":{"display_name":"Al"},"@bob:x":{"display_name":"Bob"}`, 3)
	await[bridge.RosterChanged](o, nil)
	before := func(kind, content, prev string) string {
		return strings.TrimSuffix(state(kind, "@al:x", "", content), "}") + `,"unsigned":{"prev_content":` + prev + `}}`
	}
	s.news <- roomAnswer("s3", "!a:x", timelineBody(
		before(typeTopic, `{"topic":"one\r\ntwo"}`, `{}`), before(typeTopic, `{}`, `{"topic":"one"}`), before(typeTopic, `{}`, `{}`),
		before(typeName, `{"name":"N"}`, `{}`),
		before(typePower, `{"users":{"@bob:x":50,"@me:x":100},"events_default":10}`, `{"users":{"@al:x":100}}`),
		before(typePower, `{"users":{}}`, `{"users":{"@bob:x":50}}`),
		state(typeMember, "@al:x", "@new:x", `{"membership":"invite","displayname":"New"}`),
		state(typeMember, "@k:x", "@k:x", `{"membership":"knock","displayname":"K","reason":"please"}`),
		state(typeEncryption, "@al:x", "", `{}`)))
	for _, want := range []string{
		"Al has changed the topic to: one two", "Al has removed the topic", "Al has called the room: N",
		"Al has made @bob:x a moderator", "Al has made you an administrator", "Al has made Al an ordinary member",
		"only some can write in this room from now on", "Al has made Bob an ordinary member",
		"Al has invited New", "K asks to be let in: please", "Al has switched on encryption",
	} {
		want = strings.Replace(want, "@bob:x", "Bob", 1)
		await(o, func(r bridge.Remark) bool { return r.Chat == addr("!a:x") && r.Text == want })
	}
	if more := have[bridge.Remark](o); len(more) > 0 {
		t.Errorf("%+v", more)
	}
}
