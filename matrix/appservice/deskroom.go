package appservice

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"maunium.net/go/mautrix"
)

// The types of events that the control room looks at.
const (
	typeMessage    = "m.room.message"
	typeEncrypted  = "m.room.encrypted"
	typeEncryption = "m.room.encryption"
	typeMailed     = "m.room.third_party_invite"
)

// maxState bounds the state of a room that is read, in bytes: one of two people has little.
const maxState = 1 << 20

// A roomView is who is in a room just now.
type roomView struct {
	here      bool              // we are in it
	others    map[string]string // who is in it or invited: join or invite
	crowded   bool              // there may be more than that
	encrypted bool
}

// alone is the one person who is in the room with us; false if that is not how it is.
func (v *roomView) alone() (person string, ok bool) {
	if !v.here || v.crowded || len(v.others) != 1 {
		return "", false
	}
	for person, how := range v.others {
		return person, how == "join"
	}
	return "", false
}

// look reads who is in a room. One whose state makes no sense is crowded.
func (b *bot) look(ctx context.Context, room string) (roomView, error) {
	body, err := b.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: b.client.BuildClientURL("v3", "rooms", room, "state"), ResponseSizeLimit: maxState,
	})
	switch {
	case errors.Is(err, mautrix.ErrResponseTooLong), errors.Is(err, mautrix.ErrBodyReadReachedLimit):
		return roomView{here: true, crowded: true}, nil
	case err != nil:
		return roomView{}, err
	}
	var state []json.RawMessage
	if err := json.Unmarshal(body, &state); err != nil {
		return roomView{here: true, crowded: true}, nil
	}
	v := roomView{others: map[string]string{}}
	for _, raw := range state {
		e, err := parseEvent(entry{room: room, raw: raw})
		if err != nil || e.StateKey == nil {
			v.crowded = true
			continue
		}
		v.take(&e, b.s.bot())
	}
	return v, nil
}

// take takes one event of a room's state.
func (v *roomView) take(e *pushedEvent, bot string) {
	switch e.Type {
	case typeEncryption:
		v.encrypted = true
	case typeMailed: // somebody who has no user ID yet; taken back, it is empty
		var content map[string]json.RawMessage
		v.crowded = v.crowded || json.Unmarshal(e.Content, &content) != nil || len(content) > 0
	case typeMember:
		m, ok := e.member()
		switch {
		case !ok:
			v.crowded = true
		case *e.StateKey == bot:
			v.here = m.Membership == "join"
		case m.Membership == "join" || m.Membership == "invite":
			v.others[*e.StateKey] = m.Membership
		}
	}
}
