package e2e

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/client"
)

// An inbox keeps the events that a test has not asked for yet.
type inbox struct {
	t      testing.TB
	whose  string
	events <-chan client.Event
	kept   []client.Event
}

// next returns the first event of type T that match (nil: any) accepts, and takes it out.
func next[T client.Event](in *inbox, match func(T) bool) T {
	in.t.Helper()
	return nextWithin(in, patience, match)
}

func nextWithin[T client.Event](in *inbox, limit time.Duration, match func(T) bool) T {
	in.t.Helper()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for i := 0; ; i++ {
		for i == len(in.kept) {
			select {
			case ev, ok := <-in.events:
				if !ok {
					in.t.Fatalf("%s: the connection has ended; no %T in %s", in.whose, *new(T), show(in.kept))
				}
				in.kept = append(in.kept, ev)
			case <-timeout.C:
				in.t.Fatalf("%s: no such %T came, but %s", in.whose, *new(T), show(in.kept))
			}
		}
		if ev, ok := in.kept[i].(T); ok && (match == nil || match(ev)) {
			in.kept = append(in.kept[:i:i], in.kept[i+1:]...)
			return ev
		}
	}
}

// show writes events for people.
func show(events []client.Event) string {
	var b strings.Builder
	for _, ev := range events {
		if m, ok := ev.(client.Message); ok && m.IsText {
			fmt.Fprintf(&b, "\n\tText of %s: %q", m.From, m.Text)
		} else {
			fmt.Fprintf(&b, "\n\t%T: %+v", ev, ev)
		}
	}
	return b.String()
}

// none fails the test if an event of type T that match accepts has come. Whoever calls it knows
// that it would have come by now.
func none[T client.Event](in *inbox, match func(T) bool) {
	in.t.Helper()
	for len(in.events) > 0 {
		in.kept = append(in.kept, <-in.events)
	}
	for _, ev := range in.kept {
		if ev, ok := ev.(T); ok && (match == nil || match(ev)) {
			in.t.Fatalf("%s: this must not come: %+v", in.whose, ev)
		}
	}
}

// A user is an MSN client that is signed in.
type user struct {
	*client.Client
	*inbox
	roster *client.Roster // as it was at sign-in
}

