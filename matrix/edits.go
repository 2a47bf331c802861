package matrix

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

const relReplace = "m.replace"

// corrects tells of a message that takes the place of another (client-server API, 11.5).
func (c *content) corrects() bool {
	return c.RelatesTo.Type == relReplace && validEvent(c.RelatesTo.EventID) && lenient(c.New, &struct{}{})
}

// correction makes events of a correction: while the message waits it is replaced, and one that was
// shown is followed by a line. Only its sender may correct a message.
func (c *Conn) correction(ctx context.Context, b *batch, j *joined, e *anEvent, in *content) error {
	old, ok := c.original(ctx, b, j.room, in.RelatesTo.EventID)
	if old.kind == saidGone || old.kind == saidReaction || old.sender != "" && old.sender != e.Sender {
		c.passOver("correction", e.ID)
		return nil
	}
	r, there := render(e.Type, in.New, c.namesIn(j.room))
	if !there {
		c.passOver("correction", e.ID)
		return nil
	}
	if !ok || old.sender == "" { // nobody knows what it corrects
		old = said{id: in.RelatesTo.EventID, time: e.Time}
	}
	b.add(c.replaced(j, e, old, r))
	c.noteCorrection(b, j.room.id, e, old, r)
	return nil
}

// original finds the message that a correction is about; one that corrects a correction is taken
// for one of the message itself.
func (c *Conn) original(ctx context.Context, b *batch, r *room, id string) (said, bool) {
	s, ok := c.referred(ctx, b, r, id)
	if s.kind == saidCorrection {
		by := s.sender
		if s, ok = c.referred(ctx, b, r, s.of); s.sender != by {
			return said{kind: saidGone}, true
		}
	}
	if s.kind == saidCorrection {
		s.kind = saidGone
	}
	return s, ok
}

// replaced is what a correction does in the conversation.
func (c *Conn) replaced(j *joined, e *anEvent, old said, r rendering) bridge.Event {
	line := r
	line.format, line.text = bridge.Format{}, correctionLine(old, r)
	shown := bridge.MessageReceived{Message: c.compose(j, e, line)}
	if shown.Message.Own {
		return shown // nothing of our own waits
	}
	r.text = placed(old.lead, r)
	waiting := c.compose(j, inner(e), r)
	waiting.ID, waiting.Time = old.id, time.UnixMilli(old.time)
	ev := bridge.MessageReplaced{Chat: j.chat, ID: old.id, New: &waiting, Else: shown}
	if line.text == "" {
		ev.Else = nil
	}
	return ev
}

// inner is a correction as if it were the message that it makes.
func inner(e *anEvent) *anEvent {
	var in content
	now := *e
	if lenient(e.Content, &in) {
		now.Content = in.New
	}
	return &now
}

func (c *Conn) noteCorrection(b *batch, room string, e *anEvent, old said, r rendering) {
	b.talk.put(room, said{id: e.ID, sender: e.Sender, kind: saidCorrection, of: old.id, fetched: true, time: e.Time})
	if old.kind == saidMessage || old.kind == saidSealed {
		old.kind, old.text, old.whole, old.emote = saidMessage, r.text, true, r.emote
		b.talk.put(room, old)
	}
}

// correctionLine says what a message is now, with as much of it as has changed if it is long; empty
// if nothing has.
func correctionLine(old said, r rendering) string {
	switch {
	case old.kind == saidMessage && old.whole && old.text == r.text && old.emote == r.emote:
		return ""
	case r.emote:
		return r.text + " (corrected)"
	case old.kind == saidMessage && old.whole:
		return "* " + changed(old.text, r.text)
	}
	return "* " + r.text
}

// wholeLine is the length, in bytes, up to which a corrected text is shown whole.
const wholeLine = 80

// changed is the part of a text that is new in it, with a word before and after.
func changed(old, now string) string {
	if len(now) <= wholeLine {
		return now
	}
	begin, end := difference(old, now)
	begin, end = wordBefore(now, begin), wordAfter(now, end)
	if 2*(end-begin) > len(now) {
		return now
	}
	part := strings.TrimSpace(now[begin:end])
	if begin > 0 {
		part = "... " + part
	}
	if end < len(now) {
		part += " ..."
	}
	return part
}

// difference is where a text differs from what it was, in bytes, at borders of characters.
func difference(old, now string) (begin, end int) {
	for begin < len(now) && begin < len(old) && now[begin] == old[begin] {
		begin++
	}
	end = len(now)
	for rest := len(old); end > begin && rest > begin && now[end-1] == old[rest-1]; rest-- {
		end--
	}
	for begin > 0 && begin < len(now) && !utf8.RuneStart(now[begin]) {
		begin--
	}
	for end < len(now) && !utf8.RuneStart(now[end]) {
		end++
	}
	return begin, end
}

// wordBefore moves a place to the beginning of the word before the one that it is in.
func wordBefore(s string, at int) int {
	words := 2
	if r, _ := utf8.DecodeLastRuneInString(s[:at]); unicode.IsSpace(r) {
		words = 1
	}
	for range words {
		at = len(strings.TrimRightFunc(s[:at], unicode.IsSpace))
		at = strings.LastIndexFunc(s[:at], unicode.IsSpace)
		if at++; at == 0 {
			return 0
		}
		_, n := utf8.DecodeRuneInString(s[at-1:])
		at += n - 1
	}
	return at
}

// wordAfter moves a place to the end of the word after the one that it is in.
func wordAfter(s string, at int) int {
	words := 2
	if r, _ := utf8.DecodeRuneInString(s[at:]); unicode.IsSpace(r) {
		words = 1
	}
	for range words {
		rest := strings.TrimLeftFunc(s[at:], unicode.IsSpace)
		at = len(s) - len(rest)
		n := strings.IndexFunc(rest, unicode.IsSpace)
		if n < 0 {
			return len(s)
		}
		at += n
	}
	return at
}

// noteOurs remembers what was sent through us, unless that is known already.
func (c *Conn) noteOurs(b *batch, j *joined, e *anEvent) {
	s, ok := ownWords(e)
	if !ok {
		return
	}
	if old, known := c.known(b, j.room.id, e.ID); known && !old.fetched || known && s.kind == saidCorrection {
		return
	}
	if s.kind == saidCorrection {
		id, text, emote := s.of, s.text, s.emote
		b.talk.put(j.room.id, said{id: e.ID, sender: e.Sender, kind: saidCorrection, of: id, fetched: true})
		old, known := c.known(b, j.room.id, id)
		if !known || old.kind != saidMessage {
			return
		}
		s = old
		s.text, s.emote, s.whole = text, emote, true
	}
	b.talk.put(j.room.id, s)
}
