package appservice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A running service is one that the homeserver can reach.
type running struct {
	testService
	base string
	stop func() // ends Serve and waits for it
}

// serve starts a service; it ends with the test.
func (s testService) serve(t testing.TB, house House) running {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s.serveOn(t, ln, house)
}

func (s testService) serveOn(t testing.TB, ln net.Listener, house House) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln, house) }()
	var ended bool
	stop := func() {
		if cancel(); !ended {
			ended = true
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return running{s, "http://" + ln.Addr().String(), stop}
}

// ask makes a request of the homeserver, and returns the status and the error code.
func (r running) ask(t testing.TB, method, path, token, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text := must[[]byte](t)(io.ReadAll(resp.Body))
	var answer struct{ Errcode string }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Errorf("%s %s: %q: %v", method, path, text, err)
	}
	return resp.StatusCode, answer.Errcode
}

const bearer = "Bearer hs-token"

// transact pushes events, each of which is JSON.
func (r running) transact(t testing.TB, txn string, events ...string) {
	t.Helper()
	status, code := r.ask(t, "PUT", "/_matrix/app/v1/transactions/"+txn, bearer, `{"events":[`+strings.Join(events, ",")+`]}`)
	if status != 200 {
		t.Fatalf("%d %s", status, code)
	}
}

// text is a message as the homeserver pushes it.
func message(room, id, sender string) string {
	return fmt.Sprintf(`{"event_id":%q,"room_id":%q,"sender":%q,"type":"m.room.message","content":{"body":"hello"},"origin_server_ts":%d}`,
		id, room, sender, time.Now().UnixMilli())
}

func TestHTTPAnswers(t *testing.T) {
	var log bytes.Buffer
	b := sqliteBase(t)
	s := b.service(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}).serve(t, newHouse(t))
	const txn = "/_matrix/app/v1/transactions/"
	for _, x := range []struct {
		method, path, token, body string
		status                    int
		code                      string
	}{
		{"PUT", txn + "1", "", "{}", 401, "M_UNAUTHORIZED"},
		{"PUT", txn + "1", "Basic hs-token", "{}", 401, "M_UNAUTHORIZED"},
		{"PUT", txn + "1", "Bearer ", "{}", 401, "M_UNAUTHORIZED"},
		{"PUT", txn + "1", "Bearer as-token", "{}", 403, "M_FORBIDDEN"},
		{"PUT", txn + "1?access_token=hs-token", "Bearer as-token", "{}", 403, "M_FORBIDDEN"},
		{"PUT", txn + "1?access_token=hs-toke", "", "{}", 403, "M_FORBIDDEN"},
		{"PUT", txn + "1?access_token=hs-token", "", "{}", 200, ""},
		{"PUT", txn + "2", bearer, `{"events":[]}`, 200, ""},
		{"PUT", txn + "2", bearer, `{"events":[]}`, 200, ""},
		{"PUT", txn + "a%2Fb%00%0d%0a", "bearer hs-token", `{"events":null}`, 200, ""},
		{"PUT", "/transactions/3?access_token=hs-token", "", `{"events":[]}`, 200, ""},
		{"PUT", txn + "4", bearer, `{"events":`, 400, "M_NOT_JSON"},
		{"PUT", txn + "4", bearer, ``, 400, "M_NOT_JSON"},
		{"PUT", txn + "4", bearer, `[]`, 400, "M_BAD_JSON"},
		{"PUT", txn + "4", bearer, `null`, 400, "M_BAD_JSON"},
		{"PUT", txn + "4", bearer, `{"events":{}}`, 400, "M_BAD_JSON"},
		{"PUT", txn + "4", bearer, `{"events":[` + strings.Repeat("1,", maxPushed) + `1]}`, 413, "M_TOO_LARGE"},
		{"PUT", txn + "4", bearer, `{"events":[],"ephemeral":[` + strings.Repeat("{},", maxPushed) + `{}]}`, 413, "M_TOO_LARGE"},
		{"PUT", txn + "4", bearer, `{"events":[` + strings.Repeat(" ", maxBody) + `]}`, 413, "M_TOO_LARGE"},
		{"PUT", txn + "4", bearer, `{"events":[]}`, 200, ""},
		{"GET", txn + "4", bearer, ``, 405, "M_UNRECOGNIZED"},
		{"POST", "/_matrix/app/v1/ping", bearer, `{"transaction_id":"x"}`, 200, ""},
		{"POST", "/_matrix/app/v1/ping", "", `{}`, 401, "M_UNAUTHORIZED"},
		{"GET", "/_matrix/app/v1/rooms/%23_msn_x%3Aexample.org", bearer, ``, 404, "M_NOT_FOUND"},
		{"GET", "/rooms/%23x%3Aexample.org?access_token=hs-token", "", ``, 404, "M_NOT_FOUND"},
		{"GET", "/_matrix/app/v1/rooms/%23x%3Aexample.org", "", ``, 401, "M_UNAUTHORIZED"},
		{"GET", "/_matrix/app/v1/users/%40bob%3Aexample.org", bearer, ``, 404, "M_NOT_FOUND"},
		{"GET", "/_matrix/app/v1/users/%40_msn_nobody_msn.local%3Aexample.org", bearer, ``, 404, "M_NOT_FOUND"},
		{"GET", "/_matrix/app/v1/thirdparty/protocol/msn", bearer, ``, 404, "M_UNRECOGNIZED"},
		{"GET", "/", "", ``, 404, "M_UNRECOGNIZED"},
		{"POST", "/_matrix/client/v3/login", "", `{}`, 404, "M_UNRECOGNIZED"},
	} {
		status, code := s.ask(t, x.method, x.path, x.token, x.body)
		if status != x.status || code != x.code {
			t.Errorf("%s %s %q %.20s: %d %s; want %d %s", x.method, x.path, x.token, x.body, status, code, x.status, x.code)
		}
	}
	s.stop()
	if text := log.String(); strings.Contains(text, "hs-token") || strings.Contains(text, "as-token") || strings.Contains(text, "access_token") {
		t.Error("a token is in the log: " + text)
	}
}

