package irc

import (
	"strconv"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// A topic is that of a channel; who set it and when may not be known.
type topic struct {
	text, by string
	at       time.Time
}

// String is the topic as a line for people, or empty if there is none.
func (t topic) String() string {
	if t.text == "" {
		return ""
	}
	s := "Topic: " + t.text
	if t.by != "" {
		s += " (set by " + t.by
		if !t.at.IsZero() {
			s += " on " + t.at.UTC().Format("2 January 2006, 15:04 MST")
		}
		s += ")"
	}
	return s
}

func (c *Conn) tellTopic(ch *channel) {
	if s := ch.topic.String(); s != "" {
		c.remarkIn(ch, "%s", s)
	}
}

// topicReply is numeric 332: me, the channel, the topic. After JOIN it is told
// with the members.
func topicReply(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[1])
	if ch == nil || ch.topic.text == last(m) {
		return
	}
	ch.topic = topic{text: strings.Clone(last(m))}
	c.tellChannel(ch)
	if ch.open() {
		c.tellTopic(ch)
	}
}

// noTopic is numeric 331: me, the channel, text.
func noTopic(c *Conn, m *ircmsg.Message) {
	if ch := c.in(m.Params[1]); ch != nil && ch.topic.text != "" {
		ch.topic = topic{}
		c.tellChannel(ch)
	}
}

// topicSetter is numeric 333: me, the channel, who, and when in Unix seconds.
func topicSetter(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[1])
	if ch == nil {
		return
	}
	ch.topic.by = strings.Clone(nickOfMask(m.Params[2]))
	if len(m.Params) < 4 {
		return
	}
	if at, err := strconv.ParseInt(m.Params[3], 10, 64); err == nil && at > 0 && at < 1<<40 {
		ch.topic.at = time.Unix(at, 0)
	}
}

// topicChanged is TOPIC: the channel, the topic.
func topicChanged(c *Conn, m *ircmsg.Message) {
	ch, by := c.in(m.Params[0]), sourceName(m)
	if ch == nil {
		c.pass("TOPIC elsewhere")
		return
	}
	ch.topic = topic{text: strings.Clone(last(m)), by: strings.Clone(by), at: saidAt(m)}
	c.tellChannel(ch)
	if ch.topic.text == "" {
		c.remarkIn(ch, "%s has removed the topic", by)
		return
	}
	c.remarkIn(ch, "%s has changed the topic to: %s", by, ch.topic.text)
}
