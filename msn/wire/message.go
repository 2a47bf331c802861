package wire

import (
	"bytes"
	"errors"
	"strings"
)

// ErrNoHeader says that a payload has no header that ends in an empty line.
var ErrNoHeader = errors.New("payload has no header")

// A Field is one line of a message's header.
type Field struct{ Name, Value string }

// A Message is the payload of MSG: a header like MIME's, an empty line, a body.
type Message struct {
	Header []Field
	Body   []byte
}

// ParseMessage reads the payload of MSG; Body points into it. A header line
// without a colon is passed over, as is one that begins with a blank.
func ParseMessage(p []byte) (Message, error) {
	var m Message
	for {
		line, rest, ok := bytes.Cut(p, []byte{'\n'})
		if !ok {
			return Message{}, ErrNoHeader
		}
		p = rest
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			m.Body = p
			return m, nil
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok && name != "" && !blank(name[0]) {
			m.Header = append(m.Header, Field{Clean(name), Clean(strings.Trim(value, " \t"))})
		}
	}
}

// Get is the value of the first header line of that name, in any case of letters.
func (m *Message) Get(name string) string {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Type is the content type in lower case without parameters, and the charset in
// lower case if one is named.
func (m *Message) Type() (kind, charset string) {
	kind, params, _ := strings.Cut(strings.ToLower(m.Get("Content-Type")), ";")
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(p, "=")
		if strings.TrimSpace(name) == "charset" {
			charset = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return strings.TrimSpace(kind), charset
}

// AppendHeader writes a header line. Control codes in it are dropped.
func AppendHeader(b []byte, name, value string) []byte {
	b = append(b, Clean(name)...)
	b = append(b, ':', ' ')
	b = append(b, Clean(value)...)
	return append(b, '\r', '\n')
}

// AppendText writes a text as the body of a message: its lines, which end in
// LF, CR or both, end in CR LF.
func AppendText(b []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case c == '\r', c == '\n':
			b = append(b, '\r', '\n')
		default:
			b = append(b, c)
		}
	}
	return b
}

// Append writes the message as a payload.
func (m *Message) Append(b []byte) []byte {
	for _, f := range m.Header {
		b = AppendHeader(b, f.Name, f.Value)
	}
	b = append(b, '\r', '\n')
	return append(b, m.Body...)
}

// MIMEVersion is the header line that begins every message.
var MIMEVersion = Field{"MIME-Version", "1.0"}

// TypingNotice is the message that says that handle is writing (doc/protocol,
// 03): no charset after the content type, and a body of one line end.
func TypingNotice(handle string) *Message {
	return &Message{
		Header: []Field{MIMEVersion, {"Content-Type", "text/x-msmsgscontrol"}, {"TypingUser", handle}},
		Body:   []byte("\r\n"),
	}
}
