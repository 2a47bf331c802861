package irc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
	"github.com/ergochat/irc-go/ircutils"

	"msnbridge/bridge"
)

// A registration is the state of a connection before numeric 001. It belongs to
// the goroutine of Connect.
type registration struct {
	c       *Conn
	nicks   []string          // still to be tried
	offered map[string]string // capabilities with their values
	asked   map[string]bool   // to be asked for, or not yet answered
	unasked []string          // of those, not asked for yet
	secured bool              // SASL succeeded

	requested bool // the server has said all that it offers
	late      bool // it has not answered in time
	done      bool
}

// register registers with the server. The commands are sent without waiting for
// capabilities: a server that knows none goes on by itself. ctx bounds it.
func (c *Conn) register(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { c.wire.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	r := &registration{c: c, nicks: c.id.alternatives(), offered: map[string]string{}, asked: map[string]bool{}}
	err := r.run(ctx)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && r.secured {
		err = c.proven(ctx)
	}
	if _, refused := errors.AsType[*bridge.RejectedError](err); err == nil || refused {
		return err
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("the server did not answer in time: %w", context.Cause(ctx))
	}
	return fmt.Errorf("register: %w", err)
}

func (r *registration) run(ctx context.Context) error {
	if err := r.hello(); err != nil {
		return err
	}
	for !r.done {
		if err := r.step(ctx); err != nil {
			return err
		}
	}
	return r.welcome()
}

// capTime is how long a server may be silent while it owes an answer to CAP.
const capTime = 10 * time.Second

// step handles one line. If none comes, it goes on without what is owed.
func (r *registration) step(ctx context.Context) error {
	limit := registerTime
	if r.owed() {
		limit = capTime
	}
	r.c.wire.SetReadDeadline(time.Now().Add(limit))
	if err := ctx.Err(); err != nil { // the deadline may have taken the place of register's
		return describe(err)
	}
	line, err := r.c.read.ReadLine()
	if isTimeout(err) && ctx.Err() == nil && r.owed() {
		r.c.pass("unanswered")
		return r.unanswered()
	}
	if err != nil {
		return describe(err)
	}
	return r.handle(line)
}

func (r *registration) hello() error {
	id, password := r.c.id, r.c.n.config.Password.Reveal()
	commands := [][]string{{"CAP", "LS", "302"}, {"NICK", id.nick}, {"USER", id.username, "0", "*", id.realname}}
	if password != "" {
		commands = slices.Insert(commands, 1, []string{"PASS", password})
	}
	for _, command := range commands {
		if err := r.send(command[0], command[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// welcome says at once what should not wait for the writer: whether somebody is
// signed in, and which modes are wanted.
func (r *registration) welcome() error {
	c := r.c
	if !r.secured && c.insists() {
		return c.noSASL()
	}
	if c.away = c.id.awayText(c.login.Initial, c.support.awayLen); c.away != "" {
		if err := r.send("AWAY", c.away); err != nil {
			return err
		}
	}
	if c.id.modes != "" {
		if err := r.send("MODE", c.self.nick, c.id.modes); err != nil {
			return err
		}
	}
	c.wantNick()
	c.identify()
	if c.self.account != "" {
		c.regain()
	}
	return nil
}

func (r *registration) send(command string, params ...string) error {
	line, err := encode(nil, command, params...)
	if err != nil {
		return err
	}
	if _, err := r.c.wire.Write([]byte(line)); err != nil {
		return describe(err)
	}
	return nil
}

func (r *registration) handle(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	m, err := ircmsg.ParseLineStrict(decode(line), false, 0)
	if err != nil {
		r.c.pass("no IRC line")
		return nil
	}
	h, ok := registering[m.Command]
	if !ok || len(m.Params) < h.params {
		return nil
	}
	return h.do(r, &m)
}

// registering are the commands that matter before a connection is registered.
var registering = map[string]struct {
	params int
	do     func(r *registration, m *ircmsg.Message) error
}{
	"PING":         {0, func(r *registration, m *ircmsg.Message) error { return r.send("PONG", m.Params...) }},
	"CAP":          {2, (*registration).cap},
	"AUTHENTICATE": {1, (*registration).authenticate},
	"ERROR":        {0, func(r *registration, m *ircmsg.Message) error { return closedBy(last(m)) }},
	"001":          {1, (*registration).registered},
	"432":          {0, (*registration).nextNick},
	"433":          {0, (*registration).nextNick},
	"436":          {0, (*registration).nextNick},
	"437":          {0, (*registration).nextNick},
	"463":          {0, refusedFor("this host may not connect")},
	"464":          {0, refusedFor("the server password is wrong")},
	"465":          {0, refusedFor("banned")},
	"468":          {0, refusedFor("the network does not accept the user name")},
	"FAIL":         {2, refusedByFail},
	"900":          {3, func(r *registration, m *ircmsg.Message) error { loggedIn(r.c, m); return nil }},
	"902":          {0, (*registration).saslFailed},
	"903":          {0, (*registration).authenticated},
	"904":          {0, (*registration).saslFailed},
	"905":          {0, (*registration).saslFailed},
	"906":          {0, saslAborted},
	"907":          {0, (*registration).authenticated},
	"908":          {2, (*registration).mechanisms},
}

// registered is numeric 001. Its first parameter is the nick that we have: a
// server that finds the wanted one too long may have cut it, and then that is it.
func (r *registration) registered(m *ircmsg.Message) error {
	r.done = true
	r.c.self.server = m.Source
	nick := m.Params[0]
	if !isNick(nick) {
		return nil
	}
	r.c.self.nick = nick
	if strings.HasPrefix(lower(r.c.id.nick), lower(nick)) {
		r.c.id.nick = nick
	}
	return nil
}

// nextNick tries another nick after one was refused. Those that are left are at
// least partly of our own making: a network that accepts none of them does not
// accept the wanted one for its form.
func (r *registration) nextNick(m *ircmsg.Message) error {
	r.c.self.held = r.c.self.held || m.Command == "437"
	if len(r.nicks) > 0 {
		r.c.self.nick, r.nicks = r.nicks[0], r.nicks[1:]
		return r.send("NICK", r.c.self.nick)
	}
	if m.Command == "432" {
		return rejected(fmt.Sprintf("the network does not accept the nick %s: %s", r.c.id.nick, last(m)), nil)
	}
	return fmt.Errorf("nick %s and others like it are in use", r.c.id.nick)
}

// alternatives are the nicks tried when the wanted one is in use: those of the
// login, and then others like it. The last ones are short enough for the nine bytes
// of RFC 2812.
func (id *identity) alternatives() []string {
	list := slices.Clone(id.others)
	short := ircutils.TruncateUTF8Safe(id.nick, 7)
	for _, alt := range []string{id.nick + "_", id.nick + "__", id.nick + "___", short + "_", short + "_1", short + "_2", short + "_3"} {
		if !slices.Contains(list, alt) {
			list = append(list, alt)
		}
	}
	return list
}
