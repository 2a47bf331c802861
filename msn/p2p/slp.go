package p2p

import (
	"bytes"
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

const version = "MSNSLP/1.0"

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
