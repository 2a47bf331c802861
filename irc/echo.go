package irc

import (
	"slices"
	"strings"
)

// echo takes a message of ours that the server sends back; false if it is not the
// echo of a line that we wait for, and so was sent by somebody else in our name.
func (c *Conn) echo(target, text string) bool {
	target, text = c.support.fold(target), bare(text)
	i := c.answer.echoed(target, func(sent string) bool { return sent == text })
	if i < 0 {
		i = c.answer.echoed(target, func(sent string) bool { return alike(sent, text) })
	}
	if i < 0 {
		return false
	}
	l := c.answer.open[i]
	c.answer.open = slices.Delete(c.answer.open, i, i+1)
	l.m.confirm()
	return true
}

func (a *answers) echoed(target string, is func(sent string) bool) int {
	return slices.IndexFunc(a.open, func(l *posting) bool { return l.target == target && !l.refused && is(l.text) })
}

// bare is a text without formatting, which the server may have taken out.
func bare(text string) string {
	inner, emote := cutAction(text)
	inner, _ = unformat(inner)
	if emote {
		return "\x01ACTION " + inner + "\x01"
	}
	return inner
}

// cutEcho is the least length of an echo that the server may have cut, in bytes.
const cutEcho = 200

// alike tells whether an echo is that of a text that the server has changed on its
// way: cut it, taken out spaces, or put others in place of some words.
func alike(sent, echoed string) bool {
	if len(echoed) >= cutEcho && strings.HasPrefix(sent, strings.TrimRight(echoed, " \x01")) {
		return true
	}
	a, b := strings.Fields(sent), strings.Fields(echoed)
	if len(a) != len(b) {
		return false
	}
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	return 2*same >= len(a) && same > 0
}
