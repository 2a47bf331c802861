package p2p

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// invitation is the example of doc/protocol, 03 section 7.
const invitation = "INVITE MSNMSGR:bob@x.tld MSNSLP/1.0\r\n" +
	"To: <msnmsgr:bob@x.tld>\r\n" +
	"From: <msnmsgr:alice@x.tld>\r\n" +
	"Via: MSNSLP/1.0/TLP ;branch={33517CE4-02FC-4428-B6F4-39927229B722}\r\n" +
	"CSeq: 0 \r\n" +
	"Call-ID: {9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58}\r\n" +
	"Max-Forwards: 0\r\n" +
	"Content-Type: application/x-msnmsgr-sessionreqbody\r\n" +
	"Content-Length: 105\r\n" +
	"\r\n" +
	"EUF-GUID: {A4268EEC-FEC5-49E5-95C3-F126696BDBF6}\r\nSessionID: 2216804035\r\nAppID: 1\r\nContext: PG0+AA==\r\n\r\n\x00"

const decline = "MSNSLP/1.0 603 Decline\r\n" +
	"To: <msnmsgr:alice@x.tld>\r\n" +
	"From: <msnmsgr:bob@x.tld>\r\n" +
	"Via: MSNSLP/1.0/TLP ;branch={33517CE4-02FC-4428-B6F4-39927229B722}\r\n" +
	"CSeq: 1 \r\n" +
	"Call-ID: {9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58}\r\n" +
	"Max-Forwards: 0\r\n" +
	"Content-Type: application/x-msnmsgr-sessionreqbody\r\n" +
	"Content-Length: 26\r\n" +
	"\r\n" +
	"SessionID: 2216804035\r\n\r\n\x00"

func TestSLP(t *testing.T) {
	m, err := ParseSLP([]byte(invitation))
	want := SLP{
		Method: Invite, To: "bob@x.tld", From: "alice@x.tld", Branch: "33517CE4-02FC-4428-B6F4-39927229B722",
		CallID: "9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58", Type: SessionRequest, Body: m.Body,
	}
	id, ok := m.SessionID()
	if err != nil || !reflect.DeepEqual(m, want) || m.EUF() != ObjectGUID || id != 2216804035 || !ok || m.Field("context") != "PG0+AA==" {
		t.Fatalf("%+v, %v", m, err)
	}
	if got := string(m.Append(nil)); got != invitation {
		t.Errorf("%q", got)
	}
	answer := m.Answer(603, "Decline")
	answer.Type, answer.Body = SessionRequest, []byte("SessionID: 2216804035\r\n\r\n")
	if got := string(answer.Append(nil)); got != decline {
		t.Errorf("%q", got)
	}
}

// What other clients write: two blanks in the first line, no trailing one after
// CSeq, no branch, a wrong length, endpoints behind handles.
func TestSLPForms(t *testing.T) {
	r := strings.NewReplacer("bob@x.tld MSNSLP", "bob@x.tld  MSNSLP", "CSeq: 0 ", "CSeq: 0", "Via: ", "Vie: ",
		"Content-Length: 105", "Content-Length: 9999", "alice@x.tld", "alice@x.tld;{e5a1a3a9-0000-4000-8000-000000000000}")
	m, err := ParseSLP([]byte(r.Replace(invitation)))
	if err != nil || m.Method != Invite || m.Branch != "" || m.EUF() != ObjectGUID || !strings.HasPrefix(m.From, "alice@x.tld;{") {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = ParseSLP([]byte(strings.Replace(decline, "26", "0", 1)))
	if err != nil || m.Status != 603 || m.Reason != "Decline" || m.Method != "" || m.CSeq != 1 || len(m.Body) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestNoSLP(t *testing.T) {
	for name, s := range map[string]string{
		"nothing":       "",
		"no header end": strings.Replace(invitation, "\r\n\r\n", "\r\n", 1)[:300],
		"first line":    strings.Replace(invitation, "INVITE ", "INVITE", 1),
		"method":        strings.Replace(invitation, "INVITE", "invite", 1),
		"version":       strings.Replace(invitation, "MSNSLP/1.0\r", "MSNSLP/2.0\r", 1),
		"status":        strings.Replace(decline, "603", "60x", 1),
		"status 2":      strings.Replace(decline, "603", "+60", 1),
		"no call":       strings.Replace(invitation, "Call-ID", "Call-IT", 1),
		"long call":     strings.Replace(invitation, "9D79AE57", strings.Repeat("9", 100), 1),
		"open call":     strings.Replace(invitation, "5D58}", "5D58", 1),
		"long header":   strings.Replace(invitation, "CSeq", "X: "+strings.Repeat("x", maxHead)+"\r\nCSeq", 1),
	} {
		if m, err := ParseSLP([]byte(s)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// Nothing that was parsed gets out of its line.
func TestSLPHostile(t *testing.T) {
	r := strings.NewReplacer("33517CE4", "a\nb", "Content-Type: ", "Content-Type: x\x00\ry", "<msnmsgr:alice@x.tld>", "<msnmsgr:a>b>\x1b[m")
	m, err := ParseSLP([]byte(r.Replace(invitation)))
	if err != nil {
		t.Fatal(err)
	}
	answer := m.Answer(500, "Internal\r\nError: x")
	head, _, _ := strings.Cut(string(answer.Append(nil)), "\r\n\r\n")
	if strings.Count(head, "\n") != 8 || strings.Count(head, "\r") != 8 || strings.ContainsAny(head, "\x00\x1b") {
		t.Errorf("%q", head)
	}
}

// A message that is written again and parsed is the same.
func FuzzSLP(f *testing.F) {
	f.Add([]byte(invitation))
	f.Add([]byte(decline))
	f.Add([]byte("BYE MSNMSGR:a@x MSNSLP/1.0\r\nCall-ID: {1}\r\n\r\n\r\n\x00"))
	f.Add([]byte("MSNSLP/1.0 200 OK\r\nCall-ID: {1}\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseSLP(b)
		if err != nil {
			return
		}
		for _, s := range []string{m.Method, m.Reason, m.To, m.From, m.Branch, m.CallID, m.Type, m.Field("SessionID"), m.EUF()} {
			if strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q", s)
			}
		}
		text := m.Append(nil)
		again, err := ParseSLP(text)
		if err != nil || !bytes.Equal(again.Body, m.Body) {
			t.Fatalf("%q\n%q: %v", b, text, err)
		}
		again.Body = m.Body
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v\n%+v", m, again)
		}
	})
}

func TestGUID(t *testing.T) {
	if g := NewGUID(); len(g) != 36 || word(g, maxID) != g || g != strings.ToUpper(g) || g == NewGUID() {
		t.Error(g)
	}
	if a, b := NewID(), NewID(); a == 0 || a == b {
		t.Errorf("%d, then %d", a, b)
	}
}
