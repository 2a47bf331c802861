package bridge

import (
	"context"
	"time"
)

// relink puts other keys and another secret in the place of those of a login that
// its network has rejected, and has it tried again; ErrExists for one that has not
// been rejected. Which rooms are shown stays as it was, if nothing is said.
func (a *account) relink(l *login, rec LoginRecord, state map[string][]byte, asked bool, done func(error)) {
	if !l.isRefused() || l.over != nil {
		done(ErrExists)
		return
	}
	if choice, chosen := l.rec.Keys[KeyRooms]; chosen && rec.Keys[KeyRooms] == "" {
		rec.Keys[KeyRooms] = choice
	}
	a.commit(batch{func(tx Tx) error {
		if err := tx.SaveLoginKeys(a.handle, rec.Network, rec.Keys); err != nil {
			return err
		}
		return tx.SaveLoginSecret(a.handle, rec.Network, rec.Secret)
	}, keepState(rec, state)}, func(err error) {
		if err == nil && a.logins[rec.Network] == l {
			l.rec.Keys, l.rec.Secret = rec.Keys, rec.Secret
			l.tryAnew(rec.Keys, asked)
		}
		done(err)
	})
}

// reject notes that the network will not have the login as it is. said: somebody
// waits for that, to tell the owner.
func (l *login) reject(why string) (said bool) {
	l.mu.Lock()
	l.refused, said = true, l.asked
	l.awaited = false
	l.mu.Unlock()
	l.down(why, time.Time{})
	return said
}

func (l *login) isRefused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// tryAnew wakes a login that was rejected.
func (l *login) tryAnew(keys map[string]string, asked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.refused {
		return
	}
	l.refused, l.asked = false, asked
	l.status.Keys, l.status.Reason, l.status.Next = keys, untried, time.Time{}
	l.tried = make(chan struct{})
	l.relinked <- struct{}{} // has room: it was empty while the login waited
}

// waitRelinked waits for tryAnew; false if ctx ends first.
func (l *login) waitRelinked(ctx context.Context) bool {
	select {
	case <-l.relinked:
		return true
	case <-ctx.Done():
		return false
	}
}

// firstTry is closed after the first attempt since the login was linked.
func (l *login) firstTry() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tried
}

// untried is the reason of a login whose first attempt is still under way.
const untried = "not tried yet"
