package appservice

import (
	"context"

	"msnbridge/bridge"
)

// Network is what a House knows Matrix by.
const Network = "matrix"

// A House is what the service needs of the bridge; *bridge.Bridge is one.
type House interface {
	// Account is an account; bridge.ErrNotFound.
	Account(ctx context.Context, handle string) (bridge.AccountInfo, error)

	Accounts(ctx context.Context) ([]bridge.AccountInfo, error)
	Lend(ctx context.Context, handle, network string, since int64) error
	AddLogin(ctx context.Context, handle, network string, keys map[string]string, secret bridge.Secret) error
	WaitLogin(ctx context.Context, handle, network string) (bridge.LoginStatus, error)
	Logins(ctx context.Context, handle string) ([]bridge.LoginStatus, error)

	// Relend puts a ghost in the place of an account's own login; see bridge.Bridge.
	Relend(ctx context.Context, handle, network string, since int64) error

	// Contacts are who and what an account has on its list; Having are the accounts that have
	// somebody there.
	Contacts(ctx context.Context, handle, network string) ([]bridge.ContactStatus, error)
	Having(ctx context.Context, who bridge.Addr) ([]bridge.ContactStatus, error)

	SetBlocked(ctx context.Context, handle string, who bridge.Addr, blocked bool) error
}

var _ House = (*bridge.Bridge)(nil)
