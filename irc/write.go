package irc

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// writeLoop is the writer: it writes what may go, and wakes when more may.
func (c *Conn) writeLoop() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		out, wait := c.take(time.Now())
		if out != "" {
			if err := c.write(out); err != nil {
				c.fail(err)
				return
			}
			continue
		}
		var due <-chan time.Time
		if wait >= 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-c.work:
		case <-due:
		case <-c.ctx.Done():
			return
		}
	}
}

// maxWrite bounds what is written at once, which TLS makes one record. ngIRCd (26)
// reads 2048 bytes of a record and leaves the rest lying until more comes.
const maxWrite = 1024

func (c *Conn) write(out string) error {
	if err := c.wire.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	for out != "" {
		n := min(len(out), maxWrite)
		if _, err := io.WriteString(c.wire, out[:n]); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		out = out[n:]
	}
	return nil
}

// take takes all lines that may go now. If there are none, it says how long to
// wait for the next.
func (c *Conn) take(now time.Time) (string, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, line := range c.out.urgent {
		b.WriteString(line)
	}
	c.out.urgent = nil
	if c.closing {
		return b.String(), never
	}
	polls := sooner(c.ask(now), c.fetch(now))
	polls = sooner(polls, c.channelsDue(now))
	c.takeJobs(&b, now)
	fence, fenceDue := c.fence(now)
	b.WriteString(fence)
	return b.String(), sooner(sooner(c.out.due(now), polls), fenceDue)
}

func (c *Conn) takeJobs(b *strings.Builder, now time.Time) {
	for b.Len() < maxBatch {
		line, ok := c.out.next(c, now)
		if !ok {
			return
		}
		b.WriteString(line)
	}
}
