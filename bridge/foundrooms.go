package bridge

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// mostFound is how many rooms of a login are remembered. More can be shown, but not
// listed or searched.
const mostFound = 5000

// favouritesTitle is the group of rooms that the user has marked on their network.
const favouritesTitle = "Favourites"

// mostFoundGroups is how many groups there may be for the bridge to make one more
// for what a room belongs to: anybody can make spaces, and some groups are the
// user's to make.
const mostFoundGroups = 20

// find remembers a room that the login is in.
func (l *login) find(room Contact) {
	if _, known := l.found[room.Addr]; !known && len(l.found) >= mostFound {
		return
	}
	if l.found == nil {
		l.found = map[Addr]Contact{}
	}
	room.Addr.Network = l.net.Name()
	l.found[room.Addr] = room
}

// lose forgets a room that the login is not in any more.
func (l *login) lose(room Addr) { delete(l.found, room) }

// foundRooms are the rooms that were found, in the order in which they are shown:
// favourites first, then those in which something was said last.
func (l *login) foundRooms() []Contact {
	return slices.SortedFunc(maps.Values(l.found), func(x, y Contact) int {
		return cmp.Or(l.a.precedence(x, y), cmp.Compare(x.Addr.ID, y.Addr.ID))
	})
}

// precedence orders contacts of which not all may fit: people and favourites first,
// and of each those that were active last.
func (a *account) precedence(x, y Contact) int {
	if first := a.first(x); first != a.first(y) {
		if first {
			return -1
		}
		return 1
	}
	return cmp.Compare(y.Active, x.Active)
}

// shown are the rooms of the login that stand on the forward list.
func (l *login) shown() (rooms []*Entry) {
	for _, e := range l.a.entries {
		if e.Addr.Network == l.rec.Network && e.Kind == Room && e.On(FL) {
			rooms = append(rooms, e)
		}
	}
	return rooms
}

// groupFor is the group into which a contact comes: favourites have one, what
// belongs to something the group named for that, and all else its network's.
func (l *login) groupFor(w *batch, c Contact) int {
	a, title := l.a, c.Group
	if c.Favourite {
		title = favouritesTitle
	}
	title = groupTitle(title)
	if title == "" || a.groupNamed(title) < 0 && len(a.groups) >= mostFoundGroups {
		title = l.net.Title()
	}
	return a.groupFor(w, title)
}

// entered puts a room on the lists that the user has entered or made, and perhaps
// spelt so; false if there is no space for it.
func (l *login) entered(w *batch, room Contact, spelling string) (e *Entry, ok bool) {
	a := l.a
	room.Name = cleanName(room.Name)
	if known, ok := l.found[room.Addr]; ok {
		room.Favourite, room.Group = known.Favourite, known.Group
		room.Name = cmp.Or(room.Name, known.Name)
	}
	l.find(room)
	e = a.entry(room.Addr)
	switch {
	case e != nil && e.On(FL):
		a.choseHimself(w, e)
		a.rename(w, e, room.Name)
	case a.count(FL) >= mostForward:
		return nil, false
	default:
		e = a.makeEntry(room.Addr, room.Name)
		e.Removed, e.Pending = false, NothingPending
		if strings.HasPrefix(spelling, escapedHash) && a.find(spelling) == e {
			e.Shown = spelling
		}
		l.inRoom(room.Addr)
		a.rename(w, e, room.Name)
		a.addFound(w, e, l.groupFor(w, room), false)
	}
	return e, true
}

// choseHimself notes that the user has put on the list what stood there by itself.
func (a *account) choseHimself(w *batch, e *Entry) {
	if e.Auto {
		e.Auto = false
		a.auto--
		a.saveEntry(w, e)
	}
}
