package p2p

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"msnbridge/msn/wire"
)

// Methods of MSNSLP. There is also ACK, which wants no answer.
const (
	Invite = "INVITE"
	Bye    = "BYE"
)

// Content types of MSNSLP.
const (
	SessionRequest   = "application/x-msnmsgr-sessionreqbody"
	SessionClose     = "application/x-msnmsgr-sessionclosebody"
	TransferRequest  = "application/x-msnmsgr-transreqbody" // for a direct connection
	TransferResponse = "application/x-msnmsgr-transrespbody"
	NoContent        = "null"
)

// What a session is for, its EUF-GUID, without braces.
const (
	ObjectGUID = "A4268EEC-FEC5-49E5-95C3-F126696BDBF6" // a picture, an emoticon, a wink, a voice clip
	FileGUID   = "5D3E02AB-6190-11D3-BBBB-00C04F795683"
)

const (
	version = "MSNSLP/1.0"
	maxHead = 4096 // bytes of the header; real ones have some 400
	maxID   = 64   // bytes of a branch or Call-ID; a GUID has 36
)

// ErrNoSLP says that a text is no MSNSLP message.
var ErrNoSLP = errors.New("malformed MSNSLP message")

// An SLP is a message of MSNSLP: a request if it has a method, else an answer.
type SLP struct {
	Method string // of a request
	Status int    // of an answer, three digits
	Reason string // of an answer

	To, From string // handles, in newer dialects with ";{GUID}" behind
	Branch   string // a GUID without braces; an answer has its request's. May be empty.
	CSeq     int    // of an answer one more than of its request
	CallID   string // a GUID without braces, the same in all that belongs to a session
	Type     string // of the body
	Body     []byte // without the NUL that ends it
}

// ParseSLP reads a message. Body points into b. Nothing else in it has control codes,
// and what is no GUID is still a word of bounded length.
func ParseSLP(b []byte) (SLP, error) {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok || len(head) > maxHead {
		return SLP{}, ErrNoSLP
	}
	start, _, _ := bytes.Cut(head, []byte("\r\n"))
	h, err := wire.ParseMessage(b[min(len(start)+2, len(head)+2) : len(head)+4])
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

// Append writes the message.
func (m *SLP) Append(b []byte) []byte {
	if m.Method != "" {
		b = append(b, m.Method+" MSNMSGR:"+wire.Clean(m.To)+" "+version+"\r\n"...)
	} else {
		b = append(b, version+" "+strconv.Itoa(m.Status)+" "+wire.Clean(m.Reason)+"\r\n"...)
	}
	for _, f := range []wire.Field{
		{Name: "To", Value: "<msnmsgr:" + m.To + ">"},
		{Name: "From", Value: "<msnmsgr:" + m.From + ">"},
		{Name: "Via", Value: version + "/TLP ;branch={" + m.Branch + "}"},
		{Name: "CSeq", Value: strconv.Itoa(m.CSeq) + " "},
		{Name: "Call-ID", Value: "{" + m.CallID + "}"},
		{Name: "Max-Forwards", Value: "0"},
		{Name: "Content-Type", Value: m.Type},
		{Name: "Content-Length", Value: strconv.Itoa(len(m.Body) + 1)},
	} {
		b = wire.AppendHeader(b, f.Name, f.Value)
	}
	b = append(append(b, '\r', '\n'), m.Body...)
	return append(b, 0)
}

// Field is the value of a line of the body, without control codes; empty if there
// is no such line.
func (m *SLP) Field(name string) string {
	for line := range bytes.Lines(m.Body) {
		if k, v, ok := bytes.Cut(line, []byte{':'}); ok && strings.EqualFold(string(k), name) {
			return wire.Clean(strings.Trim(string(v), " \t\r\n"))
		}
	}
	return ""
}

// SessionID is the session that an invitation is to open, or its answer opens.
func (m *SLP) SessionID() (id uint32, ok bool) {
	n, err := strconv.ParseUint(m.Field("SessionID"), 10, 32)
	return uint32(n), err == nil
}

// EUF is what an invitation is for, its EUF-GUID in upper case without braces.
func (m *SLP) EUF() string {
	return strings.ToUpper(strings.Trim(m.Field("EUF-GUID"), "{}"))
}

// Answer is an answer to a request, yet without a body.
func (m *SLP) Answer(status int, reason string) SLP {
	return SLP{
		Status: status, Reason: reason, To: m.From, From: m.To,
		Branch: m.Branch, CSeq: m.CSeq + 1, CallID: m.CallID, Type: NoContent,
	}
}
