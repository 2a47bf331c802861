package bridge

import (
	"context"
	"errors"
)

// Open reads a file that a message has brought to an account, by its File.Ref,
// through the account's login on the network. The caller closes it. ErrNotFound if
// there is no such account, login or file; ErrNotOnline while the login is not
// connected; other errors say in plain words why not. It waits, and so is never
// called in a turn.
func (b *Bridge) Open(ctx context.Context, handle, network, ref string) (*Download, error) {
	type found struct {
		linked bool
		conn   Conn
	}
	f, err := on(ctx, b, handle, func(a *account) found {
		if l := a.logins[network]; l != nil {
			return found{true, l.live()}
		}
		return found{}
	})
	switch {
	case err != nil:
		return nil, err
	case !f.linked:
		return nil, ErrNotFound
	case f.conn == nil:
		return nil, ErrNotOnline
	}
	d, err := f.conn.Open(ctx, ref)
	if errors.Is(err, ErrClosed) {
		err = ErrNotOnline
	}
	return d, err
}
