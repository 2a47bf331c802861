package bridge

import (
	"cmp"
	"slices"
	"time"
)

// A keeping is a message on its way into the store.
type keeping struct {
	ids []string // that it has had
	m   Message  // as it will be taken

	// Set while the store writes, and read when it has written.
	seq  int64
	seen bool // it was known: nothing was kept
	gone bool // nothing of it is left
}

// replaced puts another message in the place of one that waits, or that has come in
// the same call of Emit. Of one that was shown Else is the successor.
func (in *inbox) replaced(ev MessageReplaced) {
	if c := in.l.a.chats[ev.Chat]; c != nil && ev.ID != "" {
		if i := slices.IndexFunc(c.waiting, func(w *waiting) bool { return w.Message.ID == ev.ID }); i >= 0 {
			in.replaceWaiting(c, c.waiting[i], ev)
			return
		}
	}
	switch k := in.keeping(ev.Chat, ev.ID); {
	case k != nil:
		in.replaceComing(k, ev)
	case in.l.coming > 1 && !in.again: // it may be in an earlier call, which is still being stored
		in.then(func() { in.l.again(ev) })
	default:
		in.instead(ev.Else)
	}
}

// again takes in an event when the store has all that came before it.
func (l *login) again(ev Event) {
	in := &inbox{l: l, again: true}
	in.event(ev)
	in.commit(func(error) {})
}

// keeping finds a message that has come in the same call of Emit, or nil.
func (in *inbox) keeping(chat Addr, id string) *keeping {
	i := slices.IndexFunc(in.kept, func(k *keeping) bool {
		return in.placeOf(k.m.Chat) == chat && id != "" && slices.Contains(k.ids, id)
	})
	if i < 0 {
		return nil
	}
	return in.kept[i]
}

// instead takes in what follows a message that was shown.
func (in *inbox) instead(ev Event) {
	switch ev.(type) {
	case nil:
	case MessageReceived, Remark:
		in.event(ev)
	default:
		in.l.log.Warn("event of a kind that cannot follow a message", "event", ev)
	}
}

// heir makes the message that takes the place of old.
func heir(m, old Message) Message {
	m.Chat, m.Own = old.Chat, false
	m.ID, m.Via = cmp.Or(m.ID, old.ID), cmp.Or(m.Via, old.Via)
	if m.Time.IsZero() {
		m.Time = old.Time
	}
	return tidied(m)
}

// replaceWaiting replaces a message that waits. One that a window has got may still
// come back: if nothing is to be left of it, it does not.
func (in *inbox) replaceWaiting(c *Chat, w *waiting, ev MessageReplaced) {
	switch {
	case ev.New == nil && !w.flying:
		c.drop(&in.write, func(o *waiting) bool { return o == w })
	case ev.New == nil:
		w.gone = true
		c.a.dropWaiting(&in.write, []*waiting{w})
		in.instead(ev.Else)
	case w.flying:
		in.instead(ev.Else)
	default:
		gone, old := new(bool), w.Message
		m := heir(*ev.New, old)
		w.Message = m
		in.write = append(in.write, func(tx Tx) (err error) {
			*gone, err = in.l.exchange(tx, w.Seq, ev.ID, &m)
			return err
		})
		in.then(func() { c.exchanged(w, old, *gone) })
	}
}

// replaceComing replaces a message that has come in the same call of Emit. If that
// turns out to be known from before, it counts as shown.
func (in *inbox) replaceComing(k *keeping, ev MessageReplaced) {
	var next *Message
	if ev.New != nil {
		k.m = heir(*ev.New, k.m)
		k.ids = append(k.ids, k.m.ID)
		m := k.m
		next = &m
	}
	in.write = append(in.write, func(tx Tx) (err error) {
		if !k.seen && !k.gone {
			k.gone, err = in.l.exchange(tx, k.seq, ev.ID, next)
		}
		return err
	})
	in.then(func() {
		if k.seen && ev.Else != nil {
			in.l.again(MessageReplaced{Else: ev.Else})
		}
	})
}

// exchange replaces the message called id in the store, with nothing if m is nil.
// gone: nothing is left of it, which is also so if m was received before.
func (l *login) exchange(tx Tx, seq int64, id string, m *Message) (gone bool, err error) {
	gone = m == nil
	if !gone && m.ID != id {
		if gone, err = tx.Seen(l.a.handle, l.rec.Network, m.ID, time.Now()); err != nil {
			return false, err
		}
	}
	if gone {
		return true, tx.DropWaiting(l.a.handle, seq)
	}
	return false, tx.ReplaceWaiting(l.a.handle, seq, *m)
}

// exchanged runs when the store has the message that has taken the place of old, or
// nothing in its place.
func (c *Chat) exchanged(w *waiting, old Message, gone bool) {
	switch {
	case gone:
		c.waiting = slices.DeleteFunc(c.waiting, func(o *waiting) bool { return o == w && !o.flying })
	case c.rings(w.Message) && !c.rings(old):
		c.rang = false
	}
	c.a.ringSoon = true
}
