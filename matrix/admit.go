package matrix

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

var _ bridge.Admitter = (*Network)(nil)

// checkDevice is the device of the sessions that only find out whether a password is right. It is
// always the same, so that one which could not be ended is the last of its kind: the next one takes
// its place. It has no keys, so nobody encrypts for it.
const checkDevice = "MSNBRIDGECHECK"

// Admits tells whether a user's server is one whose people may sign in here.
func (n *Network) Admits(user string) bool {
	_, server, err := splitUserID(user)
	_, ok := n.config.SignIn[server]
	return err == nil && ok
}

// Owns tells whether a login is that user's.
func (n *Network) Owns(user string, keys map[string]string) bool { return keys[keyUser] == user }

// Admit makes a session with the password, as a login makes it that is linked with one: named as
// our sessions are, and with a token that can be renewed. It goes on as the device of the earlier
// login if there is one: the homeserver has kept its keys.
func (n *Network) Admit(ctx context.Context, user string, password bridge.Secret, known bridge.LoginState) (*bridge.Admission, error) {
	v, err := n.visit(ctx, user, known)
	if err != nil {
		return nil, err
	}
	defer v.end()
	device, err := v.state.Get(ctx, stateDevice)
	if err != nil {
		return nil, err
	}
	req := byPassword(user, password)
	req.Device, req.Name, req.Refresh = string(device), n.config.DeviceName, true
	ctx, cancel := stubborn(ctx, n.config.Times.Request)
	defer cancel()
	if err := v.signIn(ctx, req); err != nil {
		return nil, err
	}
	name := v.name(ctx)
	s := v.api.tokens.now()
	return &bridge.Admission{Name: name, Keys: v.keys, Secret: bridge.Secret(s.Access), State: v.state.all()}, nil
}

// Vouch makes a session with the password and ends it.
func (n *Network) Vouch(ctx context.Context, user string, password bridge.Secret) error {
	v, err := n.visit(ctx, user, nil)
	if err != nil {
		return err
	}
	defer v.end()
	req := byPassword(user, password)
	req.Device, req.Name = checkDevice, n.config.DeviceName+" (checking a password)"
	ctx, cancel := stubborn(ctx, n.config.Times.Request)
	defer cancel()
	if err := v.signIn(ctx, req); err != nil {
		return err
	}
	v.signOut(ctx)
	return nil
}

// Withdraw ends a session that Admit has made.
func (n *Network) Withdraw(ctx context.Context, a *bridge.Admission) error {
	login := bridge.Login{Network: name, Keys: a.Keys, State: &draft{values: a.State}}
	s, err := storedSession(ctx, login.State)
	if err != nil {
		return err
	}
	return n.signOut(ctx, login, s)
}

// A visit is a few requests to the homeserver of somebody who has no login yet.
type visit struct {
	net    *Network
	api    *api
	user   string
	server string
	keys   map[string]string // of the login that it may become
	state  *draft            // what there is to be kept of that
	log    *slog.Logger
}

// visit finds the homeserver, and makes sure that it takes passwords.
func (n *Network) visit(ctx context.Context, user string, known bridge.LoginState) (*visit, error) {
	v := &visit{net: n, user: user, server: serverOf(user), keys: map[string]string{keyUser: user}, state: newDraft(known)}
	v.log = n.config.Log.With("user", user)
	base, err := v.locate(ctx)
	if err != nil {
		return nil, v.unreachable(err)
	}
	if v.api, err = n.newAPI(base, bridge.Login{Keys: v.keys, State: v.state}, v.log); err != nil {
		return nil, err
	}
	if err := v.offered(ctx); err != nil {
		v.end()
		return nil, err
	}
	return v, nil
}

func (v *visit) end() { v.api.hangUp() }

// locate finds the homeserver: as configured, or where the server says, which is remembered.
func (v *visit) locate(ctx context.Context) (*url.URL, error) {
	if given := v.net.config.SignIn[v.server]; given != "" {
		v.keys[keyHomeserver] = given
		return parseBaseURL(given)
	}
	base, err := v.net.locate(ctx, bridge.Login{Keys: v.keys, State: v.net.found[v.server]})
	if err != nil {
		return nil, err
	}
	return base, v.state.Put(ctx, stateHomeserver, []byte(base.String()))
}

// signIn makes a session, which is the user's, and notes what there is to be kept of it.
func (v *visit) signIn(ctx context.Context, req loginRequest) error {
	resp, err := v.api.login(ctx, req)
	if err != nil {
		return v.refused(err)
	}
	s := resp.session(v.user)
	v.api.begin(s)
	v.api.client.DeviceID = id.DeviceID(resp.Device)
	if problem := v.unfit(resp); problem != nil {
		v.signOut(ctx)
		return problem
	}
	return errors.Join(v.state.Put(ctx, stateDevice, []byte(resp.Device)), s.keep(ctx, v.state))
}

// unfit is what is wrong with a session that has been made, or nil.
func (v *visit) unfit(resp *loginResponse) error {
	if resp.User != v.user {
		return &bridge.SignInError{Err: errWrongUser,
			Reason: v.server + " has signed in somebody else. Please ask who runs this service."}
	}
	if !fitDevice(resp.Device) {
		return v.refused(errNonsense)
	}
	return nil
}

// fitDevice tells whether a device ID can be kept and stand in a path.
func fitDevice(device string) bool { return device != "" && validOpaque("$"+device, '$') }

// signOut ends the session that has just been made, which is tried again for a while.
func (v *visit) signOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), v.net.config.Times.Request/2)
	defer cancel()
	s := v.api.tokens.now()
	if err := v.api.try(ctx, func() error { return v.api.endSession(ctx, s) }); err != nil {
		v.log.Warn("matrix session not ended that was made to check a password", slog.String("reason", bare(err)))
	}
}

// name is what the user is called, if the homeserver says so.
func (v *visit) name(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, min(v.net.config.Times.Request, 5*time.Second))
	defer cancel()
	resp, err := v.api.client.GetDisplayName(ctx, id.UserID(v.user))
	if err != nil || resp == nil {
		return ""
	}
	return cleanName(resp.DisplayName)
}
