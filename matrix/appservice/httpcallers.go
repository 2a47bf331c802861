package appservice

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
)

// Bounds of connections.
const (
	maxStrangers = 64  // that have shown no token; when one more comes the oldest is closed
	maxCallers   = 128 // that have; what is beyond counts as strangers
)

// callers are those who have a connection. The homeserver is always let in: others cannot hold the
// places that it needs, as theirs go to whoever comes after them.
type callers struct {
	net.Listener

	mu        sync.Mutex // guards the fields below
	strangers []*caller  // the oldest first
	known     int
}

// A caller is one connection.
type caller struct {
	net.Conn
	of *callers

	// Guarded by the mutex of callers.
	known, closed bool
}

// Accept implements net.Listener.
func (c *callers) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	one := &caller{Conn: conn, of: c}
	if oldest := c.add(one); oldest != nil {
		oldest.Close()
	}
	return one, nil
}

// add takes in a stranger, and returns the one who has to go for that; nil if there is room.
func (c *callers) add(one *caller) (oldest *caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.strangers) >= maxStrangers {
		oldest = c.strangers[0]
	}
	c.strangers = append(c.strangers, one)
	return oldest
}

// Close implements net.Conn.
func (c *caller) Close() error {
	c.of.remove(c)
	return c.Conn.Close()
}

func (c *callers) remove(one *caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one.known && !one.closed {
		c.known--
	}
	one.closed = true
	c.strangers = slices.DeleteFunc(c.strangers, func(other *caller) bool { return other == one })
}

// callerKey finds a request's connection in its context.
type callerKey struct{}

func withCaller(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, callerKey{}, conn)
}

// prove notes that a request was the homeserver's.
func prove(r *http.Request) {
	one, ok := r.Context().Value(callerKey{}).(*caller)
	if !ok {
		return
	}
	c := one.of
	c.mu.Lock()
	defer c.mu.Unlock()
	if one.known || one.closed || c.known >= maxCallers {
		return
	}
	one.known = true
	c.known++
	c.strangers = slices.DeleteFunc(c.strangers, func(other *caller) bool { return other == one })
}
