package matrix

import (
	"context"
	"strings"

	"msnbridge/bridge"
)

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
	if !ok || t.msg.Emote || t.answers != nil || t.guest() {
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
		return false, bridge.Declined(reasonNoOwn)
	}
	text, ok := f.apply(last.text)
	switch {
	case !ok:
		return false, bridge.Declined(reasonNotFound, quoted(f.old))
	case strings.TrimSpace(text) == "":
		return false, bridge.Declined(reasonNothing)
	case text == last.text:
		return false, bridge.Declined(reasonSame)
	case len(text) > maxText/2:
		return false, bridge.Declined(reasonTooLong)
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
	s := said{id: e.ID, sender: e.Sender, kind: saidMessage, ours: in.ours(), whole: true, time: e.Time}
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
