package appservice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// A question is a command that somebody has given.
type question struct {
	line
	event, room, person string
	link                *link // the person's; nil: none
}

// heard answers a message. An event that comes again is not carried out again.
func (c *controlRoom) heard(ctx context.Context, e *pushedEvent) error {
	s, ok := parseSpoken(e.Content)
	if !ok || e.StateKey != nil || e.Sender == c.s.bot() || c.s.space.Owns(e.Sender) {
		return nil
	}
	b, err := c.s.book(ctx)
	if err != nil {
		return err
	}
	if known, err := b.answered(ctx, e.ID); known || err != nil {
		return err
	}
	limit := c.limits.of(e.Sender)
	fast := !limit.lines.Allow()
	if fast && !limit.warnings.Allow() {
		c.passed.Add(1)
		return nil
	}
	if ok, err := c.listens(ctx, e); !ok || err != nil {
		c.passed.Add(1)
		return err
	}
	if fast {
		c.passed.Add(1)
		return c.answer(ctx, e.Room, e.ID, textSlow)
	}
	text, err := c.reply(ctx, b, e, &s)
	if err != nil {
		return err
	}
	return c.answer(ctx, e.Room, e.ID, text)
}

// listens tells whether a message is one of the only other person in a room.
func (c *controlRoom) listens(ctx context.Context, e *pushedEvent) (bool, error) {
	v, err := c.bot.look(ctx, e.Room)
	if err != nil {
		return false, err
	}
	if fit, err := c.fit(ctx, e, &v); !fit || err != nil {
		return false, err
	}
	person, _ := v.alone()
	if person != e.Sender {
		c.log.Info("control room: a command of somebody who is not there", slog.String("room", e.Room), slog.String("user", e.Sender))
	}
	return person == e.Sender, nil
}

// reply carries out what a message asks for, and returns what there is to say. An error means that it
// is to be tried again.
func (c *controlRoom) reply(ctx context.Context, b *book, e *pushedEvent, s *spoken) (string, error) {
	l, err := s.parse()
	if err != nil {
		c.passed.Add(1)
		return err.Error(), nil
	}
	mine, err := b.linkOf(ctx, e.Sender)
	if err != nil {
		return "", err
	}
	l.take(c.s.bot())
	q := &question{line: l, event: e.ID, room: e.Room, person: e.Sender, link: mine}
	text, err := c.carryOut(ctx, q)
	var w wrong
	switch {
	case errors.As(err, &w):
		c.passed.Add(1)
		return w.Error(), nil
	case err != nil && ctx.Err() != nil:
		return "", err
	case err != nil:
		c.log.Warn("control room command failed", slog.String("command", q.name), slog.Any("err", err))
		return textBroken, nil
	}
	return text, nil
}

// carryOut finds the command in the table, asks whether the person may give it, and gives it.
func (c *controlRoom) carryOut(ctx context.Context, q *question) (string, error) {
	cmd := findCommand(c, q)
	switch {
	case cmd == nil:
		return "", wrong("I do not know that. Say help to see what I understand.")
	case !cmd.who.allows(c, q):
		c.log.Info("control room command denied", slog.String("command", cmd.name), slog.String("user", q.person))
		return "", cmd.who.denial
	case len(q.words) < cmd.least || len(q.words) > cmd.most:
		return "", cmd.usage(len(q.words))
	}
	return cmd.run(c, ctx, q)
}

// An authority says who may give a command.
type authority struct {
	allows func(c *controlRoom, q *question) bool
	denial wrong
}

var (
	everybody = &authority{func(*controlRoom, *question) bool { return true }, ""}
	theLinked = &authority{func(_ *controlRoom, q *question) bool { return q.link != nil },
		"That is for people who have linked an MSN account of their own, and you have not. Say link and your MSN address to do that."}
	theOthers = &authority{func(_ *controlRoom, q *question) bool { return q.link == nil }, "That is for people who have linked nothing."}
	theAdmins = &authority{func(c *controlRoom, q *question) bool { return c.isAdmin(q.person) },
		"That is for the administrators of this service, and you are none."}
)

func (c *controlRoom) isAdmin(person string) bool { return slices.Contains(c.s.config.Admins, person) }

// A deskCommand is a row of the table of what is understood. Of several with one name the first one
// counts that fits.
type deskCommand struct {
	name, args, help string
	who              *authority
	least, most      int                                    // words behind it
	fits             func(c *controlRoom, q *question) bool // nil: always
	run              func(c *controlRoom, ctx context.Context, q *question) (string, error)
}

func findCommand(c *controlRoom, q *question) *deskCommand {
	for _, cmd := range deskCommands() {
		if cmd.name == q.name && (cmd.fits == nil || cmd.fits(c, q)) {
			return &cmd
		}
	}
	return nil
}

// usage says how a command is given. What is too much might have been a password.
func (cmd *deskCommand) usage(words int) wrong {
	how := "Say it so: " + strings.TrimSpace(cmd.name+" "+cmd.args)
	if words > cmd.most {
		return wrong(how + ". If there was a password in what you have said, please delete that message: I never ask for one here. Nothing was done.")
	}
	return wrong(how)
}

func (c *controlRoom) cmdHelp(_ context.Context, q *question) (string, error) {
	var b strings.Builder
	b.WriteString("I understand:")
	for _, cmd := range deskCommands() {
		if cmd.who.allows(c, q) {
			fmt.Fprintf(&b, "\n%s: %s", strings.TrimSpace(cmd.name+" "+cmd.args), cmd.help)
		}
	}
	fmt.Fprintf(&b, "\nHANDLE is somebody's address on MSN, as %s, or their user here.", c.example())
	if q.link != nil {
		b.WriteString("\nYou have linked " + q.link.account + ".")
	}
	return b.String(), nil
}
