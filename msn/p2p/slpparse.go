package p2p

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"msnbridge/msn/wire"
)

const (
	maxHead = 4096 // bytes of the header; real ones have some 400
	maxID   = 64   // bytes of a branch or Call-ID; a GUID has 36
)

// ErrNoSLP says that a text is no MSNSLP message.
var ErrNoSLP = errors.New("malformed MSNSLP message")

// ParseSLP reads a message. Body points into b. Nothing else in it has control codes,
// and what is no GUID is still a word of bounded length.
func ParseSLP(b []byte) (SLP, error) {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok || len(head) > maxHead {
		return SLP{}, ErrNoSLP
	}
	start, _, _ := bytes.Cut(head, []byte("\r\n"))
	h, err := wire.ParseMessage(b[len(start)+2 : len(head)+4])
	m := SLP{
		To: address(h.Get("To")), From: address(h.Get("From")),
		Branch: within(h.Get("Via"), "branch={"), CallID: within(h.Get("Call-ID"), "{"),
		CSeq: number(h.Get("CSeq")), Type: h.Get("Content-Type"),
		Body: bytes.TrimRight(body[:length(h.Get("Content-Length"), body)], "\x00"),
	}
	if err != nil || m.CallID == "" || !m.start(string(start)) {
		return SLP{}, ErrNoSLP
	}
	return m, nil
}

// start reads the first line. Some clients have two blanks in it.
func (m *SLP) start(line string) bool {
	f := strings.Fields(line)
	switch {
	case len(f) == 3 && f[2] == version && isMethod(f[0]):
		m.Method = f[0]
	case len(f) > 1 && f[0] == version && len(f[1]) == 3 && number(f[1]) >= 100:
		m.Status, m.Reason = number(f[1]), wire.Clean(strings.Join(f[2:], " "))
	default:
		return false
	}
	return true
}

func isMethod(s string) bool {
	return len(s) <= 16 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// address is the handle in "<msnmsgr:handle>".
func address(s string) string {
	const scheme = "<msnmsgr:"
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return ""
	}
	s, _, _ = strings.Cut(s[len(scheme):], ">")
	return word(s, maxHead)
}

// within is what stands between a mark that ends in a brace and the brace that
// closes.
func within(s, mark string) string {
	_, s, _ = strings.Cut(s, mark)
	s, _, ok := strings.Cut(s, "}")
	if !ok {
		return ""
	}
	return word(s, maxID)
}

// word is s if it is one word of printable ASCII that needs no quoting.
func word(s string, max int) string {
	if len(s) > max || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
		return ""
	}
	return s
}

// number reads a decimal number of at most nine digits; 0 if it is none.
func number(s string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err != nil || n > 999_999_999 {
		return 0
	}
	return int(n)
}

// length is how much of what follows the header is body. A wrong Content-Length
// is passed over.
func length(s string, body []byte) int {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil && n <= uint64(len(body)) {
		return int(n)
	}
	return len(body)
}
