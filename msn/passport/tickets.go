package passport

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

const (
	defaultLife = 2 * time.Minute // of a ticket: a client shows it at once
	mostTickets = 1 << 16         // not shown yet; beyond it the oldest end early
	tokenBytes  = 16              // of a ticket's secret
)

// Tickets are what clients get for having signed in here, and show at the
// notification server. Its methods may be called from several goroutines.
type Tickets struct {
	life time.Duration

	mu    sync.Mutex       // guards the fields below
	given map[string]grant // by token
	order []dated          // all that were issued within life, the oldest first
}

// A grant is whose a ticket is, and the seal on it.
type grant struct{ owner, seal string }

// A dated token is one that ends.
type dated struct {
	token string
	until time.Time
}

// NewTickets makes tickets that can be shown for so long; two minutes if life is
// not positive.
func NewTickets(life time.Duration) *Tickets {
	if life <= 0 {
		life = defaultLife
	}
	return &Tickets{life: life, given: map[string]grant{}}
}

// Issue makes a ticket for the owner of handle, under the seal of Accounts. It has the form t=TOKEN&p=, as
// some clients want both parts, and BitlBee has room for few characters
// (doc/protocol, 07 point 13).
func (t *Tickets) Issue(handle, seal string) string {
	var secret [tokenBytes]byte
	rand.Read(secret[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(secret[:])
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && (len(t.order) >= mostTickets || now.After(t.order[0].until)) {
		delete(t.given, t.order[0].token)
		t.order = t.order[1:]
	}
	t.order = append(t.order, dated{token, now.Add(t.life)})
	t.given[token] = grant{strings.ToLower(handle), seal}
	return "t=" + token + "&p="
}

// Redeem tells whether this ticket was issued to handle and has neither ended nor
// been shown before, and returns the seal on it. Clients show it as they got it, or the token alone.
func (t *Tickets) Redeem(handle, ticket string) (seal string, ok bool) {
	token := bare(ticket)
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && now.After(t.order[0].until) {
		delete(t.given, t.order[0].token)
		t.order = t.order[1:]
	}
	g, ok := t.given[token]
	if !ok || g.owner != strings.ToLower(handle) {
		return "", false
	}
	delete(t.given, token)
	return g.seal, true
}

// bare is the token of a ticket.
func bare(ticket string) string {
	token, _, _ := strings.Cut(ticket, "&")
	return strings.TrimPrefix(token, "t=")
}
