package client

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const text = `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=MS%20Sans%20Serif; EF=; CO=0; CS=0; PF=0\r\n\r\n`

func TestCall(t *testing.T) {
	c := signIn(t, Options{}, "C: XFR 5 SB\nS: XFR 5 SB SERVER CKI 17.abc", script(`
C: USR 1 anna@msn.local 17.abc
S: USR 1 OK anna@msn.local Anna
C: CAL 2 bob@x.tld
S: CAL 2 RINGING 42
S: JOI Bob@x.tld Bob%20C
C: MSG 3 A LEN\r\n`+text+`Hi\r\nthere
S: ACK 3
C: MSG 4 A LEN\r\n`+text+`again
S: NAK 4
C: MSG 5 N LEN\r\n`+text+`no
S: NAK 5
C: MSG 6 U LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: anna@msn.local\r\n\r\n\r\n
S: MSG bob@x.tld Bob LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: bob@x.tld\r\n\r\n\r\n
S: MSG bob@x.tld Bob LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\none\r\ntwo
S: MSG bob@x.tld Bob LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-other\r\n\r\n
S: MSG bob@x.tld Bob LEN\r\nnonsense
C: CAL 7 eve@x.tld
S: 217 7
S: BYE bob@x.tld 1
C: OUT`))
	ctx := within(t)
	sb, err := c.Call(ctx, "bob@x.tld")
	if err != nil {
		t.Fatal(err)
	}
	if sb.Session() != "42" || !reflect.DeepEqual(sb.Participants(), []Participant{{Handle: "Bob@x.tld", Name: "Bob C"}}) {
		t.Errorf("session %q, participants %+v", sb.Session(), sb.Participants())
	}
	if err := sb.SendText(ctx, "Hi\nthere"); err != nil {
		t.Error(err)
	}
	if err := sb.SendText(ctx, "again"); !errors.Is(err, ErrNotDelivered) {
		t.Errorf("a NAK is %v", err)
	}
	id, err := sb.Send(ctx, NegativeOnly, TextPayload("no"))
	if err != nil || id != 5 {
		t.Errorf("ID %d, %v", id, err)
	}
	if err := sb.SendTyping(ctx); err != nil {
		t.Error(err)
	}
	if n, err := Wait[NotDelivered](ctx, sb.Events(), nil); err != nil || n.ID != 5 {
		t.Errorf("%+v %v", n, err)
	}
	if ty, err := Wait[Typing](ctx, sb.Events(), nil); err != nil || ty.Handle != "bob@x.tld" {
		t.Errorf("%+v %v", ty, err)
	}
	if m, err := Wait[Message](ctx, sb.Events(), nil); err != nil || !m.IsText || m.Text != "one\ntwo" || m.From != "bob@x.tld" {
		t.Errorf("%+v %v", m, err)
	}
	if m, err := Wait[Message](ctx, sb.Events(), nil); err != nil || m.IsText {
		t.Errorf("%+v %v", m, err)
	}
	if o, err := Wait[Other](ctx, sb.Events(), nil); err != nil || string(o.Reply.Payload) != "nonsense" {
		t.Errorf("%+v %v", o, err)
	}
	if err := sb.Invite(ctx, "eve@x.tld"); Code(err) != 217 {
		t.Error(err)
	}
	if l, err := Wait[Left](ctx, sb.Events(), nil); err != nil || !l.Idle || len(sb.Participants()) != 0 {
		t.Errorf("%+v %v, still there: %v", l, err, sb.Participants())
	}
	sb.Close()
}

func TestCallOfNobody(t *testing.T) {
	c := signIn(t, Options{}, "C: XFR 5 SB\nS: XFR 5 SB SERVER CKI 17.abc", `
C: USR 1 anna@msn.local 17.abc
S: USR 1 OK anna@msn.local Anna
C: CAL 2 bob@x.tld
S: 217 2
C: OUT`)
	if _, err := c.Call(within(t), "bob@x.tld"); Code(err) != 217 {
		t.Error(err)
	}
}

func TestCallWhileHidden(t *testing.T) {
	c := signIn(t, Options{}, "C: XFR 5 SB\nS: 913 5")
	if _, err := c.Call(within(t), "bob@x.tld"); Code(err) != 913 {
		t.Error(err)
	}
}

const answered = `
C: ANS 1 anna@msn.local 17.abc 42
S: IRO 1 1 2 bob@x.tld Bob
S: IRO 1 2 2 eve@x.tld Eve
S: ANS 1 OK
S: MSG bob@x.tld Bob LEN\r\nContent-Type: text/plain\r\n\r\nhello`

