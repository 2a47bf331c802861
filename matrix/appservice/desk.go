package appservice

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// What the service's own user says of itself, and of rooms.
const (
	textHello   = "Hello. This is the way to the people on MSN who are reached through %s. Say help to see what I understand."
	textCrowded = "I only listen where one person and I are alone. Please invite me to a direct chat; I leave this room."
	textSecret  = "I cannot read what is said here: this room is encrypted, and I have no encryption. " +
		"Please invite me (%s) to a room without it. In Element: make a new room, switch off \"Enable end-to-end encryption\" " +
		"before it is created, and then invite me."
	textSlow   = "Not so fast, please. What you have said just now was passed over."
	textBroken = "That has not worked just now. Please try again later."
)

// A controlRoom is the desk: what the service's own user does in the rooms that it is in.
type controlRoom struct {
	s      *Service
	bot    *bot
	log    *slog.Logger
	limits limits
	busy   time.Duration // busyPause
	passed atomic.Int64  // messages and commands that were not carried out
}

var _ desk = (*controlRoom)(nil)

func newControlRoom(s *Service) (*controlRoom, error) {
	b, err := s.newBot()
	if err != nil {
		return nil, err
	}
	return &controlRoom{s: s, bot: b, log: s.log, busy: busyPause}, nil
}

// deskParts are what the control room needs of its service.
type deskParts struct {
	control *controlRoom
	hooks   hooks
	blocks  blocks
	booking chan struct{} // held by whoever writes what the control room keeps
	linked  chan struct{} // holds one: there is a new link
}

func (s *Service) openDesk() (err error) {
	s.booking, s.linked = make(chan struct{}, 1), make(chan struct{}, 1)
	s.control, err = newControlRoom(s)
	s.desk = s.control
	return err
}

// deskEvents says what is done about which events.
var deskEvents = map[string]func(*controlRoom, context.Context, *pushedEvent) error{
	typeMember:     (*controlRoom).memberChanged,
	typeMailed:     (*controlRoom).roomChanged,
	typeEncryption: (*controlRoom).roomChanged,
	typeEncrypted:  (*controlRoom).roomChanged,
	typeMessage:    (*controlRoom).heard,
}

// event implements desk. What the homeserver refuses for good is not tried again.
func (c *controlRoom) event(ctx context.Context, e pushedEvent) error {
	act := deskEvents[e.Type]
	if act == nil || e.Sender == c.s.bot() || e.ID == "" {
		return nil
	}
	err := act(c, ctx, &e)
	if settled(err) {
		c.passed.Add(1)
		c.log.Info("control room refused by the homeserver", slog.String("room", e.Room), slog.Any("err", err))
		return nil
	}
	return err
}

// memberChanged looks at who comes and goes.
func (c *controlRoom) memberChanged(ctx context.Context, e *pushedEvent) error {
	m, ok := e.member()
	switch {
	case !ok:
		return nil
	case *e.StateKey != c.s.bot():
		return c.roomChanged(ctx, e)
	case m.Membership == "invite":
		return c.invited(ctx, e)
	}
	return nil
}

// invited enters a room, and stays if it is one for two.
func (c *controlRoom) invited(ctx context.Context, e *pushedEvent) error {
	if c.s.space.Owns(e.Sender) || !c.limits.allow(e.Sender) {
		c.passed.Add(1)
		return c.bot.leave(ctx, e.Room)
	}
	if err := c.bot.join(ctx, e.Room); err != nil {
		return fmt.Errorf("enter a control room: %w", err)
	}
	v, err := c.bot.look(ctx, e.Room)
	if err != nil {
		return err
	}
	if fit, err := c.fit(ctx, e, &v); !fit || err != nil {
		return err
	}
	if err := c.answer(ctx, e.Room, "hello "+e.ID, fmt.Sprintf(textHello, c.s.config.Server)); err != nil {
		return err
	}
	return c.catchUp(ctx, e)
}

// catchUp answers what the person has said since they have invited us.
func (c *controlRoom) catchUp(ctx context.Context, e *pushedEvent) error {
	missed, err := c.bot.behind(ctx, e.Room, e.ID, e.Sender)
	if err != nil && ctx.Err() == nil {
		c.log.Debug("control room not read back", slog.String("room", e.Room), slog.Any("err", err))
		return nil
	}
	for i := range missed {
		if err := c.heard(ctx, &missed[i]); err != nil {
			return err
		}
	}
	return err
}

// roomChanged makes sure that the room is still one for two.
func (c *controlRoom) roomChanged(ctx context.Context, e *pushedEvent) error {
	v, err := c.bot.look(ctx, e.Room)
	if err != nil {
		return err
	}
	_, err = c.fit(ctx, e, &v)
	return err
}

// fit tells whether commands are carried out in a room. Where they are not, we say why, once, and leave
// unless it is only encrypted.
func (c *controlRoom) fit(ctx context.Context, e *pushedEvent, v *roomView) (bool, error) {
	_, alone := v.alone()
	switch {
	case !v.here:
		return false, nil
	case v.crowded || len(v.others) > 1:
		return false, c.leaveCrowd(ctx, e)
	case len(v.others) == 0:
		return false, c.bot.leave(ctx, e.Room)
	case v.encrypted:
		return false, c.answer(ctx, e.Room, "encrypted "+e.Room, fmt.Sprintf(textSecret, c.s.bot()))
	}
	return alone, nil // or the one person has not come yet
}

// leaveCrowd leaves a room in which there are others, and says why. That it cannot say so does not
// keep it there.
func (c *controlRoom) leaveCrowd(ctx context.Context, e *pushedEvent) error {
	if err := c.bot.say(ctx, e.Room, "crowded "+e.ID, textCrowded); err != nil && !settled(err) {
		return err
	}
	c.log.Info("control room left, as there are others in it", slog.String("room", e.Room))
	return c.bot.leave(ctx, e.Room)
}

// answer says something once, also if it has to wait for the homeserver. Whoever calls it has looked
// at the room.
func (c *controlRoom) answer(ctx context.Context, room, occasion, text string) error {
	b, err := c.s.book(ctx)
	if err != nil {
		return err
	}
	if err := b.post(ctx, notice{answers: occasion, room: room, body: text}); err != nil {
		return err
	}
	return c.flush(ctx, b, room)
}

// flush says what waits to be said in a room. What does not go now stays for later.
func (c *controlRoom) flush(ctx context.Context, b *book, room string) error {
	waiting, err := b.unsaid(ctx, room)
	if err != nil {
		return err
	}
	for _, n := range waiting {
		err := c.bot.say(ctx, n.room, n.answers, n.body)
		if err != nil && !settled(err) {
			c.log.Info("an answer waits", slog.String("room", room), slog.Any("err", err))
			return nil
		}
		if err := b.said(ctx, n.answers); err != nil {
			return err
		}
	}
	return nil
}
