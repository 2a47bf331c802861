package matrix

import (
	"context"
	"errors"
	"strings"
)

var errTooMany = errors.New("too many events would have to be asked for")

const relThread = "m.thread"

// thread is the event that begins the thread which a message is in; empty if it is in none.
func (r relation) thread() string {
	if r.Type != relThread || !validEvent(r.EventID) {
		return ""
	}
	return r.EventID
}

// answering is how a message says that it answers another, in the thread of that one if it is in one
// (client-server API, 11.12).
func answering(to *said) map[string]any {
	rel := map[string]any{"m.in_reply_to": map[string]any{"event_id": to.id}}
	if to.thread != "" {
		rel["rel_type"], rel["event_id"], rel["is_falling_back"] = relThread, to.thread, false
	}
	return rel
}

// lead is what is put in front of a message so that one sees what it is about: the thread that
// it is in, and what it answers to.
func (c *Conn) lead(ctx context.Context, b *batch, j *joined, in *content) string {
	rel, lead := in.RelatesTo, ""
	if root := rel.thread(); root != "" {
		lead = "[thread] "
		if root, _ := c.referred(ctx, b, j.room, root); root.text != "" {
			lead = "[thread: " + firstWords(root.text) + "] "
		}
		if rel.Fallback {
			return lead
		}
	}
	if validEvent(rel.ReplyTo.EventID) {
		if q := c.quotation(ctx, b, j.room, in); q != "" {
			lead += "> " + q + "\n"
		}
	}
	return lead
}

// quotation is who has said what a message answers to, and the first words of it. It comes from
// the same room, and from the message itself only while the homeserver cannot be asked.
func (c *Conn) quotation(ctx context.Context, b *batch, r *room, in *content) string {
	s, ok := c.referred(ctx, b, r, in.RelatesTo.ReplyTo.EventID)
	if s.kind == saidCorrection {
		s, ok = c.referred(ctx, b, r, s.of)
	}
	switch {
	case c.ignores(s.sender):
		return ""
	case s.kind == saidMessage && s.text != "":
		return c.called(r, s.sender) + ": " + firstWords(s.text)
	case s.kind == saidSealed:
		who, words := c.fallback(r, in)
		if who != s.sender {
			words = "..."
		}
		return c.called(r, s.sender) + ": " + words
	case !ok:
		if who, words := c.fallback(r, in); who != "" {
			return c.called(r, who) + ": " + words
		}
	}
	return ""
}

// fallback reads the quotation that a reply brings itself: "> <@bob:x> words" (client-server API,
// 11.3.1 of version 1.12). It must be of somebody in the room.
func (c *Conn) fallback(r *room, in *content) (who, words string) {
	_, quotation := cutFallback(in.Body)
	if len(quotation) == 0 {
		return "", ""
	}
	first := strings.TrimPrefix(strings.TrimPrefix(quotation[0], "> "), "* ")
	rest, ok := strings.CutPrefix(first, "<")
	who, words, found := strings.Cut(rest, ">")
	if !ok || !found || !c.isMember(r, who) || firstWords(words) == "" {
		return "", ""
	}
	return who, firstWords(words)
}

func (c *Conn) isMember(r *room, who string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return r.knows(who) || who == c.me
}

// placed is a text with what belongs in front of it. What somebody does is a sentence that begins
// with the name, so there it comes last.
func placed(lead string, r rendering) string {
	if !r.emote || lead == "" {
		return lead + r.text
	}
	lead = strings.Join(strings.Fields(strings.TrimPrefix(lead, "> ")), " ")
	return r.text + " (" + lead + ")"
}
