package bridgetest

import (
	"context"
	"strings"

	"msnbridge/bridge"
)

// A Lent is a Network that lends each account a login, as a bridge.Lender.
type Lent struct {
	*Network
	Prefix string // of the names of all whom it lends; with another one the same account is lent somebody else
}

var _ bridge.Lender = Lent{}

// lentTo is what the identity of a login that is lent is called.
const lentTo = "ghost of "

// Lend implements bridge.Lender: see KeyUser.
func (l Lent) Lend(account string) (map[string]string, bool) {
	return map[string]string{KeyUser: lentTo + l.Prefix + account}, true
}

// Lent implements bridge.Lender.
func (Lent) Lent(keys map[string]string) bool {
	return strings.HasPrefix(keys[KeyUser], lentTo)
}

// SetName implements bridge.Namer. It is recorded as a Call with its Name.
func (c *Conn) SetName(_ context.Context, name string) error {
	return c.record(Call{Method: "SetName", Name: name})
}
