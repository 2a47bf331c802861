package matrix

import (
	"encoding/json"
	"maps"
	"slices"
)

// A part is some of what was pushed, of each room no more than an answer to /sync could tell at
// once: the ghost comes, or goes, or is there all the time.
type part struct {
	rooms    map[string]*roomPart
	presence []json.RawMessage
}

// A roomPart is what a part tells of a room.
type roomPart struct {
	events  []json.RawMessage
	loose   []json.RawMessage // typing notices and receipts
	entered bool              // the ghost has come into it by one of the events
	invite  *anEvent          // it has only been invited
	left    bool              // by the only event it is out
}

// divide makes parts of news, in their order. Of rooms that the ghost is not in nothing else
// is told: what was said before it came is read when it has.
func (f *ghostFeed) divide(news, loose []anEvent) []part {
	d := divider{part: part{rooms: map[string]*roomPart{}}}
	for i := range news {
		e := &news[i]
		switch own := e.Type == typeMember && e.StateKey != nil && *e.StateKey == f.me; {
		case f.early[e.Room]: // it was before the ghost came, or is how it did
			f.cameAtLast(e, own)
		case own && f.comesOrGoes(e):
			f.own(&d, e)
		case own: // only its name or picture
		case f.inside[e.Room]:
			r := d.room(e.Room, false)
			r.events = append(r.events, e.raw)
		}
	}
	for i := range loose {
		f.loosely(&d, &loose[i])
	}
	return d.all()
}

// comesOrGoes tells whether an event of the ghost's own membership changes where it is, and not only
// its name.
func (f *ghostFeed) comesOrGoes(e *anEvent) bool {
	before := membershipOf(e.Unsigned.PrevContent)
	return membershipOf(e.Content) != "join" || !f.inside[e.Room] || before != "" && before != "join"
}

// own takes in that the ghost has come into a room, was asked into one, or is out of it.
func (f *ghostFeed) own(d *divider, e *anEvent) {
	switch membershipOf(e.Content) {
	case "join":
		r := d.room(e.Room, true)
		r.entered, r.events = true, []json.RawMessage{e.raw}
		f.inside[e.Room] = true
		f.entered = append(f.entered, e.Room)
	case "invite":
		d.room(e.Room, true).invite = e
		delete(f.inside, e.Room)
	case "leave", "ban":
		r := d.room(e.Room, true)
		r.left, r.events = true, []json.RawMessage{e.raw}
		f.gone(e.Room)
	}
}

// loosely takes in what is not kept.
func (f *ghostFeed) loosely(d *divider, e *anEvent) {
	switch {
	case e.Type == typePresence:
		d.presence = append(d.presence, e.raw)
	case f.inside[e.Room] && (e.Type == typeTyping || e.Type == typeReceipt):
		r := d.room(e.Room, false)
		r.loose = append(r.loose, e.raw)
	}
}

// parseLoose reads what is not kept.
func (f *ghostFeed) parseLoose(raws []json.RawMessage) []anEvent {
	var loose []anEvent
	for _, raw := range raws {
		if e, ok := parseEvent(raw); ok {
			loose = append(loose, e)
		} else {
			f.passOver("pushed event", e.Type)
		}
	}
	return loose
}

// A divider makes parts.
type divider struct {
	part // the last
	done []part
}

// room is where the next event of a room belongs: in another part if the ghost comes or goes by it,
// and after it has gone.
func (d *divider) room(id string, change bool) *roomPart {
	r := d.rooms[id]
	if r != nil && (change || r.invite != nil || r.left) {
		d.done = append(d.done, d.part)
		d.part, r = part{rooms: map[string]*roomPart{}}, nil
	}
	if r == nil {
		r = &roomPart{}
		d.rooms[id] = r
	}
	return r
}

func (d *divider) all() []part {
	if len(d.rooms)+len(d.presence) > 0 {
		d.done = append(d.done, d.part)
	}
	return d.done
}

// response is a part as if an answer to /sync had told it.
func (p part) response(c *Conn) *syncResponse {
	resp := &syncResponse{entered: map[string]bool{}}
	resp.Rooms.Join, resp.Rooms.Invite = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	resp.Rooms.Leave = map[string]json.RawMessage{}
	resp.Presence.Events = p.presence
	for _, id := range slices.Sorted(maps.Keys(p.rooms)) {
		r := p.rooms[id]
		switch {
		case r.invite != nil:
			resp.Rooms.Invite[id] = asJSON(invitedRoom{State: events{r.invite.invitation()}})
		case r.left:
			resp.Rooms.Leave[id] = asJSON(r.joined())
		default:
			resp.Rooms.Join[id], resp.entered[id] = asJSON(r.joined()), r.entered
		}
	}
	return resp
}

// joined: a room that the ghost has just entered is read from its end, as far back as the ghost
// should know it.
func (r *roomPart) joined() *joinedRoom {
	j := &joinedRoom{Ephemeral: events{r.loose}}
	j.Timeline.Events = r.events
	if r.entered {
		j.Timeline.Limited, j.Timeline.PrevBatch = true, roomEnd
	}
	return j
}

// invitation is an invitation with what it tells of its room, which homeservers put into different
// places, if anywhere.
func (e *anEvent) invitation() []json.RawMessage {
	var told struct {
		State    []json.RawMessage `json:"invite_room_state"`
		Unsigned struct {
			State []json.RawMessage `json:"invite_room_state"`
		} `json:"unsigned"`
	}
	lenient(e.raw, &told)
	state := told.Unsigned.State
	if len(state) == 0 {
		state = told.State
	}
	return append(slices.Clone(state), e.raw)
}

// asJSON is what a homeserver would write; it is of valid JSON, so there is no error.
func asJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return raw
}
