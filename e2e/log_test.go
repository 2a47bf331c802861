package e2e

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// An output takes what a process prints.
type output struct {
	mu      sync.Mutex // guards the rest
	text    []byte
	changed chan struct{} // closed at the next write, if somebody waits
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, b...)
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return len(b), nil
}

// since is what was printed after the first from bytes, and what is closed when there is more.
func (o *output) since(from int) (text []byte, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	return bytes.Clone(o.text[from:]), o.changed
}

func (o *output) len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.text)
}

func (o *output) tail(n int) string {
	text, _ := o.since(max(0, o.len()-n))
	return string(text)
}

// await waits until what is printed after the first from bytes matches, and returns the groups.
func (o *output) await(ctx context.Context, from int, want *regexp.Regexp) ([]string, error) {
	for {
		text, changed := o.since(from)
		if m := want.FindStringSubmatch(string(text)); m != nil {
			return m, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("nothing matches %s: %w", want, ctx.Err())
		}
	}
}

// marker is in every text that is sent in these tests (see words), and in every password.
const marker = "sesame"

// words marks a text, so that it is noticed in a log.
func words(s string) string { return marker + " " + s }

// passwordOf is the password of an account of a daemon, or of an account elsewhere.
func passwordOf(handle string) string {
	return marker + "-of-" + strings.ReplaceAll(handle, "@", "-at-")
}

// hush has the log searched for more secrets.
func (d *daemon) hush(secrets ...string) { d.quiet = append(d.quiet, secrets...) }

// blunders are never in a log.
var blunders = []*regexp.Regexp{
	regexp.MustCompile(`WARNING: DATA RACE`),
	regexp.MustCompile(`(?m)^(panic|fatal error): .*`),
	regexp.MustCompile(`(?i)bearer [a-z0-9]{4}`),
	regexp.MustCompile(`(?i)access_token=[a-z0-9]{4}`),
	regexp.MustCompile(`AUTHENTICATE [A-Za-z0-9+/=]{8,}`),
	regexp.MustCompile(`USR \d+ \S+@\S+ [0-9A-Za-z]\S*"`), // the cookie of a switchboard
	regexp.MustCompile(`postgres://\S+:\S+@`),
	regexp.MustCompile(`.*` + marker + `.*`),
}

// checkLog searches the log for what must not be in it.
func (d *daemon) checkLog() {
	d.t.Helper()
	text, _ := d.log.since(0)
	for _, b := range blunders {
		if found := b.Find(text); found != nil {
			d.t.Errorf("in the log: %s", found)
		}
	}
	for _, s := range d.quiet {
		if s != "" && bytes.Contains(text, []byte(s)) {
			d.t.Errorf("a secret is in the log: %s", s)
		}
	}
}
