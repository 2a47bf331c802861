package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// Forget deletes the login's keys of encrypted messages, and ends the session at the homeserver,
// which deletes the device. One whose access token the owner has brought along goes on: it was made
// elsewhere. A ghost leaves all rooms.
func (n *Network) Forget(ctx context.Context, login bridge.Login) error {
	if n.Lent(login.Keys) {
		return n.forgetGhost(ctx, login)
	}
	return errors.Join(n.forgetSession(ctx, login), n.forgetCipher(ctx, login))
}

func (n *Network) forgetSession(ctx context.Context, login bridge.Login) error {
	login.Keys = maps.Clone(login.Keys)
	if err := checkUser(login.Keys); err != nil || login.State == nil {
		return err
	}
	s, err := storedSession(ctx, login.State)
	if err == nil && s.How == "" {
		s, err = earlierSession(ctx, login)
	}
	if err != nil {
		return err
	}
	return n.signOut(ctx, login, s)
}

func (n *Network) signOut(ctx context.Context, login bridge.Login, s session) error {
	if s.Access == "" || s.Over == hardEnd {
		return nil // there is no device
	}
	ctx, cancel := context.WithTimeout(ctx, n.config.Times.Request)
	defer cancel()
	err := n.endSession(ctx, login, s)
	if err != nil {
		return fmt.Errorf("%s (the homeserver calls it %q)", brief(err), n.config.DeviceName)
	}
	return nil
}

func (n *Network) endSession(ctx context.Context, login bridge.Login, s session) error {
	base, err := n.locate(ctx, login)
	if err != nil {
		return err
	}
	log := login.Log
	if log == nil {
		log = n.config.Log
	}
	a, err := n.newAPI(base, login, log)
	if err != nil {
		return err
	}
	defer a.hangUp()
	a.begin(s)
	return a.try(ctx, func() error { return a.endSession(ctx, s) })
}

// endSession logs a session out. One that the homeserver does not know any more has ended already.
func (a *api) endSession(ctx context.Context, s session) error {
	if s.How == authOAuth {
		return a.revoke(ctx, s)
	}
	_, err := a.request(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "logout"}, nil, struct{}{})
	if codeOf(err) == codeUnknownToken && !isSoft(err) {
		return nil
	}
	return err
}
