package bridge

import (
	"context"
	"errors"
)

// A Lender is a Network that can be spoken to by an identity that the bridge makes: an account
// without a login of its own there is lent one (a Matrix ghost). Its methods ask nobody.
type Lender interface {
	Network

	// Lend names the keys of the login that an account is lent, which Check takes without a secret;
	// false if there can be none.
	Lend(account string) (keys map[string]string, ok bool)

	// Lent tells whether a login with these keys is one that was lent.
	Lent(keys map[string]string) bool
}

// A Namer is a Conn whose identity goes by the account's friendly name, because the bridge has made
// it. SetName is called after each Connect and after each change.
type Namer interface {
	SetName(ctx context.Context, name string) error
}

// Lend lends an account a login on a network, unless it has been lent one already. Nothing older
// than since, in Unix seconds, is delivered to it. ErrNotFound if there is no such account or the
// network lends none, ErrExists if the account has a login of its own there.
func (b *Bridge) Lend(ctx context.Context, handle, network string, since int64) error {
	return errors.ErrUnsupported
}
