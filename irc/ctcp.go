package irc

import (
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/ergochat/irc-go/ircutils"
)

// ctcp bounds how often questions by CTCP are answered: three at once, then one
// in ten seconds. Guarded by the Conn's lock.
type ctcp struct{ answers *rate.Limiter }

func newCTCP() ctcp { return ctcp{rate.NewLimiter(rate.Every(10*time.Second), 3)} }

// maxCTCP is how much of a PING is sent back, in bytes.
const maxCTCP = 64

// ctcpAnswers are the questions that are answered
// (https://modern.ircdocs.horse/ctcp), with what comes after their name.
var ctcpAnswers = map[string]func(rest string) string{
	"VERSION": func(string) string { return "msnbridge" },
	"TIME":    func(string) string { return time.Now().UTC().Format(time.RFC1123Z) },
	"PING": func(rest string) string {
		return ircutils.TruncateUTF8Safe(outbound(plain(rest)), maxCTCP)
	},
}

// asked answers a question by CTCP, if it is one of those and time for it.
func (c *Conn) asked(nick, text string) {
	command, rest, _ := strings.Cut(strings.Trim(text, "\x01"), " ")
	answer := ctcpAnswers[command]
	if answer == nil || !c.ctcp.answers.Allow() {
		c.pass("ctcp")
		return
	}
	c.background("NOTICE", nick, "\x01"+command+" "+answer(rest)+"\x01")
}
