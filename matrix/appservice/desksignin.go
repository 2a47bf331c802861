package appservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"msnbridge/bridge"
)

// A SignIn finds out how somebody can sign in on their own homeserver's pages: with a login of these
// keys. It is a *PasswordOnlyError if that is not to be had; other errors may pass.
type SignIn func(ctx context.Context, user string) (keys map[string]string, err error)

// A PasswordOnlyError says that a homeserver has no page to sign in on.
type PasswordOnlyError struct {
	Keys map[string]string // of a login with a password
}

func (*PasswordOnlyError) Error() string { return "the homeserver wants a password" }

// hooks are what package matrix does for the control room.
type hooks struct {
	mu      sync.Mutex // guards the fields below
	signIn  SignIn     // nil: people sign in with a password
	blocked []func(account string)
}

// UseSignIn has linked people sign in.
func (s *Service) UseSignIn(f SignIn) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.signIn = f
}

// UseBlocks has f called with an account whenever somebody has blocked or unblocked it. It must not
// wait.
func (s *Service) UseBlocks(f func(account string)) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.blocked = append(s.hooks.blocked, f)
}

// blocksChanged calls those who want to know.
func (s *Service) blocksChanged(account string) {
	s.hooks.mu.Lock()
	all := slices.Clone(s.hooks.blocked)
	s.hooks.mu.Unlock()
	for _, f := range all {
		f(account)
	}
}

// How long we try: to reach a homeserver, and to have somebody sign in.
const (
	askingTime  = 5 * time.Minute
	signingTime = time.Hour
)

// signingSteps says what is done in which stage.
var signingSteps = map[string]func(*controlRoom, context.Context, *book, link) error{
	stageNew:     (*controlRoom).beginSignIn,
	stageSigning: (*controlRoom).watchSignIn,
}

// signIns takes all sign-ins that are not settled a step further, and tells whether there are any.
func (c *controlRoom) signIns(ctx context.Context) (bool, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return true, err
	}
	links, err := b.unsettled(ctx)
	for _, l := range links {
		if err := signingSteps[l.stage](c, ctx, b, l); err != nil && ctx.Err() == nil {
			c.log.Warn("a sign-in does not go on", slog.String("account", l.account), slog.Any("err", err))
		}
	}
	return len(links) > 0, err
}

// settle ends a sign-in with words.
func (c *controlRoom) settle(ctx context.Context, b *book, l link, stage, text string) error {
	if err := c.tell(ctx, b, l, text); err != nil {
		return err
	}
	return b.setStage(ctx, l, stage)
}

// tell tells a person something in the stage that their link is in, once.
func (c *controlRoom) tell(ctx context.Context, b *book, l link, text string) error {
	occasion := fmt.Sprintf("link %s %d %s", l.account, l.made.UnixNano(), digest([]byte(text))[:16])
	return b.post(ctx, notice{answers: occasion, room: l.room, body: text})
}

// beginSignIn looks how the person can sign in, and has the account's login wait for it.
func (c *controlRoom) beginSignIn(ctx context.Context, b *book, l link) error {
	login, ok, err := c.triedLogin(ctx, l.account)
	switch {
	case err != nil || !ok && time.Since(l.made) < askingTime:
		return err
	case login != nil && login.Keys["user"] != l.person:
		return c.settle(ctx, b, l, stageGhost, "You have linked "+l.account+". It has a login of another Matrix account, though, with which it goes on.")
	case login != nil && !login.Connected && !login.Awaits && login.Next.IsZero():
		// rejected: linked anew below
	case login != nil:
		return c.settle(ctx, b, l, stageGhost, "You have linked "+l.account+". It has a login of your account already.")
	}
	keys, err := c.wayIn(ctx, l.person)
	var only *PasswordOnlyError
	switch {
	case errors.As(err, &only):
		return c.settle(ctx, b, l, stageGhost, "You have linked "+l.account+". "+c.passwordWords(l, only.Keys))
	case err != nil && time.Since(l.made) < askingTime:
		return err
	case err != nil:
		return c.settle(ctx, b, l, stageGhost, "You have linked "+l.account+". Your homeserver could not be asked how you sign in; say signin to try again.")
	}
	if err := c.s.house.AddLogin(ctx, l.account, Network, keys, ""); err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.log.Info("login of a linked person not made", slog.String("account", l.account), slog.Any("err", err))
		return c.settle(ctx, b, l, stageGhost, "You have linked "+l.account+". You could not be signed in there; say signin to try again.")
	}
	return b.setStage(ctx, l, stageSigning)
}

func (c *controlRoom) wayIn(ctx context.Context, user string) (map[string]string, error) {
	c.s.hooks.mu.Lock()
	find := c.s.hooks.signIn
	c.s.hooks.mu.Unlock()
	if find == nil {
		return nil, &PasswordOnlyError{Keys: map[string]string{"user": user}}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return find(ctx, user)
}

// passwordWords say where a password may be given: on MSN, and not here.
func (c *controlRoom) passwordWords(l link, keys map[string]string) string {
	words := "login matrix user=" + l.person
	if at := keys["homeserver"]; at != "" {
		words += " homeserver=" + at
	}
	return "Your homeserver signs people in with a password only, and I never ask for one here. " +
		"To be yourself on MSN in place of the ghost, sign in to MSN with that account and say to " + c.contact() + ": " +
		words + " password=... (with your password in place of the dots). Until then the ghost stays."
}

// watchSignIn looks how a sign-in fares that was begun.
func (c *controlRoom) watchSignIn(ctx context.Context, b *book, l link) error {
	login, ok, err := c.triedLogin(ctx, l.account)
	switch {
	case err != nil || !ok:
		return err
	case login == nil || login.Keys["user"] != l.person:
		return b.setStage(ctx, l, stageGhost) // it was removed on MSN
	case login.Connected:
		return c.settle(ctx, b, l, stageOwn, "You are signed in: "+l.account+" is you here now, in place of its ghost.")
	case login.Awaits:
		return c.tell(ctx, b, l, "You have linked "+l.account+". "+shownLong(login.Reason))
	case !login.Next.IsZero() && time.Since(l.made) < signingTime:
		return nil
	}
	if err := c.giveBack(ctx, l); err != nil {
		return err
	}
	return c.settle(ctx, b, l, stageGhost, "You were not signed in: "+shownLong(login.Reason)+". "+l.account+" goes on as its ghost here; say signin to try again.")
}

// triedLogin is an account's own login on Matrix once it has been tried, since it was made or the service
// began; nil if it has none, or only a ghost. ok is false before that.
func (c *controlRoom) triedLogin(ctx context.Context, account string) (login *bridge.LoginStatus, ok bool, err error) {
	soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	s, err := c.s.house.WaitLogin(soon, account, Network)
	switch {
	case errors.Is(err, bridge.ErrNotFound):
		return nil, true, nil
	case err != nil && soon.Err() != nil && ctx.Err() == nil:
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case s.Lent:
		return nil, true, nil
	}
	return &s, true, nil
}

// giveBack has a ghost take the place of the person's own login.
func (c *controlRoom) giveBack(ctx context.Context, l link) error {
	err := c.s.house.Relend(ctx, l.account, Network, time.Now().Unix())
	if errors.Is(err, bridge.ErrLeftBehind) {
		return nil // a session that its owner sees among theirs
	}
	return err
}

// shownLong makes a reason fit for our words.
func shownLong(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(strings.Map(visible, strings.NewReplacer("\n", " ", "\r", " ").Replace(text))), " "), ".")
}
