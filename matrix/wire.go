package matrix

import (
	"encoding/json"
	"errors"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// The types of events that we look at.
const (
	typeMessage    = "m.room.message"
	typeSticker    = "m.sticker"
	typeEncrypted  = "m.room.encrypted"
	typeMember     = "m.room.member"
	typeName       = "m.room.name"
	typeAlias      = "m.room.canonical_alias"
	typeEncryption = "m.room.encryption"
	typeCreate     = "m.room.create"
	typePower      = "m.room.power_levels"
	typeTopic      = "m.room.topic"
	typeTombstone  = "m.room.tombstone"
	typeChild      = "m.space.child"
	typeTag        = "m.tag"
	typeDirect     = "m.direct"
	typeIgnored    = "m.ignored_user_list"
	typeTyping     = "m.typing"
	typeReceipt    = "m.receipt"
	typePresence   = "m.presence"
	typeReaction   = "m.reaction"
	typeRedaction  = "m.room.redaction"
)

// syncResponse is the answer to /sync (client-server API, 6.5). The parts stay raw until they are
// looked at one by one, so that a malformed one spoils nothing but itself; mautrix's own type
// refuses the whole.
type syncResponse struct {
	NextBatch   string `json:"next_batch"`
	AccountData events `json:"account_data"`
	Presence    events `json:"presence"`

	// For encryption (client-server API, 11.12.1.3).
	ToDevice    events         `json:"to_device"`
	DeviceLists deviceLists    `json:"device_lists"`
	OneTimeKeys map[string]int `json:"device_one_time_keys_count"` // nil: not told

	Rooms struct {
		Join   map[string]json.RawMessage `json:"join"`
		Invite map[string]json.RawMessage `json:"invite"`
		Leave  map[string]json.RawMessage `json:"leave"`
	} `json:"rooms"`

	ours    bool            // there was no answer: something else is to be told
	entered map[string]bool // rooms that we have just come into, of which nothing else is told
}

type deviceLists struct {
	Changed []string `json:"changed"`
	Left    []string `json:"left"`
}

type events struct {
	Events []json.RawMessage `json:"events"`
}

type joinedRoom struct {
	Summary struct {
		Heroes  []string `json:"m.heroes"`
		Joined  *int     `json:"m.joined_member_count"`
		Invited *int     `json:"m.invited_member_count"`
	} `json:"summary"`
	AccountData events `json:"account_data"`
	State       events `json:"state"`
	Timeline    struct {
		events
		Limited   bool   `json:"limited"`
		PrevBatch string `json:"prev_batch"`
	} `json:"timeline"`
	Ephemeral events `json:"ephemeral"`
}

type invitedRoom struct {
	State events `json:"invite_state"`
}

// messagesResponse is the answer to /messages (client-server API, 11.7.2).
type messagesResponse struct {
	Chunk []json.RawMessage `json:"chunk"`
	State []json.RawMessage `json:"state"` // of those who have said it
	End   string            `json:"end"`
}

// anEvent is an event of a room, account data, or one that is not kept.
type anEvent struct {
	ID       string          `json:"event_id"`
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key"`
	Time     int64           `json:"origin_server_ts"` // milliseconds
	Content  json.RawMessage `json:"content"`
	Room     string          `json:"room_id"` // not in /sync
	Redacts  string          `json:"redacts"` // of a redaction; see also its content
	Unsigned struct {
		TransactionID string          `json:"transaction_id"`
		PrevContent   json.RawMessage `json:"prev_content"`
		PrevSender    string          `json:"prev_sender"`
	} `json:"unsigned"`

	raw      json.RawMessage
	unsigned bool // was encrypted by a session that its owner, whom we have verified, has not
}

type memberContent struct {
	Membership string `json:"membership"`
	Name       string `json:"displayname"`
	IsDirect   bool   `json:"is_direct"`
	Reason     string `json:"reason"`
}

// lenient decodes what it can: a field of the wrong type stays empty. It is false for what is no
// JSON object at all.
func lenient(raw json.RawMessage, v any) bool {
	if len(raw) == 0 || raw[0] != '{' {
		return false
	}
	err := json.Unmarshal(raw, v)
	var wrongType *json.UnmarshalTypeError
	return err == nil || errors.As(err, &wrongType)
}

func parseEvent(raw json.RawMessage) (anEvent, bool) {
	var e anEvent
	ok := lenient(raw, &e)
	e.raw = raw
	return e, ok && e.Type != ""
}

// parseRoomEvent also checks what every event of a room must have.
func parseRoomEvent(raw json.RawMessage) (anEvent, bool) {
	e, ok := parseEvent(raw)
	return e, ok && validEvent(e.ID) && validUser(e.Sender)
}

// typeSpace is the type of a room that is a space (client-server API, 11.36).
const typeSpace = "m.space"

// The filters of /sync: only what we look at. Members are told of as far as they have said what the
// answer brings, each time anew: we may have forgotten them. Dendrite takes the filter of the account's
// data for that of its rooms too.
func syncFilter(timeline int) string {
	of := func(types ...string) *mautrix.FilterPart {
		p := &mautrix.FilterPart{}
		for _, t := range types {
			p.Types = append(p.Types, event.Type{Type: t})
		}
		return p
	}
	state := of(stateTypes...)
	state.LazyLoadMembers, state.IncludeRedundantMembers = true, true
	line := of(slices.Concat(roomTypes, stateTypes)...)
	line.LazyLoadMembers, line.IncludeRedundantMembers, line.Limit = true, true, timeline
	f, err := json.Marshal(mautrix.Filter{
		AccountData: of(typeDirect, typeIgnored, typeTag),
		Presence:    of(typePresence),
		Room: &mautrix.RoomFilter{
			AccountData: of(typeTag),
			Ephemeral:   of(typeTyping, typeReceipt),
			State:       state,
			Timeline:    line,
		},
	})
	if err != nil {
		panic(err) // it is constant
	}
	return string(f)
}

// roomTypes are the events wanted from a room's timeline.
var roomTypes = append([]string{typeMessage, typeSticker, typeEncrypted, typeReaction, typeRedaction, typeVote, typeOldVote}, wordyTypes...)

// stateTypes is the state wanted of a room, and its changes.
var stateTypes = []string{typeMember, typeName, typeAlias, typeEncryption, typeCreate, typePower, typeTopic, typeTombstone, typeChild}

// messagesFilter is for /messages.
func messagesFilter(sender string, types ...string) string {
	f := map[string]any{"types": types, "lazy_load_members": true, "include_redundant_members": true}
	if sender != "" {
		f["senders"] = []string{sender}
	}
	s, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings alone
	}
	return string(s)
}
