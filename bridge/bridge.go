// Package bridge is the neutral puppeting core: accounts with their lists and
// presence, logins to networks, conversations, and sessions of front ends. It
// knows no protocol: front ends call it through Session and Chat, networks
// implement Network and Conn, and a store implements Store.
package bridge

import (
	"context"
	"log/slog"
	"time"
)

// Options configure a Bridge.
type Options struct {
	Domains []string // the service's own domains, lower case; the first names the service contact
	Log     *slog.Logger
}

// A Bridge is the service: all accounts, and all networks they reach.
type Bridge struct {
	// unexported
}

// New prepares a bridge. Nothing connects before Run. It reads from the store
// which accounts there are, and fails if two networks, or a network and the
// service, claim one domain.
func New(ctx context.Context, store Store, networks []Network, o Options) (*Bridge, error) {
	panic("todo")
}

// Run connects all logins and keeps them connected until ctx ends. It returns
// when all goroutines of the bridge have ended. Sessions still signed in get
// Ended with ShuttingDown first.
func (b *Bridge) Run(ctx context.Context) error { panic("todo") }

// ParseHandle finds who a handle stands for. ErrMalformed if it is no canonical
// handle (case is folded, and ~23name counts as #name), ErrNoSuchUser if its
// domain leads to no network. A local address is returned whether or not there is such an account.
func (b *Bridge) ParseHandle(handle string) (Addr, Kind, error) { panic("todo") }

// Password returns the password of an account, for front ends whose sign-in
// needs it; ErrNotFound.
func (b *Bridge) Password(ctx context.Context, handle string) (Secret, error) { panic("todo") }

// NewAccount is an account to be made.
type NewAccount struct {
	Handle, Name string
	Password     Secret
}

// AddAccounts makes accounts, all or none. The error names the one that is
// wrong: ErrMalformed, ErrExists, ErrInvalid (reserved, or in none of our domains).
func (b *Bridge) AddAccounts(ctx context.Context, as ...NewAccount) error { panic("todo") }

// SetPassword changes the password; a session that is signed in stays.
func (b *Bridge) SetPassword(ctx context.Context, handle string, s Secret) error { panic("todo") }

// RemoveAccount removes an account with all that is its own. It returns when its
// session and logins have ended.
func (b *Bridge) RemoveAccount(ctx context.Context, handle string) error { panic("todo") }

// Accounts lists the accounts in handle order.
func (b *Bridge) Accounts(ctx context.Context) ([]AccountInfo, error) { panic("todo") }

// LoginStatus is a login and how it fares.
type LoginStatus struct {
	Account, Network string
	Keys             map[string]string
	Connected        bool
	Since            time.Time // of being connected or not
	Reason           string    // why not connected; in plain words
	Next             time.Time // of the next try; zero: none until the owner changes something
	Remark           string    // Conn.Status
}

// AddLogin checks and stores a login and, while Run runs, starts it. It does not
// wait for the network: see WaitLogin. ErrExists, ErrNotFound.
func (b *Bridge) AddLogin(ctx context.Context, account, network string, keys map[string]string, secret Secret) error {
	panic("todo")
}

// WaitLogin waits until the login is connected, or its first attempt has failed, or ctx ends,
// and returns how it fares.
func (b *Bridge) WaitLogin(ctx context.Context, account, network string) (LoginStatus, error) {
	panic("todo")
}

// RemoveLogin ends a login and removes it, with its contacts, from the account.
func (b *Bridge) RemoveLogin(ctx context.Context, account, network string) error { panic("todo") }

// Logins lists an account's logins, or all for an empty handle.
func (b *Bridge) Logins(ctx context.Context, account string) ([]LoginStatus, error) { panic("todo") }
