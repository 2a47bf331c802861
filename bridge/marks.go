package bridge

import "slices"

// Marks are what other accounts have to say to one: not messages but the latest
// state, in sets bounded by its lists.
type marks struct {
	changed []*account     // watched local accounts whose face has changed
	reverse []reverseState // local accounts that have (or no longer have) this one on their list
}

// A reverseState is the latest that is known of another account's forward list.
type reverseState struct {
	handle, name string
	on           bool
}

func (m *marks) empty() bool { return len(m.changed) == 0 && len(m.reverse) == 0 }

// apply runs in the turn of a.
func (m *marks) apply(a *account) {
	for _, r := range m.reverse {
		a.reverseChanged(r)
	}
	for _, w := range m.changed {
		a.tellLocal(w)
	}
}

// markChanged says that who's face has changed.
func (t *turn) markChanged(who *account) {
	t.mark(func(m *marks) bool {
		if slices.Contains(m.changed, who) {
			return false
		}
		m.changed = append(m.changed, who)
		return true
	})
}

// markReverse says whether another account has this one on its forward list.
func (t *turn) markReverse(r reverseState) {
	t.mark(func(m *marks) bool {
		i := slices.IndexFunc(m.reverse, func(o reverseState) bool { return o.handle == r.handle })
		if i < 0 {
			m.reverse = append(m.reverse, r)
		} else {
			m.reverse[i] = r
		}
		return true
	})
}