func TestAnswer(t *testing.T) {
	c := signIn(t, Options{}, "S: RNG 42 SERVER CKI 17.abc bob@x.tld Bob%20C", answered)
	ctx := within(t)
	ring, err := Wait[Ring](ctx, c.Events(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sb, err := c.Answer(ctx, ring)
	if err != nil {
		t.Fatal(err)
	}
	if ring.Name != "Bob C" || len(sb.Participants()) != 2 || sb.Session() != "42" {
		t.Errorf("%+v %+v", ring, sb.Participants())
	}
	if m, err := Wait[Message](ctx, sb.Events(), nil); err != nil || m.Text != "hello" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestAnswerByItself(t *testing.T) {
	c := signIn(t, Options{Answer: true}, "S: RNG 42 SERVER CKI 17.abc bob@x.tld Bob", answered)
	ctx := within(t)
	called, err := Wait[Called](ctx, c.Events(), nil)
	if err != nil || called.Err != nil {
		t.Fatal(err, called.Err)
	}
	if m, err := Wait[Message](ctx, called.Switchboard.Events(), nil); err != nil || m.Text != "hello" {
		t.Errorf("%+v %v", m, err)
	}
	c.Close() // closes the switchboard too
	<-called.Switchboard.Done()
}

func TestAnswerTooLate(t *testing.T) {
	c := signIn(t, Options{Answer: true}, "S: RNG 42 SERVER CKI 17.abc bob@x.tld Bob", "C: ANS 1 anna@msn.local 17.abc 42\nS: 911 1\nS: close")
	called, err := Wait[Called](within(t), c.Events(), nil)
	if err != nil || Code(called.Err) != 911 || called.Switchboard != nil {
		t.Errorf("%+v %v", called, err)
	}
}

func TestTooLong(t *testing.T) {
	sb := &Switchboard{}
	if _, err := sb.Send(within(t), Acknowledged, make([]byte, MaxPayload+1)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}

func TestBody(t *testing.T) {
	for _, c := range []struct{ in, charset, want string }{
		{"a\r\nb\rc\nd", "utf-8", "a\nb\nc\nd"},
		{"caf\xe9", "", "café"},
		{"café", "", "café"},
		{"caf\xe9", "utf-8", "caf\uFFFD"},
	} {
		if got := body([]byte(c.in), c.charset); got != c.want {
			t.Errorf("%q as %q is %q, want %q", c.in, c.charset, got, c.want)
		}
	}
}

// What is no text, in both directions and byte for byte; nudges; what the others can do.
func TestPayloadsOfAllKinds(t *testing.T) {
	const p2p = "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: bob@x.tld\r\n\r\n\x00\x01\xff\r\n\x80MSG 1 N 3\r\n"
	c := signInAs(t, "MSNP12", Options{}, "C: XFR 5 SB\nS: XFR 5 SB SERVER CKI 17.abc", script(`
C: USR 1 anna@msn.local 17.abc
S: USR 1 OK anna@msn.local Anna
C: CAL 2 bob@x.tld
S: CAL 2 RINGING 42
S: JOI bob@x.tld Bob%20C 1342177316
C: MSG 3 D LEN\r\n`+strings.ReplaceAll(p2p, "\r\n", `\r\n`)+`
S: MSG bob@x.tld Bob LEN\r\n`+strings.ReplaceAll(p2p, "\r\n", `\r\n`)+`
S: ACK 3
C: MSG 4 D LEN\r\nX: y\r\n\r\n
S: 282 4
C: MSG 5 N LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 1\r\n\r\n
S: MSG bob@x.tld Bob LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 1\r\n\r\n
S: MSG bob@x.tld Bob LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 2\r\nData: x\r\n\r\n
S: JOI carol@x.tld Carol`))
	ctx := within(t)
	sb, err := c.Call(ctx, "bob@x.tld")
	if err != nil {
		t.Fatal(err)
	}
	if who := sb.Participants(); !reflect.DeepEqual(who, []Participant{{"bob@x.tld", "Bob C", 1342177316}}) {
		t.Errorf("%+v", who)
	}
	if _, err := sb.Send(ctx, Data, []byte(p2p)); err != nil {
		t.Error(err)
	}
	if _, err := sb.Send(ctx, Data, []byte("X: y\r\n\r\n")); Code(err) != 282 {
		t.Error(err)
	}
	if err := sb.SendNudge(ctx); err != nil {
		t.Error(err)
	}
	if m, err := Wait[Message](ctx, sb.Events(), nil); err != nil || string(m.Raw) != p2p || m.Type != "application/x-msnmsgrp2p" || string(m.Body) != "\x00\x01\xff\r\n\x80MSG 1 N 3\r\n" {
		t.Errorf("%+v %v", m, err)
	}
	for _, nudge := range []bool{true, false} {
		if m, err := Wait[Message](ctx, sb.Events(), nil); err != nil || m.IsText || m.IsNudge != nudge {
			t.Errorf("%+v %v", m, err)
		}
	}
	if j, err := Wait[Joined](ctx, sb.Events(), nil); err != nil || j != (Joined{Handle: "carol@x.tld", Name: "Carol"}) {
		t.Errorf("%+v %v", j, err)
	}
}

func TestAnswerWithFeatures(t *testing.T) {
	c := signInAs(t, "MSNP12", Options{}, "S: RNG 42 SERVER CKI 17.abc bob@x.tld Bob%20C U messenger.msn.com 1", `
C: ANS 1 anna@msn.local 17.abc 42
S: IRO 1 1 2 bob@x.tld Bob 1073741824:0
S: IRO 1 2 2 eve@x.tld Eve
S: ANS 1 OK`)
	ctx := within(t)
	ring, err := Wait[Ring](ctx, c.Events(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sb, err := c.Answer(ctx, ring)
	if err != nil {
		t.Fatal(err)
	}
	if who := sb.Participants(); !reflect.DeepEqual(who, []Participant{{"bob@x.tld", "Bob", TextOnly}, {Handle: "eve@x.tld", Name: "Eve"}}) {
		t.Errorf("%+v", who)
	}
}
