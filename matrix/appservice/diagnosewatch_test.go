package appservice

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// lines are those of a log.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// await returns the next line that says something, and how many came before it.
func (l lines) await(t *testing.T, says string) (line string, before int) {
	t.Helper()
	late := time.After(patience)
	for ; ; before++ {
		select {
		case line := <-l:
			if strings.Contains(line, says) {
				return line, before
			}
		case <-late:
			t.Fatalf("nobody says %q", says)
		}
	}
}

// What is wrong is logged once, however often it is looked at, and again that it is mended.
func TestWatch(t *testing.T) {
	t.Parallel()
	var known atomic.Bool
	looks := make(chan struct{}, 100)
	right := pinging{status: http.StatusOK}.serve("")
	hs := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/whoami") || known.Load() {
			right(w, r)
			return
		}
		looks <- struct{}{}
		http.Error(w, `{"errcode":"M_UNKNOWN_TOKEN","error":"Unrecognised access token"}`, http.StatusUnauthorized)
	})
	log := make(lines, 100)
	s := newTestService(t, func(c *Config) {
		c.Homeserver, c.Log = hs, slog.New(slog.NewTextHandler(log, nil))
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.watchRegistration(ctx)
	}()
	defer func() {
		cancel()
		<-ended
		s.transport.CloseIdleConnections()
	}()
	line, _ := log.await(t, "ghosts do not work")
	for _, w := range []string{"level=WARN", "key=registration", "as_token", "msnbridge registration"} {
		if !strings.Contains(line, w) {
			t.Errorf("%q is not in %s", w, line)
		}
	}
	checkProblems(t, s.Problems(), "registration", []string{"as_token"})
	for range 2 {
		<-looks
	}
	known.Store(true)
	if line, before := log.await(t, "registration that it should have"); before != 0 || !strings.Contains(line, "level=INFO") {
		t.Errorf("%d lines before %s", before, line)
	}
	checkProblems(t, s.Problems(), "", nil)
}

func TestEarAlarm(t *testing.T) {
	t.Parallel()
	e := newEar()
	for range 3 {
		e.note(wrongToken)
		e.note(noToken)
		e.note(nil)
	}
	e.await(t.Context(), 0, time.Hour)
	if h := e.heard(); h != (heard{right: 3, wrong: 3}) {
		t.Errorf("%+v", h)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.await(ctx, time.Hour, time.Hour)
	e.await(ctx, 0, time.Hour)
}
