package msn

import (
	"sync"
	"time"
)

// A notified is told what has become of bytes in a queue: nil when they have
// been written without error. It is called once, by any goroutine, and must not
// wait.
type notified interface{ written(err error) }

// A mark asks for someone to be told when a queue has been written up to a
// place.
type mark struct {
	at  int
	who notified
}

// An output is what is to be written in one go.
type output struct {
	b     []byte
	marks []mark
}

const keepOutput = 64 << 10 // largest buffer that goes back to the pool

var outputs = sync.Pool{New: func() any { return new(output) }}

func (o *output) free() {
	if cap(o.b) <= keepOutput {
		clear(o.marks)
		o.b, o.marks = o.b[:0], o.marks[:0]
		outputs.Put(o)
	}
}

// settle tells those who wait that the first n bytes have been written, and the
// others that theirs have not.
func (o *output) settle(n int, err error) {
	for _, m := range o.marks {
		if m.at <= n {
			m.who.written(nil)
		} else {
			m.who.written(err)
		}
	}
}

// send appends b to the queue, with marks at places in b. It does not wait.
// False: the connection takes no more, and nobody will be told.
func (c *conn) send(b []byte, marks ...mark) bool {
	c.mu.Lock()
	if c.state != connOpen || len(b) == 0 && len(marks) == 0 {
		defer c.mu.Unlock()
		return c.state == connOpen
	}
	if c.out == nil {
		c.out = outputs.Get().(*output)
	}
	o := c.out
	if len(o.b)+len(b) > c.srv.conf.Limits.Queue {
		c.mu.Unlock()
		c.abort(errSlow)
		return false
	}
	for _, m := range marks {
		o.marks = append(o.marks, mark{len(o.b) + m.at, m.who})
	}
	o.b = append(o.b, b...)
	if !c.draining {
		c.draining = true
		c.group.wg.Go(c.drain)
	}
	c.mu.Unlock()
	return true
}

// drain writes the queue until it is empty.
func (c *conn) drain() {
	for o := c.take(); o != nil; o = c.take() {
		c.trace("sent", o.b)
		c.writeDeadline()
		n, err := c.nc.Write(o.b)
		o.settle(n, err)
		o.free()
		if err != nil {
			c.abort(err)
		}
	}
}

// take takes the queue to write it. Nil: there is nothing, and the drain is over.
func (c *conn) take() *output {
	c.mu.Lock()
	o := c.out
	c.out = nil
	c.draining = o != nil
	last := o == nil && c.state == connClosing
	c.mu.Unlock()
	if last {
		c.closeWrite()
	}
	return o
}

// writeDeadline sets the write deadline, if not much of it is left: setting it
// for each write would cost a good part of the write.
func (c *conn) writeDeadline() {
	if now := time.Since(c.srv.start); now >= c.renew {
		c.renew = now + writeTime/6
		c.nc.SetWriteDeadline(time.Now().Add(writeTime))
	}
}