func TestTransactionsArrive(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		r := s.serve(t, newHouse(t))
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a:x"})
		start := end(t, sub)
		r.transact(t, "1", message("!a:x", "$1", "@bob:x"), `{}`, `7`, `{"event_id":5}`, message("!b:x", "$b", "@bob:x"),
			`{"event_id":"$m","room_id":"!c:x","sender":"@bob:x","type":"m.room.member","state_key":"`+me+`","content":{"membership":"leave"}}`,
			`{"event_id":"$n\u0000","room_id":"!a:x","sender":"@bob:x","type":"m.room.message"}`,
			`{"event_id":"$o","room_id":"!a:x","sender":"@bob:x","type":"m.room.message","Sender":"`+me+`","content":{"body":"\u0000"}}`,
			strings.Replace(message("!a:x", "$p", "@bob:x"), "hello", "\xff\xfe", 1))
		r.transact(t, "2", message("!a:x", "$1", "@bob:x"), message("!a:x", "$2", "@bob:x"))
		news, got := next(t, sub, start)
		equal(t, "events", got, "$1 $m")
		news, got = next(t, sub, news.Position)
		equal(t, "events", got, "$o $p $2")
		equal(t, "a field almost like another", strings.Contains(string(news.Events[0]), "Sender"), false)
		equal(t, "malformed", s.malformed.Load(), 4)
	})
}

// What cannot be stored is not answered with 200, and comes again.
func TestTransactionNotStored(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		r := s.serve(t, newHouse(t))
		r.transact(t, "1", message("!a:x", "$1", "@bob:x"))
		s.kill(t)
		status, code := r.ask(t, "PUT", "/_matrix/app/v1/transactions/2", bearer, `{"events":[`+message("!a:x", "$2", "@bob:x")+`]}`)
		if status != 500 || code != "M_UNKNOWN" {
			t.Error(status, code)
		}
		r.stop()
		s = b.service(t, nil)
		r = s.serve(t, newHouse(t))
		r.transact(t, "2", message("!a:x", "$2", "@bob:x"))
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a:x"})
		_, got := next(t, sub, "")
		equal(t, "events", got, "$1 $2")
	})
}

