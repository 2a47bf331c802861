package bridge

import (
	"cmp"
	"maps"
)

// A view is what an account sees of a contact.
type view struct {
	presence   Presence
	name       string
	properties map[string]string
}

// told is what a session knows of a contact.
type told struct {
	later bool // its addition to the forward list has not been answered yet
	view
}

// tellLocal tells the session what is new about a local contact.
func (a *account) tellLocal(who *account) {
	e := a.byHandle[who.handle]
	if e == nil || !e.On(FL) {
		return
	}
	v := a.look(e)
	e.properties = v.properties
	a.tellView(e, v)
}

// roomName is what a room is called that one cannot be in, for the reason why not.
func roomName(name, why string) string { return cleanName(shorten(name, 200) + " (" + why + ")") }

// tell tells the session of a contact whose presence, name or properties have
// changed.
func (a *account) tell(e *Entry) { a.tellView(e, a.look(e)) }

func (a *account) tellView(e *Entry, v view) {
	if !a.revealed || e.told.later {
		return
	}
	if !maps.Equal(e.told.properties, v.properties) {
		e.told.properties = v.properties
		a.emit(PropertiesChanged{e})
	}
	if !v.presence.State.Visible() {
		v.name = e.told.name
	}
	if e.told.presence == v.presence && e.told.name == v.name {
		return
	}
	ev := PresenceChanged{
		Addr: e.Addr, Presence: v.presence, Name: v.name,
		Entry: e, Was: e.told.presence, Renamed: e.told.name != v.name,
	}
	e.told.presence, e.told.name = v.presence, v.name
	a.emit(ev)
}

// noteTold records that the session is being told how present a contact is.
func (a *account) noteTold(e *Entry) Presence {
	v := a.look(e)
	e.told.presence, e.told.name = v.presence, v.name
	return v.presence
}

// look tells how present a contact is, as far as this account may see it, what it
// is called, and what its properties are.
func (a *account) look(e *Entry) view {
	unseen := view{name: e.Name}
	switch e.Addr.Network {
	case Service:
		if e.On(BL) {
			return unseen
		}
		return view{presence: Presence{State: Online}, name: serviceTitle}
	case Local:
		if w := a.b.loaded(e.Handle); w != nil {
			return w.face.Load().seenBy(a.handle)
		}
		unseen.properties = e.properties
		return unseen
	}
	l := a.logins[e.Addr.Network]
	if l == nil || e.On(BL) {
		return unseen
	}
	p := l.people[e.Addr]
	v := view{presence: p.presence, name: cmp.Or(p.name, e.Name)}
	if e.Kind == Room && p.presence.State != Online && p.presence.Note != "" {
		v.name = roomName(v.name, p.presence.Note)
	}
	return v
}
