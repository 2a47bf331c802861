package irc

import (
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// How long to wait with a fence.
const (
	fenceEvery = 10 * time.Second // while there is more to be written of every message
	echoTime   = 5 * time.Second  // for an echo, where there are echoes
	fenceLost  = time.Minute      // for its PONG: then nobody knows
)

// answers finds out what became of the lines that were written. With
// labeled-response every line has a label, which comes back with the answer.
// With echo-message the server sends the line back, or an error. Otherwise, and
// when an echo stays out, a PING is written behind the lines, the fence: errors
// come before its PONG. One fence is under way at a time, and may stand behind
// lines of several messages. It is guarded by the lock of the Conn.
type answers struct {
	under map[*sending]bool // the messages under way

	salt   string // begins our labels and fences, so that nobody else's PONG counts
	count  int
	next   string              // the label of the line that is being made
	labels map[string]*posting // written with a label and not answered

	open    []*posting // written without a label and not answered, oldest first
	waiting string     // token of the fence under way, or empty
	fenced  time.Time
}

// A posting is one part that was written.
type posting struct {
	m       *sending
	target  string // folded
	text    string // without formatting
	at      time.Time
	fence   string // token of the fence behind it, or empty
	refused bool
	reason  string
}

func newAnswers() answers {
	return answers{
		under: map[*sending]bool{}, labels: map[string]*posting{},
		salt: rand.Text()[:8],
	}
}

func (a *answers) token() string {
	a.count++
	return a.salt + strconv.Itoa(a.count)
}

// label is what the next line is tagged with, if labels are known.
func (c *Conn) label() map[string]string {
	c.answer.next = ""
	if !c.caps["labeled-response"] || !c.caps["batch"] {
		return nil
	}
	c.answer.next = c.answer.token()
	return map[string]string{"label": c.answer.next}
}

// wrote notes a line that goes out.
func (c *Conn) wrote(m *sending, target, text string) {
	l := &posting{m: m, target: c.support.fold(target), text: text, at: time.Now()}
	if c.answer.next != "" {
		c.answer.labels[c.answer.next] = l
		return
	}
	c.answer.open = append(c.answer.open, l)
}

// forget takes the lines of a message that is over off the books, but for those
// that a fence must still count.
func (a *answers) forget(m *sending) {
	for label, l := range a.labels {
		if l.m == m {
			delete(a.labels, label)
		}
	}
	a.open = slices.DeleteFunc(a.open, func(l *posting) bool { return l.m == m && l.fence == "" })
}

// unlabel leaves the lines with labels to a fence.
func (a *answers) unlabel() {
	for _, l := range a.labels {
		a.open = append(a.open, l)
	}
	clear(a.labels)
	slices.SortStableFunc(a.open, func(l, o *posting) int { return l.at.Compare(o.at) })
}

// answered looks for the label of a message, its own or that of its batch. It
// tells whether the message was the answer to a label.
func (c *Conn) answered(m *ircmsg.Message) bool {
	label, batched := c.labelOf(m)
	l := c.answer.labels[label]
	if label == "" || l == nil || m.Command == "BATCH" {
		return false
	}
	switch {
	case isRefusal(m.Command):
		delete(c.answer.labels, label)
		l.m.refuse(last(m))
	case !batched:
		delete(c.answer.labels, label)
		l.m.confirm()
	}
	return true
}

func isRefusal(command string) bool {
	return isError(command) || command == "FAIL" || command == "707" || command == "716"
}

// Errors about a message that do not all name its target: cannot send, no text,
// registered nicks only, cannot send to user.
var aboutMessages = []string{"404", "412", "477", "486", "531"}

// refusal takes an error that may concern a line of ours: one of its parameters
// is the target, or it is of a kind that needs none and there is but one target.
func (c *Conn) refusal(m *ircmsg.Message) {
	for _, p := range m.Params[:max(0, len(m.Params)-1)] {
		if c.refuseTo(c.support.fold(p), last(m)) {
			return
		}
	}
	if len(m.Params) == 2 && slices.Contains(aboutMessages, m.Command) {
		if target, only := c.answer.onlyTarget(); only {
			c.refuseTo(target, last(m))
			return
		}
	}
	c.pass("error")
}

func (a *answers) onlyTarget() (string, bool) {
	target := ""
	for _, l := range a.open {
		if target != "" && l.target != target {
			return "", false
		}
		target = l.target
	}
	return target, target != ""
}

// refuseTo notes that a line to target was refused. Where the server echoes, or
// when no other message went there, that is the oldest one. Otherwise nobody
// knows which, until the fence shows how many were.
func (c *Conn) refuseTo(target, reason string) bool {
	i := slices.IndexFunc(c.answer.open, func(l *posting) bool { return l.target == target && !l.refused })
	if i < 0 {
		return false
	}
	l := c.answer.open[i]
	if c.caps["echo-message"] || c.answer.alone(l) {
		c.answer.open = slices.Delete(c.answer.open, i, i+1)
		l.m.refuse(reason)
		return true
	}
	l.refused, l.reason = true, reason
	l.m.stop()
	return true
}

// alone tells whether no other line to the same target waits for an answer.
func (a *answers) alone(l *posting) bool {
	return !slices.ContainsFunc(a.open, func(o *posting) bool { return o != l && o.target == l.target })
}
