package irc

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// NickServ takes the password of a login where there is no SASL, and the nick away
// from others who have it. Anybody can take the nick NickServ while the services
// are away, so it is not written to as such. WHOIS must show that it is on another
// server that is called one of services, or that the server calls it a service:
// both are said by our server and cannot be chosen by a user. Then it is written to
// as NickServ@that.server (RFC 2812, 3.3.1; Charybdis, InspIRCd, UnrealIRCd and
// their kin check that it is there, at the moment in which the line comes), or
// where the server does not know that form, by the server's own command NICKSERV,
// which reaches services alone. Nobody else ever gets the password.

// services is what is known of NickServ. Guarded by the Conn's lock.
type services struct {
	telling  bool      // the password is being told
	told     bool      // it is on its way: an answer may come
	target   string    // nick@server, when it is known to be genuine
	until    time.Time // when channels do not wait any more
	ghosting bool      // it was asked to take our nick from somebody
	ghosted  bool      // once on each connection
}

// identifyTime is how long channels wait until services know us.
const identifyTime = 8 * time.Second

// identify begins to tell NickServ the password, if that is the way to log in.
func (c *Conn) identify() {
	switch {
	case c.id.password == "" || c.self.account != "" || !c.n.mayAskNickServ():
	case c.id.denied:
		c.self.trouble = "not logged in: NickServ has refused the password before; remove the login and add it with the right one"
	default:
		c.services.telling, c.services.until = true, time.Now().Add(identifyTime)
		text := "IDENTIFY " + c.id.password.Reveal()
		if c.id.named || !c.isMe(c.id.account) {
			text = "IDENTIFY " + c.id.account + " " + c.id.password.Reveal()
		}
		c.tellServices(text)
	}
}

// identifying says how long channels should still wait for services to know us.
func (c *Conn) identifying(now time.Time) time.Duration {
	if !c.services.telling {
		return 0
	}
	return max(0, c.services.until.Sub(now))
}

// identified ends the wait.
func (c *Conn) identified() {
	c.services.telling = false
	c.stir()
	if c.self.account != "" {
		c.regain()
	}
}

// tellServices says something to NickServ, when it is known where that is.
func (c *Conn) tellServices(text string) {
	nick, server, known := strings.Cut(c.n.config.NickServ, "@")
	switch {
	case known: // the server checks it
		c.services.target = nick + "@" + server
		fallthrough
	case c.services.target != "":
		c.sayServices("PRIVMSG", text, c.services.target)
	default:
		c.findServices(nick, text)
	}
}

// findServices looks whether NickServ is genuine (312: me, nick, server, text; 313:
// me, nick, text).
func (c *Conn) findServices(nick, text string) {
	e, err := c.errand("WHOIS", nick)
	if err != nil {
		return
	}
	there, server, genuine := false, "", false
	e.hears["311"] = func(*ircmsg.Message) { there = true }
	e.hears["312"] = func(m *ircmsg.Message) {
		if len(m.Params) > 2 && isServerName(m.Params[2]) {
			server = m.Params[2]
			genuine = genuine || serviceName.MatchString(server) && !strings.EqualFold(server, c.self.server)
		}
	}
	e.hears["313"] = func(m *ircmsg.Message) { genuine = genuine || serviceWords.MatchString(last(m)) }
	e.over = func(_ string, err error) {
		switch {
		case err != nil:
			c.unidentified("the server does not say who " + nick + " is")
		case !there:
			c.sayServices(strings.ToUpper(nick), text)
		case !genuine || server == "":
			c.unidentified(nick + " does not belong to the services of this network, as far as the server says")
		default:
			c.services.target = nick + "@" + server
			c.sayServices("PRIVMSG", text, c.services.target)
		}
	}
	c.hurry(e)
}

var (
	serviceName  = regexp.MustCompile(`(?i)(^|[.-])services?([.-]|$)`)
	serviceWords = regexp.MustCompile(`(?i)\bservices?\b`)
)

func isServerName(s string) bool {
	return s != "" && len(s) <= maxChannel && !strings.ContainsFunc(s, notServerName)
}

// sayServices says it by a command that reaches nobody else.
func (c *Conn) sayServices(command, text string, to ...string) {
	params := append(to, text)
	if command != "PRIVMSG" {
		params = strings.Fields(text)
	}
	e, err := c.errand(command, params...)
	if err != nil {
		c.unidentified("the password cannot be said to an IRC server")
		return
	}
	e.about, e.says = to, true
	c.services.told = true
	e.over = func(refused string, err error) {
		switch {
		case err == nil && refused == "": // an answer comes, by NOTICE or numeric 900
		case err == nil && command == "PRIVMSG":
			nick, _, _ := strings.Cut(c.n.config.NickServ, "@")
			c.sayServices(strings.ToUpper(nick), text)
		default:
			c.unidentified("NickServ cannot be reached")
		}
	}
	c.hurry(e)
}

// hurry runs an errand before all else.
func (c *Conn) hurry(e *errand) {
	if err := c.sendErrand(e); err != nil {
		c.unidentified(err.Error())
		return
	}
	c.out.first(errandKey)
}

// unidentified ends the attempt.
func (c *Conn) unidentified(why string) {
	c.services.ghosting = false
	if c.services.telling {
		c.self.trouble = "not logged in: " + why
		c.identified()
	}
}

// Words by which services say how it went. They are not trusted with anything else.
var (
	tookWords    = regexp.MustCompile(`(?i)\b(you are (now|already)|have been)\b.*\b(identified|recogni[sz]ed|logged in)\b|password accepted`)
	refusedWords = regexp.MustCompile(`(?i)(invalid|incorrect|wrong) password|password (is )?(invalid|incorrect|wrong)|not (a )?registered|isn'?t registered|authentication failed|access denied|frozen|suspended`)
)

// serviceSays is a NOTICE of NickServ.
func (c *Conn) serviceSays(nick, text string) {
	wanted, _, _ := strings.Cut(c.n.config.NickServ, "@")
	if wanted == "" || !c.sameNick(nick, wanted) {
		return
	}
	if c.services.ghosting {
		c.services.ghosting, c.self.claimed = false, time.Time{}
		c.claim()
	}
	switch {
	case !c.services.telling || !c.services.told: // perhaps of somebody who has taken the nick
	case tookWords.MatchString(text):
		if c.self.account == "" {
			c.self.account = c.id.account
		}
		c.identified()
	case refusedWords.MatchString(text):
		c.unidentified("NickServ says: " + text)
		c.refusedByServices()
	}
}

func (c *Conn) refusedByServices() {
	if state := c.login.State; state != nil {
		c.afterwards(func(ctx context.Context) {
			if err := state.Put(ctx, refusedKey, []byte("yes")); err != nil {
				c.log.Warn("refusal of services not kept", "err", err)
			}
		})
	}
}

// regain has NickServ take the wanted nick from whoever has it (GHOST), or from
// services themselves, which hold it for its owner (RELEASE). It is asked once on
// each connection: another client of the same person may do the same.
func (c *Conn) regain() {
	if c.isMe(c.id.nick) || c.id.keepNick || c.services.ghosted || !c.n.mayAskNickServ() {
		return
	}
	c.services.ghosted, c.services.ghosting = true, true
	command := "GHOST "
	if c.self.held {
		command = "RELEASE "
	}
	c.tellServices(command + c.id.nick)
}
