package bridge_test

import (
	"fmt"
	"testing"

	"msnbridge/bridge"
)

// A counter is a sink that only counts changes of presence.
type counter chan struct{}

func (c counter) Event(ev bridge.Event) {
	if _, ok := ev.(bridge.PresenceChanged); !ok {
		return
	}
	select {
	case c <- struct{}{}:
	default: // the benchmark is over
	}
}

// What it costs to tell 500 watchers of a change of state, without the wire.
func BenchmarkTellWatchers(b *testing.B) {
	const watchers = 500
	r := newRig(b, "alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	told := make(counter, watchers)
	added := make(chan error, watchers)
	for i := range watchers {
		handle := fmt.Sprintf("w%d@msn.test", i)
		if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: handle, Password: "x"}); err != nil {
			b.Fatal(err)
		}
		s, err := r.SignIn(r.ctx, handle, told)
		if err != nil {
			b.Fatal(err)
		}
		s.Post(func() {
			s.SetPresence(bridge.Presence{State: bridge.Online})
			s.Add(bridge.FL, "alice@msn.test", "", -1, func(_ bridge.Change, err error) { added <- err })
		})
	}
	for range watchers {
		if err := <-added; err != nil {
			b.Fatal(err)
		}
	}
	for len(alice.list(bridge.RL)) <= watchers && r.ctx.Err() == nil {
	}
	states := [...]bridge.State{bridge.Busy, bridge.Away}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		alice.Post(func() { alice.SetPresence(bridge.Presence{State: states[i%2]}) })
		for range watchers {
			<-told
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*watchers), "ns/telling")
}
