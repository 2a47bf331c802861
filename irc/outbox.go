package irc

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of what waits to be written.
const (
	maxUrgent     = 64               // lines; more are dropped: answers to a server that floods us
	maxBackground = 256              // lines; more are dropped, and asked again later
	maxBatch      = 16 << 10         // bytes written at once
	patience      = 20 * time.Second // of a background line, before it goes ahead of messages
)

// An outbox holds what waits to be written, in three classes. Urgent lines go at
// once. Jobs take from the token bucket, line by line, in fair turns between
// their keys and in order within one; lines that belong together go together, and
// what they take beyond what is there is owed, up to a whole bucket. Background lines (who is there?) go when
// no job waits and half of the bucket is left, so that a message finds room; one
// that has waited long goes ahead. It is guarded by the lock of its Conn.
type outbox struct {
	bucket   *rate.Limiter
	interval time.Duration
	burst    int

	urgent []string
	queues map[string][]job
	turns  []string // the keys of queues

	back   []*command
	since  time.Time // when the first in back became the first
	jumped time.Time // when a background line last went ahead
}

// A job is something to be written that counts for flood control.
type job interface {
	left() int                    // lines still to be written
	line(c *Conn) (string, error) // the next of them, or several that belong together; empty if there is none after all
}

// A command is a job of one line.
type command struct {
	text  string
	gone  bool
	wrote func() // not nil: called when it goes out
}

func (o *command) left() int {
	if o.gone {
		return 0
	}
	return 1
}

func (o *command) line(*Conn) (string, error) {
	o.gone = true
	if o.wrote != nil {
		o.wrote()
	}
	return o.text, nil
}

func newOutbox(burst int, interval time.Duration) outbox {
	return outbox{
		bucket: rate.NewLimiter(rate.Every(interval), burst), interval: interval, burst: burst,
		queues: map[string][]job{},
	}
}

// urgently queues a line that waits for nothing. What the server made us say
// (PONG) may be no line: it is dropped then.
func (o *outbox) urgently(command string, params ...string) {
	if line, err := encode(nil, command, params...); err == nil && len(o.urgent) < maxUrgent {
		o.urgent = append(o.urgent, line)
	}
}

// push queues a job behind the others of its key.
func (o *outbox) push(key string, j job) {
	if len(o.queues[key]) == 0 {
		o.turns = append(o.turns, key)
	}
	o.queues[key] = append(o.queues[key], j)
}

// first gives a key the next turn.
func (o *outbox) first(key string) {
	o.dropTurn(key)
	o.turns = slices.Insert(o.turns, 0, key)
}

// replace queues a job in place of all others of its key.
func (o *outbox) replace(key string, j job) {
	if len(o.queues[key]) == 0 {
		o.push(key, j)
		return
	}
	o.queues[key] = []job{j}
}

// lines counts the lines of all jobs.
func (o *outbox) lines() int {
	n := 0
	for key := range o.queues {
		n += o.linesOf(key)
	}
	return n
}

// linesOf counts the lines of the jobs of a key.
func (o *outbox) linesOf(key string) int {
	n := 0
	for _, j := range o.queues[key] {
		n += j.left()
	}
	return n
}

// until is how long it takes until the bucket has n tokens.
func (o *outbox) until(now time.Time, n float64) time.Duration {
	missing := n - o.bucket.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return max(time.Millisecond, time.Duration(missing*float64(o.interval)))
}

// reserve is how many tokens a background line leaves for messages, its own
// included.
func (o *outbox) reserve() float64 { return max(1, float64(o.burst)/2) }

// due says when the next line may go; never is negative.
func (o *outbox) due(now time.Time) time.Duration {
	wait := never
	if len(o.turns) > 0 {
		wait = o.until(now, 1)
	} else if len(o.back) > 0 {
		wait = o.until(now, o.reserve())
	}
	if len(o.back) > 0 {
		ahead := max(o.since.Add(patience).Sub(now), o.jumped.Add(patience).Sub(now), o.until(now, 1))
		wait = sooner(wait, ahead)
	}
	return wait
}

const never time.Duration = -1

// sooner is the lesser of two waits, of which each may be never.
func sooner(a, b time.Duration) time.Duration {
	if a < 0 {
		return b
	}
	if b < 0 {
		return a
	}
	return min(a, b)
}

// next takes the line that may go now; ok is false if there is none. A job that
// has nothing to say gives an empty line and costs nothing.
func (o *outbox) next(c *Conn, now time.Time) (line string, ok bool) {
	if len(o.back) > 0 && o.backReady(now) {
		return o.nextBack(c, now), true
	}
	if len(o.turns) == 0 || o.until(now, 1) > 0 {
		return "", false
	}
	return o.nextJob(c, now), true
}

func (o *outbox) backReady(now time.Time) bool {
	if len(o.turns) == 0 && o.until(now, o.reserve()) == 0 {
		return true
	}
	waited := now.Sub(o.since) >= patience && now.Sub(o.jumped) >= patience
	if waited && o.until(now, 1) == 0 {
		o.jumped = now
		return true
	}
	return false
}

func (o *outbox) nextBack(c *Conn, now time.Time) string {
	first := o.back[0]
	o.back, o.since = o.back[1:], now
	o.bucket.AllowN(now, 1)
	line, _ := first.line(c)
	c.moved()
	return line
}

// nextJob takes a line of the key whose turn it is, which then goes to the end.
func (o *outbox) nextJob(c *Conn, now time.Time) string {
	key := o.turns[0]
	o.turns = o.turns[1:]
	queue := o.queues[key]
	line, err := queue[0].line(c)
	if err != nil {
		c.pass("unsendable")
	}
	if n := strings.Count(line, "\n"); n > 0 {
		o.bucket.ReserveN(now, min(n, o.burst))
		c.moved()
	}
	for len(queue) > 0 && queue[0].left() == 0 {
		queue = queue[1:]
	}
	if len(queue) == 0 {
		delete(o.queues, key)
	} else {
		o.queues[key] = queue
		o.turns = append(o.turns, key)
	}
	return line
}

// drop takes what has become empty out of the queues.
func (o *outbox) drop(key string) {
	var rest []job
	for _, j := range o.queues[key] {
		if j.left() > 0 {
			rest = append(rest, j)
		}
	}
	if len(rest) > 0 {
		o.queues[key] = rest
		return
	}
	delete(o.queues, key)
	o.dropTurn(key)
}

func (o *outbox) dropTurn(key string) {
	o.turns = slices.DeleteFunc(o.turns, func(k string) bool { return k == key })
}

// background queues a line of the class that goes last, and returns what was
// queued; nil if it was dropped. The lock must be held.
func (c *Conn) background(name string, params ...string) *command {
	line, err := encode(nil, name, params...)
	if err != nil || len(c.out.back) >= maxBackground {
		c.pass("background line dropped")
		return nil
	}
	o := &command{text: line}
	if len(c.out.back) == 0 {
		c.out.since = time.Now()
	}
	c.out.back = append(c.out.back, o)
	signal(c.work)
	return o
}
