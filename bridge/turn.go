package bridge

import (
	"slices"
	"sync"
)

// turnQueue bounds what may wait for an account's turn; who posts more waits.
const turnQueue = 256

// A turn runs an account's functions one after another, in a goroutine that
// lives only while there are any. No function waits for a client, a network, the
// store or another account. From one account's turn to another nothing is
// queued: it is marked.
type turn struct {
	a *account

	mu      sync.Mutex // guards the rest
	queue   []func()
	running bool
	closed  bool           // the account has been unloaded: nothing runs any more
	roomy   chan struct{}  // closed when the queue has room again; nil if nobody waits
	changed []*account     // watched local accounts whose face has changed
	reverse []reverseState // local accounts that have (or no longer have) this one on their list
}

// A reverseState is the latest that is known of another account's forward list.
type reverseState struct {
	handle, name string
	on           bool
}

// post appends f, and waits while the queue is full. It returns false if the
// account has been unloaded.
func (t *turn) post(f func()) bool {
	t.mu.Lock()
	for len(t.queue) >= turnQueue && !t.closed {
		if t.roomy == nil {
			t.roomy = make(chan struct{})
		}
		roomy := t.roomy
		t.mu.Unlock()
		<-roomy
		t.mu.Lock()
	}
	defer t.mu.Unlock()
	return t.append(f)
}

// postNow is post without waiting, for outcomes of what the turn itself has
// started: those bound themselves.
func (t *turn) postNow(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.append(f)
}

func (t *turn) append(f func()) bool {
	if t.closed {
		return false
	}
	t.queue = append(t.queue, f)
	t.start()
	return true
}

func (t *turn) start() {
	if !t.running {
		t.running = true
		go t.run()
	}
}

// markChanged says that who's face has changed.
func (t *turn) markChanged(who *account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed && !slices.Contains(t.changed, who) {
		t.changed = append(t.changed, who)
		t.start()
	}
}

// markReverse says whether another account has this one on its forward list.
func (t *turn) markReverse(r reverseState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	i := slices.IndexFunc(t.reverse, func(o reverseState) bool { return o.handle == r.handle })
	if i < 0 {
		t.reverse = append(t.reverse, r)
	} else {
		t.reverse[i] = r
	}
	t.start()
}

func (t *turn) run() {
	var queue []func()
	for {
		t.mu.Lock()
		clear(queue)
		queue, t.queue = t.queue, queue[:0]
		changed, reverse := t.changed, t.reverse
		t.changed, t.reverse = nil, nil
		if t.roomy != nil {
			close(t.roomy)
			t.roomy = nil
		}
		if len(queue) == 0 && len(changed) == 0 && len(reverse) == 0 {
			t.running, t.queue = false, nil
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		for _, r := range reverse {
			t.a.reverseChanged(r)
		}
		for _, w := range changed {
			t.a.tellLocal(w)
		}
		for _, f := range queue {
			f()
			t.a.afterTurn()
		}
	}
}

// end closes the turn; what is queued already still runs.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.roomy != nil {
		close(t.roomy)
		t.roomy = nil
	}
}

// idle tells whether no goroutine runs for the turn.
func (t *turn) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.running
}
