package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"msnbridge/bridge"
)

var errTest = errors.New("test")

// hold keeps the writer busy until the function returned is called: what is queued
// meanwhile is one batch.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	begun, free := make(chan struct{}), make(chan struct{})
	s.Update(func(bridge.Tx) error { close(begun); <-free; return nil }, nil)
	<-begun
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release) // before the store is closed
	return release
}

// outcomes collects what done is called with.
type outcomes struct {
	names []string // in order
	errs  []error
	wg    sync.WaitGroup
}

func (o *outcomes) update(s *Store, name string, f func(bridge.Tx) error) {
	o.wg.Add(1)
	s.Update(f, func(err error) {
		o.names, o.errs = append(o.names, name), append(o.errs, err)
		o.wg.Done()
	})
}

func handlesOf(t *testing.T, s *Store) []string {
	t.Helper()
	hs, err := s.Handles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return hs
}

func TestOneFailureTakesBackOnlyItself(t *testing.T) {
	failing := map[string]func(tx bridge.Tx) error{
		"error":  func(tx bridge.Tx) error { return errors.Join(create("lost@x")(tx), errTest) },
		"panic":  func(tx bridge.Tx) error { panic(create("lost@x")(tx)) },
		"absent": func(tx bridge.Tx) error { return errors.Join(create("lost@x")(tx), tx.DeleteAccount("nobody")) },
		"sql, swallowed": func(w bridge.Tx) error {
			err := create("lost@x")(w)
			_ = w.(*tx).exec("INSERT INTO vias (account) VALUES (NULL)")
			_ = create("too late@x")(w)
			return err
		},
	}
	for name, fail := range failing {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *Store) {
				var o outcomes
				release := hold(t, s)
				o.update(s, "before", create("a@x"))
				o.update(s, "failing", fail)
				o.update(s, "after", create("b@x"))
				release()
				o.wg.Wait()
				equal(t, "order", o.names, []string{"before", "failing", "after"})
				equal(t, "errors", []bool{o.errs[0] != nil, o.errs[1] != nil, o.errs[2] != nil}, []bool{false, true, false})
				equal(t, "accounts", handlesOf(t, s), []string{"a@x", "b@x"})
			})
		})
	}
}

// commitFails makes the commit of the transaction fail.
var commitFails = map[string]func(t *tx) error{
	"sqlite": func(t *tx) error {
		return errors.Join(t.exec("PRAGMA defer_foreign_keys = 1"),
			t.exec("INSERT INTO vias (account, network, address, via) VALUES ('nobody', '', '', '')"))
	},
	"postgres": func(t *tx) error {
		return errors.Join(t.exec("CREATE TABLE deferred (x BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)"),
			t.exec("INSERT INTO deferred VALUES (1), (1)"))
	},
}

func TestCommitFailureFailsTheBatch(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		var o outcomes
		release := hold(t, s)
		o.update(s, "a", create("a@x"))
		o.update(s, "own error", func(bridge.Tx) error { return errTest })
		o.update(s, "bad", func(w bridge.Tx) error { return commitFails[s.db.name](w.(*tx)) })
		release()
		o.wg.Wait()
		wantErr(t, "own error", o.errs[1], errTest)
		for _, i := range []int{0, 2} {
			if o.errs[i] == nil || !strings.HasPrefix(o.errs[i].Error(), "commit: ") {
				t.Errorf("%s: got %v", o.names[i], o.errs[i])
			}
		}
		do(t, s, create("b@x")) // the next batch is not concerned
		equal(t, "accounts", handlesOf(t, s), []string{"b@x"})
	})
}

// A database may give up a whole transaction on its own, as SQLite does when the disk is full.
func TestLostTransactionFailsTheBatch(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		var o outcomes
		release := hold(t, s)
		o.update(s, "before", create("a@x"))
		o.update(s, "bad", func(w bridge.Tx) error { return w.(*tx).exec("ROLLBACK") })
		o.update(s, "after", create("b@x"))
		release()
		o.wg.Wait()
		for i, err := range o.errs {
			if err == nil {
				t.Errorf("%s: no error", o.names[i])
			}
		}
		do(t, s, create("c@x"))
		equal(t, "accounts", handlesOf(t, s), []string{"c@x"})
	})
}

