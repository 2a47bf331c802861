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

	mu    sync.Mutex // guards the fields below
	owner map[string]string
	order []dated // all that were issued within life, the oldest first
}

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
	return &Tickets{life: life, owner: map[string]string{}}
}

// Issue makes a ticket for the owner of handle. It has the form t=TOKEN&p=, as
// some clients want both parts, and BitlBee has room for few characters
// (doc/protocol, 07 point 13).
func (t *Tickets) Issue(handle string) string {
	var secret [tokenBytes]byte
	rand.Read(secret[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(secret[:])
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && (len(t.order) >= mostTickets || now.After(t.order[0].until)) {
		delete(t.owner, t.order[0].token)
		t.order = t.order[1:]
	}
	t.order = append(t.order, dated{token, now.Add(t.life)})
	t.owner[token] = strings.ToLower(handle)
	return "t=" + token + "&p="
}

// Redeem tells whether this ticket was issued to handle and has neither ended nor
// been shown before. Clients show it as they got it, or the token alone.
func (t *Tickets) Redeem(handle, ticket string) bool {
	token := bare(ticket)
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && now.After(t.order[0].until) {
		delete(t.owner, t.order[0].token)
		t.order = t.order[1:]
	}
	owner, ok := t.owner[token]
	if !ok || owner != strings.ToLower(handle) {
		return false
	}
	delete(t.owner, token)
	return true
}

// bare is the token of a ticket.
func bare(ticket string) string {
	token, _, _ := strings.Cut(ticket, "&")
	return strings.TrimPrefix(token, "t=")
}
