// Package control lets the command line act on the service whether or not the
// daemon runs. Whoever holds the lock of the data directory owns the store. The
// daemon holds it while it runs and serves its bridge on a socket beside it;
// without a daemon a command takes the lock and acts on the store itself.
package control

import (
	"context"

	"msnbridge/bridge"
)

// A Service is what the command line does to the service: *bridge.Bridge in this
// process, or a Client of the daemon. The methods are those of bridge.Bridge.
type Service interface {
	AddAccounts(ctx context.Context, as ...bridge.NewAccount) error
	SetPassword(ctx context.Context, handle string, s bridge.Secret) error
	RemoveAccount(ctx context.Context, handle string) error
	Accounts(ctx context.Context) ([]bridge.AccountInfo, error)
	AddLogin(ctx context.Context, account, network string, keys map[string]string, secret bridge.Secret) error
	WaitLogin(ctx context.Context, account, network string) (bridge.LoginStatus, error)
	RemoveLogin(ctx context.Context, account, network string) error
	Logins(ctx context.Context, account string) ([]bridge.LoginStatus, error)
}

// What the messages hold. Secrets travel in clear: the socket is open to its
// owner alone.
type (
	account struct {
		Handle   string `json:"handle"`
		Name     string `json:"name,omitempty"`
		Password string `json:"password,omitempty"`
	}
	login struct {
		Account string            `json:"account"`
		Network string            `json:"network"`
		Keys    map[string]string `json:"keys,omitempty"`
		Secret  string            `json:"secret,omitempty"`
		Wait    int64             `json:"wait_ms,omitempty"`
	}
	failure struct {
		Text string `json:"error"`
		Kind string `json:"kind,omitempty"` // the text of one of kinds
	}
	nothing struct{}
)

// kinds are the errors that stay recognizable across the socket.
var kinds = []error{
	bridge.ErrMalformed, bridge.ErrExists, bridge.ErrInvalid, bridge.ErrNotFound,
	bridge.ErrNoSuchUser, bridge.ErrNameTooLong, bridge.ErrStore, bridge.ErrClosed,
	bridge.ErrLeftBehind,
}

// Paths of the methods.
const (
	addAccounts   = "/v1/accounts/add"
	setPassword   = "/v1/accounts/password"
	removeAccount = "/v1/accounts/remove"
	listAccounts  = "/v1/accounts/list"
	addLogin      = "/v1/logins/add"
	waitLogin     = "/v1/logins/wait"
	removeLogin   = "/v1/logins/remove"
	listLogins    = "/v1/logins/list"
	wayBack       = "/v1/ghosts/wayback"
	hello         = "/v1/hello"
)
