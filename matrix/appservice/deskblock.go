package appservice

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// cmdBlock blocks or unblocks an account for the person who says so.
func (c *controlRoom) cmdBlock(ctx context.Context, q *question) (string, error) {
	on := q.name == "block"
	info, err := c.account(ctx, q)
	if err != nil {
		return "", err
	}
	if err := c.roomForBlock(ctx, q.person, info.Handle, on); err != nil {
		return "", err
	}
	if err := c.s.setBlock(ctx, block{person: q.person, account: info.Handle}, on); err != nil {
		return "", err
	}
	who := shown(info.Name) + " (" + info.Handle + ")"
	if !on {
		return who + " is not blocked any more.", nil
	}
	return who + " can no longer write to you, invite you or see whether you are there, through this gateway. To take that back, say unblock " + info.Handle + ".", nil
}

// roomForBlock says why no more can be blocked.
func (c *controlRoom) roomForBlock(ctx context.Context, person, account string, on bool) error {
	b, err := c.s.book(ctx)
	if err != nil || !on {
		return err
	}
	all, err := b.blockedBy(ctx, person)
	if err == nil && len(all) >= maxBlocks && !slices.Contains(all, account) {
		err = wrong("You have blocked as many as can be.")
	}
	return err
}

// cmdBlockUser blocks or unblocks somebody on Matrix for the person's own account.
func (c *controlRoom) cmdBlockUser(ctx context.Context, q *question) (string, error) {
	on, user := q.name == "block", q.words[0]
	account, err := c.own(ctx, q)
	if err != nil {
		return "", err
	}
	if local, server, err := id.UserID(user).Parse(); err != nil || local == "" || !id.ValidateServerName(server) || len(user) > maxUserID || user == c.s.bot() || user == q.person {
		return "", wrong("That is nobody who can be blocked.")
	}
	err = c.s.house.SetBlocked(ctx, account, bridge.Addr{Network: Network, ID: user}, on)
	switch {
	case errors.Is(err, bridge.ErrNoSuchUser):
		return "", wrong("That is not possible just now: " + account + " has not signed in to MSN yet.")
	case errors.Is(err, bridge.ErrListFull):
		return "", wrong("The block list of " + account + " is full.")
	case err != nil:
		return "", err
	}
	c.log.Debug("block list changed from the control room", slog.String("account", account))
	if on {
		return user + " is on the block list of " + account + " now.", nil
	}
	return user + " is not on the block list of " + account + " any more.", nil
}
