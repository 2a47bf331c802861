package matrix

import (
	"context"
	"encoding/json"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// A loginRequest is the body of POST /login.
type loginRequest struct {
	Type       mautrix.AuthType        `json:"type"`
	Identifier *mautrix.UserIdentifier `json:"identifier,omitempty"`
	Password   string                  `json:"password,omitempty"`
	Token      string                  `json:"token,omitempty"`
	Device     string                  `json:"device_id,omitempty"`
	Name       string                  `json:"initial_device_display_name,omitempty"`
	Refresh    bool                    `json:"refresh_token"` // we can renew access tokens
}

type loginResponse struct {
	User    string  `json:"user_id"`
	Device  string  `json:"device_id"`
	Access  string  `json:"access_token"`
	Refresh string  `json:"refresh_token"`
	Expires float64 `json:"expires_in_ms"`
}

// legacyLogin signs in by the legacy API, as the device that we were before, if we were one.
func (c *Conn) legacyLogin(ctx context.Context, req loginRequest) (*loginResponse, error) {
	device, err := c.login.State.Get(ctx, stateDevice)
	if err != nil {
		return nil, err
	}
	req.Device, req.Name, req.Refresh = string(device), c.net.config.DeviceName, true
	return c.api.login(ctx, req)
}

// login makes a session by the legacy API.
func (a *api) login(ctx context.Context, req loginRequest) (*loginResponse, error) {
	body, err := a.public(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "login"}, req)
	if err != nil {
		return nil, err
	}
	var resp loginResponse
	if !lenient(json.RawMessage(body), &resp) || !fitToken(resp.Access) {
		return nil, errNonsense
	}
	return &resp, nil
}

// byPassword is the request to sign in with a password.
func byPassword(user string, password bridge.Secret) loginRequest {
	return loginRequest{
		Type:       mautrix.AuthTypePassword,
		Identifier: &mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user},
		Password:   password.Reveal(),
	}
}

// session is the one that was made.
func (r *loginResponse) session(user string) session {
	return session{How: authPassword, User: user, Of: digest(r.Access)}.renewed(r.Access, r.Refresh, millis(r.Expires))
}

// passwordLogin uses the password once, and puts the access token in its place.
func (c *Conn) passwordLogin(ctx context.Context) error {
	if err := c.passwordOffered(ctx); err != nil {
		return err
	}
	resp, err := c.legacyLogin(ctx, byPassword(c.me, c.login.Secret))
	if statusOf(err) == http.StatusForbidden && accountWords[codeOf(err)] == "" && codeOf(err) != codeConsent {
		return &bridge.RejectedError{Reason: "wrong password, or the homeserver has no account " + c.me, Err: err}
	}
	if err != nil {
		return c.refusal("sign in", err)
	}
	if err := c.admit(ctx, resp.session(c.me), resp); err != nil {
		return err
	}
	// A crash before this only means that the password is used once more.
	return c.login.State.ReplaceSecret(ctx, bridge.Secret(resp.Access))
}

// admit stores a session that the legacy API has made, if it is the user's.
func (c *Conn) admit(ctx context.Context, s session, resp *loginResponse) error {
	c.api.begin(s)
	if resp.User != c.me {
		return c.discard(ctx, c.wrongUser(&mautrix.RespWhoami{UserID: id.UserID(resp.User)}))
	}
	c.api.client.DeviceID = id.DeviceID(resp.Device)
	if err := c.login.State.Put(ctx, stateDevice, []byte(resp.Device)); err != nil {
		return err
	}
	return s.keep(ctx, c.login.State)
}

// passwordOffered is an error if the homeserver says that it takes no passwords.
func (c *Conn) passwordOffered(ctx context.Context) error {
	flows, err := c.flows(ctx)
	if err != nil || flows == nil || flows.has(mautrix.AuthTypePassword) {
		return err
	}
	return rejected("the homeserver takes no passwords; to sign in on its web page, " + c.anew(""))
}
