package appservice

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
)

// homeserverOf is a real homeserver with a registration that leads to a listener.
func homeserverOf(t *testing.T, ln net.Listener) *testserver.DendriteServer {
	t.Helper()
	s := sqliteBase(t).service(t, func(c *Config) { c.Server = "localhost" })
	registration := must[[]byte](t)(s.Registration("http://" + ln.Addr().String()))
	return testserver.Dendrite(t, testserver.DendriteOptions{AppServices: []string{string(registration)}})
}

// A real homeserver pushes, asks and is asked. What ghosts do there is tested in package matrix.
func TestDendrite(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := homeserverOf(t, ln)
	house := newHouse(t)
	if err := house.AddLogin(t.Context(), "bob@msn.local", Network, map[string]string{"user": "@own:x"}, ""); err != nil {
		t.Fatal(err)
	}
	desk := &note{}
	s := sqliteBase(t).service(t, func(c *Config) { c.Homeserver, c.Server = hs.BaseURL, "localhost" })
	s.desk = desk
	s.serveOn(t, ln, house)
	_, token := hs.CreateUser(t, "mx-dora", "a good password")
	p := person{hs.BaseURL, token}
	ghost := func(name string) string { return "@_msn_" + name + "_msn.local:localhost" }

	equal(t, "a query", p.do(t, "GET", "profile/"+ghost("alice"), nil)["displayname"], any("alice"))
	room := p.do(t, "POST", "createRoom", map[string]any{
		"invite": []string{ghost("alice"), ghost("bob"), ghost("nobody"), s.bot()},
	})["room_id"].(string)
	house.lent(t, "alice@msn.local")
	eventually(t, "bob's ghost declines", func() bool { // Dendrite 0.15.2 drops the reason
		return p.do(t, "GET", "rooms/"+room+"/state/m.room.member/"+ghost("bob"), nil)["membership"] == "leave"
	})
	eventually(t, "the bot's invitation is heard of", func() bool { return strings.HasPrefix(desk.heard(), "$") })
	client := must[*mautrix.Client](t)(s.as(ghost("alice")))
	must[*mautrix.RespJoinRoom](t)(client.JoinRoomByID(t.Context(), id.RoomID(room)))
	sub := s.Subscribe(ghost("alice"))
	sub.Follow([]string{room})
	position := end(t, sub)
	p.do(t, "PUT", "rooms/"+room+"/send/m.room.message/1", map[string]any{"msgtype": "m.text", "body": "hello"})
	for heard := false; !heard; {
		news, _ := next(t, sub, position)
		heard = strings.Contains(string(bytes.Join(raws(news.Events), nil)), `"hello"`)
		position = news.Position
	}
}

// A person is somebody with an account on a homeserver.
type person struct{ base, token string }

// do makes a request, and returns the answer, even if it is an error.
func (p person) do(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	text := must[[]byte](t)(json.Marshal(body))
	req := must[*http.Request](t)(http.NewRequestWithContext(ctx, method, p.base+"/_matrix/client/v3/"+path, bytes.NewReader(text)))
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp := must[*http.Response](t)(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.Unmarshal(must[[]byte](t)(io.ReadAll(resp.Body)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
