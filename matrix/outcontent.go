package matrix

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
)

// maxFormatted is how long a formatted body is at most, in bytes: an event has 64 KiB for all that is
// in it, and a correction says everything twice. A longer text goes out as it is.
const maxFormatted = 12 << 10

// content is what goes into the event.
func (t *transmission) content() map[string]any {
	people := t.conn.addressed(t.room, t.msg.Text)
	body := t.words("", people)
	switch {
	case t.corrects != nil:
		now := body
		body = t.words("* ", people)
		body["m.new_content"] = now
		body["m.mentions"] = t.mentions(others(people, t.conn.addressed(t.room, t.corrects.text)))
		body["m.relates_to"] = map[string]any{"rel_type": relReplace, "event_id": t.corrects.id}
	case t.answers != nil:
		body["m.relates_to"] = answering(t.answers)
	}
	body[ownKey] = t.msg.ID
	if t.guest() {
		body[guestKey] = true
	}
	return body
}

// others are the people who were not addressed before: nobody is rung twice for a text that is
// corrected.
func others(people, before []address) []address {
	return slices.DeleteFunc(slices.Clone(people), func(a address) bool {
		return slices.ContainsFunc(before, func(b address) bool { return b.user == a.user })
	})
}

// guest tells whether these are the words of a guest.
func (t *transmission) guest() bool { return t.msg.Name != "" }

// words is what the message says, with a mark in front.
func (t *transmission) words(mark string, people []address) map[string]any {
	kind := "m.text"
	if t.msg.Emote {
		kind = "m.emote"
	}
	body := map[string]any{"msgtype": kind, "body": mark + t.msg.Text, "m.mentions": t.mentions(people)}
	if t.msg.Format == (bridge.Format{}) {
		return body
	}
	if formatted := mark + writeHTML(t.msg.Text, t.msg.Format, people); len(formatted) <= maxFormatted {
		body["format"], body["formatted_body"] = formatHTML, formatted
	}
	return body
}

// mentions is whom the message means (client-server API, 11.32).
func (t *transmission) mentions(people []address) map[string]any {
	mentions := map[string]any{}
	var users []string
	if t.answers != nil && t.answers.sender != t.conn.me {
		users = append(users, t.answers.sender)
	}
	for _, a := range people {
		if a.user == everybody {
			mentions["room"] = true
		} else {
			users = append(users, a.user)
		}
	}
	if users = distinct(users); len(users) > 0 {
		mentions["user_ids"] = users
	}
	return mentions
}

// writeHTML writes a text as it should look, with the names of people as links to them.
func writeHTML(text string, f bridge.Format, people []address) string {
	var b strings.Builder
	at := 0
	for _, a := range people {
		if a.user == everybody {
			continue
		}
		b.WriteString(escape(text[at:a.begin]))
		fmt.Fprintf(&b, `<a href="https://matrix.to/#/%s">%s</a>`, html.EscapeString(linkEscape.Replace(a.user)), escape(text[a.begin:a.end]))
		at = a.end
	}
	b.WriteString(escape(text[at:]))
	return dressed(b.String(), f)
}

// linkEscape makes a user ID fit for a link.
var linkEscape = strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23")

func escape(s string) string { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") }

// dressed puts elements around some HTML that make it look like f.
func dressed(s string, f bridge.Format) string {
	for _, style := range []struct {
		on  bool
		tag string
	}{{f.Strike, "del"}, {f.Underline, "u"}, {f.Italic, "em"}, {f.Bold, "strong"}} {
		if style.on {
			s = "<" + style.tag + ">" + s + "</" + style.tag + ">"
		}
	}
	if rgb, ok := f.Color.RGB(); ok {
		s = fmt.Sprintf(`<span data-mx-color="#%06x"><font color="#%06x">%s</font></span>`, rgb, rgb, s)
	}
	return s
}

// noteSent remembers what was sent, so that it can be corrected and taken back.
func (c *Conn) noteSent(t *transmission) {
	s := said{
		id: t.event, sender: c.me, kind: saidMessage, text: t.msg.Text, whole: true, emote: t.msg.Emote,
		ours: !t.guest(), time: time.Now().UnixMilli(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.corrects != nil {
		s.id, s.time, s.fetched = t.corrects.id, t.corrects.time, t.corrects.fetched
	}
	if now, known := c.sayings.get(t.room, s.id); s.id == "" || known && now.kind == saidGone { // already
		return
	}
	if t.corrects != nil && t.event != "" {
		c.sayings.put(t.room, said{id: t.event, sender: c.me, kind: saidCorrection, of: s.id, fetched: true})
	}
	c.sayings.put(t.room, s)
}
