package matrix

import (
	"encoding/json"
	"strings"
)

// apply takes in a state event. change says that it is news from the timeline, and not a member
// who is only told about. It returns false for what makes no sense.
func (m *model) apply(r *room, e *anEvent, change bool) bool {
	if e.StateKey == nil {
		return false
	}
	f, ok := stateEvents[e.Type]
	if !ok || *e.StateKey != "" && !keyedState[e.Type] {
		return true
	}
	return f(m, r, e, change)
}

// keyedState are the types of which a room has many.
var keyedState = map[string]bool{typeMember: true, typeChild: true}

// stateEvents is what state events do to the model.
var stateEvents = map[string]func(*model, *room, *anEvent, bool) bool{
	typeMember:     (*model).member,
	typeName:       (*model).roomName,
	typeTopic:      (*model).roomTopic,
	typeAlias:      (*model).roomAlias,
	typeEncryption: (*model).encryption,
	typeCreate:     (*model).created,
	typePower:      (*model).power,
	typeTombstone:  (*model).tombstone,
	typeChild:      (*model).child,
}

func (m *model) roomName(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Name string `json:"name"`
	}
	ok := lenient(e.Content, &c)
	r.name = cleanName(c.Name)
	return ok
}

func (m *model) roomTopic(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Topic string `json:"topic"`
	}
	ok := lenient(e.Content, &c)
	r.topic = strings.Clone(cleanLine(c.Topic, maxNote))
	return ok
}

func (m *model) roomAlias(r *room, e *anEvent, _ bool) bool {
	var c struct {
		Alias string   `json:"alias"`
		Alts  []string `json:"alt_aliases"`
	}
	ok := lenient(e.Content, &c)
	r.aliased, r.alias = c.Alias != "" || len(c.Alts) > 0, ""
	if validAlias(c.Alias) {
		r.alias = c.Alias
	}
	return ok
}

// encryption is never switched off again (client-server API, 11.14.2).
func (m *model) encryption(r *room, _ *anEvent, _ bool) bool {
	r.encrypted = true
	return true
}

func (m *model) member(r *room, e *anEvent, change bool) bool {
	var c memberContent
	who := *e.StateKey
	if !lenient(e.Content, &c) || !validUser(who) {
		return false
	}
	if who == m.me {
		m.ownMember(r, e, c)
		return true
	}
	if change {
		before := membershipOf(e.Unsigned.PrevContent)
		r.count = counted(r.count, r.knows(who) || isIn(before), isIn(c.Membership))
		r.joined = counted(r.joined, before == "join", c.Membership == "join")
	}
	r.setMember(who, c)
	if c.Membership == "invite" && c.IsDirect && e.Sender == m.me {
		m.record(r.id, who) // made by another client of ours, which lists it in m.direct a moment later
	}
	return true
}

// counted is a number of people after somebody was in or not, and now is or not; -1 stays.
func counted(n int, was, is bool) int {
	switch {
	case n < 0 || was == is:
		return n
	case is:
		return n + 1
	}
	return max(n-1, 0)
}

func isIn(membership string) bool { return membership == "join" || membership == "invite" }

func membershipOf(raw json.RawMessage) string {
	var c memberContent
	lenient(raw, &c)
	return c.Membership
}

func (r *room) setMember(who string, c memberContent) {
	if !isIn(c.Membership) {
		delete(r.members, who)
		return
	}
	r.crowd = r.crowd || len(r.members) >= maxMembers && !r.knows(who)
	r.setName(who, cleanName(c.Name))
	if m := r.members[who]; c.Membership == "invite" {
		m.invited = true
		r.members[who] = m
	}
}

// recallMember adds to a change of membership what there was before, if that is known and not told:
// what is pushed to application services does not say so everywhere (Dendrite).
func (r *room) recallMember(e *anEvent) {
	if e.Type != typeMember || len(e.Unsigned.PrevContent) > 0 || e.StateKey == nil {
		return
	}
	m, known := r.members[*e.StateKey]
	if !known {
		return
	}
	before := memberContent{Membership: "join", Name: m.name}
	if m.invited {
		before.Membership = "invite"
	}
	e.Unsigned.PrevContent = asJSON(before)
}

// tally counts the people in a room whose whole state is told.
func (r *room) tally(state []anEvent) {
	joined, invited := 0, 0
	for i := range state {
		if state[i].Type != typeMember {
			continue
		}
		switch membershipOf(state[i].Content) {
		case "join":
			joined++
		case "invite":
			invited++
		}
	}
	if joined > 0 {
		r.joined, r.count = joined, joined+invited
	}
}

// ownMember notes what we are called, and whether we have joined by an invitation to a direct chat.
func (m *model) ownMember(r *room, e *anEvent, c memberContent) {
	if name := cleanName(c.Name); name != m.name {
		m.name = name
	}
	r.ownName = m.name
	var before memberContent
	if c.Membership != "join" || !lenient(e.Unsigned.PrevContent, &before) {
		return
	}
	if by := e.Unsigned.PrevSender; before.Membership == "invite" && before.IsDirect && validUser(by) && by != m.me {
		m.record(r.id, by)
	}
}

// record adds to our own record of direct chats.
func (m *model) record(room, who string) {
	if len(m.own) < maxOwn {
		m.own[room] = who
	}
}

// summary takes in the summary of a room: heroes are the other members if they are all there are
// (client-server API, 6.5).
func (r *room) summary(j *joinedRoom) {
	if j.Summary.Joined != nil && j.Summary.Invited != nil {
		r.count = *j.Summary.Joined + *j.Summary.Invited
	}
	if j.Summary.Joined != nil {
		r.joined = *j.Summary.Joined
	}
	if j.Summary.Heroes == nil {
		return
	}
	r.heroes = validUsers(j.Summary.Heroes, maxHeroes)
	if len(j.Summary.Heroes) != r.count-1 || len(r.heroes) > maxMembers {
		return
	}
	for _, who := range r.heroes {
		if !r.knows(who) {
			r.setName(who, "")
		}
	}
}
