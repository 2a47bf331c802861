package appservice

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How much of one person is taken.
const (
	linesAtOnce = 20
	lineEvery   = 2 * time.Second
	codesAtOnce = 5
	codeEvery   = 5 * time.Minute
	slowTime    = time.Minute // how often somebody is told that they are too fast
	maxLimits   = 10000       // people; when there are more, all begin anew
)

// limits bound what one person can make us do. The zero value is good for use.
type limits struct {
	mu    sync.Mutex // guards all
	lines map[string]*limit
}

type limit struct {
	lines, codes, warnings *rate.Limiter
}

// of finds somebody's limit.
func (l *limits) of(person string) *limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == nil || len(l.lines) >= maxLimits && l.lines[person] == nil {
		l.lines = map[string]*limit{}
	}
	if l.lines[person] == nil {
		l.lines[person] = &limit{
			lines:    rate.NewLimiter(rate.Every(lineEvery), linesAtOnce),
			codes:    rate.NewLimiter(rate.Every(codeEvery), codesAtOnce),
			warnings: rate.NewLimiter(rate.Every(slowTime), 1),
		}
	}
	return l.lines[person]
}

// allow counts one thing that somebody wants.
func (l *limits) allow(person string) bool { return l.of(person).lines.Allow() }
