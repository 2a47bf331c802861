package irc

import (
	"slices"

	"github.com/ergochat/irc-go/ircmsg"
)

// Bounds of the batches that are open at one time. When there are too many, or
// they hold too much, the oldest is given up.
const (
	maxBatches   = 50
	maxHeld      = 1 << 20 // bytes of lines, in all of them
	maxHeldLines = 2000    // lines, in one
)

// A batch is a group of messages that belong together
// (https://ircv3.net/specs/extensions/batch).
type batch struct {
	ref, kind string
	params    []string
	first     *ircmsg.Message // BATCH +ref, with its tags and its source
	outer     *batch          // that it is a part of; nil if that is over, or none
	label     string          // that it answers itself

	lines []*ircmsg.Message // if its kind wants them together
	size  int               // of the lines, in bytes
	cut   bool              // some were too much
}

// batches are those that are open, oldest first. Guarded by the Conn's lock.
type batches struct {
	byRef map[string]*batch
	order []*batch
	held  int
}

func newBatches() batches { return batches{byRef: map[string]*batch{}} }

// batchKinds are the kinds of batches whose lines are handled together, when the
// batch is closed. The lines of all others are handled as they come; batchOf tells
// their handlers what they are a part of.
var batchKinds = map[string]func(*Conn, *batch){
	"draft/multiline":           multilineCame,
	"chathistory":               historyCame,
	"draft/chathistory-targets": targetsCame,
}

// batchOf is the open batch that a message is a part of, or nil.
func (c *Conn) batchOf(m *ircmsg.Message) *batch {
	if ok, ref := m.GetTag("batch"); ok {
		return c.batches.byRef[ref]
	}
	return nil
}

// batchLine is BATCH: +ref, kind, parameters, or -ref.
func batchLine(c *Conn, m *ircmsg.Message) {
	sign, ref := m.Params[0][:min(1, len(m.Params[0]))], m.Params[0][min(1, len(m.Params[0])):]
	b := c.batches.byRef[ref]
	switch {
	case sign == "+" && len(m.Params) > 1 && ref != "" && b == nil:
		c.openBatch(ref, m)
	case sign == "-" && b != nil:
		c.closeBatch(b)
	default:
		c.pass("bad BATCH")
	}
}

func (c *Conn) openBatch(ref string, m *ircmsg.Message) {
	bs := &c.batches
	if len(bs.order) >= maxBatches {
		c.pass("batch given up")
		bs.drop(bs.order[0])
	}
	b := &batch{ref: ref, kind: m.Params[1], params: m.Params[2:], first: m, outer: c.batchOf(m)}
	_, b.label = m.GetTag("label")
	bs.byRef[ref] = b
	bs.order = append(bs.order, b)
	c.hold(b, nil)
}

// drop takes a batch off the books.
func (bs *batches) drop(b *batch) {
	delete(bs.byRef, b.ref)
	bs.order = slices.DeleteFunc(bs.order, func(o *batch) bool { return o == b })
	bs.held -= b.size
	for _, o := range bs.order {
		if o.outer == b {
			o.outer = nil
		}
	}
}

// hold counts a message that a batch keeps, and keeps it; m is nil for the batch
// itself. What is too much is passed over.
func (c *Conn) hold(b *batch, m *ircmsg.Message) {
	bs := &c.batches
	size := c.lineSize
	for bs.held+size > maxHeld && bs.order[0] != b {
		c.pass("batch given up")
		bs.drop(bs.order[0])
	}
	if m != nil && (bs.held+size > maxHeld || len(b.lines) >= maxHeldLines) {
		c.pass("line of a batch")
		b.cut = true
		return
	}
	b.size += size
	bs.held += size
	if m != nil {
		b.lines = append(b.lines, m)
	}
}

// collect keeps a message whose batch is handled as a whole; false if it is in no
// such batch.
func (c *Conn) collect(m *ircmsg.Message) bool {
	b := c.batchOf(m)
	if b == nil || batchKinds[b.kind] == nil || m.Command == "BATCH" {
		return false
	}
	c.hold(b, m)
	return true
}

// within tells whether a message is in a batch of a kind.
func (c *Conn) within(m *ircmsg.Message, kind string) bool {
	for b := c.batchOf(m); b != nil; b = b.outer {
		if b.kind == kind {
			return true
		}
	}
	return false
}

// closeBatch handles a batch that is whole. One that answers a label and brought no
// error is a confirmation.
func (c *Conn) closeBatch(b *batch) {
	if done := batchKinds[b.kind]; done != nil {
		done(c, b)
	}
	c.batches.drop(b)
	if l := c.answer.labels[b.label]; l != nil {
		delete(c.answer.labels, b.label)
		l.m.confirm()
	}
}

// labelOf is the label that a message answers, its own or that of a batch around
// it.
func (c *Conn) labelOf(m *ircmsg.Message) (label string, batched bool) {
	for b := c.batchOf(m); b != nil; b = b.outer {
		if b.label != "" {
			return b.label, true
		}
	}
	_, label = m.GetTag("label")
	return label, false
}
