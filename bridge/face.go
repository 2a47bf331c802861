package bridge

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

// seenBy is what handle sees of the account.
func (f *face) seenBy(handle string) view {
	v := view{name: f.name}
	if f.allows(handle) {
		v.properties = f.properties
		if f.presence.State.Visible() {
			v.presence = f.presence
		}
	}
	return v
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
