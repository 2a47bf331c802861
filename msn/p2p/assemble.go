package p2p

import (
	"errors"
	"slices"
	"time"
)

const (
	// MaxMessage is the longest message that an Assembler joins, in bytes: an
	// invitation to a file, with a preview of it.
	MaxMessage = 64 << 10

	mostOpen = 4           // messages at a time; the oldest goes
	openTime = time.Minute // for all parts of one to come
)

// Why a part is not taken. The message that it is part of is given up.
var (
	ErrTooLong    = errors.New("p2p message too long")
	ErrOutOfOrder = errors.New("p2p part out of order")
)

// An Assembler joins the parts of messages, which must come in order. What is
// announced takes no memory, only what has come. The zero value is ready. It may
// be used by one goroutine at a time.
type Assembler struct{ open []*joining }

// A joining is a message of which not all parts have come.
type joining struct {
	peer  string
	head  Header // of the first part
	data  []byte
	since time.Time
}

// Add takes a part of a message from or to peer, whatever distinguishes those with
// whom there is a conversation at a time. It returns the message when that is
// complete, valid as long as p.Data is.
func (a *Assembler) Add(peer string, p *Packet, now time.Time) (whole []byte, complete bool, err error) {
	j := a.take(peer, p.ID, now)
	switch {
	case p.Total > MaxMessage:
		return nil, false, ErrTooLong
	case p.Offset == 0 && uint64(len(p.Data)) == p.Total && p.Total > 0:
		return p.Data, true, nil
	case p.Offset == 0:
		j = &joining{peer: peer, head: p.Header, since: now}
	}
	if j == nil || !j.fits(p) {
		return nil, false, ErrOutOfOrder
	}
	j.data = append(j.data, p.Data...)
	if uint64(len(j.data)) == j.head.Total {
		return j.data, true, nil
	}
	if len(a.open) == mostOpen {
		a.open = slices.Delete(a.open, 0, 1)
	}
	a.open = append(a.open, j)
	return nil, false, nil
}

// fits tells whether p is the part that comes next.
func (j *joining) fits(p *Packet) bool {
	return p.Session == j.head.Session && p.Total == j.head.Total && len(p.Data) > 0 &&
		p.Offset == uint64(len(j.data)) && uint64(len(p.Data)) <= p.Total-p.Offset
}

// take takes out what has come of a message, and forgets those that are too old.
func (a *Assembler) take(peer string, id uint32, now time.Time) *joining {
	var found *joining
	a.open = slices.DeleteFunc(a.open, func(j *joining) bool {
		this := j.peer == peer && j.head.ID == id
		old := now.Sub(j.since) > openTime
		if this && !old {
			found = j
		}
		return this || old
	})
	return found
}
