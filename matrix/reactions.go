package matrix

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
)

// Limits of reactions that are still to be told.
const (
	maxFolds     = 200 // messages; what comes to others meanwhile is not told
	maxFolded    = 100 // reactions to one message; others are counted
	maxFoldKeys  = 5   // different ones
	maxReaction  = 32  // characters of one
	maxReactions = 500 // of one answer to /sync
)

const relAnnotation = "m.annotation"

// A reaction is one that is to be told, or a vote in a poll.
type reaction struct {
	foldKey
	id        string
	chat      bridge.Addr
	who, name string
	key       string
	about     string // what it is about, as it follows the key
}

type foldKey struct {
	room, event string
	votes       bool
}

// A fold is the reactions to one message, or the votes in a poll, that become one line.
type fold struct {
	since time.Time
	first reaction
	all   []reaction
	more  int
}

// reaction takes in an m.reaction (client-server API, 11.6 of version 1.7). The user's own are not
// told.
func (c *Conn) reaction(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	var in struct {
		RelatesTo relation `json:"m.relates_to"`
		Shortcode string   `json:"shortcode"`                     // MSC4027
		Beeper    string   `json:"com.beeper.reaction.shortcode"` // its forerunner
	}
	if !lenient(e.Content, &in) || string(e.Content) == "{}" || e.Sender == c.me || c.ignores(e.Sender) {
		return nil
	}
	key := reactionKey(in.RelatesTo.Key, orSo(in.Shortcode, in.Beeper))
	if in.RelatesTo.Type != relAnnotation || !validEvent(in.RelatesTo.EventID) || key == "" {
		c.passOver("reaction", e.ID)
		return nil
	}
	to, ok := c.referred(ctx, b, j.room, in.RelatesTo.EventID)
	if ok && to.kind != saidMessage && to.kind != saidSealed || len(b.talk.reactions) >= maxReactions {
		return nil
	}
	r := reaction{
		foldKey: foldKey{j.room.id, in.RelatesTo.EventID, false}, id: e.ID, chat: j.chat,
		who: e.Sender, name: c.calledIn(j, e.Sender), key: key, about: "to a message",
	}
	if to.text != "" {
		r.about = "to " + quoted(to.text)
	}
	b.talk.reactions = append(b.talk.reactions, r)
	return nil
}

// reactionKey is what a reaction is shown as: an emoji, a word, or the name of an image.
func reactionKey(key, shortcode string) string {
	if strings.HasPrefix(key, "mxc://") {
		key = strings.Trim(shortcode, ":")
		if key = cleanName(key); key == "" {
			return "(image)"
		}
		key = ":" + key + ":"
	}
	return cleanLine(cleanName(key), maxReaction)
}

// undo takes back a reaction of the same batch, or all of those to a message.
func (t *talk) undo(id string) {
	t.reactions = slices.DeleteFunc(t.reactions, func(r reaction) bool { return r.id == id || r.event == id })
}

// react takes in reactions. Conn.mu is held.
func (c *Conn) react(rs []reaction) {
	for _, r := range rs {
		f := c.folds[r.foldKey]
		switch {
		case f == nil && len(c.folds) >= maxFolds:
			continue
		case f == nil:
			if c.folds == nil {
				c.folds = map[foldKey]*fold{}
			}
			f = &fold{since: time.Now(), first: r}
			c.folds[r.foldKey] = f
		}
		if r.votes { // the last one counts
			f.all = slices.DeleteFunc(f.all, func(o reaction) bool { return o.who == r.who })
		}
		if len(f.all) < maxFolded {
			f.all = append(f.all, r)
		} else {
			f.more++
		}
	}
}

// unreact takes back a reaction that has not been told, or all of those to a message. Conn.mu is
// held.
func (c *Conn) unreact(room, id string) {
	delete(c.folds, foldKey{room, id, false})
	delete(c.folds, foldKey{room, id, true})
	for k, f := range c.folds {
		if k.room != room {
			continue
		}
		f.all = slices.DeleteFunc(f.all, func(r reaction) bool { return r.id == id })
		if len(f.all) == 0 {
			delete(c.folds, k)
		}
	}
}

// folded are the lines about reactions whose time has come, and when to look again. Conn.mu is held.
func (c *Conn) folded(now time.Time) (evs []bridge.Event, wait time.Duration) {
	wait = c.times.Idle
	var due []*fold
	for k, f := range c.folds {
		if left := f.since.Add(c.times.Fold).Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		delete(c.folds, k)
		due = append(due, f)
	}
	slices.SortFunc(due, func(a, b *fold) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.first.id, b.first.id))
	})
	for _, f := range due {
		evs = append(evs, bridge.Remark{Chat: f.first.chat, Text: f.line()})
	}
	return evs, wait
}

// line is how reactions to one message are told.
func (f *fold) line() string {
	var keys []string
	names := map[string][]string{}
	seen := map[[2]string]bool{}
	for _, r := range f.all {
		if seen[[2]string{r.who, r.key}] {
			continue
		}
		seen[[2]string{r.who, r.key}] = true
		if names[r.key] == nil {
			keys = append(keys, r.key)
		}
		names[r.key] = append(names[r.key], r.name)
	}
	var parts []string
	for i, key := range keys {
		if i == maxFoldKeys {
			parts = append(parts, "and others")
			break
		}
		more := 0
		if len(keys) == 1 {
			more = f.more
		}
		parts = append(parts, listed(names[key], more)+": "+key)
	}
	return "(" + strings.Join(parts, ", ") + " " + f.first.about + ")"
}

// listed names people, but not many.
func listed(names []string, more int) string {
	const most = 2
	if len(names) > most+1 || more > 0 {
		most := min(most, len(names))
		return listing(names[:most:most], more+len(names)-most)
	}
	return listing(names, 0)
}
