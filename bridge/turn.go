package bridge

import "sync"

// turnQueue bounds what may wait for an account's turn; who posts more waits.
const turnQueue = 256

// A turn runs an account's functions one after another, in a goroutine that it
// has only while there are any. No function waits for a client, a network, the
// store or another account. From one account's turn to another nothing is
// queued: it is marked.
type turn struct {
	a *account

	mu      sync.Mutex // guards the rest
	queue   []func()
	spare   []func() // what queue was before, for reuse while the goroutine lives
	running bool
	closed  bool          // the account has been unloaded: nothing new is taken
	roomy   chan struct{} // closed when the queue has room again; nil if nobody waits
	marks   marks

	after *turn // of runners
}

// post appends f, and waits while the queue is full. It returns false if the
// account has been unloaded. It is never called in a turn, nor by the store.
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
	if t.closed {
		return false
	}
	t.append(f)
	return true
}

// postNow is post without waiting, for what bounds itself: a window, or a ring.
func (t *turn) postNow(f func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.append(f)
	return true
}

// settle is postNow for the outcome of what the turn itself has started. It runs
// even if the account has been unloaded meanwhile: somebody waits for it.
func (t *turn) settle(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append(f)
}

// mark marks what f says, and wakes the turn if that is new.
func (t *turn) mark(f func(*marks) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed && f(&t.marks) {
		t.start()
	}
}

// append and start are called with the lock held.
func (t *turn) append(f func()) {
	t.queue = append(t.queue, f)
	t.start()
}

func (t *turn) start() {
	if !t.running {
		t.running = true
		t.a.b.turns.Add(1)
		t.a.b.runners.put(t)
	}
}

// turnRounds is how often a turn looks for more to do before other accounts have
// theirs: one that is never idle holds up nobody.
const turnRounds = 4

// run is called by a runner.
func (t *turn) run() {
	for range turnRounds {
		queue, marks, ok := t.next()
		if !ok {
			t.a.b.turns.Done()
			return
		}
		marks.apply(t.a)
		t.a.afterTurn()
		for _, f := range queue {
			f()
			t.a.afterTurn()
		}
	}
	t.a.b.runners.put(t)
}

// next takes all there is to do; false if there is nothing, and the turn is over.
func (t *turn) next() (queue []func(), m marks, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.roomy != nil {
		close(t.roomy)
		t.roomy = nil
	}
	if len(t.queue) == 0 && t.marks.empty() {
		t.running, t.queue, t.spare = false, nil, nil
		return nil, marks{}, false
	}
	queue, m = t.queue, t.marks
	clear(t.spare)
	t.queue, t.spare, t.marks = t.spare[:0], queue, marks{}
	return queue, m, true
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

// ask runs f in an account's turn and waits for what it returns; false if the
// account has been unloaded. It is never called in a turn.
func ask[T any](a *account, f func() T) (T, bool) {
	got := make(chan T, 1)
	if !a.turn.post(func() { got <- f() }) {
		var none T
		return none, false
	}
	return <-got, true
}
