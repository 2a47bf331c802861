package irc

import (
	"fmt"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A part of a text is what the server confirms or refuses as one: a line, or with
// draft/multiline as many as one batch takes.
type part []piece

// A piece is what stands in one line of IRC. One that is joined goes on in the
// line of the text that the piece before it began.
type piece struct {
	text   string
	joined bool
}

// divide makes the parts of a text.
func (m *sending) divide(text string) {
	m.parts = m.divided(text)
	m.total = len(m.parts)
	budget := m.budget()
	if slices.ContainsFunc(lines(text), func(line string) bool { return len(line) > budget }) {
		m.c.askSelf()
	}
}

func (m *sending) divided(text string) []part {
	if b := m.c.batchLimit(); b.lines > 1 && !m.emote {
		if whole := pieces(wholeLines(text), m.budget()); len(whole) > 1 {
			return b.group(whole)
		}
	}
	var parts []part
	for _, p := range pieces(lines(text), m.budget()) {
		parts = append(parts, part{piece{text: p.text}})
	}
	return parts
}

// pieces cuts lines so that each fits.
func pieces(lines []string, budget int) []piece {
	var all []piece
	for _, line := range lines {
		for i, text := range split(line, budget) {
			all = append(all, piece{text, i > 0})
		}
	}
	return all
}

// divideAgain cuts the next part anew if our prefix or the nick has grown, or the
// server takes no batches any more.
func (m *sending) divideAgain() {
	next, budget := m.parts[m.written], m.budget()
	if len(next) > 1 && m.c.batchLimit().lines < 2 {
		m.disband(next)
		next = m.parts[m.written]
	}
	if !slices.ContainsFunc(next, func(p piece) bool { return len(p.text) > budget }) {
		return
	}
	var again []piece
	for _, p := range next {
		for i, text := range split(p.text, budget) {
			again = append(again, piece{text, p.joined || i > 0})
		}
	}
	parts := []part{again}
	if len(next) == 1 {
		parts = nil
		for _, p := range again {
			parts = append(parts, part{p})
		}
	}
	m.parts = slices.Replace(m.parts, m.written, m.written+1, parts...)
	m.total += len(parts) - 1
}

// disband makes lines of their own of a batch that the server takes no more.
func (m *sending) disband(batch part) {
	var parts []part
	for _, p := range batch {
		if strings.TrimSpace(p.text) != "" {
			parts = append(parts, part{piece{text: p.text}})
		}
	}
	m.parts = slices.Replace(m.parts, m.written, m.written+1, parts...)
	m.total += len(parts) - 1
}

// budget is how many bytes of text a line to this chat holds, when it arrives as
// ":nick!user@host PRIVMSG target :text" with its end in 512 bytes, or how many
// the server allows (LINELEN).
func (m *sending) budget() int {
	n := m.c.support.lineLen - m.c.overhead() - len("PRIVMSG  :\r\n") - len(m.c.target(m.chat))
	if size := formatSize(m.format); size > 0 {
		n -= size + len(string(resetCode))
	}
	if m.emote {
		n -= len("\x01ACTION \x01")
	}
	return max(n, 64)
}

// said is the text of a part as an echo of it says it, without formatting.
func (m *sending) said(p part) string {
	var b strings.Builder
	for i, piece := range p {
		if i > 0 && !piece.joined {
			b.WriteByte('\n')
		}
		b.WriteString(piece.text)
	}
	if m.emote {
		return "\x01ACTION " + b.String() + "\x01"
	}
	return b.String()
}

// Bounds of the lines that wait in the bucket.
const (
	maxChatLines = 1000 // of one conversation; a text that goes beyond is refused
	maxLines     = 5000 // of all
)

// admit refuses what has no text, and what is too much.
func (c *Conn) admit(m *sending) error {
	if len(m.parts) == 0 {
		return &bridge.SendError{Reason: "there is nothing in it that IRC can carry"}
	}
	n := m.left()
	switch {
	case n > maxChatLines:
		return tooMuch(m, fmt.Sprintf("%d lines are more than this network takes at once, try less", n))
	case c.out.linesOf(m.chat.ID)+n > maxChatLines:
		return tooMuch(m, "too much waits to be sent in this conversation, try again later")
	case c.out.lines()+n > maxLines:
		return tooMuch(m, "too much waits to be sent to this network, try again later")
	}
	return nil
}

func tooMuch(m *sending, reason string) error {
	return &bridge.SendError{Parts: len(m.parts), Reason: reason}
}
