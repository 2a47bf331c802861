package matrix

import (
	"context"
	"maps"

	"msnbridge/bridge"
)

type bridgeEvent = bridge.Event

// A batch is what one answer to /sync becomes. The fields besides evs take effect once the account
// has taken the events.
type batch struct {
	evs      []bridgeEvent
	purpose  purpose
	since    string                    // where the answer begins
	held     []*joined                 // conversations that have to be read first
	closed   []string                  // rooms that have been read, or need not be any more
	position []byte                    // where the next /sync begins; nil leaves it as it is
	seen     map[string][]seenEvent    // by room
	rooms    []*room                   // that the answer was about
	told     map[string]bridge.Contact // by user or room
	stray    []string                  // rooms that are no contacts any more
	regroup  bool                      // all rooms have to be looked at: spaces or m.direct have changed
	looked   bool                      // they have been, after direct chats were made
	gone     []string                  // whose invitations are said to be gone
	out      []string                  // rooms of which is noted anew why we are not in them
	ownNew   bool                      // our own record of direct chats has changed
	invNew   bool                      // the invitations have changed
	talk     talk                      // what the events say of messages
	read     []string                  // state keys of encrypted events that need not be kept any more
}

func newBatch() *batch {
	return &batch{seen: map[string][]seenEvent{}, told: map[string]bridge.Contact{}}
}

func (b *batch) add(evs ...bridgeEvent) { b.evs = append(b.evs, evs...) }

// joined is a room of an answer to /sync on its way through digest.
type joined struct {
	room   *room
	data   *joinedRoom
	events []anEvent         // of the timeline
	who    string            // whom it is a direct chat with, or was before these events; empty: nobody
	chat   bridge.Addr       // the conversation that it is
	grown  bool              // it is a room of several people now
	names  map[string]string // of people who are not in it any more, as far as they are needed

	purpose purpose
	fresh   bool // joined since the last events that were handed over

	entered bool      // we have just come into it, and its state is not told
	waits   bool      // for something to be read
	cut     bool      // something before the timeline has to be read
	noted   bool      // and that is kept
	gap     *gap      // it has been; nil: nothing had to be
	older   []anEvent // that were read
	note    string    // what is to be said of that
}

// called is how somebody is shown who is in the room, or was when they said something. Conn.mu is
// held.
func (j *joined) called(who string) string {
	if name := j.names[who]; name != "" && !j.room.knows(who) {
		return name
	}
	return j.room.called(who)
}

// asRoom is the room as a conversation of its own.
func (j *joined) asRoom() *joined {
	other := *j
	other.who, other.chat = "", addr(j.room.id)
	return &other
}

// setBackground forgets what an answer tells that will be told once more, as news.
func (j *joined) setBackground() {
	j.events, j.data.Timeline.Limited, j.purpose, j.fresh = nil, false, news, false
}

// digest takes an answer to /sync into the model and makes events of it. It may be called again
// with the same news.
func (c *Conn) digest(ctx context.Context, resp *syncResponse, p purpose, since string) (*batch, error) {
	b := newBatch()
	b.position, b.purpose, b.since = []byte(resp.NextBatch), p, since
	if err := c.absorb(ctx, resp, p); err != nil {
		return nil, err
	}
	c.accountData(b, resp)
	c.invitations(b, resp, p)
	rooms := c.joinedRooms(b, resp)
	if resp.ours {
		rooms = c.readRooms(b)
	}
	if err := c.membersChanged(ctx, rooms); err != nil {
		return nil, err
	}
	chats := c.chats(b, rooms)
	c.goneInvites(b)
	c.contacts(b)
	if err := c.keepChanges(ctx, b); err != nil {
		return nil, err
	}
	c.presenceEvents(resp)
	if err := c.readWaiting(ctx, b, since == "" || c.retried, resp.ours); err != nil {
		return nil, err
	}
	if p == background {
		b.position = nil
	}
	return b, c.timelines(ctx, b, chats)
}

// commit notes what the account has taken.
func (c *Conn) commit(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, evs := range b.seen {
		if r := c.rooms.rooms[id]; r != nil {
			r.remember(evs)
		}
	}
	for _, id := range b.closed {
		delete(c.gaps, id)
	}
	for _, j := range b.held {
		c.holdBack(b, j)
	}
	for _, r := range b.rooms {
		r.fresh, r.who = false, c.rooms.partner(r)
	}
	for _, who := range b.gone {
		delete(c.gone, who)
	}
	for _, room := range b.stray {
		delete(c.told, room)
	}
	c.unlooked = c.unlooked && !b.looked
	maps.Copy(c.told, b.told)
	c.takeTalk(&b.talk)
}

func (c *Conn) keepChanges(ctx context.Context, b *batch) error {
	if b.ownNew {
		if err := c.keepOwn(ctx); err != nil {
			return err
		}
	}
	if b.invNew {
		if err := c.keepInvites(ctx); err != nil {
			return err
		}
	}
	if err := c.keepSecret(ctx, b); err != nil {
		return err
	}
	return c.keepOut(ctx, b.out)
}
