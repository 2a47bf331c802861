package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

const crowd = 10_000

// fill makes a crowd of accounts, every second with five contacts among the others.
func fill(b *testing.B, s *Store) {
	b.Helper()
	var wg sync.WaitGroup
	for i := range crowd {
		wg.Add(1)
		s.Update(func(t bridge.Tx) error { return addMember(t, i) }, func(err error) {
			if err != nil {
				b.Error(err)
			}
			wg.Done()
		})
	}
	wg.Wait()
}

func member(i int) string { return fmt.Sprintf("user%05d@msn.local", i%crowd) }

func addMember(t bridge.Tx, i int) error {
	if err := t.CreateAccount(bridge.AccountInfo{Handle: member(i), Name: "User"}, "a password"); err != nil {
		return err
	}
	for j := range 5 * (i % 2) {
		handle := member(i + 2*j + 2)
		e := &bridge.Entry{Handle: handle, Addr: bridge.Addr{Network: bridge.Local, ID: handle}, Lists: bridge.FL | bridge.AL}
		if err := t.SaveEntry(member(i), e); err != nil {
			return err
		}
	}
	return nil
}

func benchEach(b *testing.B, f func(b *testing.B, s *Store)) {
	for _, d := range dialects {
		b.Run(d.name, func(b *testing.B) {
			s := open(b, d.config(b))
			fill(b, s)
			f(b, s)
		})
	}
}

// What a sign-in costs: of an account with five contacts on both sides, and of one
// with none. The context has a deadline, as that of a sign-in has.
func BenchmarkAccount(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
		defer cancel()
		for kind, first := range map[string]int{"alone": 0, "5contacts": 1} {
			b.Run(kind, func(b *testing.B) {
				b.ReportAllocs()
				for i := first; b.Loop(); i += 14 {
					if _, err := s.Account(ctx, member(i)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}

func BenchmarkHandles(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		b.ReportAllocs()
		for b.Loop() {
			if hs, err := s.Handles(b.Context()); err != nil || len(hs) != crowd {
				b.Fatal(len(hs), err)
			}
		}
	})
}

// One call after another: what a commit costs.
func BenchmarkDo(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := s.Do(b.Context(), saveVersion(i)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	benchEach(b, func(b *testing.B, s *Store) {
		b.ReportAllocs()
		bound := make(chan struct{}, 1000)
		for i := 0; b.Loop(); i++ {
			bound <- struct{}{}
			s.Update(saveVersion(i), func(err error) {
				if err != nil {
					b.Error(err)
				}
				<-bound
			})
		}
		for range cap(bound) {
			bound <- struct{}{}
		}
	})
}

func saveVersion(i int) func(bridge.Tx) error {
	return func(t bridge.Tx) error { return t.SaveVersion(member(i*7), uint32(i)) }
}

// Opening an up-to-date database, until the handles are known.
func BenchmarkOpen(b *testing.B) {
	for _, d := range dialects {
		b.Run(d.name, func(b *testing.B) {
			c := d.config(b)
			s := open(b, c)
			fill(b, s)
			closeStore(b, s)
			for b.Loop() {
				s, err := Open(b.Context(), c)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Handles(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
