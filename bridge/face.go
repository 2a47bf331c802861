package bridge

import "maps"

// A face is what other local accounts may see of an account. It is never
// changed: the account's turn publishes a new one.
type face struct {
	presence   Presence
	name       string
	properties map[string]string

	// Who is allowed to see the account: everybody but those in except, or, with
	// allowedOnly, only those.
	allowedOnly bool
	except      map[string]struct{} // by handle
}

// allows tells whether handle may see and call the account.
func (f *face) allows(handle string) bool {
	_, in := f.except[handle]
	return in == f.allowedOnly
}

// presenceFor is how handle sees the account.
func (f *face) presenceFor(handle string) Presence {
	if f == nil || !f.presence.State.Visible() || !f.allows(handle) {
		return Presence{}
	}
	return f.presence
}

// publish makes the face anew.
func (a *account) publish() {
	f := &face{presence: a.presence, name: a.name(), properties: a.settings.Properties,
		allowedOnly: a.settings.AllowedOnly}
	for _, e := range a.entries {
		if f.allowedOnly && e.On(AL) && !e.On(BL) || !f.allowedOnly && e.On(BL) {
			if f.except == nil {
				f.except = map[string]struct{}{}
			}
			f.except[e.Handle] = struct{}{}
		}
	}
	a.face.Store(f)
}

// republish publishes a face of which only state, name or properties are new.
func (a *account) republish() {
	f := *a.face.Load()
	f.presence, f.name, f.properties = a.presence, a.name(), a.settings.Properties
	a.face.Store(&f)
}

// tellWatchers has everybody look who has the account on the forward list and is
// signed in.
func (a *account) tellWatchers() {
	a.b.mu.RLock()
	defer a.b.mu.RUnlock()
	for _, e := range a.entries {
		if e.On(RL) && e.Addr.Network == Local {
			a.b.tell(e.Handle, a)
		}
	}
}

// tellOne has one account look.
func (a *account) tellOne(handle string) {
	a.b.mu.RLock()
	defer a.b.mu.RUnlock()
	a.b.tell(handle, a)
}

// tell is called with b.mu held.
func (b *Bridge) tell(handle string, who *account) {
	if w := b.accounts[handle]; w != nil {
		w.turn.markChanged(who)
	}
}

// told is what a session knows of a contact.
type told struct {
	later      bool // its addition to the forward list has not been answered yet
	presence   Presence
	name       string
	properties map[string]string
}

// tellLocal tells the session what is new about a local contact.
func (a *account) tellLocal(who *account) {
	if !a.revealed {
		return
	}
	if e := a.byHandle[who.handle]; e != nil && e.On(FL) {
		a.tell(e)
	}
}

// tell tells the session of a contact whose presence, name or properties have
// changed.
func (a *account) tell(e *Entry) {
	if !a.revealed || e.told.later {
		return
	}
	p, name := a.look(e)
	if props := a.properties(e); !maps.Equal(e.told.properties, props) {
		e.told.properties = props
		a.emit(PropertiesChanged{e})
	}
	if !p.State.Visible() {
		name = e.told.name
	}
	if e.told.presence == p && e.told.name == name {
		return
	}
	e.told.presence, e.told.name = p, name
	a.emit(PresenceChanged{Addr: e.Addr, Presence: p, Name: name, Entry: e})
}

// look tells how present a contact is, as far as this account may see it, and
// what it is called.
func (a *account) look(e *Entry) (Presence, string) {
	switch e.Addr.Network {
	case Service:
		if e.On(BL) {
			return Presence{}, e.Name
		}
		return Presence{State: Online}, serviceTitle
	case Local:
		if w := a.b.loaded(e.Handle); w != nil {
			f := w.face.Load()
			return f.presenceFor(a.handle), f.name
		}
		return Presence{}, e.Name
	}
	l := a.logins[e.Addr.Network]
	if l == nil || e.On(BL) {
		return Presence{}, e.Name
	}
	r := l.people[e.Addr]
	return r.presence, first(r.name, e.Name)
}

// properties are the contact's, if the account may see them.
func (a *account) properties(e *Entry) map[string]string {
	if e.Addr.Network != Local {
		return nil
	}
	if w := a.b.loaded(e.Handle); w != nil {
		if f := w.face.Load(); f.allows(a.handle) {
			return f.properties
		}
	}
	return nil
}
