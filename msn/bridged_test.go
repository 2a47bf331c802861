package msn

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// bridged is a rig with alice online, who has a login, and some people.
func bridged(t *testing.T, conf ...Config) *rig {
	r := newRig(t, conf...)
	r.Play(t, "! person ann AWY Annie\n! person ben NLN Ben\n! login alice@msn.test\n"+online("alice"))
	return r
}

func TestBridgedLists(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! person ben NLN Ben\n! login alice@msn.test\n"+signIn("alice", "MSNP7"))
	r.script("bridged.txt")
}

// textHead is the header of a text of ours, as a transcript has it.
const textHead = `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; PF=22\r\n\r\n`

// open has alice call ann in a switchboard, on the connection a-sb.
const open = `
alice C: XFR 90 SB
alice S: XFR 90 SB {server} CKI {open-cookie}
a-sb C: USR 1 alice@msn.test {open-cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 ann@net.test
a-sb S: CAL 2 RINGING {_}
a-sb S: JOI ann@net.test ann%40net.test
`

func (r *rig) emit(m bridge.Message) {
	r.t.Helper()
	m.Chat = r.net.Addr("ann")
	if m.From.IsZero() {
		m.From = m.Chat
	}
	m.Name = "Annie"
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.MessageReceived{Message: m}); err != nil {
		r.t.Fatal(err)
	}
}

// What is shown of the kinds of message.
func TestShown(t *testing.T) {
	r := bridged(t)
	r.Play(t, open)
	now := time.Now()
	old := now.Add(-24 * time.Hour)
	for _, c := range []struct {
		m    bridge.Message
		want string
	}{
		{bridge.Message{Text: "hi", Time: now}, "hi"},
		{bridge.Message{Text: "two\nlines\n", Time: now}, `two\r\nlines\r\n`},
		{bridge.Message{Text: "waves", Emote: true, Time: now}, "* Annie waves"},
		{bridge.Message{Text: "from my phone", Own: true, Time: now}, "(you, elsewhere) from my phone"},
		{bridge.Message{Text: "yesterday", Time: old}, old.Local().Format("[2006-01-02 15:04] ") + "yesterday"},
	} {
		r.emit(c.m)
		r.Play(t, "a-sb S: MSG ann@net.test Annie LEN\\r\\n"+textHead+c.want)
	}
	if err := r.net.Emit(r.ctx, "alice@msn.test", nil, bridge.Typing{Chat: r.net.Addr("ann"), From: r.net.Addr("ann")}); err != nil {
		t.Fatal(err)
	}
	r.Play(t, `a-sb S: MSG ann@net.test Annie LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: ann@net.test\r\n\r\n\r\n`)
}

// A command is sent as it is typed, but an emoticon alone is one also there.
func TestTranslated(t *testing.T) {
	r := bridged(t)
	r.Play(t, open)
	for i, c := range []struct{ typed, command, text string }{
		{"hello :)", "", "hello 🙂"},
		{"/react (y)", "react", "👍"},
		{"/react  :-) ", "react", "🙂"},
		{"/nick me :)", "nick", "me :)"},
		{"/join x:)", "join", "x:)"},
	} {
		r.Play(t, fmt.Sprintf("a-sb C: MSG %d U LEN\\r\\nMIME-Version: 1.0\\r\\nContent-Type: text/plain; charset=UTF-8\\r\\n\\r\\n%s", 20+i, c.typed))
		_, err := r.net.WaitCall(r.ctx, "Send", func(call bridgetest.Call) bool {
			return call.Message.Command == c.command && strings.TrimSpace(call.Message.Text) == c.text
		})
		if err != nil {
			t.Errorf("%q: %v", c.typed, err)
		}
	}
}

// A long text comes as several messages.
func TestLongText(t *testing.T) {
	r := bridged(t)
	r.Play(t, open)
	r.emit(bridge.Message{Text: strings.Repeat("x", 1400) + "yyy", Time: time.Now()})
	r.Play(t, "a-sb S: MSG ann@net.test Annie LEN\\r\\n"+textHead+strings.Repeat("x", 1400))
	r.Play(t, "a-sb S: MSG ann@net.test Annie LEN\\r\\n"+textHead+"yyy")
}

// What came while nobody was signed in rings at the first visible state, and is
// shown with its time; what is not shown rings again after a restart.
func TestWaiting(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! login alice@msn.test")
	then := time.Now().Add(-time.Minute * 5)
	r.emit(bridge.Message{ID: "1", Text: "are you there?", Time: then})
	ring := `
NAME C: CHG 5 HDN
NAME S: CHG 5 HDN
NAME S: ILN 5 NLN gateway@msn.test msnbridge
NAME C: CHG 6 NLN
NAME S: CHG 6 NLN
NAME S: RNG {NAME-id} {server} CKI {NAME-cookie} ann@net.test Annie
`
	r.Play(t, signIn("alice", "MSNP2")+strings.ReplaceAll(ring, "NAME", "alice"))
	r.restart()
	r.Play(t, "! person ann AWY Annie")
	r.Play(t, signInAs("again", "alice", "MSNP2")+strings.ReplaceAll(ring, "NAME", "again"))
	r.Play(t, `
old C: ANS 1 alice@msn.test {alice-cookie} {alice-id}
old S: 911 1
old S: close
a-sb C: ANS 1 alice@msn.test {again-cookie} {again-id}
a-sb S: IRO 1 1 1 ann@net.test Annie
a-sb S: ANS 1 OK
a-sb S: MSG ann@net.test Annie LEN\r\n`+textHead+then.Local().Format("[2006-01-02 15:04] ")+"are you there?")
}

// A client that has asked not to be rung is not.
func TestNotRung(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! login alice@msn.test\n"+signIn("alice", "MSNP3")+`
alice C: IMS 5 OFF
alice S: IMS 5 0 OFF
alice C: CHG 6 NLN
alice S: CHG 6 NLN
alice S: ILN 6 NLN gateway@msn.test msnbridge
! says alice@msn.test ann hello
alice C: PNG
alice S: QNG
alice C: IMS 7 ON
alice S: IMS 7 0 ON
`)
}

// The owner's client goes while the network has not said what became of a text:
// the account is told later, in the conversation.
func TestWriterGone(t *testing.T) {
	r := bridged(t)
	answer := make(chan struct{})
	r.net.OnSend(func(ctx context.Context, account string, m bridge.Message) error {
		<-answer
		return bridgetest.Refuse("too late")(ctx, account, m)
	})
	r.Play(t, open+`
a-sb C: MSG 3 N LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhello
! sends alice@msn.test ann hello
a-sb C: OUT
a-sb S: close
`)
	close(answer)
	r.Play(t, `
alice S: RNG {id} {server} CKI {cookie} ann@net.test {_}
b-sb C: ANS 1 alice@msn.test {cookie} {id}
b-sb S: IRO 1 1 1 ann@net.test {_}
b-sb S: ANS 1 OK
b-sb S: MSG ann@net.test {_} {_}\r\n{...}hello{...}
`)
}

// The service contact answers in a conversation.
func TestServiceContact(t *testing.T) {
	r := bridged(t)
	r.Play(t, `
alice C: XFR 10 SB
alice S: XFR 10 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 gateway@msn.test
a-sb S: CAL 2 RINGING {_}
a-sb S: JOI gateway@msn.test msnbridge
a-sb C: MSG 3 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nwhoami
a-sb S: ACK 3
a-sb S: MSG gateway@msn.test msnbridge {_}\r\n{...}You are alice@msn.test, called Alice.
`)
}
