package matrix

import (
	"context"
	"sync"
)

// keyed is a lock for each key. The zero value is ready.
type keyed struct {
	mu   sync.Mutex // guards held
	held map[string]*holder
}

type holder struct {
	turn  chan struct{}
	users int
}

// lock waits for the key, or until ctx ends. The returned function gives it back.
func (k *keyed) lock(ctx context.Context, key string) (unlock func(), err error) {
	h := k.join(key)
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn; k.leave(key, h) }, nil
	case <-ctx.Done():
		k.leave(key, h)
		return nil, context.Cause(ctx)
	}
}

func (k *keyed) join(key string) *holder {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		k.held = map[string]*holder{}
	}
	h := k.held[key]
	if h == nil {
		h = &holder{turn: make(chan struct{}, 1)}
		k.held[key] = h
	}
	h.users++
	return h
}

func (k *keyed) leave(key string, h *holder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h.users--; h.users == 0 {
		delete(k.held, key)
	}
}
