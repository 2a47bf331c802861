package matrix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// signIn makes sure that the homeserver accepts the login: in the session that is kept, or in a new
// one.
func (c *Conn) signIn(ctx context.Context) error {
	s, err := keptSession(ctx, c.login)
	if err != nil {
		return err
	}
	if s.User != "" && s.User != c.me {
		return rejected(fmt.Sprintf("this login was linked for %s; remove it first, to link another account", s.User))
	}
	if s.live() {
		c.api.begin(s)
		err := c.whoami(ctx)
		if s.How == authOAuth { // whose it is may not have been found out when it was made
			return c.discard(ctx, err)
		}
		return err
	}
	if s.Over != "" && c.login.Secret.Reveal() != "" {
		return rejected(c.lost(s)) // with the secret that we put in place of the password
	}
	how, err := c.way(ctx)
	if err != nil {
		return err
	}
	return map[string]func(context.Context) error{
		authPassword: c.passwordLogin, authOAuth: c.oauthLogin, authSSO: c.ssoLogin,
	}[how](ctx)
}

// way decides how to sign in: as the owner has said, with the password if there is one, else as
// the homeserver offers it.
func (c *Conn) way(ctx context.Context) (string, error) {
	if how := c.login.Keys[keyAuth]; how != "" {
		return how, nil
	}
	if c.login.Secret.Reveal() != "" {
		return authPassword, nil
	}
	server, err := c.api.authServer(ctx)
	if err != nil {
		return "", c.refusal("ask how to sign in", err)
	}
	if server.offersDevice() {
		return authOAuth, nil
	}
	flows, err := c.flows(ctx)
	if err != nil {
		return "", err
	}
	if flows.has(mautrix.AuthTypeSSO) && flows.has(mautrix.AuthTypeToken) {
		return authSSO, nil
	}
	return "", rejected("this homeserver has no sign-in on a web page: it wants a password; " + c.anew("password=..."))
}

// loginFlows are the ways of the legacy API to sign in; nil if the homeserver does not say.
type loginFlows []mautrix.LoginFlow

func (f loginFlows) has(kind mautrix.AuthType) bool {
	return slices.ContainsFunc(f, func(flow mautrix.LoginFlow) bool { return flow.Type == kind })
}

func (c *Conn) flows(ctx context.Context) (loginFlows, error) {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	resp, err := c.api.client.GetLoginFlows(ctx)
	if err != nil && (!definite(err) || accountWords[codeOf(err)] != "") {
		return nil, c.refusal("ask how to sign in", err)
	}
	if err != nil || resp == nil {
		return nil, nil
	}
	return resp.Flows, nil
}

// begin stores a session that has just been made and finds out whose it is.
func (c *Conn) begin(ctx context.Context, s session) error {
	if err := s.keep(ctx, c.login.State); err != nil {
		return err
	}
	if err := c.login.State.Delete(ctx, statePending); err != nil {
		return err
	}
	c.api.begin(s)
	if err := c.whoami(ctx); err != nil {
		return c.discard(ctx, err)
	}
	c.nameDevice(ctx)
	return c.login.State.Put(ctx, stateDevice, []byte(c.api.client.DeviceID))
}

// nameDevice gives the device our name, which an OAuth 2.0 server knows as the application's only.
// A homeserver need not let us.
func (c *Conn) nameDevice(ctx context.Context) {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	err := c.api.client.SetDeviceInfo(ctx, c.api.client.DeviceID, &mautrix.ReqDeviceInfo{DisplayName: c.net.config.DeviceName})
	if err != nil {
		c.log.Debug("matrix session not named", slog.String("reason", brief(err)))
	}
}

// ownDevice is the device ID that we had before, or a new one.
func (c *Conn) ownDevice(ctx context.Context) (id.DeviceID, error) {
	kept, err := c.login.State.Get(ctx, stateDevice)
	if err != nil || len(kept) > 0 {
		return id.DeviceID(kept), err
	}
	device := rand.Text()
	return id.DeviceID(device), c.login.State.Put(ctx, stateDevice, []byte(device))
}

// whoami makes sure that the session is the user's.
func (c *Conn) whoami(ctx context.Context) error {
	limited, cancel := c.api.limited(ctx)
	defer cancel()
	resp, err := c.api.client.Whoami(limited)
	if err != nil {
		return c.refusal("ask who we are", err)
	}
	if resp == nil || string(resp.UserID) != c.me {
		return c.wrongUser(resp)
	}
	c.api.client.DeviceID = resp.DeviceID
	return nil
}

// errWrongUser is wrapped where a session is somebody else's.
var errWrongUser = errors.New("wrong user")

func (c *Conn) wrongUser(resp *mautrix.RespWhoami) error {
	whose := "somebody else"
	if resp != nil && validUser(string(resp.UserID)) {
		whose = string(resp.UserID)
	}
	return &bridge.RejectedError{
		Reason: fmt.Sprintf("this login is for %s, but the homeserver says it belongs to %s", c.me, whose), Err: errWrongUser,
	}
}

// discard ends a session that has just been made if it is the wrong user's. It returns err.
func (c *Conn) discard(ctx context.Context, err error) error {
	if !errors.Is(err, errWrongUser) {
		return err
	}
	ctx, cancel := stubborn(ctx, c.times.Request)
	defer cancel()
	s := c.api.tokens.now()
	if err := errors.Join(c.api.endSession(ctx, s), c.login.State.Delete(ctx, stateSession)); err != nil {
		c.log.Warn("matrix session of another user not ended", slog.String("reason", brief(err)))
	}
	c.api.begin(session{})
	return err
}

// await tells the owner what to do, while Connect goes on waiting for it.
func (c *Conn) await(text string) {
	if c.login.Await != nil {
		c.login.Await(text)
	}
}

// errTooLate ends a sign-in that nobody has approved.
var errTooLate = errors.New("not approved in time")

func (c *Conn) tooLate() error {
	return rejected("nobody approved the sign-in in time; to try again, " + c.anew(""))
}

// inWords is a length of time, rounded down.
func inWords(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d seconds", d/time.Second)
	}
	return fmt.Sprintf("%d minutes", (d+time.Second)/time.Minute)
}

func rejected(reason string) error { return &bridge.RejectedError{Reason: reason} }
