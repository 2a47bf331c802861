package matrix

import (
	"fmt"
	"testing"

	"msnbridge/bridge"
)

func TestGhostTexts(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	room := bob.direct(o.me())
	for i := range 3 {
		bob.say(room, fmt.Sprint("before ", i))
	}
	inv := await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if inv.Contact.Name != "Bob" {
		t.Errorf("invited by %+v", inv)
	}
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		bob.say(room, fmt.Sprint("after ", i))
	}
	awaitTexts(o, "before 0", "before 1", "before 2", "after 0", "after 1", "after 2")
	if err := c.Send(t.Context(), outgoing(bob.id(), "hello")); err != nil {
		t.Fatal(err)
	}
	if in := bob.seeText("hello"); in != room {
		t.Errorf("said in %s", in)
	}
	bob.say(room, "last")
	awaitTexts(o, "before 0", "before 1", "before 2", "after 0", "after 1", "after 2", "last")
}
