package msn

import (
	"bytes"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// mayCommand tells cheaply of a payload that could be a command to whoever is
// outside: most are not.
func mayCommand(payload []byte) bool {
	_, body, _ := bytes.Cut(payload, []byte("\r\n\r\n"))
	for _, c := range body {
		if c > ' ' && c != 0x7f {
			return c == '/' || c >= 0x80
		}
	}
	return false
}

// isCommand tells of a payload that is a command, if somebody is outside, or goes
// on with one that comes in chunks.
func (s *seat) isCommand(payload []byte) bool {
	m, err := wire.ParseMessage(payload)
	if err != nil {
		return false
	}
	if m.Get("Chunk") != "" {
		return s.secret != "" && m.Get("Message-ID") == s.secret
	}
	kind, _ := m.Type()
	if kind != "text/plain" || !bridge.IsCommand(spoken(&m)) {
		return false
	}
	if isChunk(&m) {
		s.secret = m.Get("Message-ID")
	}
	return true
}

// findCommands finds the commands of a batch, and makes public what other clients
// get if somebody is outside. Commands are not for them: there may be a password
// in one.
func (b *batch) findCommands(from *seat) {
	found := false
	for i := range b.msgs {
		m := &b.msgs[i]
		m.command = from.isCommand(b.frames[m.body:m.end:m.end])
		found = found || m.command
	}
	if !found {
		return
	}
	b.public = make([]byte, 0, len(b.frames))
	start := 0
	for i := range b.msgs {
		m := &b.msgs[i]
		if !m.command {
			b.public = append(b.public, b.frames[start:m.end]...)
		}
		start = m.end
	}
}

// expectPublic is expect for a batch with commands in it.
func (b *batch) expectPublic(from *seat, others int) []byte {
	start, end := 0, 0
	for i := range b.msgs {
		m := &b.msgs[i]
		if m.command {
			b.expectOne(from, m, 0, 0, true)
		} else {
			end += m.end - start
			b.expectOne(from, m, end, others, true)
		}
		start = m.end
	}
	return b.public
}
