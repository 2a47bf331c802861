package bridge

import (
	"context"
	"log/slog"
	"time"
)

// LoginStatus is a login and how it fares.
type LoginStatus struct {
	Account, Network string
	Keys             map[string]string
	Lent             bool // by the network, for want of a login of the account's own
	Connected        bool
	Awaits           bool      // the owner has to do what Reason says before it can connect
	Since            time.Time // of being connected or not
	Reason           string    // why not connected; in plain words
	Next             time.Time // of the next try; zero: none until the owner changes something
	Remark           string    // Conn.Status
}

// String describes the login in one line. One that is lent is called a ghost.
func (s LoginStatus) String() string {
	const clock = "2006-01-02 15:04:05"
	text := s.Network
	if s.Lent {
		text += " (ghost)"
	}
	text += ": "
	switch {
	case s.Connected:
		text += "connected since " + s.Since.Format(clock)
	case s.Awaits:
		text += "waiting for you: " + s.Reason
	case s.Next.IsZero():
		text += "not connected: " + s.Reason
	default:
		text += "not connected: " + s.Reason + "; next try at " + s.Next.Format(clock)
	}
	if s.Remark != "" {
		text += " (" + s.Remark + ")"
	}
	return text
}

// report is how the login fares.
func (l *login) report() LoginStatus {
	l.mu.Lock()
	s, c := l.status, l.conn
	l.mu.Unlock()
	if c != nil {
		s.Remark = c.Status()
	}
	return s
}

func (l *login) connected(c Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setConn(c)
	l.status.Connected, l.status.Awaits, l.status.Since = true, false, time.Now()
	l.status.Reason, l.status.Next = "", time.Time{}
	l.triedNow()
	l.logConnected()
}

// logConnected tells the log, of a lent login only if it says that it was not connected: there may be a
// thousand of these.
func (l *login) logConnected() {
	level := slog.LevelInfo
	if l.lent && !l.missed {
		level = slog.LevelDebug
	}
	l.missed = false
	l.log.Log(l.ctx, level, "connected")
}

func (l *login) disconnected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setConn(nil)
}

// setConn and triedNow are called with the lock held.
func (l *login) setConn(c Conn) {
	l.conn, l.marks.deaf = c, false
	close(l.moved)
	l.moved = make(chan struct{})
}

func (l *login) triedNow() {
	if l.asked {
		l.asked, l.answer = false, l.status
	}
	select {
	case <-l.tried:
	default:
		close(l.tried)
	}
}

func (l *login) down(why string, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.status.Connected {
		l.status.Connected, l.status.Since = false, time.Now()
	}
	l.status.Awaits, l.status.Reason, l.status.Next = false, why, next
	l.triedNow()
}

// giveUp notes that the login has ended.
func (l *login) giveUp() { l.down("the login has ended", time.Time{}) }

// live is the connection, or nil.
func (l *login) live() Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

func over(c Conn) bool { return isOver(c.Done()) }

// waitLive waits for a connection; nil if ctx ends first.
func (l *login) waitLive(ctx context.Context) Conn {
	for {
		l.mu.Lock()
		c, moved := l.conn, l.moved
		l.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil
		case c != nil && !over(c):
			return c
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil
		}
	}
}
