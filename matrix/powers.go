package matrix

import (
	"encoding/json"
	"slices"
	"strconv"
)

// maxExcept is how many people of a room are remembered who may ring everybody, unlike the others, or
// may not.
const maxExcept = 100

// Levels of power by which people are called what they are (client-server API, 11.3: power levels).
const (
	levelModerator = 50
	levelAdmin     = 100
)

// A level is a power level: an integer, in old rooms also as a text.
type level int64

// UnmarshalJSON never fails: what makes no sense is the lowest level.
func (l *level) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n > 1<<53 || n < -1<<53 {
		n = -1 << 53
	}
	*l = level(n)
	return nil
}

// powerLevels are the power levels of a room, as far as we look at them.
type powerLevels struct {
	Users         map[string]level `json:"users"`
	Default       level            `json:"users_default"`
	Notifications struct {
		Room *level `json:"room"`
	} `json:"notifications"`
}

func (p *powerLevels) of(who string) level {
	if l, ok := p.Users[who]; ok {
		return l
	}
	return p.Default
}

// powers is who may ring everybody in a room.
type powers struct {
	told     bool
	all      bool     // everybody may
	except   []string // for whom it is the other way round
	creators []string
	supreme  bool // the creators can do everything, whatever the levels say: room version 12 on
}

// mayRing tells whether somebody may ring everybody. Without power levels the creators may.
func (r *room) mayRing(who string) bool {
	p := &r.powers
	if (!p.told || p.supreme) && slices.Contains(p.creators, who) {
		return true
	}
	return p.told && p.all != slices.Contains(p.except, who)
}

// power takes in the power levels.
func (m *model) power(r *room, e *anEvent, _ bool) bool {
	var levels powerLevels
	ok := lenient(e.Content, &levels)
	least := level(levelModerator)
	if levels.Notifications.Room != nil {
		least = *levels.Notifications.Room
	}
	p := &r.powers
	p.told, p.all, p.except = true, levels.Default >= least, nil
	for who, l := range levels.Users {
		if may := l >= least; may != p.all && len(p.except) < maxExcept && validUser(who) {
			p.except = append(p.except, who)
		}
	}
	return ok
}
