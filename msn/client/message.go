package client

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"msnbridge/msn/wire"
)

// A Mode says how a message is acknowledged.
type Mode string

// The modes: not at all, only if it reached nobody, always; and always, with an
// error number for what is malformed, which is for P2P (from MSNP9).
const (
	Unacknowledged Mode = "U"
	NegativeOnly   Mode = "N"
	Acknowledged   Mode = "A"
	Data           Mode = "D"
)

// MaxPayload is the longest payload of MSG, header included, in bytes
// (doc/protocol, 06).
const MaxPayload = 1664

// What can become of a message.
var (
	ErrNotDelivered = errors.New("the message has not been delivered")
	ErrTooLong      = errors.New("the message is too long")
)

// Send sends a payload of any kind. In the modes A and D it returns when the
// server has acknowledged it, with ErrNotDelivered if with NAK. In the others it
// returns at once with the message's ID; in mode N a NAK comes as NotDelivered.
func (sb *Switchboard) Send(ctx context.Context, m Mode, payload []byte) (id uint32, err error) {
	if len(payload) > MaxPayload {
		return 0, ErrTooLong
	}
	if payload == nil {
		payload = []byte{}
	}
	if m != Acknowledged && m != Data {
		id = sb.link.number()
		return id, sb.link.send("MSG", []string{strconv.FormatUint(uint64(id), 10), string(m)}, payload)
	}
	r, err := sb.link.ask(ctx, "MSG", only("ACK", "NAK"), []string{string(m)}, payload)
	if err == nil && r.Verb == "NAK" {
		err = ErrNotDelivered
	}
	return uint32(r.number(0)), err
}

// SendText sends a text in mode A and waits until it is acknowledged.
func (sb *Switchboard) SendText(ctx context.Context, text string) error {
	_, err := sb.Send(ctx, Acknowledged, TextPayload(text))
	return err
}

// SendTyping says that the user is writing; others show it for a few seconds.
func (sb *Switchboard) SendTyping(ctx context.Context) error {
	_, err := sb.Send(ctx, Unacknowledged, wire.TypingNotice(sb.client.Handle()).Append(nil))
	return err
}

// SendNudge shakes the others' windows (MSN 7.0; older clients show nothing).
func (sb *Switchboard) SendNudge(ctx context.Context) error {
	m := wire.Message{
		Header: []wire.Field{wire.MIMEVersion, {Name: "Content-Type", Value: datacast}},
		Body:   []byte("ID: 1\r\n\r\n"),
	}
	_, err := sb.Send(ctx, NegativeOnly, m.Append(nil))
	return err
}

// datacast is the content type of nudges and winks (doc/protocol, 03).
const datacast = "text/x-msnmsgr-datacast"

// isNudge reads the body of a datacast.
func isNudge(body []byte) bool {
	for line := range strings.SplitSeq(string(body), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(name), "ID") {
			return strings.TrimSpace(value) == "1"
		}
	}
	return false
}

// TextPayload makes the payload of a text (doc/protocol, 03).
func TextPayload(text string) []byte {
	m := wire.Message{Header: []wire.Field{
		wire.MIMEVersion,
		{Name: "Content-Type", Value: "text/plain; charset=UTF-8"},
		{Name: "X-MMS-IM-Format", Value: "FN=MS%20Sans%20Serif; EF=; CO=0; CS=0; PF=0"},
	}}
	return wire.AppendText(m.Append(nil), strings.ToValidUTF8(text, "\uFFFD"))
}

// messaged takes a MSG.
func (sb *Switchboard) messaged(r Reply) {
	m, err := wire.ParseMessage(r.Payload)
	if err != nil {
		sb.emit(Other{r})
		return
	}
	kind, charset := m.Type()
	if kind == "text/x-msmsgscontrol" {
		sb.emit(Typing{r.Word(0)})
		return
	}
	ev := Message{
		From: r.Word(0), Name: r.text(1), Raw: r.Payload, Type: kind, Body: m.Body,
		IsText: kind == "text/plain", IsNudge: kind == datacast && isNudge(m.Body),
	}
	if ev.IsText {
		ev.Text = body(m.Body, charset)
	}
	sb.emit(ev)
}

// body is a text as its reader sees it: UTF-8, lines ended by LF. Without a
// charset it is Latin-1, if it is no UTF-8 (doc/protocol, 03).
func body(b []byte, charset string) string {
	s := string(b)
	if charset == "" {
		s = fromLatin1(s)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
}
