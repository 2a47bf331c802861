package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/oauth"

	"msnbridge/bridge"
)

// statePending is a sign-in that waits for its owner.
const statePending = "pending"

// A pending is a sign-in that its owner has been asked to approve on another device (RFC 8628). It
// is stored, so that after a restart the same code still holds.
type pending struct {
	Homeserver string        `json:"homeserver"`
	Client     string        `json:"client"`      // our client ID
	Device     string        `json:"device_code"` // what we ask with
	Code       string        `json:"user_code"`   // what the owner types at Page
	Page       string        `json:"page"`
	Expires    time.Time     `json:"expires"`
	Interval   time.Duration `json:"interval"` // between two questions
}

// oauthLogin signs in by the owner's approval on another device.
func (c *Conn) oauthLogin(ctx context.Context) error {
	server, err := c.api.authServer(ctx)
	if err != nil {
		return c.refusal("ask how to sign in", err)
	}
	if !server.offersDevice() {
		return rejected("the homeserver does not let one sign in from another device (OAuth 2.0); " +
			"give a password, or an access token with token=")
	}
	p, err := c.pending(ctx, server)
	if err != nil {
		return err
	}
	c.await(fmt.Sprintf("To sign in to Matrix as %s, open %s and enter the code %s, within %s.",
		c.me, p.Page, p.Code, inWords(time.Until(p.Expires))))
	granted, err := c.granted(ctx, c.api.authClient(server), p)
	if err != nil {
		return err
	}
	s := session{How: authOAuth, User: c.me, Of: digest(c.login.Secret.Reveal()), Client: p.Client}
	return c.begin(ctx, s.renewed(granted.AccessToken, granted.RefreshToken, granted.ExpiresIn.Duration))
}

// pending is the sign-in that the owner was asked for before, or a new one.
func (c *Conn) pending(ctx context.Context, server *authServer) (pending, error) {
	var p pending
	kept, err := c.login.State.Get(ctx, statePending)
	if err != nil {
		return p, err
	}
	if json.Unmarshal(kept, &p) == nil && p.Homeserver == c.api.client.HomeserverURL.String() && time.Now().Before(p.Expires) {
		return p, nil
	}
	device, err := c.ownDevice(ctx)
	if err != nil {
		return p, err
	}
	if p, err = c.newPending(ctx, server, device); err != nil {
		return p, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return p, err
	}
	return p, c.login.State.Put(ctx, statePending, text)
}

func (c *Conn) newPending(ctx context.Context, server *authServer, device id.DeviceID) (pending, error) {
	client, err := c.api.register(ctx, server, c.net.config.DeviceName, pageOf(c.net.config.Page))
	if err != nil {
		return pending{}, c.oauthRefusal("the homeserver does not take us as a new application", err)
	}
	resp, err := c.api.deviceCode(ctx, server, client, device)
	if err != nil {
		return pending{}, c.oauthRefusal("the homeserver gives no code to sign in with", err)
	}
	return pending{
		Homeserver: c.api.client.HomeserverURL.String(), Client: client,
		Device: resp.DeviceCode, Code: cleanName(resp.UserCode), Page: resp.VerificationURI,
		Expires:  time.Now().Add(clamp(resp.ExpiresIn.Duration, 10*time.Minute, time.Hour)),
		Interval: clamp(resp.Interval.Duration, 5*time.Second, time.Minute) * c.times.Second / time.Second,
	}, nil
}

// clamp is d, or fallback if there is none, and at most most.
func clamp(d, fallback, most time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return min(d, most)
}

// deviceCode asks for a code (RFC 8628, 3.1), with the scopes that the homeserver knows.
func (a *api) deviceCode(ctx context.Context, s *authServer, client string, device id.DeviceID) (*oauth.DeviceCodeResponse, error) {
	var resp *oauth.DeviceCodeResponse
	var err error
	for _, unstable := range []bool{s.unstable, !s.unstable} {
		limited, cancel := a.limited(ctx)
		resp, err = a.authClient(s).OAuthGenerateDeviceCode(limited, oauth.GenerateDeviceCodeParams{
			ClientID: client, Scopes: scopes(device, unstable),
		})
		cancel()
		if codeOf(err) != "invalid_scope" {
			break
		}
	}
	if err == nil && (resp == nil || resp.DeviceCode == "" || cleanName(resp.UserCode) == "" || !fitPage(resp.VerificationURI)) {
		err = errNonsense
	}
	return resp, err
}

// granted asks for the tokens until the owner has decided or the time is over.
func (c *Conn) granted(ctx context.Context, client *mautrix.Client, p pending) (*oauth.TokenResponse, error) {
	limit, cancel := context.WithDeadlineCause(ctx, p.Expires, errTooLate)
	defer cancel()
	for wait := p.Interval; ; {
		if err := pause(limit, wait); err != nil {
			return nil, c.undecided(ctx, err)
		}
		asking, done := c.api.limited(limit)
		resp, err := client.OAuthPollDeviceCode(asking, oauth.PollDeviceCodeParams{ClientID: p.Client, DeviceCode: p.Device})
		done()
		if err == nil && (resp == nil || !fitToken(resp.AccessToken)) {
			err = errNonsense
		}
		if err == nil {
			return resp, nil
		}
		if definite(err) && !waits[codeOf(err)] {
			return nil, c.undecided(ctx, err)
		}
		if codeOf(err) == "slow_down" {
			p.Interval += 5 * c.times.Second // RFC 8628, 3.5
		}
		wait = max(p.Interval, retryAfter(err))
	}
}

// waits are the answers after which one goes on asking (RFC 8628, 3.5).
var waits = map[string]bool{"authorization_pending": true, "slow_down": true}

// undecided is the end of a sign-in that has not been approved. It is forgotten, unless only we are
// about to end.
func (c *Conn) undecided(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := c.login.State.Delete(ctx, statePending); err != nil {
		return err
	}
	switch {
	case err == errTooLate || codeOf(err) == "expired_token":
		return c.tooLate()
	case codeOf(err) == "access_denied":
		return rejected("the sign-in was refused on the web page; to try again, " + c.anew(""))
	}
	return &bridge.RejectedError{Reason: "the homeserver has ended the sign-in (" + brief(err) + "); to try again, " + c.anew(""), Err: err}
}