// dial signs in, without asking for lists and without showing up.
func (d *daemon) dial(handle string, dialects ...string) *user {
	d.t.Helper()
	ctx := bounded(d.t)
	c, err := client.Dial(ctx, client.Options{
		Server: d.addr, Handle: handle, Password: passwordOf(handle), Dialects: dialects, Passport: d.passport,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return &user{Client: c, inbox: &inbox{t: d.t, whose: handle, events: c.Events()}}
}

// signIn signs in as clients do: the lists, then online.
func (d *daemon) signIn(handle string, dialects ...string) *user {
	d.t.Helper()
	u := d.dial(handle, dialects...)
	u.sync()
	u.show(client.Online)
	return u
}

// bounded is a context for one step of a test.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// sync fetches the lists.
func (u *user) sync() {
	u.t.Helper()
	var err error
	if u.roster, err = u.Sync(bounded(u.t), 0); err != nil {
		u.t.Fatal(err)
	}
}

// show sets the own state.
func (u *user) show(s client.State) {
	u.t.Helper()
	if err := u.SetState(bounded(u.t), s); err != nil {
		u.t.Fatal(err)
	}
}

// add puts handles on lists, as clients do: FL and AL for a friend.
func (u *user) add(l client.List, handle string) {
	u.t.Helper()
	if _, err := u.Add(bounded(u.t), l, handle, "", client.AnyGroup); err != nil {
		u.t.Fatal(err)
	}
}

func (u *user) remove(l client.List, handle string) {
	u.t.Helper()
	if _, err := u.Remove(bounded(u.t), l, handle, client.AnyGroup); err != nil {
		u.t.Fatal(err)
	}
}

func (u *user) befriend(handle string) {
	u.t.Helper()
	u.add(client.Forward, handle)
	u.add(client.Allow, handle)
}

// has tells whether the roster has handle on a list.
func (u *user) has(l client.List, handle string) bool {
	for _, e := range u.roster.Lists[l] {
		if strings.EqualFold(e.Handle, handle) {
			return true
		}
	}
	return false
}

// awaitState waits until a contact shows this state.
func (u *user) awaitState(handle string, s client.State) client.Presence {
	u.t.Helper()
	return nextWithin(u.inbox, 90*time.Second, func(p client.Presence) bool {
		return strings.EqualFold(p.Handle, handle) && p.State == s
	})
}

// A window is an open conversation.
type window struct {
	*client.Switchboard
	*inbox
}

func (u *user) window(sb *client.Switchboard) *window {
	u.t.Cleanup(func() { sb.Close() })
	return &window{sb, &inbox{t: u.t, whose: "conversation of " + u.Handle(), events: sb.Events()}}
}

// meet opens a conversation with another user of the service.
func (u *user) meet(with *user) (mine, theirs *window) {
	u.t.Helper()
	sb, err := u.Open(bounded(u.t))
	if err != nil {
		u.t.Fatal(err)
	}
	mine = u.window(sb)
	if err := sb.Invite(bounded(u.t), with.Handle()); err != nil {
		u.t.Fatal(err)
	}
	theirs = with.answer(u.Handle())
	if err := sb.WaitFor(bounded(u.t), with.Handle()); err != nil {
		u.t.Fatal(err)
	}
	return mine, theirs
}

// call opens a conversation with a bridged person, who joins at once.
func (u *user) call(handle string) *window {
	u.t.Helper()
	sb, err := u.Call(bounded(u.t), handle)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.window(sb)
}

// answer waits for a call and takes it.
func (u *user) answer(handle string) *window {
	u.t.Helper()
	ring := next(u.inbox, func(r client.Ring) bool { return strings.EqualFold(r.Handle, handle) })
	sb, err := u.Answer(bounded(u.t), ring)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.window(sb)
}

// callFails calls somebody and wants this error number.
func (u *user) callFails(handle string, code int) {
	u.t.Helper()
	sb, err := u.Open(bounded(u.t))
	if err == nil {
		defer sb.Close()
		err = sb.Invite(bounded(u.t), handle)
	}
	u.wantCode(fmt.Sprintf("call of %s", handle), err, code)
}

func (u *user) wantCode(what string, err error, code int) {
	u.t.Helper()
	if client.Code(err) != code {
		u.t.Fatalf("%s: %v, want %d", what, err, code)
	}
}

// say sends a text, which must be acknowledged.
func (w *window) say(text string) {
	w.t.Helper()
	if err := w.SendText(bounded(w.t), text); err != nil {
		w.t.Fatalf("%s: %v", w.whose, err)
	}
}

// hear waits for the next text, which must be this one.
func (w *window) hear(text string) client.Message {
	w.t.Helper()
	m := next(w.inbox, func(m client.Message) bool { return m.IsText })
	if m.Text != text {
		w.t.Fatalf("%s: heard %q, want %q", w.whose, m.Text, text)
	}
	return m
}

// hearSome waits for a text that contains this one; others go by.
func (w *window) hearSome(text string) client.Message {
	w.t.Helper()
	return next(w.inbox, func(m client.Message) bool { return m.IsText && strings.Contains(m.Text, text) })
}

// dated is a text that is shown late, with its time in front.
var dated = regexp.MustCompile(`(?s)^\[\d{4}-\d\d-\d\d \d\d:\d\d\] (.*)$`)

// hearLate waits for the next text, which must be this one, shown late.
func (w *window) hearLate(text string) {
	w.t.Helper()
	m := next(w.inbox, func(m client.Message) bool { return m.IsText })
	if parts := dated.FindStringSubmatch(m.Text); parts == nil || parts[1] != text {
		w.t.Fatalf("%s: heard %q, want %q with its time in front", w.whose, m.Text, text)
	}
}

// undated is a text without the time in front, if there is one.
func undated(text string) string { return dated.ReplaceAllString(text, "$1") }
