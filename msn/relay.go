package msn

import (
	"sync"
	"sync/atomic"

	"msnbridge/msn/wire"
)

// A batch is the messages that one read has brought, framed for the others.
type batch struct {
	frames []byte
	msgs   []message
	marks  []mark
	public []byte // what other clients get of frames, where that is not all
	slash  bool   // there may be commands in it
}

// A message is one message of a batch. Its payload is frames[body:end].
type message struct {
	trid      uint32
	mode      byte
	command   bool // for whoever is outside, and nobody else
	body, end int
	due       *delivery // nil: nobody waits for the outcome
}

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) free() {
	if cap(b.frames) > keepOutput {
		return
	}
	clear(b.msgs)
	clear(b.marks)
	b.frames, b.msgs, b.marks, b.public, b.slash = b.frames[:0], b.msgs[:0], b.marks[:0], nil, false
	batches.Put(b)
}

// msg takes a message in. It is relayed with all others of the same read, and
// before any other command that follows.
func msg(s *seat, r *request) error {
	mode := r.args[0]
	if len(mode) != 1 || mode[0] != 'U' && mode[0] != 'N' && mode[0] != 'A' && mode[0] != 'D' {
		return errEnd
	}
	if mode[0] == 'D' && s.ns.d.peers && badPeer(r.payload) {
		s.fail(r.trid, codeBadPeer)
		return nil
	}
	if s.batch == nil {
		s.batch = batches.Get().(*batch)
	}
	b := s.batch
	b.frames = wire.AppendPayload(append(b.frames, s.head...), r.payload)
	b.slash = b.slash || s.secret != "" || mayCommand(r.payload)
	end := len(b.frames)
	b.msgs = append(b.msgs, message{trid: r.trid, mode: mode[0], body: end - len(r.payload), end: end})
	if end > maxBatch {
		s.flush()
	}
	return nil
}

// maxBatch is when a batch is relayed before its read has been used up: messages
// without a body grow, because the writer's name is put before each.
const maxBatch = 32 << 10

// flush relays what msg has taken in.
func (s *seat) flush() {
	if s.batch == nil {
		return
	}
	b := s.batch
	s.batch = nil
	s.relay(b)
	b.free()
}

// relay appends the batch to the queues of all others, and hands its texts to
// the person outside.
func (s *seat) relay(b *batch) {
	sb := s.sb
	if b.slash && sb.outside() != nil {
		b.findCommands(s)
	}
	sb.mu.Lock()
	o := sb.outward
	if !o.present() {
		o = nil
	}
	others := len(sb.seats) - 1
	frames := b.expect(s, others, o != nil)
	taken := 0
	for _, to := range sb.seats {
		if to == s {
			continue
		}
		if to.c.send(frames, b.marks...) {
			taken++
		} else {
			b.lost()
		}
	}
	sb.mu.Unlock()
	switch {
	case o != nil:
		b.say(s, o)
	case taken == 0:
		b.refuse(s)
	}
}

// say hands the batch to the person outside.
func (b *batch) say(from *seat, o *outward) {
	for i := range b.msgs {
		m := &b.msgs[i]
		o.say(from, b.frames[m.body:m.end:m.end], m.mode, m.due)
	}
}

// expect decides who waits for the outcome of which message: A and D for all who
// get it, N for the person outside alone, because a client's queue takes it or
// the client is gone. It returns what the other clients get.
func (b *batch) expect(from *seat, others int, outside bool) []byte {
	if outside && b.public != nil {
		return b.expectPublic(from, others)
	}
	for i := range b.msgs {
		b.expectOne(from, &b.msgs[i], b.msgs[i].end, others, outside)
	}
	return b.frames
}

// expectOne does so for a message that other clients get; end is where it ends in
// what they get.
func (b *batch) expectOne(from *seat, m *message, end, others int, outside bool) {
	n := 0
	if outside && m.mode != 'U' {
		n++
	}
	marked := others > 0 && (m.mode == 'A' || m.mode == 'D')
	if marked {
		n += others
	}
	if n > 0 {
		m.due = newDelivery(from, m, n)
	}
	if marked {
		b.marks = append(b.marks, mark{end, m.due})
	}
}

// refuse answers what nobody got, but for what has been answered.
func (b *batch) refuse(from *seat) {
	for i := range b.msgs {
		if m := &b.msgs[i]; m.mode != 'U' && m.due == nil {
			newDelivery(from, m, 1).written(errClosed)
		}
	}
}

// lost says that one client did not take the batch.
func (b *batch) lost() {
	for _, m := range b.marks {
		m.who.written(errClosed)
	}
}

// A delivery waits until all recipients of a message have it, and then answers
// its writer: ACK, or NAK when one has not (doc/protocol, 03 section 5).
type delivery struct {
	to     *seat
	trid   uint32
	ack    bool // mode A or D
	left   atomic.Int32
	failed atomic.Bool
	remark []byte // follows the answer; set by the person outside before written
}

func newDelivery(to *seat, m *message, recipients int) *delivery {
	d := &delivery{to: to, trid: m.trid, ack: m.mode != 'N'}
	d.left.Store(int32(recipients))
	return d
}

// written says what has become of the message at one recipient.
func (d *delivery) written(err error) {
	if d == nil {
		return
	}
	if err != nil {
		d.failed.Store(true)
	}
	if d.left.Add(-1) > 0 {
		return
	}
	switch {
	case d.failed.Load():
		d.answer("NAK")
	case d.ack:
		d.answer("ACK")
	}
	if d.remark != nil {
		d.to.c.send(d.remark)
	}
}

func (d *delivery) answer(verb string) {
	var a [32]byte
	d.to.c.send(wire.AppendReply(a[:0], verb, d.trid))
}
