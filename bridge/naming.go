package bridge

import "time"

// NamePause is the least time between two names that a Namer is told, and mostNameWait how long one
// that it has not taken waits in the end until it is told again.
const (
	NamePause    = 3 * time.Second
	mostNameWait = 10 * time.Minute
)

// A naming holds back changes of a name: who changes it often is told of the last.
type naming struct {
	pause time.Duration
	held  *string          // to be told when the pause is over; or nil
	wait  time.Duration    // how long the pause is; 0: pause
	until time.Time        // when it is over
	due   <-chan time.Time // nil: nothing waits
}

// next takes in a change, or nil, and returns what is to be told now, or nil.
func (n *naming) next(change *string, now time.Time) (tell *string) {
	if change != nil {
		n.held = change
	}
	left := n.until.Sub(now)
	switch {
	case n.held == nil:
		return nil
	case left > 0:
		n.due = time.After(left)
		return nil
	}
	tell, n.held, n.due = n.held, nil, nil
	return tell
}

// told takes in what has become of a name, which is told again if it was not taken.
func (n *naming) told(name *string, err error, now time.Time) {
	if err == nil {
		n.wait = n.pause
	} else {
		n.wait = min(2*max(n.wait, n.pause), mostNameWait)
		n.held, n.due = name, time.After(n.wait)
	}
	n.until = now.Add(n.wait)
}
