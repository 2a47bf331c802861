package msn

import (
	"strings"

	"msnbridge/msn/wire"
)

// decline refuses an invitation to a file transfer or an application: only MSN
// clients have them (doc/protocol, 03 section 6). Where there is another client, it
// has the invitation too, and answers for itself.
func (o *outward) decline(from *seat, m *wire.Message, _ byte, due *delivery) {
	due.written(nil)
	if o.sb.clients() > 1 {
		return
	}
	invitation, err := wire.ParseMessage(append(m.Body, "\r\n\r\n"...))
	if err != nil || !strings.EqualFold(invitation.Get("Invitation-Command"), "INVITE") {
		return
	}
	cookie := invitation.Get("Invitation-Cookie")
	if cookie == "" || len(cookie) > 32 {
		return
	}
	var body []byte
	for _, f := range []wire.Field{
		{Name: "Invitation-Command", Value: "CANCEL"},
		{Name: "Invitation-Cookie", Value: cookie},
		{Name: "Cancel-Code", Value: refusal(invitation.Get("Application-GUID"))},
	} {
		body = wire.AppendHeader(body, f.Name, f.Value)
	}
	reply := wire.Message{
		Header: []wire.Field{wire.MIMEVersion, {Name: "Content-Type", Value: "text/x-msmsgsinvite; charset=UTF-8"}},
		Body:   append(body, '\r', '\n'),
	}
	from.c.send(appendMessage(nil, o.handle, o.chat.Name(), reply.Append(nil)))
}

// fileTransfer is the application that sends files.
const fileTransfer = "{5D3E02AB-6190-11d3-BBBB-00C04F795683}"

// refusal is the code with which an application is refused. Of files every client
// knows that they can be refused; aMSN from 0.81 on waits for ever when it is
// told that there is no such application (doc/protocol, 07).
func refusal(application string) string {
	if strings.EqualFold(application, fileTransfer) {
		return "REJECT"
	}
	return "REJECT_NOT_INSTALLED"
}
