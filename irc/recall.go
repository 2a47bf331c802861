package irc

import (
	"context"
	"strings"

	"msnbridge/bridge"
)

// What bridge.LoginState keeps of an identity; see also cert.go and account.go.
const (
	nickKey    = "nick"             // that the user took last, if it is not that of the login
	refusedKey = "nickserv_refused" // set when NickServ did not take the password
)

// recall takes the nick that the user took last for the wanted one, and reads
// whether NickServ has refused the password.
func (id *identity) recall(ctx context.Context, state bridge.LoginState) error {
	if state == nil {
		return nil
	}
	kept, err := state.Get(ctx, nickKey)
	if err != nil {
		return err
	}
	if nick, err := checkNick(string(kept)); err == nil {
		id.nick, id.others = nick, append([]string{id.nick}, id.others...)
	}
	refused, err := state.Get(ctx, refusedKey)
	id.denied = refused != nil
	return err
}

// keepNick keeps the wanted nick for the next connection.
func (c *Conn) keepNick(ctx context.Context, nick string) error {
	state, err := c.login.State, error(nil)
	switch {
	case state == nil:
	case nick == strings.TrimSpace(c.login.Keys["nick"]):
		err = state.Delete(ctx, nickKey)
	default:
		err = state.Put(ctx, nickKey, []byte(nick))
	}
	if err != nil {
		return bridge.Declined("you have the nick, but it could not be kept for the next connection")
	}
	return nil
}
