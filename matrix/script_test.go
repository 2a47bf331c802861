package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// A script is a homeserver that answers as a test wants it to. The account is @me:x; it has one
// direct chat, !r:x with @bob:x.
type script struct {
	t      testing.TB
	server *httptest.Server
	news   chan answer // for /sync with a position, one after another

	mu       sync.Mutex                         // guards the fields below
	guard    func(*http.Request) (answer, bool) // asked first, if there is one
	initial  string
	handlers map[string]func(*http.Request) answer // by "METHOD path-prefix"; asked before the usual ones
	raws     map[string]http.HandlerFunc           // by whole path; asked before all
	syncs    []url.Values
	polls    int    // in progress
	from     string // where the last news begin
	given    answer
	requests []request
}

type request struct {
	line string // method and path
	body string
}

type answer struct {
	status int
	body   string
	header http.Header
}

func ok(body string) answer { return answer{status: 200, body: body} }

func fail(status int, code string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"errcode":%q,"error":"no"}`, code)}
}

const scriptInitial = `{"next_batch":"s1",
	"account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"]}}]},
	"rooms":{"join":{"!r:x":{
		"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0},
		"state":{"events":[
			{"type":"m.room.member","event_id":"$m1","sender":"@me:x","state_key":"@me:x","origin_server_ts":1,"content":{"membership":"join"}},
			{"type":"m.room.member","event_id":"$m2","sender":"@bob:x","state_key":"@bob:x","origin_server_ts":1,"content":{"membership":"join","displayname":"Bob"}}]},
		"timeline":{"limited":true,"prev_batch":"p0","events":[]}}}}}`

func newScript(t testing.TB) *script {
	s := &script{t: t, news: make(chan answer, 100), initial: scriptInitial, handlers: map[string]func(*http.Request) answer{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *script) owner() *owner {
	o := newOwner(s.t, map[string]string{"user": "@me:x", "homeserver": s.server.URL, "auth": "token"}, "a-token")
	o.times.Poll = 5 * time.Second
	o.times.Request = 5 * time.Second
	return o
}

// hangUp closes a connection, and waits until the server has noticed: a poll that is still in
// progress there would take the news that are meant for the next connection.
func (s *script) hangUp(c *Conn) {
	waiting := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.polls
	}
	until(s.t, "poll", func() bool { return waiting() > 0 })
	c.Close()
	until(s.t, "end of the poll", func() bool { return waiting() == 0 })
}

// on replaces the answers to requests that begin so ("PUT /rooms/").
func (s *script) on(what string, f func(*http.Request) answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[what] = f
}

// raw has a path answered by f.
func (s *script) raw(path string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raws == nil {
		s.raws = map[string]http.HandlerFunc{}
	}
	s.raws[path] = f
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	raw := s.raws[r.URL.Path]
	s.mu.Unlock()
	if raw != nil {
		raw(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/_matrix/client"), "/v3")
	a := s.answer(r, path, string(body))
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(max(a.status, 200))
	io.WriteString(w, a.body)
}

func (s *script) answer(r *http.Request, path, body string) answer {
	line := r.Method + " " + path
	s.mu.Lock()
	s.requests = append(s.requests, request{line, body})
	var handler func(*http.Request) answer
	longest := -1
	for prefix, f := range s.handlers {
		if strings.HasPrefix(line, prefix) && len(prefix) > longest {
			handler, longest = f, len(prefix)
		}
	}
	if path == "/sync" {
		s.syncs = append(s.syncs, r.URL.Query())
	}
	initial, guard := s.initial, s.guard
	s.mu.Unlock()
	if guard != nil {
		if a, decided := guard(r); decided {
			return a
		}
	}
	if handler != nil {
		return handler(r)
	}
	switch {
	case path == "/versions":
		return ok(`{"versions":["v1.11"]}`)
	case path == "/account/whoami":
		return ok(`{"user_id":"@me:x","device_id":"D"}`)
	case path == "/sync" && r.URL.Query().Get("since") == "":
		return ok(initial)
	case path == "/sync":
		return s.sync(r)
	case strings.Contains(path, "/send/"), strings.Contains(path, "/join"):
		return ok(`{"event_id":"$sent","room_id":"!r:x"}`)
	case r.Method == "PUT":
		return ok(`{}`)
	}
	return fail(404, "M_NOT_FOUND")
}

// sync gives news. Who asks from the same place again has not heard them, and gets the same.
func (s *script) sync(r *http.Request) answer {
	s.polling(1)
	defer s.polling(-1)
	since := r.URL.Query().Get("since")
	s.mu.Lock()
	a, again := s.given, s.from == since && s.given.status == 200
	s.mu.Unlock()
	if again {
		return a
	}
	hold := 5 * time.Second
	if r.URL.Query().Get("timeout") == "0" {
		hold = 0
	}
	select {
	case a := <-s.news:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.from, s.given = since, a
		return a
	case <-r.Context().Done():
	case <-time.After(hold):
	}
	return ok(fmt.Sprintf(`{"next_batch":%q}`, since))
}

func (s *script) polling(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls += n
}

// asked lists the bodies of the requests made so far that begin so.
func (s *script) asked(what string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, r := range s.requests {
		if strings.HasPrefix(r.line, what) {
			found = append(found, r.body)
		}
	}
	return found
}

// since lists the positions that were asked for.
func (s *script) since() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, q := range s.syncs {
		found = append(found, q.Get("since"))
	}
	return found
}

// timeline is an answer to /sync with events in the direct chat.
func timelineAnswer(next string, limited bool, events ...string) answer {
	return ok(fmt.Sprintf(`{"next_batch":%q,"rooms":{"join":{"!r:x":{"timeline":{"limited":%v,"prev_batch":"p-%s","events":[%s]}}}}}`,
		next, limited, next, strings.Join(events, ",")))
}

func textEvent(id, text string) string { return textFrom(id, "@bob:x", text) }

func textFrom(id, sender, text string) string {
	body, _ := json.Marshal(text)
	return fmt.Sprintf(`{"type":"m.room.message","event_id":%q,"sender":%q,"origin_server_ts":%d,"content":{"msgtype":"m.text","body":%s}}`,
		id, sender, time.Now().UnixMilli(), body)
}

func bobSays(text string) bridge.Message {
	m := outgoing("@bob:x", text)
	m.Via = "!r:x"
	return m
}
