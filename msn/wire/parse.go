package wire

import "bytes"

// A Payload says that a verb is followed by a payload, whose length is the last
// word. With fewer words than Words (the length counted, the verb not) the
// command is malformed and has none.
type Payload struct {
	Words int
	Limit int // bytes; a longer one is ErrPayloadTooLong
}

// Payloads are the verbs that have a payload.
type Payloads map[string]Payload

// Parse frames the first command of b into cmd and returns its length. A length
// above len(b) says how much is needed for it to be complete, and zero that the
// line is not. A blank line is a command without a verb. The line is limited to
// MaxLine, the payload by its row in the table.
func (t Payloads) Parse(b []byte, cmd *Command) (total int, err error) {
	return t.parse(b, 0, cmd)
}

// parse is Parse for input whose first scanned bytes hold no line end.
func (t Payloads) parse(b []byte, scanned int, cmd *Command) (total int, err error) {
	end := bytes.IndexByte(b[scanned:], '\n')
	switch {
	case end < 0 && len(b) >= MaxLine, scanned+end >= MaxLine:
		return 0, ErrLineTooLong
	case end < 0:
		return 0, nil
	}
	end += scanned
	cmd.split(bytes.TrimSuffix(b[:end], []byte{'\r'}))
	n, err := t.length(cmd)
	if err != nil {
		return 0, err
	}
	total = end + 1 + n
	cmd.Payload = nil
	if total <= len(b) {
		cmd.Raw = b[:total:total]
		if n > 0 {
			cmd.Payload = b[end+1 : total : total]
		}
	}
	return total, nil
}

// length is that of the payload that follows the command.
func (t Payloads) length(cmd *Command) (int, error) {
	p, ok := t[string(cmd.Verb)]
	if !ok || len(cmd.Words) < p.Words {
		return 0, nil
	}
	n, ok := decimal(cmd.Words[len(cmd.Words)-1])
	if !ok {
		return 0, ErrPayloadLength
	}
	if n > uint64(p.Limit) {
		return 0, ErrPayloadTooLong
	}
	return int(n), nil
}

// split cuts a line at runs of blanks. The verb is put into upper case, where it
// stands: VER may come in any.
func (c *Command) split(line []byte) {
	c.Verb, line = word(line)
	for i, b := range c.Verb {
		if 'a' <= b && b <= 'z' {
			c.Verb[i] = b - 'a' + 'A'
		}
	}
	c.Words = c.Words[:0]
	for {
		var w []byte
		w, line = word(line)
		if len(w) == 0 {
			return
		}
		c.Words = append(c.Words, w)
	}
}

// word cuts the first word off a line; it is empty at the line's end.
func word(line []byte) (w, rest []byte) {
	i := 0
	for i < len(line) && blank(line[i]) {
		i++
	}
	start := i
	for i < len(line) && !blank(line[i]) {
		i++
	}
	return line[start:i:i], line[i:]
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
