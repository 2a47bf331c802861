package irc

import (
	"slices"
	"time"

	"msnbridge/bridge"
)

// Bounds of what is fetched of the time in which there was no connection.
const (
	historyPage  = 100 // messages asked for at once
	historyPages = 10  // of one conversation; of what is beyond them only the newest
	maxGaps      = 500 // conversations that wait to be asked for
	maxAwaiting  = 500 // messages that wait for what was said before them
	maxRooms     = 1000

	historyTime = 30 * time.Second // that the server has to answer
	awaitTime   = time.Minute      // that a message waits
	slack       = 10 * time.Second // that the clocks of a network's servers may differ
	historyKey  = " history"       // in the outbox
)

// A history knows up to when all is known that was said, and fetches what was said
// while there was no connection, where the server keeps it
// (https://ircv3.net/specs/extensions/chathistory). What comes live meanwhile in
// the same conversation waits for it. Guarded by the Conn's lock.
type history struct {
	since time.Time            // as the last connection has left it; zero: nothing is to be fetched
	upTo  time.Time            // the latest time that the server has put on a message
	rooms map[string]time.Time // channels that we are to be in, by ID; zero: all is known, up to upTo

	asked  bool // the server was asked who has written
	listed bool // and has answered, or there is nothing to ask
	now    *gap // being asked for
	queue  []*gap
	replay map[string]time.Time // channels just entered, of which the server may repeat what was said

	awaiting []bridge.MessageReceived
	awaited  time.Time // since the first of them

	saved time.Time
}

// A gap is what was said in a conversation while we were not there.
type gap struct {
	chat   bridge.Addr
	target string // as the server calls the conversation; empty: who has written at all?
	from   time.Time
	cursor time.Time // what is older has been fetched
	pages  int
	latest bool      // too much: only the newest
	at     time.Time // when it was asked for; zero: the line waits in the outbox
	left   bool      // we have left the channel meanwhile

	ids map[string]bool // of what has been fetched
}

func newHistory() history {
	return history{rooms: map[string]time.Time{}, replay: map[string]time.Time{}, listed: true}
}

// keepsHistory tells whether the server can be asked for what was said.
func (c *Conn) keepsHistory() bool {
	return c.caps["draft/chathistory"] && c.caps["batch"] && c.caps["server-time"] && c.caps["message-tags"]
}

// saw notes the time of a message that comes live.
func (h *history) saw(at time.Time) {
	if at.After(h.upTo) && time.Until(at) < time.Minute {
		h.upTo = at
	}
}

// fetch asks for the next gap, and says when it wants to be called next.
func (c *Conn) fetch(now time.Time) time.Duration {
	h := &c.history
	if !h.asked && c.poll.settled {
		h.asked = true
		if h.listed = h.since.IsZero() || !c.keepsHistory(); !h.listed {
			h.queue = append([]*gap{{from: h.since, cursor: h.since.Add(-slack)}}, h.queue...)
		}
	}
	if h.now != nil && !h.now.at.IsZero() && now.Sub(h.now.at) >= historyTime {
		c.pass("unanswered")
		c.closeGap(h.now)
	}
	if len(h.awaiting) > 0 && now.Sub(h.awaited) >= awaitTime {
		c.release(func(bridge.Message) bool { return true })
	}
	if h.now == nil && len(h.queue) > 0 && c.poll.settled {
		h.now, h.queue = h.queue[0], h.queue[1:]
		c.askGap(h.now)
	}
	return h.due(now)
}

func (h *history) due(now time.Time) time.Duration {
	wait := never
	if h.now != nil && !h.now.at.IsZero() {
		wait = max(0, h.now.at.Add(historyTime).Sub(now))
	}
	if len(h.awaiting) > 0 {
		wait = sooner(wait, max(0, h.awaited.Add(awaitTime).Sub(now)))
	}
	return wait
}

// askGap queues the question for a gap.
func (c *Conn) askGap(g *gap) {
	limit := itoa(c.pageSize())
	from := "timestamp=" + stamp(g.cursor)
	params := []string{"AFTER", g.target, from, limit}
	switch {
	case g.target == "":
		params = []string{"TARGETS", from, "timestamp=" + stamp(time.Now().Add(time.Minute)), limit}
	case g.latest:
		params[0] = "LATEST"
	}
	g.at = time.Time{}
	line, err := encode(nil, "CHATHISTORY", params...)
	if err != nil {
		c.closeGap(g)
		return
	}
	c.out.push(historyKey, &command{text: line, wrote: func() { g.at = time.Now() }})
	signal(c.work)
}

func (c *Conn) pageSize() int {
	if n := c.support.history; n > 0 {
		return min(n, historyPage)
	}
	return historyPage
}

// stamp writes a time as CHATHISTORY wants it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// addGap puts a conversation on the list of those that are to be asked for.
func (h *history) addGap(chat bridge.Addr, target string, from time.Time) {
	if h.gapOf(chat) == nil && len(h.queue) < maxGaps {
		h.queue = append(h.queue, &gap{
			chat: chat, target: target, from: from, cursor: from.Add(-slack), ids: map[string]bool{},
		})
	}
}

// gapOf is the gap in a conversation, or nil.
func (h *history) gapOf(chat bridge.Addr) *gap {
	if h.now != nil && h.now.chat == chat {
		return h.now
	}
	if i := slices.IndexFunc(h.queue, func(g *gap) bool { return g.chat == chat }); i >= 0 {
		return h.queue[i]
	}
	return nil
}

// closeGap is called when all of a gap is known that can be known.
func (c *Conn) closeGap(g *gap) {
	h := &c.history
	if h.now == g {
		h.now = nil
	}
	if g.target == "" {
		h.listed = true
	} else if isChannel(g.target) && !g.left {
		h.rooms[g.chat.ID] = time.Time{}
	}
	c.release(func(m bridge.Message) bool { return !h.waits(m.Chat) })
	signal(c.work)
}

// waits tells whether what is said now in a conversation has to wait.
func (h *history) waits(chat bridge.Addr) bool {
	return h.gapOf(chat) != nil || !h.listed && !isChannel(chat.ID)
}

// await keeps a message back that has to wait; false if it has not.
func (c *Conn) await(ev bridge.MessageReceived) bool {
	h := &c.history
	if !h.waits(ev.Message.Chat) {
		return false
	}
	if len(h.awaiting) >= maxAwaiting {
		c.pass("history comes late")
		c.release(func(bridge.Message) bool { return true })
		return false
	}
	if len(h.awaiting) == 0 {
		h.awaited = time.Now()
	}
	h.awaiting = append(h.awaiting, ev)
	signal(c.work)
	return true
}

// release hands on what has waited, in order, as far as ready says so.
func (c *Conn) release(ready func(bridge.Message) bool) {
	h := &c.history
	h.awaiting = slices.DeleteFunc(h.awaiting, func(ev bridge.MessageReceived) bool {
		if ready(ev.Message) {
			c.pending = append(c.pending, ev)
			return true
		}
		return false
	})
	signal(c.news)
}
