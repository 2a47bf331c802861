package appservice

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

func BenchmarkStore(b *testing.B) {
	for _, many := range []int{1, 100} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			s := sqliteBase(b).service(b, nil)
			entries := make([]entry, many)
			for i := 0; b.Loop(); i++ {
				for k := range entries {
					entries[k] = said("!a", fmt.Sprintf("$%d.%d", i, k))
				}
				s.push(b, fmt.Sprint(i), entries...)
			}
		})
	}
}

// BenchmarkWake is the time from an event to the ghost that it concerns, among 1,000 that wait, and
// to all 1,000 of one room.
func BenchmarkWake(b *testing.B) {
	for _, x := range []struct {
		name  string
		rooms int
	}{{"one", 1000}, {"all", 1}} {
		b.Run(x.name, func(b *testing.B) { benchmarkWake(b, x.rooms) })
	}
}

func benchmarkWake(b *testing.B, rooms int) {
	s := sqliteBase(b).service(b, nil)
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	heard := make(chan string, 1000)
	for i := range 1000 {
		sub := s.Subscribe(fmt.Sprintf("@_msn_%d_msn.local:example.org", i))
		sub.Follow([]string{fmt.Sprint("!", i%rooms)})
		position := end(b, sub)
		wg.Go(func() {
			for {
				news, err := sub.Next(ctx, position)
				if err != nil {
					return
				}
				for range news.Events {
					heard <- news.Position
				}
				position = news.Position
			}
		})
	}
	for i := 0; b.Loop(); i++ {
		s.push(b, fmt.Sprint(i), said(fmt.Sprint("!", i%rooms), fmt.Sprint("$", i)))
		for range 1000 / rooms {
			<-heard
		}
	}
}
