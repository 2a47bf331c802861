package bridgetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// patience is how long Run waits for something that must come. Presence may take
// a minute where it has to be asked for.
const patience = 75 * time.Second

// A Tape keeps what a connection emits. Its Emit stores everything at once.
type Tape struct {
	mu      sync.Mutex // guards the fields below
	evs     []bridge.Event
	changed chan struct{} // closed and replaced when evs grow
}

// NewTape makes an empty tape.
func NewTape() *Tape { return &Tape{changed: make(chan struct{})} }

// Emit is a bridge.Emit.
func (r *Tape) Emit(_ context.Context, evs []bridge.Event, _ []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evs = append(r.evs, evs...)
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// Events lists all that was emitted and not taken off by Next.
func (r *Tape) Events() []bridge.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]bridge.Event(nil), r.evs...)
}

// Next waits for an event of this kind for which ok holds (nil: any), and takes
// it and all before it off the tape. It ends the test if there is none in time.
func Next[E bridge.Event](t testing.TB, r *Tape, ok func(E) bool) E {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		ev, found, changed := find(r, ok)
		if found {
			return ev
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("no %T that fits; there are %s", ev, describe(r.Events()))
		}
	}
}

func find[E bridge.Event](r *Tape, ok func(E) bool) (ev E, found bool, changed chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, any := range r.evs {
		if e, is := any.(E); is && (ok == nil || ok(e)) {
			r.evs = r.evs[i+1:]
			return e, true, nil
		}
	}
	return ev, false, r.changed
}

func describe(evs []bridge.Event) string { return fmt.Sprintf("%d events: %+v", len(evs), evs) }
