package bridge

import (
	"context"
	"strings"
)

// keyRejected is, in a login's state, there once its owner has been told that the
// network will not have it.
const keyRejected = "bridge/rejected"

// tellRejected tells the owner, once, that the login has ended. It is said again when
// the login has worked meanwhile, or was linked anew. said: whoever has just linked it
// is told by somebody else.
func (l *login) tellRejected(ctx context.Context, why string, said bool) {
	state := l.a.b.store.State(l.rec.Account, l.rec.Network)
	told, err := state.Get(ctx, keyRejected)
	if err == nil && told == nil {
		if !said {
			l.a.turn.post(func() { l.sayRejected(why) })
		}
		err = state.Put(ctx, keyRejected, []byte{1})
	}
	if err != nil {
		l.log.Warn("not kept whether the user knows that the login was rejected", "err", err)
	}
}

// sayRejected runs in the turn.
func (l *login) sayRejected(why string) {
	if l.a.logins[l.rec.Network] != l {
		return
	}
	text := "Your login on " + l.net.Title() + " was not accepted: "
	if l.worked || l.rec.Position != nil {
		text = "Your login on " + l.net.Title() + " has ended: "
	}
	text += strings.TrimSpace(shorten(cleanLines(why), mostSaying))
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	if again := "login " + l.rec.Network; !strings.Contains(why, again) {
		text += " It is not tried again. To link it anew, say " + again + " key=value ... with what is right; your contacts stay."
	}
	l.a.say(text)
}

// notRejected forgets what the owner was told.
func (l *login) notRejected(ctx context.Context) {
	state := l.a.b.store.State(l.rec.Account, l.rec.Network)
	told, err := state.Get(ctx, keyRejected)
	if err == nil && told != nil {
		err = state.Delete(ctx, keyRejected)
	}
	if err != nil {
		l.log.Warn("not kept that the login is accepted again", "err", err)
	}
}

// firstOutcome is how the login fared when whoever has linked it was answered. ok is
// false if there is no answer yet, and none is waited for any longer.
func (l *login) firstOutcome() (s LoginStatus, ok bool) {
	l.mu.Lock()
	s, ok = l.answer, !l.asked
	l.asked = false
	l.mu.Unlock()
	if now := l.report(); s.Connected && now.Connected {
		s = now
	}
	return s, ok
}
