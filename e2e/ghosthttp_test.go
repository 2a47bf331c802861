package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
)

// ask makes a request over a connection of its own, decodes its answer into v unless that is nil, and
// returns the status.
func (c *ghostCase) ask(method, url, token, body string, v any) (status int) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(bounded(c.t), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Close = true
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		c.t.Fatal(err)
	}
	if v != nil && res.StatusCode == http.StatusOK {
		if err := json.Unmarshal(answer, v); err != nil {
			c.t.Fatalf("%s: %v in %q", url, err, answer)
		}
	}
	return res.StatusCode
}

// TestGhostQueries asks what the homeserver asks, and pushes what others than the homeserver might.
func TestGhostQueries(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	anna, bob := c.account("anna"), newMatrixUser(t, c.hs, "bob")
	users, rooms, txns := c.url+"/_matrix/app/v1/users/", c.url+"/_matrix/app/v1/rooms/", c.url+"/_matrix/app/v1/transactions/"
	ghost, nobody := string(ghostOf(anna)), string(ghostOf("nobody@"+domain))
	forged := func(room id.RoomID, text string) string {
		return fmt.Sprintf(`{"events":[{"type":"m.room.message","room_id":%q,"event_id":"$%s","sender":%q,"origin_server_ts":%d,"content":{"msgtype":"m.text","body":%q}}]}`,
			room, rand.Text(), bob.UserID, time.Now().UnixMilli(), words(text))
	}
	for _, q := range []struct {
		method, url, token, body string
		want                     []int
	}{
		{"GET", users + url.PathEscape(ghost), c.hsToken, "", []int{200}},
		{"GET", users + url.PathEscape(nobody), c.hsToken, "", []int{404}},
		{"GET", users + url.PathEscape("@bob:localhost"), c.hsToken, "", []int{404}},
		{"GET", users + url.PathEscape("@_msn_anna_msn.test:elsewhere"), c.hsToken, "", []int{404}},
		{"GET", users + url.PathEscape("@_msn_%00%0d%0a_msn.test:localhost"), c.hsToken, "", []int{404, 400}},
		{"GET", rooms + url.PathEscape("#_msn_anything:localhost"), c.hsToken, "", []int{404}},
		{"GET", users + url.PathEscape(ghost), "", "", []int{401}},
		{"GET", users + url.PathEscape(ghost), "wrong", "", []int{403}},
		{"GET", users + url.PathEscape(ghost), c.asToken, "", []int{403}},
		{"GET", rooms + url.PathEscape("#x:localhost"), "wrong", "", []int{403}},
		{"PUT", txns + "1", "", forged("!x:localhost", "unheard"), []int{401}},
		{"PUT", txns + "1", "wrong", forged("!x:localhost", "unheard"), []int{403}},
		{"PUT", txns + "1", c.asToken, forged("!x:localhost", "unheard"), []int{403}},
		{"PUT", txns + "2", c.hsToken, "no JSON", []int{400}},
		{"PUT", txns + "3", c.hsToken, `{"events":[{},null,7,{"type":7},{"event_id":"$x"}]}`, []int{200}},
		{"PUT", txns + "4", c.hsToken, `{"events":[]}`, []int{200}},
		{"POST", txns + "5", c.hsToken, `{"events":[]}`, []int{404, 405}},
		{"GET", c.url + "/", c.hsToken, "", []int{404}},
	} {
		if got := c.ask(q.method, q.url, q.token, q.body, nil); !slices.Contains(q.want, got) {
			t.Errorf("%s %s with %d bytes: %d, want %v", q.method, q.url, len(q.body), got, q.want)
		}
	}

	// As the homeserver asks.
	if name := c.called(ghostOf(anna)); name != "anna" {
		t.Errorf("%s is called %q", ghost, name)
	}
	if name := c.called(id.UserID(nobody)); name != "" {
		t.Errorf("%s is called %q", nobody, name)
	}
	if _, err := bob.JoinRoom(bounded(t), "#_msn_anything:localhost", nil); err == nil {
		t.Error("joined a room that is not there")
	}

	// What a homeserver repeats is there once; what others push is not there.
	a := c.signIn(anna)
	room := c.befriends(a, bob)
	bob.say(room, words("first"))
	w := a.answer(handleOf(bob))
	w.hear(words("first"))
	c.ask("PUT", txns+"6", "wrong", forged(room, "unheard"), nil)
	again := forged(room, "again")
	for _, txn := range []string{"7", "7", "8"} {
		if got := c.ask("PUT", txns+txn, c.hsToken, again, nil); got != 200 {
			t.Errorf("transaction %s: %d", txn, got)
		}
	}
	bob.say(room, words("last"))
	w.hear(words("again"))
	w.hear(words("last"))
}
