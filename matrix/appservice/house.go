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
}

var _ House = (*bridge.Bridge)(nil)
