package e2e

import (
	"strings"
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// wee is a friend at a real client.
func (c ircCase) wee(t *testing.T, name string) *testserver.WeechatClient {
	t.Helper()
	return testserver.Weechat(t, c.addr, c.prefix+name)
}

// of is the handle of a nick or a channel.
func (c ircCase) of(name string) string { return name + "@" + c.domain }

// A channel is one that a friend has made, who is its operator.
type channel struct {
	ircCase
	name string
	wee  *testserver.WeechatClient
}

func (c ircCase) channel(t *testing.T) *channel {
	t.Helper()
	ch := &channel{c, "#" + c.prefix + "lobby", c.wee(t, "wee")}
	ch.wee.Join(t, ch.name)
	return ch
}

// handle is that of the channel, and host that of the friend.
func (ch *channel) handle() string { return ch.of(ch.name) }
func (ch *channel) host() string   { return ch.of(ch.wee.Nick) }

// waitHost waits until the friend is shown a line in the channel.
func (ch *channel) waitHost(parts ...string) {
	ch.d.t.Helper()
	ch.wee.WaitLine(ch.d.t, ch.name, parts...)
}

// hostSays has the friend say something in the channel, and hostDoes type a command there.
func (ch *channel) hostSays(text string)    { ch.d.t.Helper(); ch.wee.Say(ch.d.t, ch.name, text) }
func (ch *channel) hostDoes(command string) { ch.d.t.Helper(); ch.wee.Type(ch.d.t, ch.name, command) }

// enter puts the channel on the user's forward list and waits until the user is in it.
func (ch *channel) enter(u *user) {
	ch.d.t.Helper()
	u.add(client.Forward, ch.handle())
	u.awaitState(ch.handle(), client.Online)
}

// open is enter for the linked user, and opens the channel with the friend in it, who knows.
func (ch *channel) open(u *user) *window {
	ch.d.t.Helper()
	ch.enter(u)
	ch.waitHost("-->", ch.nick, "has joined")
	w := u.call(ch.handle())
	w.await(ch.host())
	return w
}

// join is somebody who joins the channel with a raw connection.
func (ch *channel) join(t *testing.T, name string) *ircFriend {
	t.Helper()
	f := ch.friend(t, name)
	f.join(ch.name)
	return f
}

func (f *ircFriend) join(name string) {
	f.t.Helper()
	f.send("JOIN %s", name)
	f.next("366")
}

// await waits until somebody is in the conversation.
func (w *window) await(handle string) {
	w.t.Helper()
	if err := w.WaitFor(bounded(w.t), handle); err != nil {
		w.t.Fatalf("%s: %v; there are %v", w.whose, err, w.Participants())
	}
}

// hears waits for the next text, which must be this one, of this member.
func (w *window) hears(from, text string) client.Message {
	w.t.Helper()
	m := w.hear(text)
	if !strings.EqualFold(m.From, from) {
		w.t.Fatalf("%s: %q is of %s, want %s", w.whose, text, m.From, from)
	}
	return m
}

// line waits for a line of the conversation itself that has all these parts; others go by.
func (w *window) line(from string, parts ...string) string {
	w.t.Helper()
	return next(w.inbox, func(m client.Message) bool {
		return m.IsText && strings.EqualFold(m.From, from) && containsAll(m.Text, parts)
	}).Text
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// joins and leaves wait for JOI and BYE.
func (w *window) joins(handle string) {
	w.t.Helper()
	next(w.inbox, func(j client.Joined) bool { return strings.EqualFold(j.Handle, handle) })
}

func (w *window) leaves(handle string) {
	w.t.Helper()
	next(w.inbox, func(l client.Left) bool { return strings.EqualFold(l.Handle, handle) })
}

// fails says something that must not be acknowledged.
func (w *window) fails(text string) {
	w.t.Helper()
	if err := w.SendText(bounded(w.t), text); err != client.ErrNotDelivered {
		w.t.Fatalf("%s: %q: %v, want %v", w.whose, text, err, client.ErrNotDelivered)
	}
}

// lists waits until the server puts a handle on a list by itself.
func (u *user) lists(l client.List, handle string) {
	u.t.Helper()
	next(u.inbox, func(c client.ListChanged) bool {
		return !c.Removed && c.List == l && strings.EqualFold(c.Entry.Handle, handle)
	})
}

// refused puts a channel on the forward list that cannot be entered, for this reason.
func (u *user) refused(handle, reason string) {
	u.t.Helper()
	u.add(client.Forward, handle)
	u.awaitRefused(handle, reason)
	u.callFails(handle, 217)
}

func (u *user) awaitRefused(handle, reason string) {
	u.t.Helper()
	if p := u.awaitState(handle, client.Away); !strings.Contains(p.Name, reason) {
		u.t.Fatalf("%s is called %q; %q is missing", handle, p.Name, reason)
	}
}
