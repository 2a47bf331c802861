package appservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// said is an event of a room.
func said(room, id string) entry {
	return entry{id: id, room: room, raw: fmt.Appendf(nil, `{"event_id":%q}`, id)}
}

// moved is a change of somebody's membership.
func moved(room, id, user string) entry {
	e := said(room, id)
	e.subject = user
	return e
}

const me = "@_msn_alice_msn.local:example.org"

// push stores entries in a transaction.
func (s testService) push(t testing.TB, txn string, entries ...entry) outcome {
	t.Helper()
	j := must[*journal](t)(s.journal(t.Context()))
	return must[outcome](t)(j.store(t.Context(), transaction{id: txn, body: txn, entries: entries}, s.entriesCame))
}

func end(t testing.TB, sub *Subscription) string {
	t.Helper()
	return must[string](t)(sub.End(t.Context()))
}

// next returns the news after a position, and the IDs of their events.
func next(t testing.TB, sub *Subscription, after string) (News, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	news := must[News](t)(sub.Next(ctx, after))
	return news, ids(t, news)
}

func ids(t testing.TB, news News) string {
	t.Helper()
	var all []string
	for _, raw := range news.Events {
		var e struct {
			ID string `json:"event_id"`
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e.ID)
	}
	return strings.Join(all, " ")
}

func TestNext(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		start := end(t, sub)
		sub.Follow([]string{"!a", "!b"})
		s.push(t, "1", said("!a", "$1"), said("!c", "$2"), said("!b", "$3"), moved("!a", "$4", "@bob:example.org"))
		news, got := next(t, sub, start)
		equal(t, "events", got, "$1 $3 $4")
		equal(t, "lost", news.Lost, false)
		equal(t, "position", news.Position, end(t, sub))

		// A process that begins anew reads the same from the database.
		s.kill(t)
		s = b.service(t, nil)
		sub = s.Subscribe(me)
		sub.Follow([]string{"!b", "!c"})
		_, got = next(t, sub, start)
		equal(t, "events", got, "$2 $3")
		s.push(t, "2", said("!b", "$5"))
		_, got = next(t, sub, news.Position)
		equal(t, "events", got, "$5")
	})
}

func TestStoreOnce(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		start := end(t, sub)
		sub.Follow([]string{"!a"})
		s.push(t, "1", said("!a", "$1"), said("!a", "$1"), said("!a", "$2"))
		equal(t, "known", s.push(t, "1", said("!a", "$9")).known, true)
		s.push(t, "2", said("!a", "$2"), said("!a", "$1"), said("!a", "$3"))
		_, got := next(t, sub, start)
		equal(t, "events", got, "$1 $2 $3")
		s.kill(t)
		s = b.service(t, nil)
		equal(t, "known", s.push(t, "2").known, true)
		equal(t, "fresh", len(s.push(t, "3", said("!a", "$3"), said("!a", "$4")).fresh), 1)
	})
}

// A homeserver that has not heard our answer repeats a transaction with what has happened since.
func TestStoreMoreAgain(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		start := end(t, sub)
		sub.Follow([]string{"!a"})
		s.push(t, "1", said("!a", "$1"))
		j := must[*journal](t)(s.journal(t.Context()))
		more := transaction{id: "1", body: "more", entries: []entry{said("!a", "$1"), said("!a", "$2")}}
		o := must[outcome](t)(j.store(t.Context(), more, s.entriesCame))
		equal(t, "altered", o.altered && !o.known, true)
		equal(t, "known", must[outcome](t)(j.store(t.Context(), more, s.entriesCame)).known, true)
		_, got := next(t, sub, start)
		equal(t, "events", got, "$1 $2")
	})
}

// What comes in a room that is not followed yet is not passed over with the change of membership
// because of which it is followed.
func TestNextStopsAtNewRooms(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		start := end(t, sub)
		s.push(t, "1", said("!a", "$1"), moved("!a", "$2", me), said("!a", "$3"), moved("!b", "$4", me))
		for range 2 { // from memory, then from the database
			sub.Follow(nil)
			news, got := next(t, sub, start)
			equal(t, "events", got, "$2")
			sub.Follow([]string{"!a"})
			news, got = next(t, sub, news.Position)
			equal(t, "events", got, "$3 $4")
			s.kill(t)
			s = b.service(t, nil)
			sub = s.Subscribe(me)
		}
	})
}

