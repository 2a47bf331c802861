package e2e

import (
	"slices"
	"testing"

	"msnbridge/msn/client"
)

// TestGuests has three users of the service in one switchboard with a channel: two have a login
// that is in the channel, one has none.
func TestGuests(t *testing.T) { onBoth(t, "gu", testGuests) }

func testGuests(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	ben := c.d.account("ben")
	c.d.login(ben, c.network(), "", "nick="+c.prefix+"ben")
	b, carl := c.d.signIn(ben), c.d.signIn(c.d.account("carl"))
	ch.enter(b)
	w := ch.open(a)
	for _, u := range []*user{b, carl} {
		if err := w.Invite(bounded(t), u.Handle()); err != nil {
			t.Fatal(err)
		}
	}
	vb, vc := b.answer(a.Handle()), carl.answer(a.Handle())
	for _, v := range []*window{w, vb, vc} {
		v.await(ch.host())
	}
	type said struct{ from, text string }
	texts := func(v *window, n int) (all []said) {
		for range n {
			m := next(v.inbox, func(m client.Message) bool { return m.IsText && m.From != ch.handle() })
			all = append(all, said{m.From, m.Text})
		}
		return all
	}
	w.say(words("of anna"))
	ch.waitHost(c.nick+"\t", words("of anna"))
	vb.say(words("of ben"))
	ch.waitHost(c.prefix+"ben\t", words("of ben"))
	vc.say(words("of carl"))
	ch.waitHost(c.nick+"\t", "carl", words("of carl"))
	ch.hostSays(words("of the host"))
	ch.hostSays(c.prefix + "ben: " + words("ping"))

	host := []said{{ch.host(), words("of the host")}, {ch.host(), c.prefix + "ben: " + words("ping")}}
	of := func(u *user, name string) said { return said{u.Handle(), words("of " + name)} }
	for v, want := range map[*window][]said{
		w:  append([]said{of(b, "ben"), of(carl, "carl")}, host...),
		vb: append([]said{of(a, "anna"), of(carl, "carl")}, host...),
		vc: append([]said{of(a, "anna"), of(b, "ben")}, host...),
	} {
		if got := texts(v, len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", v.whose, got, want)
		}
	}
	none(b.inbox, func(r client.Ring) bool { return r.Handle == ch.handle() }) // ben sees it here
	ch.never(words("of anna"))                                                 // each was said once
	ch.never(words("of ben"))
	ch.never(words("of carl"))

	vb.Close()
	w.leaves(b.Handle())
	ch.hostSays(words("last"))
	w.hears(ch.host(), words("last"))
	vc.hears(ch.host(), words("last"))
}
