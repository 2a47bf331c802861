package bridge

import "fmt"

// What an own password may be, in bytes. What is longer than clients of old take is
// only remarked upon: others take it.
const (
	leastPassword = 6
	longPassword  = 100
)

// cmdPassword changes the account's own password. It is how people who are admitted by
// a network get one that clients before MSNP8 can use, which never show a password.
func (a *account) cmdPassword(words []string) {
	switch {
	case len(words) != 1:
		a.say("Say password and the new one, which is a single word.")
		return
	case len(words[0]) < leastPassword || len(words[0]) > longPassword:
		a.say(fmt.Sprintf("Not changed: a password has %d to %d characters.", leastPassword, longPassword))
		return
	}
	answer := "You can sign in here as " + a.handle + " with your new password."
	if len([]rune(words[0])) > passportLength {
		answer += fmt.Sprintf(" Many programs of old take no more than %d characters of it.", passportLength)
	}
	s := Secret(words[0])
	a.password = s
	a.commit(batch{func(tx Tx) error { return tx.SetPassword(a.handle, s) }}, func(err error) {
		if err == nil {
			a.say(answer)
		}
	})
}
