package bridge

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// mostCommand is the longest name of a command, in bytes.
const mostCommand = 20

// readSlash reads what the user has typed: "/me" makes an emote, another word
// after a slash is a command, and two slashes stand for one. A path
// ("/usr/bin") is text.
func readSlash(m *Message) {
	rest, ok := strings.CutPrefix(m.Text, "/")
	if !ok {
		return
	}
	if literal, ok := strings.CutPrefix(rest, "/"); ok {
		if commandWord(literal) != "" {
			m.Text = rest
		}
		return
	}
	word := commandWord(rest)
	args := strings.TrimLeft(rest[len(word):], " \t\u00a0")
	switch {
	case word == "":
	case strings.EqualFold(word, "me") && strings.TrimSpace(args) != "":
		m.Text, m.Emote = args, true
	default:
		m.Command, m.Text = strings.ToLower(word), args
	}
}

// IsCommand tells of a text that a conversation carries out when it is sent there,
// and does not say.
func IsCommand(text string) bool {
	m := Message{Text: text}
	readSlash(&m)
	return m.Command != ""
}

// commandWord is the word of letters that s begins with, or empty if there is none
// or something else belongs to it.
func commandWord(s string) string {
	word := s
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		word = s[:i]
	}
	if len(word) > mostCommand || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return word
}

// UnknownCommand is the failure of a command that a network does not know; known
// are those that it does.
func UnknownCommand(name string, known ...string) *SendError {
	known = append(slices.Clone(known), "me")
	slices.Sort(known)
	return &SendError{Reason: fmt.Sprintf("there is no command /%s here; there are /%s; "+
		"to send a text that begins with a slash, type two", name, strings.Join(slices.Compact(known), " /"))}
}

// Send sends what the user has typed, which may be a command ("/topic ..."). A
// text is stored before it is sent. done is called exactly once, from any
// goroutine and within 50 seconds of the last sign that the text moves, with nil
// when the network has it, else a *SendError. It returns whether the writer could
// be told: if not, the account is told by a waiting message in the conversation.
func (c *Chat) Send(text string, format Format, done func(error) (told bool)) {
	m := Message{Text: text, Format: format}
	if c.addr.Network != Service {
		readSlash(&m)
	}
	c.post(m, done)
}

// SendFor is Send for somebody else, whose name is put in front. A guest gives no
// commands in the user's name.
func (c *Chat) SendFor(guest, text string, format Format, done func(error) (told bool)) {
	m := Message{Name: guest, Text: text, Format: format}
	readSlash(&m)
	switch {
	case m.Command != "":
		done(&SendError{Reason: "only who has opened this conversation can give commands here"})
		return
	case m.Emote:
		m.Text, m.Emote = "* "+guest+" "+m.Text, false
	default:
		m.Text = guest + ": " + m.Text
	}
	c.post(m, done)
}

func (c *Chat) post(m Message, done func(error) (told bool)) {
	m.ID, m.Chat, m.Time = rand.Text(), c.addr, time.Now()
	if !c.a.turn.post(func() { c.send(&outgoing{m, m.Time, done}) }) {
		done(&SendError{Err: ErrClosed})
	}
}
