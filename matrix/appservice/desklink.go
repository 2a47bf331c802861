package appservice

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func (c *controlRoom) cmdLink(ctx context.Context, q *question) (string, error) {
	info, err := c.account(ctx, q)
	if err != nil {
		return "", err
	}
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	if err := c.mayLink(ctx, b, q, info.Handle); err != nil {
		return "", err
	}
	given, err := b.giveCode(ctx, code{account: info.Handle, person: q.person, room: q.room, event: q.event,
		text: newCode(), expires: time.Now().Add(codeTime)})
	if errors.Is(err, errOtherCode) {
		return "", wrong(fmt.Sprintf("Somebody else is linking %s just now. Please try again in %d minutes.",
			info.Handle, 1+int(time.Until(given.expires)/time.Minute)))
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Your code is %s. It is good for %d minutes. To confirm that %s is yours, sign in to MSN with it and say to %s there: matrix link %s",
		given.text, codeTime/time.Minute, info.Handle, c.contact(), given.text), nil
}

// mayLink says why a person cannot have a code for an account.
func (c *controlRoom) mayLink(ctx context.Context, b *book, q *question, account string) error {
	switch {
	case q.link != nil && q.link.account == account:
		return wrong("You have linked " + account + " already. Say signin to be yourself there, or unlink to end that.")
	case q.link != nil:
		return wrong("You have linked " + q.link.account + ". Say unlink first.")
	}
	other, err := b.linkTo(ctx, account)
	switch {
	case err != nil:
		return err
	case other != nil:
		return wrong(account + " is linked with somebody else. Its owner ends that on MSN by saying to " + c.contact() + ": matrix unlink")
	}
	login, err := c.ownLogin(ctx, account)
	switch {
	case err != nil:
		return err
	case login != nil && login.Keys["user"] != q.person:
		return wrong(account + " has a login of another Matrix account.")
	case !c.limits.of(q.person).codes.Allow():
		return wrong("You have had many codes lately. Please try again in some minutes.")
	}
	return nil
}

func (c *controlRoom) cmdUnlink(ctx context.Context, q *question) (string, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	l := *q.link
	login, err := c.ownLogin(ctx, l.account)
	if err != nil {
		return "", err
	}
	text := "You are not linked with " + l.account + " any more."
	switch mine := login != nil && login.Keys["user"] == l.person; {
	case mine && (l.stage == stageOwn || l.stage == stageSigning):
		if err := c.giveBack(ctx, l); err != nil {
			return "", err
		}
		text += " It goes on as its ghost here."
	case mine:
		text += " Its login of your account was made on MSN, and is removed there, by saying to " + c.contact() + ": logout matrix"
	}
	c.log.Info("account unlinked", "account", l.account, "user", l.person)
	return text, b.unlink(ctx, l.account)
}

func (c *controlRoom) cmdSignIn(ctx context.Context, q *question) (string, error) {
	account, err := c.own(ctx, q)
	if err != nil {
		return "", err
	}
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	if err := b.moveLink(ctx, *q.link, q.room); err != nil {
		return "", err
	}
	login, err := c.ownLogin(ctx, account)
	switch {
	case err != nil:
		return "", err
	case login != nil && login.Connected:
		return account + " is you here already.", nil
	case login != nil && login.Awaits:
		return login.Reason, nil
	}
	if err := b.setStage(ctx, *q.link, stageNew); err != nil {
		return "", err
	}
	c.s.wakeDesk()
	return "One moment: I ask your homeserver how you can sign in.", nil
}
