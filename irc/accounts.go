package irc

import (
	"context"
	"strings"
)

// maxAccounts bounds the people whose account is remembered; the one learned
// longest ago is forgotten.
const maxAccounts = 500

// accounts are the last known accounts of people, by the ID of their conversation.
// Guarded by the Conn's lock.
type accounts struct {
	last   map[string]string
	order  []string // of learning
	saving bool
	doubts bool // somebody may be asked for (Conn.judge)
}

func (a *accounts) of(id string) string { return a.last[id] }

func (a *accounts) keep(id, account string) {
	a.forget(id)
	if a.last == nil {
		a.last = map[string]string{}
	}
	if len(a.order) >= maxAccounts {
		a.forget(a.order[0])
	}
	a.last[id] = account
	a.order = append(a.order, id)
}

func (a *accounts) forget(id string) {
	if _, known := a.last[id]; !known {
		return
	}
	delete(a.last, id)
	for i, other := range a.order {
		if other == id {
			a.order = append(a.order[:i:i], a.order[i+1:]...)
			return
		}
	}
}

// String writes a line for each person: the ID, a space, and the account.
func (a *accounts) String() string {
	var b strings.Builder
	for _, id := range a.order {
		b.WriteString(id + " " + a.last[id] + "\n")
	}
	return b.String()
}

// readAccounts reads what String has written. Lines that are none are left out.
func readAccounts(text string) accounts {
	var a accounts
	for line := range strings.Lines(text) {
		id, account, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if ok && isNick(id) && accountName(account) == account && account != "" {
			a.keep(id, account)
		}
	}
	return a
}

// accountsKey is where bridge.LoginState has the accounts.
const accountsKey = "accounts"

// recallAccounts reads the accounts that people had on earlier connections.
func (c *Conn) recallAccounts(ctx context.Context) error {
	if c.login.State == nil {
		return nil
	}
	text, err := c.login.State.Get(ctx, accountsKey)
	c.accounts = readAccounts(string(text))
	return err
}

// keepAccounts has the accounts kept, soon.
func (c *Conn) keepAccounts() {
	if c.accounts.saving || c.login.State == nil {
		return
	}
	c.accounts.saving = true
	c.afterwards(func(ctx context.Context) {
		c.mu.Lock()
		c.accounts.saving = false
		text := c.accounts.String()
		c.mu.Unlock()
		if err := c.login.State.Put(ctx, accountsKey, []byte(text)); err != nil {
			c.log.Warn("accounts of contacts not kept", "err", err)
		}
	})
}