func TestEphemeralPushed(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	r := s.serve(t, newHouse(t))
	sub, other := s.Subscribe(me), s.Subscribe("@_msn_bob_msn.local:example.org")
	sub.Follow([]string{"!a:x"})
	position := end(t, sub)
	equal(t, "pushed", s.EphemeralPushed(), false)
	push := func(txn, field, list string) {
		t.Helper()
		if status, code := r.ask(t, "PUT", "/_matrix/app/v1/transactions/"+txn, bearer, `{"events":[],"`+field+`":`+list+`}`); status != 200 {
			t.Fatal(status, code)
		}
	}
	push("1", "ephemeral", `[{"type":"m.typing","room_id":"!a:x","content":{}},{"type":"m.typing","room_id":"!b:x","content":{}},{},"x"]`)
	equal(t, "pushed", s.EphemeralPushed(), true)
	news, _ := next(t, sub, position)
	equal(t, "ephemeral", string(bytes.Join(raws(news.Ephemeral), nil)), `{"type":"m.typing","room_id":"!a:x","content":{}}`)
	push("2", "de.sorunome.msc2409.ephemeral", `[{"type":"m.presence","sender":"@carol:x"}]`)
	push("3", "ephemeral", `[{"type":"m.receipt","room_id":"!a:x"}]`)
	push("4", "ephemeral", `7`)
	push("5", "ephemeral", `[{"type":"m.presence","sender":"@carol:x","content":{"status_msg":"`+strings.Repeat("x", maxPresence)+`"}}]`)
	news, _ = next(t, sub, position)
	equal(t, "ephemeral", string(bytes.Join(raws(news.Ephemeral), nil)), `{"type":"m.receipt","room_id":"!a:x"}`)
	other.Watch([]string{"@carol:x"})
	news, _ = next(t, other, position)
	equal(t, "ephemeral", string(bytes.Join(raws(news.Ephemeral), nil)), `{"type":"m.presence","sender":"@carol:x"}`)
	for i := range maxWaiting + 10 {
		s.ephemeralCame([]ephemeral{{person: "@carol:x", raw: json.RawMessage(fmt.Sprint(i))}})
	}
	news, _ = next(t, other, position)
	equal(t, "ephemeral", len(news.Ephemeral), maxWaiting)
	equal(t, "the first that is kept", string(news.Ephemeral[0]), "10")
}

func raws(events []json.RawMessage) [][]byte {
	var all [][]byte
	for _, raw := range events {
		all = append(all, raw)
	}
	return all
}

func FuzzTransaction(f *testing.F) {
	f.Add([]byte(`{"events":[` + message("!a:x", "$1", "@bob:x") + `]}`))
	f.Add([]byte(`{"events":[{"event_id":"$1","room_id":"!a","sender":"@b","type":"m.room.member","state_key":"@c","Content":{}}],"ephemeral":[{"type":"m.presence","sender":"@x"}]}`))
	f.Add([]byte(`{"events":[[],{},null,1],"ephemeral":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, no := parsePush("1", body)
		if no != nil {
			return
		}
		for _, e := range p.entries {
			if !isID(e.id, '$') || !isID(e.room, '!') || !json.Valid(e.raw) || len(e.raw) > maxEvent {
				t.Errorf("%+v", e)
			}
			if again := parse(t, e); again.ID != e.id || again.Room != e.room {
				t.Errorf("%+v, %+v", e, again)
			}
		}
	})
}

// parse reads an entry as package matrix does, which is told the fields' names alone.
func parse(t *testing.T, e entry) pushedEvent {
	var careless struct {
		ID   string `json:"event_id"`
		Room string `json:"room_id"`
		Type string `json:"type"`
	}
	_ = json.Unmarshal(e.raw, &careless)
	return pushedEvent{ID: careless.ID, Room: careless.Room, Type: careless.Type}
}
