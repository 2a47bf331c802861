package matrix

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"msnbridge/matrix/appservice"
)

// bareFeed is the feed of alice's ghost, who is in !r:x.
func bareFeed() *ghostFeed {
	return &ghostFeed{
		Conn:     &Conn{me: aliceGhost, log: slog.New(slog.DiscardHandler)},
		followed: map[string]bool{"!r:x": true}, inside: map[string]bool{"!r:x": true}, early: map[string]bool{},
	}
}

// What an answer to /sync could tell at once is one part; where the ghost comes or goes another
// begins.
func TestGhostParts(t *testing.T) {
	me := func(n, membership string) string { return memberEvent("$me"+n, "@bob:x", aliceGhost, membership, "") }
	say := func(n string) string { return textEvent("$"+n, n) }
	for name, test := range map[string]struct {
		events []string
		want   string
	}{
		"talk":                      {[]string{in("!r:x", say("1")), in("!r:x", say("2"))}, "!r:x 1 2"},
		"elsewhere":                 {[]string{in("!q:x", say("1"))}, ""},
		"invited":                   {[]string{in("!q:x", me("1", "invite")), in("!q:x", say("1"))}, "!q:x invited"},
		"invited and not":           {[]string{in("!q:x", me("1", "invite")), in("!q:x", me("2", "leave"))}, "!q:x invited|!q:x left"},
		"came":                      {[]string{in("!q:x", say("0")), in("!q:x", me("1", "join")), in("!q:x", say("1"))}, "!q:x came me1 1"},
		"came, invited before":      {[]string{in("!q:x", me("1", "invite")), in("!q:x", me("2", "join"))}, "!q:x invited|!q:x came me2"},
		"came and went":             {[]string{in("!q:x", me("1", "join")), in("!q:x", say("1")), in("!q:x", me("2", "ban")), in("!q:x", say("2"))}, "!q:x came me1 1|!q:x left"},
		"went and came again":       {[]string{in("!r:x", say("1")), in("!r:x", me("1", "leave")), in("!r:x", me("2", "join")), in("!r:x", say("2"))}, "!r:x 1|!r:x left|!r:x came me2 2"},
		"another name":              {[]string{in("!r:x", say("1")), in("!r:x", me("1", "join")), in("!r:x", say("2"))}, "!r:x 1 2"},
		"another room goes on":      {[]string{in("!r:x", say("1")), in("!q:x", me("1", "join")), in("!r:x", say("2"))}, "!q:x came me1, !r:x 1 2"},
		"told to have come anew":    {[]string{in("!r:x", strings.Replace(me("1", "join"), "{", `{"unsigned":{"prev_content":{"membership":"leave"}},`, 1))}, "!r:x came me1"},
		"malformed and not a room":  {[]string{`{}`, `[]`, in("r", say("1")), in("!r:x", say("2"))}, "!r:x 2"},
		"somebody else comes":       {[]string{in("!r:x", memberEvent("$c", "@carol:x", "@carol:x", "join", ""))}, "!r:x c"},
		"a membership that is none": {[]string{in("!r:x", me("1", "dance"))}, ""},
	} {
		f := bareFeed()
		var news appservice.News
		for _, e := range test.events {
			news.Events = append(news.Events, json.RawMessage(e))
		}
		var got []string
		for _, p := range f.divide(f.parse(news), nil) {
			got = append(got, p.String())
		}
		if s := strings.Join(got, "|"); s != test.want {
			t.Errorf("%s: %q; want %q", name, s, test.want)
		}
	}
}

// String lists what a part tells.
func (p part) String() string {
	var rooms []string
	for _, id := range slices.Sorted(maps.Keys(p.rooms)) {
		r, words := p.rooms[id], []string{id}
		for word, is := range map[string]bool{"invited": r.invite != nil, "left": r.left, "came": r.entered} {
			if is {
				words = append(words, word)
			}
		}
		for _, raw := range r.events {
			if e, _ := parseRoomEvent(raw); !r.left {
				words = append(words, e.ID[1:])
			}
		}
		rooms = append(rooms, strings.Join(words, " "))
	}
	return strings.Join(rooms, ", ")
}

func TestGhostPlaces(t *testing.T) {
	for _, position := range []string{"", "EPOCH.12", "x part", "x part y", "x part -1"} {
		if back, at := cutPlace(position); back != position || at != 0 {
			t.Errorf("%q is %q, %d", position, back, at)
		}
		if back, at := cutPlace(addPlace(position, 3)); back != position || at != 3 {
			t.Errorf("the fourth part of %q is %q, %d", position, back, at)
		}
	}
}

// Whatever is pushed, what becomes of it can be read as an answer to /sync.
func FuzzGhostNews(f *testing.F) {
	f.Add(in("!r:x", textEvent("$1", "text")), in("!q:x", memberEvent("$2", "@bob:x", aliceGhost, "invite", "")))
	f.Add(in("!q:x", memberEvent("$2", "@bob:x", aliceGhost, "join", "")), `{"type":"m.typing","room_id":"!r:x"}`)
	f.Add(`{"type":"m.room.member","unsigned":{"invite_room_state":[null]}}`, `{"type":5}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		feed := bareFeed()
		var news appservice.News
		for _, e := range []string{first, second} {
			if json.Valid([]byte(e)) { // as the log has it
				news.Events = append(news.Events, json.RawMessage(e))
			}
		}
		for _, p := range feed.divide(feed.parse(news), feed.parseLoose(news.Events)) {
			resp := p.response(feed.Conn)
			for _, rooms := range []map[string]json.RawMessage{resp.Rooms.Join, resp.Rooms.Invite, resp.Rooms.Leave} {
				for id, raw := range rooms {
					if !validRoom(id) || !lenient(raw, &struct{}{}) {
						t.Errorf("%q: %s", id, raw)
					}
				}
			}
		}
	})
}
