package appservice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

const (
	theBot = "@msnbot:example.org"
	dora   = "@dora:x"
	admin  = "@root:example.org"
)

// A deskRig is a service with a scripted homeserver, and the accounts of a testHouse.
type deskRig struct {
	testing.TB
	testService
	base  base
	hs    *homeserver
	house testHouse
	wire  running
	said  int // events so far
}

// newDesk starts one in which dora and the bot share the room !d:x, and the administrator !r:x.
func newDesk(t testing.TB, b base) *deskRig {
	r := &deskRig{TB: t, base: b, hs: newHomeserver(t), house: newHouse(t)}
	r.hs.answer("GET joined_rooms", 200, `{"joined_rooms":["!d:x","!r:x","!o:x"]}`)
	r.room("!d:x", dora)
	r.room("!r:x", admin)
	r.room("!o:x", "@oscar:x")
	r.start()
	return r
}

func (r *deskRig) start() {
	r.testService = r.base.service(r, func(c *Config) {
		c.Homeserver, c.Admins, c.Home, c.Version = r.hs.URL, []string{admin}, "msn.local", "1.2.3"
	})
	r.control.busy = 20 * time.Millisecond
	r.Cleanup(r.transport.CloseIdleConnections)
	r.wire = r.serve(r, r.house)
}

func memberState(user, membership string) string {
	return fmt.Sprintf(`{"type":"m.room.member","state_key":%q,"sender":%q,"content":{"membership":%q}}`, user, user, membership)
}

// room sets who is in a room beside the bot; further is further state.
func (r *deskRig) room(room, person string, further ...string) {
	state := append([]string{memberState(theBot, "join"), memberState(person, "join"), memberState("@gone:x", "leave")}, further...)
	r.hs.answer("GET rooms/"+room+"/state", 200, "["+strings.Join(state, ",")+"]")
}

// say has somebody say something, and returns the event's ID.
func (r *deskRig) say(room, sender, body string) string {
	r.Helper()
	r.said++
	id := fmt.Sprintf("$said%d", r.said)
	r.push(eventOf(room, id, sender, "m.room.message", string(asText(body))))
	return id
}

func eventOf(room, id, sender, kind, content string) string {
	return fmt.Sprintf(`{"event_id":%q,"room_id":%q,"sender":%q,"type":%q,"content":%s,"origin_server_ts":%d}`,
		id, room, sender, kind, content, time.Now().UnixMilli())
}

func (r *deskRig) push(events ...string) {
	r.Helper()
	r.said++
	r.wire.transact(r, fmt.Sprint("txn", r.said), events...)
}

// notices are what the bot has said in a room, each once.
func (r *deskRig) notices(room string) []string {
	r.hs.mu.Lock()
	defer r.hs.mu.Unlock()
	var texts []string
	seen := map[string]bool{}
	for _, asked := range r.hs.asked {
		path, body, _ := strings.Cut(asked, " "+theBot+" ")
		if !strings.HasPrefix(path, "PUT rooms/"+room+"/send/") || seen[path] {
			continue
		}
		seen[path] = true
		var content struct {
			Kind string `json:"msgtype"`
			Body string `json:"body"`
		}
		if json.Unmarshal([]byte(body), &content) != nil || content.Kind != "m.notice" {
			texts = append(texts, "no notice: "+body)
			continue
		}
		texts = append(texts, content.Body)
	}
	return texts
}

// heard waits until the bot says something with these words that it has not been heard to say before.
func (r *deskRig) heard(room string, before int, words ...string) string {
	r.Helper()
	var text string
	eventually(r, fmt.Sprintf("%s: %q", room, words), func() bool {
		all := r.notices(room)
		if len(all) <= before {
			return false
		}
		text = all[before]
		return true
	})
	for _, w := range words {
		if !strings.Contains(text, w) {
			r.Errorf("%q is not in: %s", w, text)
		}
	}
	return text
}

// ask says something and returns the answer, in which these words must be.
func (r *deskRig) ask(room, sender, body string, words ...string) string {
	r.Helper()
	before := len(r.notices(room))
	r.say(room, sender, body)
	return r.heard(room, before, words...)
}

var eightDigits = regexp.MustCompile(`\b[0-9]{8}\b`)

// code asks for one.
func (r *deskRig) code(room, sender, handle string) string {
	r.Helper()
	return eightDigits.FindString(r.ask(room, sender, "link "+handle, "matrix link"))
}

// link links dora with alice, by password only.
func (r *deskRig) link() {
	r.Helper()
	code := r.code("!d:x", dora, "alice@msn.local")
	before := len(r.notices("!d:x"))
	if _, err := r.Confirm(r.Context(), "alice@msn.local", code); err != nil {
		r.Fatal(err)
	}
	r.heard("!d:x", before, "You have linked alice@msn.local", "password=...")
}

// silent makes sure that nothing was said because of what was pushed before: something else, said
// after it in the same room, is answered first.
func (r *deskRig) silent(room, person string, before int) {
	r.Helper()
	r.say(room, person, "help")
	r.heard(room, before, "I understand:")
}

// contact has an account have somebody as a contact.
func (r *deskRig) contact(account, who string) {
	r.Helper()
	r.house.net.AddPerson(who, "Somebody", bridge.Presence{State: bridge.Online})
	if err := r.house.net.Emit(r.Context(), account, nil, bridge.ContactFound{Contact: bridge.Contact{
		Addr: bridge.Addr{Network: Network, ID: who}, Name: "Somebody",
	}}); err != nil {
		r.Fatal(err)
	}
}
