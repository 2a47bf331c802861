package irc

import (
	"cmp"
	"strings"
)

// multiline is what a server allows in one batch of draft/multiline
// (https://ircv3.net/specs/extensions/multiline). The zero value allows nothing.
type multiline struct {
	bytes int // of all texts together, with their line ends
	lines int
}

// maxMultiline bounds the lines that we put into one batch, whatever the server
// takes.
const maxMultiline = 200

// parseMultiline reads the value of the capability: max-bytes=n, which must be
// there, and max-lines=n.
func parseMultiline(value string) multiline {
	m := multiline{lines: maxMultiline}
	for item := range strings.SplitSeq(value, ",") {
		key, n, _ := strings.Cut(item, "=")
		switch key {
		case "max-bytes":
			m.bytes = number(n, 0)
		case "max-lines":
			m.lines = min(number(n, 0), maxMultiline)
		}
	}
	return m
}

// batchLimit is what one batch of ours may hold; zero if there are none.
func (c *Conn) batchLimit() multiline {
	if !c.caps["draft/multiline"] || !c.caps["batch"] || c.multiline.bytes < 1 {
		return multiline{}
	}
	return c.multiline
}

// wholeLines takes a text apart as lines does, but keeps the empty lines in the
// midst of it.
func wholeLines(text string) []string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
	all := strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
	for i, line := range all {
		all[i] = strings.TrimRight(outbound(line), " ")
	}
	empty := func(line string) bool { return strings.TrimSpace(line) == "" }
	for len(all) > 0 && empty(all[0]) {
		all = all[1:]
	}
	for len(all) > 0 && empty(all[len(all)-1]) {
		all = all[:len(all)-1]
	}
	return all
}

// group puts the pieces of a text into as few batches as the limit allows. One
// that is alone in its batch becomes a line of its own, and is dropped if it is
// empty.
func (l multiline) group(pieces []piece) []part {
	var parts []part
	var now part
	size := 0
	flush := func() {
		for len(now) > 0 && now[len(now)-1].text == "" {
			now = now[:len(now)-1]
		}
		if len(now) > 0 {
			now[0].joined = false
			parts = append(parts, now)
		}
		now, size = nil, 0
	}
	for _, p := range pieces {
		if n := len(p.text) + 1; len(now) == l.lines || size+n > l.bytes {
			flush()
		}
		if len(now) > 0 || p.text != "" {
			now = append(now, p)
			size += len(p.text) + 1
		}
	}
	flush()
	return parts
}

// encodeBatch makes the lines of a batch, with its first and last.
func (m *sending) encodeBatch(p part, target string, label map[string]string) (string, error) {
	c := m.c
	ref := c.answer.token()
	var b strings.Builder
	add := func(tags map[string]string, command string, params ...string) error {
		line, err := encodeWithin(c.support.lineLen, tags, command, params...)
		b.WriteString(line)
		return err
	}
	if err := add(label, "BATCH", "+"+ref, "draft/multiline", target); err != nil {
		return "", err
	}
	for _, piece := range p {
		tags, text := map[string]string{"batch": ref}, piece.text
		if piece.joined {
			tags["draft/multiline-concat"] = ""
		}
		if dressed := m.dress(text); text != "" && dressed != text {
			text = dressed
			if piece.joined {
				text = string(resetCode) + text // it may be put behind the one before
			}
		}
		if err := add(tags, "PRIVMSG", target, text); err != nil {
			return "", err
		}
	}
	err := add(nil, "BATCH", "-"+ref)
	return b.String(), err
}

// maxWhole bounds a text of several lines that is taken in, in bytes.
const maxWhole = 64 << 10

// multilineCame makes one message of a text of several lines, with what the batch
// says of it. The echo of ours needs none.
func multilineCame(c *Conn, b *batch) {
	if c.answer.labels[b.label] != nil {
		return
	}
	if len(b.params) == 0 || len(b.lines) == 0 || b.lines[0].Command != "PRIVMSG" && b.lines[0].Command != "NOTICE" {
		c.pass("bad multiline")
		return
	}
	first, m := b.lines[0], *b.first
	m.Source, m.Command, m.Params = cmp.Or(m.Source, first.Source), first.Command, []string{b.params[0], b.text()}
	for _, tag := range []string{"time", "msgid", "account"} {
		if ok, value := first.GetTag(tag); ok && !m.HasTag(tag) {
			m.SetTag(tag, value)
		}
	}
	if b.outer == nil {
		m.DeleteTag("batch")
	}
	c.again = append(c.again, &m)
}

// text puts the lines of a batch together.
func (b *batch) text() string {
	var text strings.Builder
	cut := b.cut
	for i, m := range b.lines {
		if len(m.Params) < 2 {
			continue
		}
		joined := m.HasTag("draft/multiline-concat")
		if text.Len()+len(m.Params[1]) > maxWhole {
			cut = true
			break
		}
		if i > 0 && !joined {
			text.WriteByte('\n')
		}
		text.WriteString(m.Params[1])
	}
	if cut {
		text.WriteString("\n[...]")
	}
	return text.String()
}
