package bridge

import (
	"runtime"
	"sync"
)

// Runners are the goroutines that run turns. There are only as many as there is
// work for, and few even then: turns never wait, and a goroutine that goes on
// with the next turn needs no new stack. They are told by hundreds when somebody
// with many watchers comes.
type runners struct {
	mu          sync.Mutex // guards the rest
	n           int
	first, last *turn // wait for a goroutine, linked by turn.after
}

var mostRunners = 2 * runtime.GOMAXPROCS(0)

// put has a goroutine run t.
func (r *runners) put(t *turn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.n < mostRunners:
		r.n++
		go r.run(t)
	case r.first == nil:
		r.first, r.last = t, t
	default:
		r.last.after, r.last = t, t
	}
}

func (r *runners) run(t *turn) {
	for t != nil {
		t.run()
		t = r.next()
	}
}

// next is the turn that has waited longest; nil ends the goroutine.
func (r *runners) next() *turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.first
	if t == nil {
		r.n--
		return nil
	}
	r.first, t.after = t.after, nil
	return t
}
