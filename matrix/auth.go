package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// What is kept of a login.
const (
	stateDevice = "device" // our device ID
	stateToken  = "token"  // digest of the access token that the login's secret was replaced by
)

// signIn makes sure that the homeserver accepts the login: with the token it has, or with the
// password, which is used once and then replaced by the token.
func (c *Conn) signIn(ctx context.Context) error {
	token, err := c.hasToken(ctx)
	if err != nil {
		return err
	}
	if !token {
		return c.passwordLogin(ctx)
	}
	c.api.client.AccessToken = c.login.Secret.Reveal()
	return c.whoami(ctx)
}

// hasToken tells whether the login's secret is an access token.
func (c *Conn) hasToken(ctx context.Context) (bool, error) {
	if c.login.Keys[keyAuth] == authToken {
		return true, nil
	}
	kept, err := c.login.State.Get(ctx, stateToken)
	return string(kept) == digest(c.login.Secret.Reveal()), err
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (c *Conn) whoami(ctx context.Context) error {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	resp, err := c.api.client.Whoami(ctx)
	if err != nil {
		return c.refusal("ask who we are", err)
	}
	if resp == nil || string(resp.UserID) != c.me {
		return c.wrongUser(resp)
	}
	c.api.client.DeviceID = resp.DeviceID
	return nil
}

func (c *Conn) wrongUser(resp *mautrix.RespWhoami) error {
	whose := "somebody else"
	if resp != nil && validUser(string(resp.UserID)) {
		whose = string(resp.UserID)
	}
	return &bridge.RejectedError{Reason: fmt.Sprintf("this login is for %s, but the homeserver says it belongs to %s", c.me, whose)}
}

// passwordLogin signs in as the device that we were before, if we were one.
func (c *Conn) passwordLogin(ctx context.Context) error {
	device, err := c.login.State.Get(ctx, stateDevice)
	if err != nil {
		return err
	}
	if err := c.passwordOffered(ctx); err != nil {
		return err
	}
	limited, cancel := c.api.limited(ctx)
	defer cancel()
	resp, err := c.api.client.Login(limited, &mautrix.ReqLogin{
		Type:                     mautrix.AuthTypePassword,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: c.me},
		Password:                 c.login.Secret.Reveal(),
		DeviceID:                 id.DeviceID(device),
		InitialDeviceDisplayName: c.net.config.DeviceName,
	})
	if statusOf(err) == http.StatusForbidden && rejection(err) == nil {
		return &bridge.RejectedError{Reason: "wrong password, or the homeserver has no account " + c.me, Err: err}
	}
	if err != nil {
		return c.refusal("sign in", err)
	}
	return c.signedIn(ctx, resp)
}

func (c *Conn) signedIn(ctx context.Context, resp *mautrix.RespLogin) error {
	if resp == nil || resp.AccessToken == "" {
		return errors.New("sign in: the homeserver's answer makes no sense")
	}
	c.api.client.AccessToken, c.api.client.DeviceID = resp.AccessToken, resp.DeviceID
	if string(resp.UserID) != c.me {
		return c.wrongUser(&mautrix.RespWhoami{UserID: resp.UserID})
	}
	// In this order, a crash in between only means that the password is used once more.
	if err := c.login.State.Put(ctx, stateDevice, []byte(resp.DeviceID)); err != nil {
		return err
	}
	if err := c.login.State.Put(ctx, stateToken, []byte(digest(resp.AccessToken))); err != nil {
		return err
	}
	return c.login.State.ReplaceSecret(ctx, bridge.Secret(resp.AccessToken))
}

// passwordOffered is an error if the homeserver says that it takes no passwords.
func (c *Conn) passwordOffered(ctx context.Context) error {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	flows, err := c.api.client.GetLoginFlows(ctx)
	if err != nil && !definite(err) {
		return c.refusal("ask how to sign in", err)
	}
	if err != nil || flows == nil || slices.ContainsFunc(flows.Flows, func(f mautrix.LoginFlow) bool {
		return f.Type == mautrix.AuthTypePassword
	}) {
		return nil
	}
	return &bridge.RejectedError{Reason: "the homeserver takes no passwords; give an access token instead, with auth=token"}
}

// refusal makes the error of Connect of what a homeserver answered.
func (c *Conn) refusal(what string, err error) error {
	if rejected := rejection(err); rejected != nil {
		return rejected
	}
	return fmt.Errorf("%s at %s: %s", what, c.api.client.HomeserverURL.Host, brief(err))
}
