package bridge

import (
	"fmt"
	"maps"
	"strings"
)

// cmdShow says or changes which rooms of a login the bridge puts on the list.
func (a *account) cmdShow(words []string) {
	if len(words) == 0 {
		a.say("Rooms of which network? " + a.b.networkList())
		return
	}
	network := strings.ToLower(words[0])
	switch {
	case !a.reaches(network):
		a.say("You have no login there. " + a.b.networkList())
	case len(words) == 1:
		a.say(a.logins[network].describeChoice())
	default:
		a.setChoice(a.logins[network], strings.ToLower(words[1]))
	}
}

// choiceWords say what each choice does.
var choiceWords = map[RoomChoice]string{
	AllRooms:       "All rooms are put on your list",
	FavouriteRooms: "Only favourites, and the rooms that you have put there yourself, are on your list",
	ChosenRooms:    "Only the rooms that you have put there yourself are on your list",
}

// describeChoice says which rooms are shown, and how many that are.
func (l *login) describeChoice() string {
	return fmt.Sprintf("%s: %s. Of %d rooms that you are in, %d are on it.", l.net.Title(), choiceWords[l.choice()],
		len(l.a.knownRooms(l.rec.Network)), len(l.shown()))
}

// setChoice keeps a choice with the login, and does as it says.
func (a *account) setChoice(l *login, word string) {
	keys := maps.Clone(l.rec.Keys)
	if keys == nil {
		keys = map[string]string{}
	}
	keys[KeyRooms] = word
	err := CheckRooms(keys)
	if err == nil && !l.hasChoice(keys) {
		err = fmt.Errorf("%s has no such choice", l.net.Title())
	}
	if err != nil {
		a.say("Not changed: " + err.Error())
		return
	}
	l.setKeys(keys)
	w := batch{func(tx Tx) error { return tx.SaveLoginKeys(a.handle, l.rec.Network, keys) }}
	l.choose(&w)
	a.commit(w, func(err error) {
		if err == nil {
			a.say(l.describeChoice())
		}
	})
}

// hasChoice tells whether the network takes the key of a choice. What else is amiss
// with the keys does not matter: the secret may be another than the one that came with
// them.
func (l *login) hasChoice(keys map[string]string) bool {
	without := maps.Clone(keys)
	delete(without, KeyRooms)
	err, before := l.net.Check(maps.Clone(keys), l.rec.Secret), l.net.Check(without, l.rec.Secret)
	return err == nil || before != nil && err.Error() == before.Error()
}

// setKeys notes that the login has other keys. Its connection keeps those that it was
// made with.
func (l *login) setKeys(keys map[string]string) {
	l.rec.Keys = keys
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.Keys = keys
}
