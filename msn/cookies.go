package msn

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"sync"
	"time"
)

// cookieTime is how long a cookie can be used (doc/protocol, 02 and 03).
const cookieTime = 120 * time.Second

// A ticket is what a cookie stands for.
type ticket struct {
	handle string       // of the only one who may use it
	name   string       // what that user is called in the switchboard
	client string       // what that user's client can do
	ns     *session     // that got the cookie
	sb     *switchboard // that one is rung from; nil for one that will be opened
	until  time.Time
}

// cookies are the cookies that have not been used. The zero value is ready.
type cookies struct {
	mu    sync.Mutex // guards the rest
	m     map[string]ticket
	swept time.Time
}

// put makes a cookie for t.
func (c *cookies) put(t ticket) string {
	var b [16]byte
	rand.Read(b[:])
	cookie := hex.EncodeToString(b[:])
	now := time.Now()
	t.until = now.Add(cookieTime)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(now)
	c.m[cookie] = t
	return cookie
}

// sweep forgets, now and then, what has expired.
func (c *cookies) sweep(now time.Time) {
	if c.m == nil {
		c.m = map[string]ticket{}
	}
	if now.Sub(c.swept) > cookieTime/12 {
		c.swept = now
		maps.DeleteFunc(c.m, func(_ string, t ticket) bool { return now.After(t.until) })
	}
}

// take uses up a cookie of handle's. ring tells a cookie that came with a RNG of
// switchboard session id from one that came with XFR.
func (c *cookies) take(cookie, handle string, ring bool, id uint32) (ticket, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.m[cookie]
	if !ok || t.handle != handle || (t.sb != nil) != ring || ring && t.sb.id != id || time.Now().After(t.until) {
		return ticket{}, false
	}
	delete(c.m, cookie)
	return t, true
}
