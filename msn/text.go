package msn

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

const (
	maxText  = 1400 // bytes of text in one MSG
	maxBody  = 1520 // the same as it is sent, with CR LF, so that MSG keeps its limit
	maxParts = 20   // MSGs of one text
)

// appendMessage writes the MSG of a sender.
func appendMessage(b []byte, handle, name string, payload []byte) []byte {
	b = appendName(wire.AppendWord(append(b, "MSG"...), handle), name, handle)
	return wire.AppendPayload(b, payload)
}

// appendText writes a text, which fits into one message, as a MSG.
func appendText(b []byte, handle, name, text string, look bridge.Format) []byte {
	payload := wire.AppendText([]byte(headerOf(look)), text)
	return appendMessage(b, handle, name, payload)
}

// lineOf is what is shown of a message of somebody called name, whose name is put
// in front if the client is told that it is somebody else's message.
func lineOf(m bridge.Message, late bool, name string, named bool) string {
	var b strings.Builder
	if late {
		b.WriteString(m.Time.Local().Format("[2006-01-02 15:04] "))
	}
	if m.Own {
		b.WriteString("(you, elsewhere) ")
	}
	switch {
	case m.Emote:
		b.WriteString("* " + wire.Clean(name) + " ")
	case named:
		b.WriteString(wire.Clean(name) + ": ")
	}
	b.WriteString(printable(m.Text))
	return b.String()
}

// split cuts a text into parts of one message each, at line or character
// borders. What does not fit into maxParts is left out, and the last part says so.
func split(s string) []string {
	var parts []string
	for s != "" && len(parts) < maxParts {
		n := fitting(s)
		parts = append(parts, s[:n])
		s = strings.TrimPrefix(s[n:], "\n")
	}
	if s != "" {
		parts = append(parts, fmt.Sprintf("(the rest was left out: %d characters)", utf8.RuneCountInString(s)))
	}
	return parts
}

// fitting is how many bytes of s make one part.
func fitting(s string) int {
	n, size := 0, 0
	for n < len(s) && n < maxText && size < maxBody {
		if s[n] == '\n' {
			size++
		}
		n++
		size++
	}
	if n == len(s) {
		return n
	}
	if i := strings.LastIndexByte(s[:n+1], '\n'); i > 0 {
		return i
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// spoken is the text of a client's message as networks get it: UTF-8 without
// control codes but LF. A charset that is not named is Latin-1, unless the text is
// UTF-8 all the same.
func spoken(m *wire.Message) string {
	text := string(m.Body)
	if _, charset := m.Type(); charset != "utf-8" && !utf8.ValidString(text) {
		text = latin1(text)
	}
	return strings.Trim(printable(text), "\n")
}

func latin1(s string) string {
	r := make([]rune, len(s))
	for i := range r {
		r[i] = rune(s[i])
	}
	return string(r)
}

// printable makes line ends LF, tabs blanks, drops other control codes, and
// replaces what is not UTF-8.
func printable(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// explanations are the lines that follow the NAK of a text.
func explanations(e *bridge.SendError) []string {
	var lines []string
	if reason := printable(e.Reason); reason != "" {
		lines = append(lines, cut("(not delivered: "+reason)+")")
	}
	if e.Sent > 0 {
		lines = append(lines, fmt.Sprintf("(only %d of %d parts of this message arrived)", e.Sent, e.Parts))
	}
	return lines
}

// cut shortens s to one part.
func cut(s string) string { return s[:fitting(s)] }
