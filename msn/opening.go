package msn

import (
	"bytes"

	"msnbridge/msn/wire"
)

// opening is a connection of which nothing is known yet: its first command says
// whether it is for the notification server or for a switchboard.
type opening struct {
	c        *conn
	dispatch bool
}

func (o *opening) command(cmd *wire.Command) error {
	if !o.dispatch && forSwitchboard(cmd) {
		o.c.role = &seat{c: o.c}
	} else {
		o.c.role = &session{c: o.c, dispatch: o.dispatch}
	}
	return o.c.role.command(cmd)
}

// forSwitchboard: ANS, and a USR of handle and cookie, not of package, step and
// what belongs to it.
func forSwitchboard(cmd *wire.Command) bool {
	return bytes.Equal(cmd.Verb, []byte("ANS")) ||
		bytes.Equal(cmd.Verb, []byte("USR")) && len(cmd.Words) == 3
}

func (o *opening) flush() {}

func (o *opening) ended() {}
