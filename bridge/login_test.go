package bridge

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// The waits are jittered, never longer than the longest, and never shorter than what
// the network asks for.
func TestPatienceFor(t *testing.T) {
	later := func(d time.Duration) error { return &LaterError{Wait: d, Err: errors.New("throttled")} }
	const longest = 10 * time.Minute
	for _, test := range []struct {
		err               error
		wait, least, most time.Duration
	}{
		{errors.New("lost"), time.Second, time.Second / 2, time.Second},
		{errors.New("lost"), longest, longest / 2, longest},
		{later(2 * time.Minute), time.Second, 2 * time.Minute, 2*time.Minute + time.Second},
		{later(2 * time.Minute), longest, 2 * time.Minute, longest},
		{later(time.Hour), longest, time.Hour, time.Hour},
	} {
		seen := map[time.Duration]bool{}
		for range 1000 {
			d := patienceFor(test.err, test.wait, longest)
			if seen[d] = true; d < test.least || d > test.most {
				t.Fatalf("%v, %v: %v", test.err, test.wait, d)
			}
		}
		if test.least < test.most && len(seen) < 100 {
			t.Errorf("%v, %v: only %d waits", test.err, test.wait, len(seen))
		}
	}
}

// What the network has logged itself is not logged once more for each login.
func TestLoudness(t *testing.T) {
	down := errors.New("down")
	for _, test := range []struct {
		err  error
		want slog.Level
	}{
		{down, slog.LevelInfo},
		{&LaterError{Err: down}, slog.LevelInfo},
		{fmt.Errorf("connect: %w", &LaterError{Err: down, Quiet: true}), slog.LevelDebug},
	} {
		if got := loudness(test.err); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}

// A thousand lent logins that come up do not fill the log: only what it was told of before is said to
// be over.
func TestLentComesUpQuietly(t *testing.T) {
	for _, test := range []struct{ lent, missed, said bool }{
		{false, false, true}, {false, true, true}, {true, false, false}, {true, true, true},
	} {
		var log strings.Builder
		l := &login{ctx: t.Context(), lent: test.lent, missed: test.missed, log: slog.New(slog.NewTextHandler(&log, nil))}
		l.logConnected()
		if said := strings.Contains(log.String(), "connected"); said != test.said || l.missed {
			t.Errorf("%+v: said %t, missed %t", test, said, l.missed)
		}
	}
}
