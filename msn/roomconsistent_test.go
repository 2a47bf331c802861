package msn

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/client"
)

// clientIn is a client of alice's in a switchboard with #go.
func (r *rig) clientIn() *client.Switchboard {
	r.t.Helper()
	r.Play(r.t, "! person #go NLN Go\n! login alice@msn.test")
	c, err := client.Dial(r.ctx, client.Options{Server: r.addr, Handle: "alice@msn.test", Password: "secret"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	if err := c.SetState(r.ctx, client.Online); err != nil {
		r.t.Fatal(err)
	}
	if _, err := c.Add(r.ctx, client.Forward, "#go@net.test", "", client.AnyGroup); err != nil {
		r.t.Fatal(err)
	}
	online := func(p client.Presence) bool { return p.Handle == "#go@net.test" && p.State == client.Online }
	if _, err := client.Wait(r.ctx, c.Events(), online); err != nil {
		r.t.Fatal(err)
	}
	sb, err := c.Call(r.ctx, "#go@net.test")
	if err != nil {
		r.t.Fatal(err)
	}
	return sb
}

// Whatever happens in a room, a client is told of nobody's coming who is there, of
// nobody's going who is not, and what is said is said by somebody who is there.
func TestRoomConsistent(t *testing.T) {
	r := newRig(t)
	sb := r.clientIn()
	dice := rand.New(rand.NewPCG(1, 2))
	nicks := []string{"ann", "ben", "cid", "dan", "eve", "#go", "alice@msn.test"}
	some := func() []string {
		dice.Shuffle(len(nicks), func(i, j int) { nicks[i], nicks[j] = nicks[j], nicks[i] })
		return append([]string{}, nicks[:dice.IntN(4)]...)
	}
	here := map[string]bool{}
	for i := range 200 {
		room, who, end := r.net.Addr("#go"), r.net.Addr(nicks[dice.IntN(len(nicks))]), fmt.Sprint("step ", i)
		then := time.Now().Add(-time.Hour * time.Duration(dice.IntN(2)))
		err := r.net.Emit(r.ctx, "alice@msn.test", nil,
			bridge.RosterChanged{Room: room, Joined: r.contacts(some()), Left: r.addrs(some()), Whole: dice.IntN(8) == 0},
			bridge.MessageReceived{Message: bridge.Message{Chat: room, From: who, Name: who.ID, Text: "hi", Time: then}},
			bridge.Remark{Chat: room, Text: end})
		if err != nil {
			t.Fatal(err)
		}
		r.follow(sb, end, here)
	}
}

// follow reads until a text has come, and keeps track of who is there.
func (r *rig) follow(sb *client.Switchboard, end string, here map[string]bool) {
	r.t.Helper()
	for {
		ev, err := client.Wait[client.Event](r.ctx, sb.Events(), nil)
		if err != nil {
			r.t.Fatal(err)
		}
		switch ev := ev.(type) {
		case client.Joined:
			if here[ev.Handle] {
				r.t.Fatalf("before %s: %s has joined twice", end, ev.Handle)
			}
			here[ev.Handle] = true
		case client.Left:
			if !here[ev.Handle] {
				r.t.Fatalf("before %s: %s has left, who was not there", end, ev.Handle)
			}
			delete(here, ev.Handle)
		case client.Message:
			if !here[ev.From] {
				r.t.Fatalf("before %s: %s speaks, who is not there", end, ev.From)
			}
			if ev.Text == end {
				return
			}
		}
	}
}
