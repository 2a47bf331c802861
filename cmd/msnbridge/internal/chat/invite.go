package chat

import (
	"context"
	"strings"

	"msnbridge/msn/client"
	"msnbridge/msn/wire"
)

// invitation is the type of messages that offer a file or a call (MSN 3.0 to 7.5;
// doc/protocol, 03).
const invitation = "text/x-msmsgsinvite"

// decline shows what somebody offers, and says no: whoever offers it would wait.
// Other messages of the kind answer nothing of ours.
func (c *Chat) decline(w *window, where string, m client.Message) {
	body, err := wire.ParseMessage(append(append([]byte{}, m.Body...), "\r\n\r\n"...))
	if err != nil || !strings.EqualFold(body.Get("Invitation-Command"), "INVITE") {
		return
	}
	what := body.Get("Application-Name")
	if file := body.Get("Application-File"); file != "" {
		what += " (" + file + ")"
	}
	c.say("* %s%s offers %s, which is declined: this is texts only", where, m.From, what)
	no := wire.Message{
		Header: []wire.Field{wire.MIMEVersion, {Name: "Content-Type", Value: invitation + "; charset=UTF-8"}},
		Body: []byte("Invitation-Command: CANCEL\r\nInvitation-Cookie: " + body.Get("Invitation-Cookie") +
			"\r\nCancel-Code: REJECT\r\n\r\n"),
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if _, err := w.sb.Send(ctx, client.NegativeOnly, no.Append(nil)); err != nil {
		c.say("! %s", err)
	}
}
