package bridge

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// What people who are on no list of the user's can fill: the messages that wait
// in all conversations, and the entries that are on the reverse list alone. What
// is beyond is dropped, and the user is told.
const (
	mostWaitingInAll = 10_000
	mostStrangers    = 500
)

// warnEvery is how often the user is told of the same thing.
const warnEvery = 24 * time.Hour

// waitingInAll counts what waits, but in rooms: those are on the list, and have a
// bound of their own.
func (a *account) waitingInAll() (n int) {
	for _, c := range a.chats {
		if !c.room {
			n += len(c.waiting)
		}
	}
	return n
}

// tooMuchWaits tells whether so much waits, with what is on its way to the store,
// that strangers have to be refused.
func (a *account) tooMuchWaits(coming int) bool {
	if a.waitingInAll()+coming < mostWaitingInAll {
		return false
	}
	a.warn("So many messages are waiting for you that those of people who are not on your lists are not kept any more. " +
		"Open the conversations that are waiting, or block who floods you.")
	return true
}

// tooManyStrangers tells whether the reverse list has no room for one more
// stranger of another network.
func (a *account) tooManyStrangers() bool {
	n := 0
	for _, e := range a.entries {
		if e.Lists == RL && e.Addr.Network != Local {
			n++
		}
	}
	if n < mostStrangers {
		return false
	}
	a.warn("So many people of other networks are waiting to be allowed that no more are taken. " +
		"Allow or block those who have added you.")
	return true
}

// warn has the service contact say something, but not over and over again.
func (a *account) warn(text string) {
	if time.Since(a.warned[text]) < warnEvery {
		return
	}
	if a.warned == nil {
		a.warned = map[string]time.Time{}
	}
	a.warned[text] = time.Now()
	a.log().Warn("told the user", "text", text)
	a.say(text)
}

// stranger puts on the reverse list, once, who writes and has to be allowed.
func (in *inbox) stranger(m Message) {
	a := in.l.a
	e := a.makeEntry(m.Chat, m.Name)
	if !e.On(RL) {
		a.changeReverse(&in.write, e, true)
	}
}

// droppedCounter counts what people on block lists have sent in vain.
type droppedCounter struct{ n atomic.Int64 }

func (d *droppedCounter) add(log *slog.Logger, what string) {
	log.Debug("dropped", "what", what, "dropped_so_far", d.n.Add(1))
}
