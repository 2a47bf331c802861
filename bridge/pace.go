package bridge

import "time"

// WordsPause is the least time between two changes of a user's words alone that
// a network is told of.
const WordsPause = 10 * time.Second

// A pace holds back changes of presence in which only the words are new: players
// change songs, and some clients tell of each key that is pressed. The newest is
// told when the pause is over, and at once with another state.
type pace struct {
	pause time.Duration
	told  Presence // last
	at    time.Time
	held  *Presence        // waits for due; or nil
	due   <-chan time.Time // nil: nothing waits
}

// next takes in a change, or nil, and returns what is to be told now, or nil.
func (p *pace) next(change *Presence, now time.Time) *Presence {
	if change != nil {
		p.held = change
	}
	since := now.Sub(p.at)
	switch known := !p.at.IsZero(); {
	case p.held == nil:
		return nil
	case known && *p.held == p.told:
		p.held, p.due = nil, nil
		return nil
	case known && p.held.State == p.told.State && since < p.pause:
		p.due = time.After(p.pause - since)
		return nil
	}
	tell := p.held
	p.told, p.at, p.held, p.due = *tell, now, nil, nil
	return tell
}