func TestNextIsBounded(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		start := end(t, sub)
		const many = 2*maxTail + 7
		var all []entry
		for i := range many {
			all = append(all, said("!a", fmt.Sprintf("$%d", i)), said("!b", fmt.Sprintf("$b%d", i)))
		}
		s.push(t, "1", all...)
		count := 0
		for position := start; count < many; {
			news, _ := next(t, sub, position)
			if len(news.Events) == 0 || len(news.Events) > maxRead || news.Lost {
				t.Fatalf("%d events, lost %v", len(news.Events), news.Lost)
			}
			equal(t, "first", ids(t, News{Events: news.Events[:1]}), fmt.Sprintf("$%d", count))
			count += len(news.Events)
			position = news.Position
		}
		equal(t, "events", count, many)
	})
}

func TestNextIsBoundedInBytes(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		position := end(t, sub)
		for i := range 9 {
			e := said("!a", fmt.Sprint("$", i))
			e.raw = fmt.Appendf(nil, `{"event_id":%q,"x":%q}`, e.id, strings.Repeat("x", maxReadBytes*2/3))
			s.push(t, fmt.Sprint(i), e)
		}
		for i := range 9 {
			news, got := next(t, sub, position)
			equal(t, "events", got, fmt.Sprint("$", i))
			position = news.Position
		}
	})
}

func TestNextWaits(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	sub := s.Subscribe(me)
	sub.Follow([]string{"!a"})
	position := end(t, sub)
	got := make(chan string)
	go func() {
		_, ids := next(t, sub, position)
		got <- ids
	}()
	s.push(t, "1", said("!b", "$1"), moved("!b", "$2", "@bob:example.org"))
	s.push(t, "2", said("!a", "$3"))
	equal(t, "events", <-got, "$3")

	sub.Wake()
	news, ids := next(t, sub, position)
	equal(t, "events", ids, "$3") // and so woken
	sub.Wake()
	news, ids = next(t, sub, news.Position)
	equal(t, "events", ids, "")
	equal(t, "lost", news.Lost, false)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sub.Next(ctx, news.Position); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	sub.stale = time.Millisecond
	s.push(t, "3", said("!b", "$4"))
	stale, ids := next(t, sub, news.Position)
	equal(t, "events", ids, "")
	equal(t, "position", stale.Position, end(t, sub))
	sub.Close()
	if _, err := sub.Next(t.Context(), news.Position); !errors.Is(err, bridge.ErrClosed) {
		t.Error(err)
	}
	equal(t, "followed", s.followed("!a"), false)
}

func TestForeignPositions(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		s.push(t, "1", said("!a", "$1"))
		known := end(t, sub)
		for _, position := range []string{"", ".", "x", "other.1", known + "0", strings.Replace(known, ".", ".-", 1), known + "\x00"} {
			news, got := next(t, sub, position)
			if !news.Lost || got != "$1" || news.Position != known {
				t.Errorf("%q: %v, %q, %q", position, news.Lost, got, news.Position)
			}
		}
	})
}

// Nothing is lost between the look into the log and the wait, whoever is how fast.
func TestNoLostWakeUps(t *testing.T) {
	s := sqliteBase(t).service(t, nil)
	const many, readers = 200, 4
	var subs []*Subscription
	for range readers {
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		subs = append(subs, sub)
	}
	start := end(t, subs[0])
	done := make(chan int)
	for _, sub := range subs {
		go func() {
			count := 0
			for position := start; count < many; {
				news, _ := next(t, sub, position)
				count += len(news.Events)
				position = news.Position
			}
			done <- count
		}()
	}
	for i := range many {
		s.push(t, fmt.Sprint(i), said("!a", fmt.Sprint("$", i)))
	}
	for range readers {
		equal(t, "events", <-done, many)
	}
}
