package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
)

// A friend is another person's client, or another client of the account's own.
type friend struct {
	*mautrix.Client
	t     testing.TB
	since string
}

func newFriend(t testing.TB, hs *testserver.DendriteServer, user, token string) *friend {
	c, err := mautrix.NewClient(hs.BaseURL, id.UserID(user), token)
	if err != nil {
		t.Fatal(err)
	}
	c.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	return &friend{Client: c, t: t}
}

var userNumber atomic.Int64

// users makes an account to be linked and a friend, with names of the test's own.
func users(t testing.TB, hs *testserver.DendriteServer) (o *owner, own, bob *friend) {
	base := fmt.Sprintf("u%d", userNumber.Add(1))
	me, token := hs.CreateUser(t, base+"-me", "a good password")
	other, otherToken := hs.CreateUser(t, base+"-bob", "a good password")
	own, bob = newFriend(t, hs, me, token), newFriend(t, hs, other, otherToken)
	o = newOwner(t, map[string]string{"user": me, "homeserver": hs.BaseURL}, "a good password")
	return o, own, bob
}

func (f *friend) id() string { return f.UserID.String() }

func (f *friend) do(what string, err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%s: %v", what, err)
	}
}

// direct makes a direct chat of the friend's own.
func (f *friend) direct(with string) string {
	f.t.Helper()
	resp, err := f.CreateRoom(f.t.Context(), &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{id.UserID(with)},
	})
	f.do("create room", err)
	return resp.RoomID.String()
}

func (f *friend) join(room string) {
	f.t.Helper()
	_, err := f.JoinRoomByID(f.t.Context(), id.RoomID(room))
	f.do("join", err)
}

// joinDirect waits for an invitation to a direct chat, and accepts it.
func (f *friend) joinDirect() (room string) {
	f.t.Helper()
	f.see("an invitation", func(in string, e *event.Event) bool {
		if e.GetStateKey() == f.id() && e.Content.Raw["is_direct"] == true {
			room = in
		}
		return room != ""
	})
	f.join(room)
	return room
}

func (f *friend) say(room, text string) string {
	f.t.Helper()
	resp, err := f.SendText(f.t.Context(), id.RoomID(room), text)
	f.do("send", err)
	return resp.EventID.String()
}

func (f *friend) event(room, kind string, content any) string {
	f.t.Helper()
	resp, err := f.SendMessageEvent(f.t.Context(), id.RoomID(room), event.Type{Type: kind, Class: event.MessageEventType}, content)
	f.do("send event", err)
	return resp.EventID.String()
}

// see syncs until ok holds for an event; room events, ephemeral ones and presence alike.
func (f *friend) see(what string, ok func(room string, e *event.Event) bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	for {
		resp, err := f.SyncRequest(ctx, 2000, f.since, "", false, "offline")
		f.do("wait for "+what, err)
		f.since = resp.NextBatch
		if f.among(resp, ok) {
			return
		}
	}
}

func (f *friend) among(resp *mautrix.RespSync, ok func(string, *event.Event) bool) bool {
	found := false
	look := func(room string, evs []*event.Event) {
		for _, e := range evs {
			found = ok(room, e) || found
		}
	}
	look("", resp.Presence.Events)
	look("", resp.AccountData.Events)
	for room, r := range resp.Rooms.Join {
		look(room.String(), r.State.Events)
		look(room.String(), r.Timeline.Events)
		look(room.String(), r.Ephemeral.Events)
	}
	for room, r := range resp.Rooms.Invite {
		look(room.String(), r.State.Events)
	}
	return found
}

// seeText waits for a text in a room (empty: any) and returns the room.
func (f *friend) seeText(text string) (in string) {
	f.t.Helper()
	f.see("text "+text, func(room string, e *event.Event) bool {
		body, _ := e.Content.Raw["body"].(string)
		if e.Type.Type == typeMessage && body == text {
			in = room
		}
		return in != ""
	})
	return in
}

// texts reads all that is in a room, the oldest first.
func (f *friend) texts(room string) []string {
	f.t.Helper()
	var found []string
	from := ""
	for {
		resp, err := f.Messages(f.t.Context(), id.RoomID(room), from, "", mautrix.DirectionBackward, nil, 100)
		f.do("messages", err)
		for _, e := range resp.Chunk {
			var c content
			if e.Type.Type == typeMessage && json.Unmarshal(e.Content.VeryRaw, &c) == nil {
				found = append([]string{c.Body}, found...)
			}
		}
		if from = resp.End; from == "" || len(resp.Chunk) == 0 {
			return found
		}
	}
}
