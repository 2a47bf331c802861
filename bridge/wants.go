package bridge

import (
	"context"
	"errors"
	"slices"
	"time"
)

// callTime bounds what a network is asked in the background, and finishTime how
// much of that remains when the login ends.
const (
	callTime   = 30 * time.Second
	finishTime = 2 * time.Second
)

// wants are what the network is to be told, bounded by the account's lists.
type wants struct {
	presence *Presence
	name     *string // of the account; see Namer
	watch    []Addr
	newWatch bool
	gone     map[Addr]bool // taken off the forward list since the network was told whom to watch
	pending  map[Addr]want
	block    []Addr // all on the block list
	newBlock bool
}

// A want is a change of the user's that the network has to be told of.
type want struct {
	handle string // of the entry
	what   Pending
}

// cameUp runs in the turn: it has the network told all there is to tell.
func (l *login) cameUp() {
	l.worked = true
	l.setName(l.a.name())
	l.setPresence(l.a.outward())
	l.watchAll()
	l.blockAll()
	l.markHeld()
	for _, e := range l.a.entries {
		if e.Addr.Network == l.rec.Network {
			l.pending(e)
		}
	}
	for addr, c := range l.a.chats {
		if addr.Network == l.rec.Network && c.window != nil && c.room {
			c.follow()
		}
	}
}

// wentDown runs in the turn: nobody there is present any more.
func (l *login) wentDown() {
	clear(l.people)
	for _, e := range l.a.entries {
		if e.Addr.Network == l.rec.Network && e.On(FL) {
			l.a.tell(e)
		}
	}
}

// want changes what the network is to be told, and wakes the login.
func (l *login) want(f func(w *wants)) {
	l.mu.Lock()
	f(&l.wants)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *login) setPresence(p Presence) { l.want(func(w *wants) { w.presence = &p }) }

func (l *login) setName(name string) { l.want(func(w *wants) { w.name = &name }) }

// on lists those of the network who stand on a list.
func (l *login) on(list List) []Addr {
	var who []Addr
	for _, e := range l.a.entries {
		if e.On(list) && e.Addr.Network == l.rec.Network {
			who = append(who, e.Addr)
		}
	}
	return who
}

// watchAll names those whose presence is wanted: people on the forward list.
func (l *login) watchAll() {
	who := l.on(FL)
	l.want(func(w *wants) { w.watch, w.newWatch = who, true })
}

// forget forgets what is known of somebody who is watched no more. Should they be
// watched again before the network hears of that, it has to say it all anew.
func (l *login) forget(who Addr) {
	delete(l.people, who)
	l.want(func(w *wants) {
		if w.gone == nil {
			w.gone = map[Addr]bool{}
		}
		w.gone[who] = true
	})
}

func (l *login) pending(e *Entry) { l.alsoPending(e, e.Pending) }

// alsoPending is pending for what need not be kept.
func (l *login) alsoPending(e *Entry, what Pending) {
	if what == NothingPending {
		return
	}
	l.want(func(w *wants) {
		if w.pending == nil {
			w.pending = map[Addr]want{}
		}
		w.pending[e.Addr] = want{e.Handle, what}
	})
}

// blockAll names those on the block list.
func (l *login) blockAll() {
	who := l.on(BL)
	l.want(func(w *wants) { w.block, w.newBlock = who, true })
}

// serve tells the network what is wanted until the connection or ctx ends.
func (l *login) serve(ctx context.Context, c Conn) {
	words, names := pace{pause: l.a.b.wordsPause}, naming{pause: l.a.b.namePause}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.Done():
			return
		case <-l.wake:
		case <-words.due:
		case <-names.due:
		}
		w := l.takeWants()
		l.tellName(c, &names, w.name)
		w.presence = words.next(w.presence, time.Now())
		l.tell(c, w)
	}
}

// takeWants takes all that the network is to be told by now.
func (l *login) takeWants() wants {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.wants
	l.wants = wants{}
	if !w.newWatch {
		l.wants.gone = w.gone
	}
	return w
}

// tellName tells a Namer what the account is called, if it is time for that.
func (l *login) tellName(c Conn, names *naming, change *string) {
	n, ok := c.(Namer)
	if !ok {
		return
	}
	if name := names.next(change, time.Now()); name != nil {
		err := l.call("set name", func(ctx context.Context) error { return n.SetName(ctx, *name) })
		names.told(name, err, time.Now())
	}
}

func (l *login) tell(c Conn, w wants) {
	if w.presence != nil {
		l.call("set presence", func(ctx context.Context) error { return c.SetPresence(ctx, *w.presence) })
	}
	if w.newWatch {
		if stay := slices.DeleteFunc(slices.Clone(w.watch), func(a Addr) bool { return w.gone[a] }); len(stay) < len(w.watch) {
			l.watch(c, stay)
		}
		l.watch(c, w.watch)
	}
	if w.newBlock {
		l.call("block", func(ctx context.Context) error { return c.Block(ctx, w.block) })
	}
	for who, p := range w.pending {
		l.settle(c, who, p)
	}
}

func (l *login) watch(c Conn, who []Addr) {
	l.call("watch", func(ctx context.Context) error { return c.Watch(ctx, who) })
}

// call bounds what is asked in the background, and logs what goes wrong. When the
// login ends the call may still finish, so that nothing is left half done, but a
// network that hangs must not keep the service from ending.
func (l *login) call(what string, f func(ctx context.Context) error) error {
	if l.ctx.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), callTime)
	defer cancel()
	stop := context.AfterFunc(l.ctx, func() { time.AfterFunc(finishTime, cancel) })
	defer stop()
	err := f(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		l.log.Info("network call failed", "call", what, "err", err)
	}
	return err
}

// settle tells the network of one change of the user's, and takes note of the
// outcome. What fails stays pending until the next connection.
func (l *login) settle(c Conn, who Addr, p want) {
	var contact Contact
	err := l.call("settle", func(ctx context.Context) (err error) {
		switch p.what {
		case PendingAdd:
			contact, err = c.AddContact(ctx, who)
		case PendingRemove:
			err = c.RemoveContact(ctx, who)
		case PendingAccept, PendingDecline:
			err = c.Answer(ctx, who, p.what == PendingAccept)
		}
		return err
	})
	l.a.turn.post(func() { l.settled(p, contact, err) })
}

// settled runs in the turn.
func (l *login) settled(p want, c Contact, err error) {
	a := l.a
	e := a.byHandle[p.handle]
	if e == nil || e.Pending != p.what || a.logins[l.rec.Network] != l {
		return
	}
	var w batch
	switch {
	case errors.Is(err, ErrNoSuchPerson):
		l.noSuchPerson(&w, e)
	case err != nil:
		return
	case !c.Addr.IsZero() && l.relocate(e.Addr, c):
		return
	default:
		e.Pending = NothingPending
		a.rename(&w, e, c.Name)
		a.saveEntry(&w, e)
	}
	a.commit(w, nil)
}

// noSuchPerson takes off the list again whom the network does not know.
func (l *login) noSuchPerson(w *batch, e *Entry) {
	a := l.a
	e.Pending = NothingPending
	if e.On(FL) {
		e.Lists &^= FL
		a.offForward(e)
		e.Removed, e.Pending = false, NothingPending
		version := a.raise(w)
		a.emit(ListChanged{Change{List: FL, Entry: e, Group: -1, Version: version}, true})
		what := "nobody"
		if e.Kind == Room {
			what = "no room"
		}
		a.say("There is " + what + " called " + e.Spelling() + ". The contact has been taken off your list.")
		l.watchAll()
	}
	a.saveEntry(w, e)
}
