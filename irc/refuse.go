package irc

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// refusedFor ends the attempts, for a reason to which the server adds its words.
func refusedFor(reason string) func(*registration, *ircmsg.Message) error {
	return func(r *registration, m *ircmsg.Message) error {
		if text := r.c.id.scrub(last(m)); text != "" {
			return rejected(reason+" ("+text+")", nil)
		}
		return rejected(reason, nil)
	}
}

// refusedByFail is FAIL: command, code, perhaps more, text
// (https://ircv3.net/specs/extensions/standard-replies). Of the codes that come so
// early only the want of an account is final.
func refusedByFail(r *registration, m *ircmsg.Message) error {
	if strings.HasPrefix(m.Params[1], "ACCOUNT_REQUIRED") {
		return rejected("the network wants an account ("+last(m)+")", nil)
	}
	return nil
}

func rejected(reason string, err error) error {
	return &bridge.RejectedError{Reason: reason, Err: err}
}

// Words by which servers say in ERROR that this is a ban that will soon be over, that
// it is a ban, that we are to come back later, and that they will not have us as we
// are. They are looked for in this order: bans give their reasons, and those who
// throttle threaten with bans.
var (
	briefWords  = regexp.MustCompile(`(?i)connect too many times|wait a while`) // InspIRCd's connectban
	banWords    = regexp.MustCompile(`(?i)\b(([kgzdx]|sh|r)[-: ]?lined?|akill(ed)?|autokill(ed)?)\b`)
	laterWords  = regexp.MustCompile(`(?i)throttl|too (fast|many|quickly)|reconnect|try again|try later|temporar|no more connections|(connection|session) limit|server (is )?full|\bkill(ed)?\b`)
	refuseWords = regexp.MustCompile(`(?i)\b(banned|blacklisted|dnsbl|rbl|listed (in|on)|not welcome|bad password|password (incorrect|mismatch)|access denied|not allowed to connect|(not |un)authori[sz]ed|sasl (access )?(only|required)|requires? sasl)\b`)
)

// laterTime is how long we stay away from a server that wants to be left alone.
const laterTime = 2 * time.Minute

// closedBy is the error of a connection that the server closed with these words.
func closedBy(text string) error {
	err := fmt.Errorf("the server closed the connection: %s", text)
	switch {
	case briefWords.MatchString(text):
		return &bridge.LaterError{Wait: laterTime, Err: err}
	case banWords.MatchString(text):
		return rejected("banned: "+text, nil)
	case laterWords.MatchString(text):
		return &bridge.LaterError{Wait: laterTime, Err: err}
	case refuseWords.MatchString(text):
		return rejected("the network refuses the login: "+text, nil)
	}
	return err
}
