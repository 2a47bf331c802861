package irc

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// slashMe is reached by a /me without a text alone: the bridge reads the others.
func slashMe(_ *Conn, _ context.Context, t typed) error { return t.misused() }

func slashSay(c *Conn, ctx context.Context, t typed) error {
	return c.Send(ctx, bridge.Message{ID: rand.Text(), Chat: t.chat, Text: t.text, Time: time.Now()})
}

func slashMsg(c *Conn, ctx context.Context, t typed) error {
	to := t.word()
	if !isNick(to) && !isChannel(to) {
		return bridge.Declined("%q can be neither a nick nor a channel; usage: %s", to, t.usage)
	}
	return c.sayTo(ctx, t, to)
}

func slashService(nick string) func(*Conn, context.Context, typed) error {
	return func(c *Conn, ctx context.Context, t typed) error { return c.sayTo(ctx, t, nick) }
}

// sayTo says the rest of a command to somebody, in the conversation with them. What
// is said to services is not repeated anywhere: there may be a password in it.
func (c *Conn) sayTo(ctx context.Context, t typed, to string) error {
	msg := bridge.Message{ID: rand.Text(), Chat: c.n.addr(to), Text: t.text, Time: time.Now()}
	if err := c.Send(ctx, msg); err != nil {
		return err
	}
	if isService(to) {
		return c.show(t, "sent to "+to)
	}
	c.mu.Lock()
	msg.ID, msg.From, msg.Name, msg.Own = "", c.n.addr(c.self.nick), c.self.nick, true
	c.tell(bridge.MessageReceived{Message: msg})
	c.mu.Unlock()
	if msg.Chat == t.chat {
		return nil
	}
	return c.show(t, "to "+to+": "+t.text)
}

// isService tells whether a nick looks like one of the network's services.
func isService(nick string) bool {
	return strings.HasSuffix(lower(nick), "serv") || strings.Contains(nick, "@") || len(nick) == 1
}

func slashNotice(c *Conn, ctx context.Context, t typed) error {
	to := t.word()
	if !isNick(to) && !isChannel(to) {
		return bridge.Declined("%q can be neither a nick nor a channel; usage: %s", to, t.usage)
	}
	if room := c.roomFor("NOTICE", to); len(t.text) > room {
		return bridge.Declined("that is too long for a notice: it has %d bytes, and %d fit", len(t.text), room)
	}
	e, err := c.errand("NOTICE", to, t.text)
	if err != nil {
		return bridge.Declined("%v", err)
	}
	shown := false
	e.says = true
	e.hears["NOTICE"] = func(m *ircmsg.Message) { // the echo, which is shown in the channel's window
		nick, _, _ := source(m)
		shown = shown || c.isMe(nick) && isChannel(m.Params[0])
	}
	if err := c.runErrand(ctx, e); err != nil || shown {
		return err
	}
	if isService(to) {
		return c.show(t, "sent to "+to)
	}
	return c.show(t, "notice to "+to+": "+t.text)
}

// roomFor is how many bytes of text arrive whole in a line to somebody.
func (c *Conn) roomFor(command, to string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return lineLimit - c.overhead() - len(command) - len("  :\r\n") - len(to)
}

// noQuote are the commands that are not sent as they are typed: they would put what
// we know of the connection out of step with what the server knows.
var noQuote = map[string]bool{"CAP": true, "AUTHENTICATE": true, "PASS": true, "USER": true, "QUIT": true, "PING": true, "PONG": true, "STARTTLS": true, "WEBIRC": true,
	"BATCH": true, "CHATHISTORY": true, "ISON": true, "MONITOR": true, "USERHOST": true}

// slashQuote sends a line as it is, which is taken apart and made anew, so that it is
// one line and a command.
func slashQuote(c *Conn, ctx context.Context, t typed) error {
	if !c.n.config.AllowQuote {
		return bridge.Declined("/quote is not allowed by whoever runs this service (allow_quote in [irc.%s])", c.n.config.Name)
	}
	m, err := ircmsg.ParseLineStrict(t.text, true, c.lineLen())
	if err != nil || m.Source != "" || len(m.AllTags()) > 0 {
		return bridge.Declined("this is no line of a command and its parameters")
	}
	m.Command = strings.ToUpper(m.Command)
	if noQuote[m.Command] {
		return bridge.Declined("%s is not sent by /quote", m.Command)
	}
	e, err := c.errand(m.Command, m.Params...)
	if err != nil {
		return bridge.Declined("this line cannot be sent")
	}
	var lines []string
	e.says = true
	e.any = func(m *ircmsg.Message) {
		if len(lines) < 10*bridge.MostAnswer && isNumeric(m.Command) {
			lines = append(lines, m.Command+" "+plain(strings.Join(m.Params[min(1, len(m.Params)):], " ")))
		}
	}
	if err := c.runErrand(ctx, e); err != nil {
		return err
	}
	return c.show(t, lines...)
}

func isNumeric(command string) bool {
	return len(command) == 3 && isDigit(command[0]) && isDigit(command[1]) && isDigit(command[2])
}

func (c *Conn) lineLen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.support.lineLen
}
