package msn

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"msnbridge/msn/wire"
)

// Bounds of messages that come in chunks (doc/protocol, 03 section 6).
const (
	mostChunks  = 1023
	maxChunked  = 64 << 10    // bytes of one message
	mostChunked = 4           // messages at a time; the oldest is given up
	chunkTime   = time.Minute // for all chunks of one to come
)

// errChunk says that a chunk cannot be taken: it is out of order or too late, or the
// message too long. Nor can those that follow it.
var errChunk = errors.New("chunk of a message that is given up")

// chunks are messages of which a client has sent some chunks. They are the reader's.
type chunks struct{ open []*chunked }

// A chunked is one of them.
type chunked struct {
	id          string
	to          *outward
	whole       wire.Message // the first chunk's header, and what has come
	passed      bool         // it is nothing for whoever is outside: only counted
	next, count int
	since       time.Time
}

// isChunk tells of a message that is one of several chunks.
func isChunk(m *wire.Message) bool { return m.Get("Chunks") != "" || m.Get("Chunk") != "" }

// take takes a chunk, and returns the message once it is complete and not passed
// over.
func (c *chunks) take(to *outward, m *wire.Message, passed bool, now time.Time) (*wire.Message, error) {
	msg := c.find(to, m.Get("Message-ID"), now)
	if n := m.Get("Chunks"); n != "" {
		msg = &chunked{id: m.Get("Message-ID"), to: to, whole: wire.Message{Header: m.Header}, passed: passed, count: chunkNumber(n), since: now}
	} else if msg == nil || chunkNumber(m.Get("Chunk")) != msg.next {
		return nil, errChunk
	}
	if !msg.passed {
		msg.whole.Body = append(msg.whole.Body, m.Body...)
	}
	msg.next++
	switch {
	case msg.count < 1 || len(msg.whole.Body) > maxChunked:
		return nil, errChunk
	case msg.next < msg.count:
		c.keep(msg)
		return nil, nil
	case msg.passed:
		return nil, nil
	}
	return &msg.whole, nil
}

// chunkNumber reads a number of chunks, or the place of one; -1 if it is neither.
func chunkNumber(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n > mostChunks {
		return -1
	}
	return int(n)
}

// find takes out what has come of a message, and forgets what is too old or was
// said to somebody else.
func (c *chunks) find(to *outward, id string, now time.Time) *chunked {
	var found *chunked
	c.open = slices.DeleteFunc(c.open, func(m *chunked) bool {
		old := m.to != to || now.Sub(m.since) > chunkTime
		if m.id == id && !old {
			found = m
		}
		return old || m.id == id
	})
	return found
}

func (c *chunks) keep(m *chunked) {
	if len(c.open) == mostChunked {
		c.open = slices.Delete(c.open, 0, 1)
	}
	c.open = append(c.open, m)
}
