package matrix

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"msnbridge/bridge"
)

// A fix is a correction as it is typed: "s/old/new/", with g for all places and i for capitals that
// do not matter. A slash that belongs to a text has a backslash in front of it.
type fix struct {
	old, new string
	all      bool
	fold     bool
}

// readFix reads a correction; what merely looks like one is text.
func readFix(text string) (f fix, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimRight(text, " "), "s/")
	if !ok || strings.ContainsAny(rest, "\n") {
		return fix{}, false
	}
	var there bool
	f.old, rest, ok = cutSlash(rest)
	f.new, rest, there = cutSlash(rest)
	if !ok || !there || f.old == "" {
		return fix{}, false
	}
	for _, flag := range []struct {
		letter string
		on     *bool
	}{{"g", &f.all}, {"i", &f.fold}} {
		n := strings.Count(rest, flag.letter)
		rest = strings.Replace(rest, flag.letter, "", 1)
		*flag.on = n > 0
	}
	return f, rest == ""
}

// cutSlash cuts s at the first slash that has no backslash in front of it.
func cutSlash(s string) (before, after string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '/':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '/' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// apply corrects a text; not ok if it has nothing to correct.
func (f fix) apply(text string) (corrected string, ok bool) {
	var b strings.Builder
	for text != "" {
		n := f.at(text)
		if n > 0 && (f.all || !ok) {
			ok = true
			b.WriteString(f.new)
		} else {
			_, n = utf8.DecodeRuneInString(text)
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String(), ok
}

// at is how many bytes of the beginning of a text are to be replaced.
func (f fix) at(text string) int {
	if strings.HasPrefix(text, f.old) {
		return len(f.old)
	}
	if !f.fold {
		return 0
	}
	n := 0
	for range f.old {
		_, size := utf8.DecodeRuneInString(text[n:])
		if n += size; size == 0 {
			return 0
		}
	}
	if !strings.EqualFold(text[:n], f.old) {
		return 0
	}
	return n
}

// What the writer of a correction is told. A text that is to be sent as it is begins with a blank.
const (
	reasonNoOwn    = "there is no message of yours here that could be corrected; to send this as it is, begin with a blank"
	reasonNotFound = "your last message does not contain %s, so nothing was corrected; to send this as it is, begin with a blank"
	reasonNothing  = "nothing would be left of your last message, so it was not corrected; /redact takes it back"
	reasonSame     = "that would change nothing in your last message"
)

// correct makes a correction of the message if it has the form of one. done: it is there already.
func (t *transmission) correct(ctx context.Context) (done bool, err error) {
	f, ok := readFix(t.msg.Text)
	if !ok || t.msg.Emote || t.answers != nil {
		return false, nil
	}
	if t.search { // before the text of what it corrects is looked at
		if done, err = t.find(ctx); done || err != nil {
			return done, t.orFailure(err)
		}
		t.search = false
	}
	last, ok, err := t.conn.lastOurs(ctx, t.room)
	if err != nil {
		return false, t.orFailure(err)
	}
	if !ok {
		return false, declined(reasonNoOwn)
	}
	text, ok := f.apply(last.text)
	switch {
	case !ok:
		return false, declined(reasonNotFound, quoted(f.old))
	case strings.TrimSpace(text) == "":
		return false, declined(reasonNothing)
	case text == last.text:
		return false, declined(reasonSame)
	case len(text) > maxText/2:
		return false, declined(reasonTooLong)
	}
	t.corrects, t.msg.Text, t.msg.Emote = &last, text, last.emote
	return false, nil
}

func (t *transmission) orFailure(err error) error {
	if err == nil {
		return nil
	}
	return t.failure(err)
}

// declined is the failure of what was typed but not done.
func declined(format string, args ...any) *bridge.SendError {
	return &bridge.SendError{Reason: fmt.Sprintf(format, args...)}
}

// lastOurs finds the last message that was sent through us into a room, as it is now.
func (c *Conn) lastOurs(ctx context.Context, room string) (said, bool, error) {
	c.mu.Lock()
	last, ok := c.sayings.last(room, func(s said) bool { return s.ours && !s.taken })
	c.mu.Unlock()
	if ok && last.whole {
		return last, true, nil
	}
	var found said
	corrected := map[string]said{}
	err := c.pastEvents(ctx, room, messagesFilter(c.me, typeMessage, typeEncrypted), func(e *anEvent) bool {
		s, ok := ownWords(e)
		switch {
		case !ok || e.Sender != c.me:
		case s.kind == saidCorrection:
			if _, later := corrected[s.of]; !later {
				corrected[s.of] = s
			}
		case s.ours:
			found = s
			if now, ok := corrected[s.id]; ok {
				found.text, found.emote = now.text, now.emote
			}
			return true
		}
		return false
	})
	return found, found.id != "", err
}

// ownWords reads a message of our own as it was written. Of a correction it is what it makes of the
// message.
func ownWords(e *anEvent) (said, bool) {
	var in content
	if e.Type != typeMessage || !lenient(e.Content, &in) || emptied(e) {
		return said{}, false
	}
	s := said{id: e.ID, sender: e.Sender, kind: saidMessage, ours: in.Key != "", whole: true, time: e.Time}
	if in.corrects() {
		s.kind, s.of = saidCorrection, in.RelatesTo.EventID
		lenient(in.New, &in)
	}
	s.text, s.emote = cleanText(in.Body), in.MsgType == "m.emote"
	return s, s.emote || in.MsgType == "m.text"
}

// pastEvents reads a room back until done, or as far as a message is searched for.
func (c *Conn) pastEvents(ctx context.Context, room, filter string, done func(*anEvent) bool) error {
	from := ""
	for range searchPages {
		resp, err := c.api.messages(ctx, room, from, "", filter, searchPage)
		if err != nil {
			return err
		}
		for _, e := range c.parseEvents(resp.Chunk, room) {
			if clear, ok := c.readable(ctx, room, &e); ok && done(clear) {
				return nil
			}
		}
		if resp.End == "" || resp.End == from || len(resp.Chunk) == 0 {
			return nil
		}
		from = resp.End
	}
	return nil
}
