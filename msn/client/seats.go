package client

import (
	"slices"
	"strings"
)

// index is where handle sits, or -1. It is called with mu held.
func (sb *Switchboard) index(handle string) int {
	return slices.IndexFunc(sb.seats, func(p Participant) bool { return strings.EqualFold(p.Handle, handle) })
}

// sit notes somebody who is there.
func (sb *Switchboard) sit(p Participant) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if i := sb.index(p.Handle); i >= 0 {
		sb.seats[i] = p
	} else {
		sb.seats = append(sb.seats, p)
	}
	sb.tell()
}

// rise notes that somebody has gone.
func (sb *Switchboard) rise(handle string) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if i := sb.index(handle); i >= 0 {
		sb.seats = slices.Delete(sb.seats, i, i+1)
	}
	sb.tell()
}

// tell wakes who waits for a change of the seats. It is called with mu held.
func (sb *Switchboard) tell() {
	close(sb.changed)
	sb.changed = make(chan struct{})
}

// roll takes the answer to ANS: who is there (IRO), then OK.
func (sb *Switchboard) roll(r Reply) (mine, complete bool) {
	if r.Verb == "IRO" {
		sb.sit(Participant{r.Word(3), r.text(4), features(r.Word(5))})
		return true, false
	}
	return r.Verb == "ANS", r.Verb == "ANS"
}

// said maps the verbs of a switchboard that come by themselves to what is done
// with them.
var said = map[string]func(*Switchboard, Reply){
	"JOI": func(sb *Switchboard, r Reply) {
		p := Participant{r.Word(0), r.text(1), features(r.Word(2))}
		sb.sit(p)
		sb.emit(Joined(p))
	},
	"BYE": func(sb *Switchboard, r Reply) {
		sb.rise(r.Word(0))
		sb.emit(Left{r.Word(0), r.Word(1) == "1"})
	},
	"MSG": (*Switchboard).messaged,
	"NAK": func(sb *Switchboard, r Reply) { sb.emit(NotDelivered{uint32(r.number(0))}) },
	"OUT": func(sb *Switchboard, _ Reply) { sb.link.fail(ErrClosed) },
}

// handleReply is called by the reader for what answers no command.
func (sb *Switchboard) handleReply(r Reply) {
	if f := said[r.Verb]; f != nil {
		f(sb, r)
		return
	}
	sb.emit(Other{r})
}

func (sb *Switchboard) emit(ev Event) {
	select {
	case sb.events <- ev:
	default:
		sb.link.fail(ErrOverflow)
	}
}
