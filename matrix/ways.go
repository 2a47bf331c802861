package matrix

import (
	"context"
	"fmt"
	"log/slog"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// signInPage finds out how a person signs in on a web page of their homeserver: it is an
// appservice.SignIn. The homeserver of the application service is first looked for where browsers
// would find it.
func (n *Network) signInPage(ctx context.Context, user string) (map[string]string, error) {
	if !validUser(user) {
		return nil, fmt.Errorf("%q is no Matrix user", user)
	}
	keys, err := n.pageOf(ctx, map[string]string{keyUser: user})
	own := n.config.Appservice.Config()
	if err == nil || isPasswordOnly(err) || serverOf(user) != own.Server {
		return keys, err
	}
	return n.pageOf(ctx, map[string]string{keyUser: user, keyHomeserver: own.Homeserver})
}

func isPasswordOnly(err error) bool {
	_, ok := err.(*appservice.PasswordOnlyError)
	return ok
}

// pageOf returns the keys of a login if its homeserver has a page to sign in on.
func (n *Network) pageOf(ctx context.Context, keys map[string]string) (map[string]string, error) {
	login := bridge.Login{Keys: keys, State: newDraft(nil)}
	base, err := n.locate(ctx, login)
	if err != nil {
		return nil, err
	}
	a, err := n.newAPI(base, login, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer a.transport.CloseIdleConnections()
	server, err := a.authServer(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask how to sign in: %s", brief(err))
	}
	if server.offersDevice() {
		return keys, nil
	}
	limited, cancel := a.limited(ctx)
	defer cancel()
	resp, err := a.client.GetLoginFlows(limited)
	if err != nil || resp == nil {
		return nil, fmt.Errorf("ask how to sign in: %s", brief(err))
	}
	flows := loginFlows(resp.Flows)
	if flows.has(mautrix.AuthTypeSSO) && flows.has(mautrix.AuthTypeToken) && n.config.Detour != nil {
		return keys, nil
	}
	return nil, &appservice.PasswordOnlyError{Keys: keys}
}
