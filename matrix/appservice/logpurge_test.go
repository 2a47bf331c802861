package appservice

import (
	"fmt"
	"testing"
	"time"
)

func TestPurge(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		start := end(t, sub)
		var old []entry
		for i := range purgeAtOnce + 3 {
			old = append(old, said("!a", fmt.Sprint("$", i)))
		}
		s.push(t, "1", old...)
		aged := end(t, sub)
		j := must[*journal](t)(s.journal(t.Context()))
		age(t, j, keepText+time.Hour)
		s.push(t, "2", said("!b", "$b"), said("!a", "$new"))
		purgeNow(t, j)

		s.kill(t) // the end of the log in memory still has it
		s = b.service(t, nil)
		sub = s.Subscribe(me)
		sub.Follow([]string{"!a"})
		news, got := next(t, sub, start)
		equal(t, "lost", news.Lost, true)
		equal(t, "events", got, "$new")
		news, got = next(t, sub, aged)
		equal(t, "lost", news.Lost, false)
		equal(t, "events", got, "$new")
		sub.Follow([]string{"!b"})
		news, got = next(t, sub, start)
		equal(t, "lost of other rooms", news.Lost, false)
		equal(t, "events", got, "$b")
		equal(t, "an ID is known", len(s.push(t, "3", said("!a", "$0")).fresh), 0)
		equal(t, "a transaction is not", s.push(t, "1").known, false)

		j = must[*journal](t)(s.journal(t.Context()))
		age(t, j, keepIDs)
		purgeNow(t, j)
		news, _ = next(t, sub, start)
		equal(t, "lost for good", news.Lost, true)
		news, _ = next(t, s.Subscribe("@_msn_bob_msn.local:example.org"), start)
		equal(t, "lost for all", news.Lost, true)
		equal(t, "an ID is forgotten", len(s.push(t, "4", said("!a", "$0")).fresh), 1)
		position := end(t, sub)
		sub.Follow([]string{"!a"})
		s.push(t, "5", said("!a", "$last"))
		_, got = next(t, sub, position)
		equal(t, "numbers go on", got, "$last")
	})
}

// age makes all that is kept older.
func age(t *testing.T, j *journal, by time.Duration) {
	t.Helper()
	for _, table := range []string{"events", "transactions"} {
		if _, err := j.db.ExecContext(t.Context(), "UPDATE "+table+" SET stored = stored - $1", int64(by.Seconds())); err != nil {
			t.Fatal(err)
		}
	}
}

func purgeNow(t *testing.T, j *journal) {
	t.Helper()
	if err := j.purge(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// A commit that may have happened although it failed is found out about before the next one.
func TestCommitInDoubt(t *testing.T) {
	everyBase(t, func(t *testing.T, b base) {
		s := b.service(t, nil)
		sub := s.Subscribe(me)
		sub.Follow([]string{"!a"})
		start := end(t, sub)
		other := b.service(t, nil) // does what the failed commit has done
		other.push(t, "1", said("!a", "$1"))
		j := must[*journal](t)(s.journal(t.Context()))
		j.doubt = true
		s.push(t, "1", said("!a", "$1"))
		s.push(t, "2", said("!a", "$2"))
		_, got := next(t, sub, start)
		equal(t, "events", got, "$1 $2")
	})
}
