package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
)

// A matrixUser is somebody with a Matrix client. It syncs while a test waits for something.
type matrixUser struct {
	*mautrix.Client
	t     testing.TB
	hs    *testserver.DendriteServer
	since string
	news  []*event.Event      // not asked for yet; presence and ephemeral events too
	known map[id.EventID]bool // of timelines: Dendrite may tell an event twice when one joins
}

// newMatrixUser makes an account and signs in to it.
func newMatrixUser(t testing.TB, hs *testserver.DendriteServer, name string) *matrixUser {
	t.Helper()
	name = fresh(name)
	userID, token := hs.CreateUser(t, name, passwordOf(name))
	return joinMatrix(t, hs, userID, token)
}

func joinMatrix(t testing.TB, hs *testserver.DendriteServer, userID, token string) *matrixUser {
	t.Helper()
	c, err := mautrix.NewClient(hs.BaseURL, id.UserID(userID), token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Client.CloseIdleConnections)
	u := &matrixUser{Client: c, t: t, hs: hs, known: map[id.EventID]bool{}}
	u.sync(0)
	return u
}

// sync asks for news, for which it waits so long.
func (u *matrixUser) sync(wait time.Duration) {
	u.t.Helper()
	resp, err := u.FullSyncRequest(bounded(u.t), mautrix.ReqSync{
		Since: u.since, Timeout: int(wait.Milliseconds()), SetPresence: event.PresenceOffline,
	})
	if err != nil {
		u.t.Fatalf("%s: sync: %v", u.UserID, err)
	}
	u.since = resp.NextBatch
	u.keep("", resp.Presence.Events)
	u.keep("", resp.AccountData.Events)
	for room, in := range resp.Rooms.Join {
		u.keep(room, in.State.Events)
		u.keep(room, u.fresh(in.Timeline.Events))
		u.keep(room, in.Ephemeral.Events)
	}
	for room, in := range resp.Rooms.Invite {
		u.keep(room, in.State.Events)
	}
	for room, in := range resp.Rooms.Leave {
		u.keep(room, in.Timeline.Events)
	}
}

// fresh leaves out what has come before.
func (u *matrixUser) fresh(evs []*event.Event) []*event.Event {
	return slices.DeleteFunc(evs, func(ev *event.Event) bool {
		had := u.known[ev.ID]
		u.known[ev.ID] = true
		return had
	})
}

func (u *matrixUser) keep(room id.RoomID, evs []*event.Event) {
	for _, ev := range evs {
		if room != "" {
			ev.RoomID = room
		}
		_ = ev.Content.ParseRaw(ev.Type) // what cannot be parsed matches nothing
		u.news = append(u.news, ev)
	}
}

// next waits for an event that match accepts, and takes it out.
func (u *matrixUser) next(what string, match func(*event.Event) bool) *event.Event {
	u.t.Helper()
	for end := time.Now().Add(2 * patience); ; u.sync(2 * time.Second) {
		if i := slices.IndexFunc(u.news, match); i >= 0 {
			ev := u.news[i]
			u.news = slices.Delete(u.news, i, i+1)
			return ev
		}
		if time.Now().After(end) {
			u.t.Fatalf("%s waits for %s; got %s", u.UserID, what, u.describe())
		}
	}
}

func (u *matrixUser) describe() string {
	b, err := json.Marshal(u.news)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// textOf is what somebody says, or empty.
func textOf(ev *event.Event, from id.UserID) string {
	if ev.Type.Type != event.EventMessage.Type || ev.Sender != from {
		return ""
	}
	body, _ := ev.Content.Raw["body"].(string)
	return body
}

// hear waits for the next text of somebody, which must be this one, and returns its event.
func (u *matrixUser) hear(from id.UserID, text string) *event.Event {
	u.t.Helper()
	ev := u.next("a text of "+string(from), func(ev *event.Event) bool { return textOf(ev, from) != "" })
	if got := textOf(ev, from); got != text {
		u.t.Fatalf("%s heard %q, want %q", u.UserID, got, text)
	}
	return ev
}

// count is how often somebody has said a text in a room, by the homeserver's account.
func (u *matrixUser) count(room id.RoomID, from id.UserID, text string) int {
	u.t.Helper()
	resp, err := u.Messages(bounded(u.t), room, "", "", mautrix.DirectionBackward, nil, 200)
	if err != nil {
		u.t.Fatal(err)
	}
	n := 0
	for _, ev := range resp.Chunk {
		if textOf(ev, from) == text {
			n++
		}
	}
	return n
}

// say sends a text.
func (u *matrixUser) say(room id.RoomID, text string) id.EventID {
	u.t.Helper()
	resp, err := u.SendText(bounded(u.t), room, text)
	if err != nil {
		u.t.Fatal(err)
	}
	return resp.EventID
}

// direct opens a direct chat with somebody, as clients do, and invites there.
func (u *matrixUser) direct(who id.UserID) id.RoomID {
	u.t.Helper()
	resp, err := u.CreateRoom(bounded(u.t), &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{who},
	})
	if err != nil {
		u.t.Fatal(err)
	}
	u.markDirect(who, resp.RoomID)
	return resp.RoomID
}

// markDirect writes m.direct.
func (u *matrixUser) markDirect(who id.UserID, room id.RoomID) {
	u.t.Helper()
	if err := u.SetAccountData(bounded(u.t), "m.direct", map[id.UserID][]id.RoomID{who: {room}}); err != nil {
		u.t.Fatal(err)
	}
}

func (u *matrixUser) join(room id.RoomID) {
	u.t.Helper()
	if _, err := u.JoinRoomByID(bounded(u.t), room); err != nil {
		u.t.Fatal(err)
	}
}

// invited waits for an invitation of somebody.
func (u *matrixUser) invited(by id.UserID) id.RoomID {
	u.t.Helper()
	return u.next("an invitation of "+string(by), func(ev *event.Event) bool {
		m := ev.Content.Raw["membership"]
		return ev.Type.Type == event.StateMember.Type && ev.GetStateKey() == string(u.UserID) && m == "invite" && ev.Sender == by
	}).RoomID
}

// joined waits until somebody has joined a room.
func (u *matrixUser) joined(room id.RoomID, who id.UserID) {
	u.t.Helper()
	u.next(string(who)+" joins", func(ev *event.Event) bool {
		return ev.RoomID == room && ev.Type.Type == event.StateMember.Type && ev.GetStateKey() == string(who) && ev.Content.Raw["membership"] == "join"
	})
}

func (u *matrixUser) show(p event.Presence) {
	u.t.Helper()
	if err := u.SetPresence(bounded(u.t), mautrix.ReqPresence{Presence: p}); err != nil {
		u.t.Fatal(err)
	}
}

// sees waits until somebody is seen with this presence.
func (u *matrixUser) sees(who id.UserID, p event.Presence) {
	u.t.Helper()
	u.next(string(who)+" "+string(p), func(ev *event.Event) bool {
		return ev.Type.Type == event.EphemeralEventPresence.Type && ev.Sender == who && ev.Content.Raw["presence"] == string(p)
	})
}

// handleOf is how MSN users of a daemon call a Matrix user.
func handleOf(u *matrixUser) string {
	return u.UserID.Localpart() + "@" + u.UserID.Homeserver()
}
