package bridge

import (
	"fmt"
	"slices"
	"strings"
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
