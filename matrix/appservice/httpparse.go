package appservice

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode"
)

// Limits of what is taken from a transaction, in bytes.
const (
	maxEvent     = 512 << 10 // an event; by the specification 64 KiB and what the homeserver adds
	maxEphemeral = 256 << 10 // a typing notice, or receipts
	maxPresence  = 8 << 10   // a presence, which is remembered
	maxID        = 255       // of an event, room or user
)

// maxPushed is how many events, and how many things that are not kept, one transaction may bring. No
// homeserver brings more than some hundreds; each costs many times the byte or two that it may have.
const maxPushed = 10000

// A push is a transaction as it was pushed.
type push struct {
	transaction
	ephemeral []ephemeral
	malformed int // events and others that are passed over
}

// parsePush reads the body of a transaction (application service API 1.15, 2.3.1). What makes no
// sense in it is counted and passed over: refused as a whole, it would come again for ever, and
// nothing after it.
func parsePush(id string, body []byte) (push, *refusal) {
	p := push{transaction: transaction{id: digest([]byte(id)), body: digest(body)}}
	if !json.Valid(body) {
		return p, notJSON
	}
	fields, err := exactFields(body)
	if err != nil || fields == nil {
		return p, badJSON
	}
	if no := each(fields, p.addEvent, "events"); no != nil {
		return p, no
	}
	switch no := each(fields, p.addEphemeral, "ephemeral", "de.sorunome.msc2409.ephemeral"); no {
	case badJSON:
		p.malformed++
	case tooLarge:
		return p, no
	}
	return p, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// each calls f with what is in the first of the lists that is there, which is valid JSON.
func each(fields map[string]json.RawMessage, f func(json.RawMessage), names ...string) *refusal {
	for _, name := range names {
		if raw, there := fields[name]; there {
			return eachIn(raw, f)
		}
	}
	return nil
}

func eachIn(list json.RawMessage, f func(json.RawMessage)) *refusal {
	in := json.NewDecoder(bytes.NewReader(list))
	switch first, err := in.Token(); {
	case err == nil && first == nil:
		return nil // null
	case first != json.Delim('['):
		return badJSON
	}
	for n := 0; in.More(); n++ {
		var raw json.RawMessage
		if n == maxPushed {
			return tooLarge
		}
		if err := in.Decode(&raw); err != nil {
			return badJSON
		}
		f(raw)
	}
	return nil
}

func (p *push) addEvent(raw json.RawMessage) {
	fields, err := exactFields(raw)
	if err != nil || len(raw) > maxEvent {
		p.malformed++
		return
	}
	e := entry{id: text(fields["event_id"]), room: text(fields["room_id"]), raw: plain(fields, raw)}
	kind, sender := text(fields["type"]), text(fields["sender"])
	if !isID(e.id, '$') || !isID(e.room, '!') || !isID(sender, '@') || kind == "" {
		p.malformed++
		return
	}
	if kind == typeMember {
		if e.subject = text(fields["state_key"]); !isID(e.subject, '@') {
			p.malformed++
			return
		}
	}
	p.entries = append(p.entries, e)
}

func (p *push) addEphemeral(raw json.RawMessage) {
	fields, err := exactFields(raw)
	if err != nil || len(raw) > maxEphemeral {
		p.malformed++
		return
	}
	e := ephemeral{raw: plain(fields, raw)}
	switch text(fields["type"]) {
	case "m.presence":
		e.person = text(fields["sender"])
	case "m.typing", "m.receipt":
		e.room = text(fields["room_id"])
	}
	if !isID(e.person, '@') && !isID(e.room, '!') || e.person != "" && len(raw) > maxPresence {
		p.malformed++
		return
	}
	p.ephemeral = append(p.ephemeral, e)
}

// text is a string; empty if it is none.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// isID tells whether s may be an ID that begins so.
func isID(s string, sigil byte) bool {
	return len(s) > 1 && len(s) <= maxID && s[0] == sigil && strings.IndexFunc(s, unicode.IsControl) < 0
}

// known are the fields of events that somebody reads.
var known = []string{
	"event_id", "room_id", "type", "sender", "state_key", "origin_server_ts", "content", "redacts", "unsigned",
}

// plain is an object without fields that are written almost like one that is known, which a careless
// reader would take for it.
func plain(fields map[string]json.RawMessage, raw json.RawMessage) json.RawMessage {
	clean := true
	for name := range fields {
		for _, k := range known {
			if name != k && strings.EqualFold(name, k) {
				delete(fields, name)
				clean = false
			}
		}
	}
	if clean {
		return raw
	}
	again, err := json.Marshal(fields)
	if err != nil {
		return raw
	}
	return again
}
