package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// BenchmarkMatrix measures messages between a Matrix user and an MSN user, each way, in turns with
// messages between two Matrix users of the same homeserver, so that the noise of the machine falls
// on both alike.
func BenchmarkMatrix(b *testing.B) {
	d := prepare(b)
	d.level = "info"
	d.configure(matrixTable)
	d.start()
	hs := dendrite(b)
	c := &matrixCase{daemon: d, hs: hs, handle: d.account("anna"),
		elsewhere: newMatrixUser(b, hs, "mbanna"), bob: newMatrixUser(b, hs, "mbbob")}
	alice, carol := newMatrixUser(b, hs, "mbalice"), newMatrixUser(b, hs, "mbcarol")
	chat, group := c.chat(), c.bob.group("Benchmark", c.elsewhere)
	other := alice.direct(carol.UserID)
	carol.join(other)
	anna := c.signIn(c.handle)
	c.link()
	anna.awaitContact(handleOf(c.bob))
	handle := anna.awaitNamed("Benchmark")
	query, room := anna.call(handleOf(c.bob)), anna.call(handle)
	inChat, inGroup := c.bob.reading(chat), c.bob.reading(group)
	alice.reading(other) // both sides of the bridge ask for news, so both clients do
	direct := route{alice.saying(other), carol.reading(other)}
	for _, way := range []struct {
		name    string
		bridged route
	}{
		{"chat/toMatrix", route{query.saying(), inChat}},
		{"chat/toMSN", route{c.bob.saying(chat), query.reading()}},
		{"room/toMatrix", route{room.saying(), inGroup}},
		{"room/toMSN", route{c.bob.saying(group), room.reading()}},
	} {
		b.Run(way.name+"/latency", func(b *testing.B) { benchmarkLatency(b, direct, way.bridged) })
	}
}

// group makes a room with a name, which others join.
func (u *matrixUser) group(name string, others ...*matrixUser) id.RoomID {
	u.t.Helper()
	req := &mautrix.ReqCreateRoom{Preset: "private_chat", Name: name}
	for _, o := range others {
		req.Invite = append(req.Invite, o.UserID)
	}
	resp, err := u.CreateRoom(bounded(u.t), req)
	if err != nil {
		u.t.Fatal(err)
	}
	for _, o := range others {
		o.join(resp.RoomID)
	}
	return resp.RoomID
}

// awaitNamed waits until a contact of this name is put on the forward list, and returns its handle.
func (u *user) awaitNamed(name string) (handle string) {
	u.t.Helper()
	next(u.inbox, func(c client.ListChanged) bool {
		handle = c.Entry.Handle
		return !c.Removed && c.List == client.Forward && c.Entry.Name == name
	})
	return handle
}

func (u *matrixUser) saying(room id.RoomID) func(string) error {
	return func(text string) error {
		_, err := u.SendText(bounded(u.t), room, text)
		return err
	}
}

// reading follows a room with a /sync of its own from now on until the end of the test, and reads
// the texts of others.
func (u *matrixUser) reading(room id.RoomID) func() (string, error) {
	u.t.Helper()
	u.sync(0)
	texts, done := make(chan string, 2*batch), make(chan struct{})
	ctx, cancel := context.WithCancel(u.t.Context())
	u.t.Cleanup(func() {
		cancel()
		<-done
	})
	go func() {
		defer close(done)
		u.follow(ctx, room, texts)
	}()
	return func() (string, error) {
		select {
		case text := <-texts:
			return text, nil
		case <-time.After(patience):
			return "", fmt.Errorf("%s: nothing comes", u.UserID)
		}
	}
}

func (u *matrixUser) follow(ctx context.Context, room id.RoomID, texts chan<- string) {
	for since := u.since; ctx.Err() == nil; {
		resp, err := u.FullSyncRequest(ctx, mautrix.ReqSync{
			Since: since, Timeout: 30000, SetPresence: event.PresenceOffline,
			FilterID: `{"room":{"timeline":{"limit":1000}}}`, // so that nothing is left out
		})
		if err != nil {
			continue
		}
		since = resp.NextBatch
		if in := resp.Rooms.Join[room]; in != nil {
			for _, ev := range in.Timeline.Events {
				if body, ok := ev.Content.Raw["body"].(string); ok && ev.Sender != u.UserID && ev.Type.Type == event.EventMessage.Type {
					texts <- body
				}
			}
		}
	}
}
