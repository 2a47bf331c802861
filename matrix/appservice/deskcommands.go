package appservice

import (
	"context"
	"errors"
	"strings"

	"msnbridge/bridge"
)

// deskCommands is the table of what the control room understands. What is not in it is refused.
func deskCommands() []deskCommand {
	return []deskCommand{
		{"help", "", "this list", everybody, 0, maxLine, nil, (*controlRoom).cmdHelp},
		{"link", "HANDLE", "link your own MSN account with your account here; its owner confirms it on MSN", everybody, 1, 1, nil, (*controlRoom).cmdLink},
		{"signin", "", "have your MSN account be you here in place of its ghost, where your homeserver has a page to sign in on", theLinked, 0, 0, nil, (*controlRoom).cmdSignIn},
		{"unlink", "", "end the link with your MSN account", theLinked, 0, 0, nil, (*controlRoom).cmdUnlink},
		{"list", "[WORD]", "people and rooms of your MSN account here, with WORD in their name", theLinked, 0, 1, linked, (*controlRoom).cmdListOwn},
		{"list", "[WORD]", "people on MSN who have you as a contact, with WORD in their name", theOthers, 0, 1, nil, (*controlRoom).cmdListOthers},
		{"block", "@user:server", "block somebody here for your MSN account", theLinked, 1, 1, namesUser, (*controlRoom).cmdBlockUser},
		{"block", "HANDLE", "somebody on MSN can no longer write to you, invite you or see whether you are there", everybody, 1, 1, nil, (*controlRoom).cmdBlock},
		{"unblock", "@user:server", "take that back", theLinked, 1, 1, namesUser, (*controlRoom).cmdBlockUser},
		{"unblock", "HANDLE", "take that back", everybody, 1, 1, nil, (*controlRoom).cmdBlock},
		{"status", "HANDLE", "how an account fares", theAdmins, 1, 1, hasWords, (*controlRoom).cmdStatusOf},
		{"status", "", "how the service fares", theAdmins, 0, 0, nil, (*controlRoom).cmdStatus},
	}
}

func linked(_ *controlRoom, q *question) bool { return q.link != nil }

func hasWords(_ *controlRoom, q *question) bool { return len(q.words) > 0 }

// namesUser tells whether a command is about somebody here who is no ghost.
func namesUser(c *controlRoom, q *question) bool {
	return len(q.words) > 0 && strings.HasPrefix(q.words[0], "@") && !c.s.space.Owns(q.words[0])
}

// account is the account that a command names.
func (c *controlRoom) account(ctx context.Context, q *question) (bridge.AccountInfo, error) {
	handle, ok := c.s.space.handleIn(q.words[0])
	if !ok {
		return bridge.AccountInfo{}, wrong("That is no address of somebody on MSN. One looks like " + c.example() + ".")
	}
	info, err := c.s.house.Account(ctx, handle)
	if errors.Is(err, bridge.ErrNotFound) {
		err = wrong("There is nobody on MSN here with the address " + handle + ".")
	}
	return info, err
}

// own is the account that a linked person may act for: one that is there, and is nobody else on Matrix.
func (c *controlRoom) own(ctx context.Context, q *question) (account string, err error) {
	account = q.link.account
	if _, err := c.s.house.Account(ctx, account); errors.Is(err, bridge.ErrNotFound) {
		return "", wrong("The account " + account + " is not there any more.")
	} else if err != nil {
		return "", err
	}
	login, err := c.ownLogin(ctx, account)
	if err != nil {
		return "", err
	}
	if login != nil && login.Keys["user"] != q.person {
		c.log.Info("control room command denied, the account is somebody else here", "account", account, "user", q.person)
		return "", wrong("The account " + account + " is somebody else here by now. Say unlink to end the link.")
	}
	return account, nil
}

// ownLogin is an account's own login on Matrix; nil if it has none, or only a ghost.
func (c *controlRoom) ownLogin(ctx context.Context, account string) (*bridge.LoginStatus, error) {
	logins, err := c.s.house.Logins(ctx, account)
	if errors.Is(err, bridge.ErrNotFound) {
		return nil, nil
	}
	for _, l := range logins {
		if l.Network == Network && !l.Lent {
			return &l, err
		}
	}
	return nil, err
}

// example is an address as people on MSN have it.
func (c *controlRoom) example() string {
	if c.s.config.Home == "" {
		return "alice@example.org"
	}
	return "alice@" + c.s.config.Home
}

// contact is whom people on MSN say things to that are for this service.
func (c *controlRoom) contact() string {
	if c.s.config.Home == "" {
		return "the contact msnbridge"
	}
	return "the contact gateway@" + c.s.config.Home
}
