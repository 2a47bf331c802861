package bridge

import "time"

// readElsewhere drops what the user has read or answered with another client: at
// once what waits already, together with the position, and afterwards what has
// come in the same call of Emit.
func (in *inbox) readElsewhere(ev ReadElsewhere) {
	a := in.l.a
	a.readElsewhere(&in.write, ev)
	in.then(func() {
		var w batch
		a.readElsewhere(&w, ev)
		a.commit(w, nil)
	})
}

func (a *account) readElsewhere(w *batch, ev ReadElsewhere) {
	c := a.chats[ev.Chat]
	if c == nil {
		return
	}
	last := int64(-1)
	for _, m := range c.waiting {
		if ev.ID != "" && m.Message.ID == ev.ID {
			last = m.Seq
		}
	}
	c.drop(w, func(m *waiting) bool {
		if m.Message.Via != ev.Via || m.flying {
			return false
		}
		if last >= 0 {
			return m.Seq <= last
		}
		return !m.Message.Time.After(ev.Time)
	})
}

// own shows, in an open window, what the user has said from another client.
func (a *account) own(m Message) {
	if c := a.chats[m.Chat]; c != nil && c.window != nil {
		c.window.Show(m, Member{}, false, func(error) {})
	}
}

func (a *account) remark(ev Remark) {
	if c := a.chats[ev.Chat]; c != nil && c.window != nil {
		c.window.Show(Message{Chat: ev.Chat, Text: ev.Text, Time: time.Now()}, Member{}, false, func(error) {})
	}
}

func (a *account) typing(ev Typing) {
	e := a.entry(ev.Chat)
	if c := a.chats[ev.Chat]; c != nil && c.window != nil && (e == nil || !e.On(BL)) {
		from := Member{ev.From, c.Handle(), c.Name()}
		if c.room {
			from = a.member(ev.From, ev.Name)
		}
		c.window.Typing(from)
	}
}
