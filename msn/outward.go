package msn

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"msnbridge/bridge"
	"msnbridge/msn/emoticon"
	"msnbridge/msn/wire"
)

// typingEvery is how often at most it is passed on that someone is writing; MSN
// clients say so every five seconds.
const typingEvery = 4 * time.Second

// An outward is the seat of a person or a room outside of MSN, and the window that
// shows the conversation. It belongs to the client that has called it, or has
// answered its ring: all others speak through that client's login, with their
// names in front, but for guests of a room.
type outward struct {
	sb   *switchboard
	addr bridge.Addr // zero if it has rung

	// Guarded by the switchboard's mutex until the seat is present, and unchanged
	// from then on.
	owner  *seat
	chat   *bridge.Chat
	handle string // as clients have been told

	// Of a person. Guarded by the switchboard's mutex: a room is being made with that
	// person, and who else waits to be asked into it.
	gathering bool
	later     []asking

	// Of a room. Guarded by the switchboard's mutex.
	roster roster
	guests map[*seat]*guest

	typed    atomic.Int64 // nanoseconds, of the server's clock
	replaced atomic.Bool  // another window shows what comes
}

// present tells whether the person can be seen and spoken to. The switchboard's
// mutex is held.
func (o *outward) present() bool { return o != nil && o.owner != nil && o.chat != nil }

// is tells whether this is the seat of addr. The switchboard's mutex is held.
func (o *outward) is(addr bridge.Addr) bool {
	return o.addr == addr || o.chat != nil && o.chat.Addr() == addr
}

// attach makes the switchboard the conversation's window: what waits comes now.
func (o *outward) attach() {
	o.chat.Attach(o)
	o.sb.mu.Lock()
	gone := o.sb.outward != o
	o.sb.mu.Unlock()
	if gone { // the owner has left while we attached
		o.chat.Detach(o)
	}
}

// sayers say what becomes of a client's message by its content type. All others,
// which only clients understand, are taken and dropped.
var sayers = map[string]func(*outward, *seat, *wire.Message, byte, *delivery){
	"text/plain":              (*outward).sayText,
	"text/x-msmsgscontrol":    (*outward).sayTyping,
	"text/x-msmsgsinvite":     (*outward).decline,
	"text/x-msnmsgr-datacast": (*outward).sayDatacast,
	p2pType:                   (*outward).sayPeer,
}

// say takes a client's message to the person outside. due is told what becomes
// of it.
func (o *outward) say(from *seat, payload []byte, mode byte, due *delivery) {
	m, err := wire.ParseMessage(payload)
	if err != nil {
		due.written(err)
		return
	}
	kind, _ := m.Type()
	if isChunk(&m) {
		whole, err := from.chunks.take(o, &m, sayers[kind] == nil, time.Now())
		if whole == nil {
			due.written(err)
			return
		}
		m = *whole
		kind, _ = m.Type()
	}
	if f, ok := sayers[kind]; ok {
		f(o, from, &m, mode, due)
	} else {
		due.written(nil)
	}
}

func (o *outward) sayTyping(from *seat, _ *wire.Message, _ byte, due *delivery) {
	chat, typed := o.chat, &o.typed
	if g := o.guest(from); g != nil {
		chat, typed = g.chat, &g.typed
	}
	now := int64(time.Since(o.sb.srv.start)) + 1
	if last := typed.Load(); last == 0 || now-last >= int64(typingEvery) {
		typed.Store(now)
		chat.Typing()
	}
	due.written(nil)
}

func (o *outward) sayText(from *seat, m *wire.Message, mode byte, due *delivery) {
	o.speak(from, o.translated(spoken(m)), formatOf(m), mode, due)
}

// speak sends a text. In mode U the writer cannot be told, so a failure is left to
// the account.
func (o *outward) speak(from *seat, text string, look bridge.Format, mode byte, due *delivery) {
	if text == "" {
		due.written(nil)
		return
	}
	done := func(err error) (told bool) {
		if err != nil && (mode == 'U' || from.c.closing()) {
			return false
		}
		if due != nil {
			due.remark = o.explanation(err)
		}
		due.written(err)
		return true
	}
	if from == o.owner {
		o.takeBack()
		o.chat.Send(text, look, done)
	} else if g := o.voice(from); g != nil {
		g.chat.Send(text, look, done)
	} else {
		o.chat.SendFor(from.name, text, look, done)
	}
}

// translated is a text with emoji in place of emoticon codes. A command is left
// as it is typed, because what it is given may be a name or a password, unless it is
// given nothing but an emoticon; so is what is said to the service.
func (o *outward) translated(text string) string {
	switch {
	case o.chat.Addr().Network == bridge.Service:
		return text
	case !bridge.IsCommand(text):
		return emoticon.ToEmoji(text)
	}
	command, given, _ := strings.Cut(text, " ")
	given = strings.TrimSpace(given)
	if emoji := emoticon.ToEmoji(given); emoji != given && !strings.ContainsFunc(emoji, isASCII) {
		return command + " " + emoji
	}
	return text
}

func isASCII(r rune) bool { return r <= unicode.MaxASCII }

// explanation tells a writer, in the window, why a text was not delivered or how
// much of it was.
func (o *outward) explanation(err error) []byte {
	var e *bridge.SendError
	if !errors.As(err, &e) {
		return nil
	}
	var b []byte
	for _, line := range explanations(e) {
		b = appendText(b, o.handle, o.chat.Name(), line, bridge.Format{})
	}
	return b
}
