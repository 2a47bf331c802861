package msn

import (
	"slices"
	"time"

	"msnbridge/bridge"
)

const (
	echoTime   = 10 * time.Second // lines that come twice come within this time
	mostEchoes = 50               // lines of which it is not known whether they come twice
)

// echoes are lines that one of two windows has got and the other has not yet.
type echoes []echo

type echo struct {
	line string
	at   time.Time
}

// lineKey is the same for a message that comes to two logins.
func lineKey(m bridge.Message, from bridge.Member) string { return from.Handle + "\n" + m.Text }

// pair notes that one window gets a line, and tells whether the other has had it
// already. Each line is told of once.
func pair(mine, others *echoes, line string) (repeated bool) {
	now := time.Now()
	old := func(e echo) bool { return now.Sub(e.at) > echoTime }
	*mine, *others = slices.DeleteFunc(*mine, old), slices.DeleteFunc(*others, old)
	if i := slices.IndexFunc(*others, func(e echo) bool { return e.line == line }); i >= 0 {
		*others = slices.Delete(*others, i, i+1)
		return true
	}
	if len(*mine) >= mostEchoes {
		*mine = slices.Delete(*mine, 0, 1)
	}
	*mine = append(*mine, echo{line, now})
	return false
}
