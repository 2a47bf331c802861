package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// Show shows a message to all clients of the switchboard. It counts as shown
// when it has been written to the owner's client.
func (o *outward) Show(m bridge.Message, from bridge.Member, late bool, shown func(error)) {
	name := o.chat.Name()
	if m.Name != "" && m.From == m.Chat {
		name = m.Name
	}
	var b []byte
	for _, part := range split(lineOf(m, late, name)) {
		b = appendText(b, o.chat.Handle(), name, part)
	}
	if !o.show(b, shownFunc(shown)) {
		shown(errClosed)
	}
}

// shownFunc is who waits for a message to be shown.
type shownFunc func(error)

func (f shownFunc) written(err error) { f(err) }

// show sends b to all clients. False: the owner does not get it, and nobody will
// be told.
func (o *outward) show(b []byte, who notified) bool {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward != o {
		return false
	}
	o.sb.tell(b, o.owner)
	return o.owner.c.send(b, mark{len(b), who})
}

// Members shows who has come into the room, and who has gone.
func (o *outward) Members(joined []bridge.Member, left []string, whole bool) {}

// Closed takes the room out of the switchboard.
func (o *outward) Closed() {}

// Typing shows that the person is writing.
func (o *outward) Typing(bridge.Member) {
	handle, name := o.chat.Handle(), o.chat.Name()
	b := appendMessage(nil, handle, name, wire.TypingNotice(handle).Append(nil))
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward == o {
		o.sb.tell(b, nil)
	}
}

// Replaced leaves the switchboard as it is: one can still write in it, and what
// comes is shown elsewhere.
func (o *outward) Replaced() {}
