package bridge

// Entries lists what stands on one list, in the order in which it came.
func (s *Session) Entries(l List) []*Entry {
	var es []*Entry
	for _, e := range s.a.entries {
		if e.On(l) {
			es = append(es, e)
		}
	}
	return es
}

// Listed lists what stands on any list, in the order in which it came.
func (s *Session) Listed() []*Entry {
	var es []*Entry
	for _, e := range s.a.entries {
		if e.Lists != 0 {
			es = append(es, e)
		}
	}
	return es
}

// Entry finds who a handle stands for in any spelling, on a list or once on one;
// nil if there is nobody.
func (s *Session) Entry(handle string) *Entry { return s.a.find(handle) }

// Told is what the session was told last that a contact is called, with its
// presence; empty if it was not told.
func (s *Session) Told(e *Entry) string { return e.told.name }
