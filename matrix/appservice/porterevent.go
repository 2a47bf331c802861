package appservice

import (
	"encoding/json"
	"fmt"
	"time"
)

// A pushedEvent is an event of a room as the homeserver has pushed it.
type pushedEvent struct {
	ID, Room, Type string
	Sender         string
	StateKey       *string // nil: it is no state
	Time           time.Time
	Content        json.RawMessage
}

// membership is what an m.room.member event says.
type membership struct {
	Membership string `json:"membership"`
	IsDirect   bool   `json:"is_direct"`
}

// parseEvent reads an event that was taken into the log, or is to be had of the homeserver. Which room
// it is of need not be said in it if the entry says so.
func parseEvent(e entry) (pushedEvent, error) {
	p := pushedEvent{ID: e.id, Room: e.room}
	fields, err := exactFields(e.raw)
	if err != nil {
		return p, err
	}
	for name, into := range map[string]any{
		"event_id": &p.ID, "type": &p.Type, "sender": &p.Sender, "state_key": &p.StateKey,
	} {
		if raw, ok := fields[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return p, fmt.Errorf("event %s: %s: %w", p.ID, name, err)
			}
		}
	}
	if p.Room == "" {
		p.Room = text(fields["room_id"])
	}
	p.Time, p.Content = moment(fields["origin_server_ts"]), fields["content"]
	return p, nil
}

// moment is when an event is said to have happened; long ago if that makes no sense, for which nobody
// is turned away.
func moment(raw json.RawMessage) time.Time {
	var milliseconds int64
	if json.Unmarshal(raw, &milliseconds) != nil {
		milliseconds = 0
	}
	return time.UnixMilli(milliseconds)
}

// member is what the event says if it is a change of membership.
func (p *pushedEvent) member() (m membership, ok bool) {
	if p.Type != typeMember || p.StateKey == nil {
		return m, false
	}
	return m, json.Unmarshal(p.Content, &m) == nil
}

// exactFields are the fields of an object by their exact names. (package json, told to fill a
// struct, would take one that differs in case for the same.)
func exactFields(raw []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	return fields, err
}

const typeMember = "m.room.member"
