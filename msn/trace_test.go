package msn

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// A lockedBuffer is written by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) contains(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.b.String(), s)
}

// The log shows what is on the wire, but no secret and no text.
func TestLogHasNoSecrets(t *testing.T) {
	var log lockedBuffer
	r := newRig(t, Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	r.Play(t, online("alice", "bob")+"\n"+talking+`a-sb C: MSG 3 N LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nbetween us
b-sb S: MSG alice@msn.test Alice {_}\r\n{...}between us
`)
	r.Play(t, signIn("carol", "MSNP9"))
	r.Play(t, "h C: GET /login2.srf HTTP/1.1\nh S: 200 0\n"+
		"h C: Authorization: Passport1.4 sign-in=dave%40msn.test,pwd=letmein\nh S: 200 0")
	r.stop()
	got := log.b.String()
	for _, want := range []string{"CHG 5 NLN", "MSG 3 N", "CAL 2 RINGING", "JOI bob@msn.test", "USR 4 TWN ..."} {
		if !strings.Contains(got, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	secrets := []string{"between us", "letmein", r.Words["cookie"], r.Words["ring"], r.Words["alice-challenge"], r.Words["carol-ticket"]}
	for _, s := range secrets {
		if strings.Contains(got, s) {
			t.Errorf("the log has %q", s)
		}
	}
}