func TestTxIsOverAfterItsFunction(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	var kept bridge.Tx
	do(t, s, create(me), func(tx bridge.Tx) error { kept = tx; return nil })
	wantErr(t, "change", kept.SaveVersion(me, 2), errTxOver)
	_, err := kept.AddWaiting(me, bridge.Message{})
	wantErr(t, "row", err, errTxOver)
	wantErr(t, "each", kept.DeleteGroup(me, 1), errTxOver)
}

func TestDoGivesUpBeforeItBegan(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Do(ctx, create("lost@x")) }()
	for len(s.writer.queue.slots) == 0 { // until Do is queued
		select {
		case err := <-ended:
			t.Fatalf("ended with %v", err)
		default:
			runtime.Gosched()
		}
	}
	cancel()
	wantErr(t, "queued", <-ended, context.Canceled)
	wantErr(t, "not queued", s.Do(ctx, create("lost@x")), context.Canceled)
	release()
	do(t, s, create("a@x"))
	equal(t, "accounts", handlesOf(t, s), []string{"a@x"})
}

func TestDoKnowsItsOutcome(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Do(ctx, func(tx bridge.Tx) error {
		cancel()
		return create(me)(tx)
	})
	equal(t, "outcome", []any{err, handlesOf(t, s)}, []any{error(nil), []string{me}})
}

func TestDoIsBounded(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	release := hold(t, s)
	var wg sync.WaitGroup
	for i := range maxDo {
		wg.Go(func() {
			if err := s.Do(t.Context(), create(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	for len(s.writer.queue.slots) < maxDo {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Do(ctx, create("one too many")) }()
	cancel()
	wantErr(t, "one too many", <-ended, context.Canceled)
	release()
	wg.Wait()
	equal(t, "accounts", len(handlesOf(t, s)), maxDo)
}

func TestCloseFinishesWhatIsQueued(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		s := open(t, c)
		release := hold(t, s)
		var o outcomes
		const n = 2*maxBatch + 1
		for i := range n {
			o.update(s, fmt.Sprint(i), create(fmt.Sprintf("%04d@x", i)))
		}
		closed := make(chan struct{})
		go func() { closeStore(t, s); close(closed) }()
		<-s.writer.queue.closing
		release()
		<-closed
		o.wg.Wait()
		equal(t, "failed", slices.ContainsFunc(o.errs, func(err error) bool { return err != nil }), false)
		wantErr(t, "Do", s.Do(t.Context(), create(me)), bridge.ErrClosed)
		var late error
		s.Update(create(me), func(err error) { late = err })
		wantErr(t, "Update", late, bridge.ErrClosed)
		equal(t, "accounts", len(handlesOf(t, open(t, c))), n)
	})
}

// Readers see only whole transactions, while many write.
func TestConcurrency(t *testing.T) {
	const writers, rounds = 8, 25
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me))
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			wg.Go(func() { watchHalves(t, s, stop) })
		}
		var ws sync.WaitGroup
		for i := range writers {
			ws.Go(func() {
				for j := range rounds {
					do(t, s, saveHalves(fmt.Sprintf("%d-%d", i, j)))
				}
			})
		}
		ws.Wait()
		close(stop)
		wg.Wait()
		equal(t, "entries", len(account(t, s, me).Entries), 2*writers*rounds)
	})
}

// saveHalves saves two entries and two messages that belong together.
func saveHalves(name string) func(bridge.Tx) error {
	return func(tx bridge.Tx) error {
		_, err := tx.AddWaiting(me, full(name))
		return errors.Join(err, tx.AddOutgoing(me, full(name)),
			saveEntries(me, entry(name+"a@x", bridge.FL), entry(name+"b@x", bridge.FL))(tx))
	}
}

func watchHalves(t *testing.T, s *Store, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		r, err := s.Account(t.Context(), me)
		if err != nil {
			t.Error(err)
			return
		}
		if n := len(r.Entries); n%2 != 0 || len(r.Waiting) != n/2 || len(r.Outgoing) != n/2 {
			t.Errorf("half a transaction: %d entries, %d waiting, %d outgoing", n, len(r.Waiting), len(r.Outgoing))
			return
		}
	}
}
