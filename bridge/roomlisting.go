package bridge

import (
	"fmt"
	"slices"
	"strings"
)

// mostListed is how many rooms the service contact lists at once.
const mostListed = 40

// cmdRooms lists the rooms on the list, or those of a network, shown or not.
func (a *account) cmdRooms(words []string) {
	if len(words) > 0 {
		a.listRooms(words)
		return
	}
	var lines []string
	for _, e := range a.entries {
		if e.Kind == Room && e.On(FL) {
			lines = append(lines, a.describeRoom(e))
		}
	}
	if len(lines) == 0 {
		a.say("There is no room on your list. Say join #name@domain to enter one.")
		return
	}
	slices.Sort(lines)
	if more := len(lines) - mostListed; more > 0 {
		lines = append(lines[:mostListed], fmt.Sprintf("... and %d more: say rooms NETWORK WORD to search.", more))
	}
	a.say(strings.Join(lines, "\n"))
}

// listRooms lists the rooms of a network, with their numbers, or those of them with
// some words in their name.
func (a *account) listRooms(words []string) {
	n := a.b.handles.byName[strings.ToLower(words[0])]
	if n == nil || !a.reaches(n.Name()) {
		a.say("You have no login there. " + a.b.networkList())
		return
	}
	word := strings.ToLower(strings.Join(words[1:], " "))
	rooms := slices.DeleteFunc(a.knownRooms(n.Name()), func(c Contact) bool {
		return !strings.Contains(strings.ToLower(c.Name), word) && !strings.Contains(a.b.handles.handle(c.Addr), word)
	})
	a.listed = nil
	if len(rooms) == 0 {
		a.say(a.noRooms(a.logins[n.Name()], word))
		return
	}
	var lines []string
	for i, c := range rooms[:min(len(rooms), mostListed)] {
		a.listed = append(a.listed, c.Addr)
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, a.describeFound(c)))
	}
	if more := len(rooms) - mostListed; more > 0 {
		lines = append(lines, fmt.Sprintf("... and %d more: say rooms %s WORD to search.", more, n.Name()))
	}
	a.say(strings.Join(lines, "\n"))
}

// noRooms says why there is nothing to list.
func (a *account) noRooms(l *login, word string) string {
	switch {
	case word != "":
		return "No room that you are in has that in its name."
	case l.live() == nil:
		return "You are not connected to " + l.net.Title() + "."
	}
	return "You are in no room there."
}

// describeFound says in one line what a room is and whether it is shown.
func (a *account) describeFound(c Contact) string {
	remarks := []string{"not on your list"}
	if e := a.entry(c.Addr); e != nil && e.On(FL) {
		remarks[0] = "on your list"
	}
	if c.Favourite {
		remarks = append(remarks, "favourite")
	}
	if c.Group != "" {
		remarks = append(remarks, "in "+cleanName(c.Group))
	}
	return withName(a.b.handles.remember(c.Addr), c.Name) + ": " + strings.Join(remarks, ", ")
}

// called is what the service contact calls a room: its handle, and its name if that
// says more.
func (a *account) called(e *Entry) string { return withName(e.Spelling(), e.Name) }

// withName is a handle with a name in front that is not part of it.
func withName(handle, name string) string {
	local, _, _ := strings.Cut(handle, "@")
	if rest, ok := strings.CutPrefix(local, escapedHash); ok {
		local = "#" + rest
	}
	if name == "" || strings.EqualFold(name, local) || strings.EqualFold(name, handle) {
		return handle
	}
	return name + " (" + handle + ")"
}

// cmdHide takes a room off the list.
func (a *account) cmdHide(words []string) {
	room, _, err := a.findRoom(words)
	e := a.entry(room)
	switch {
	case err != nil:
		a.say("Not hidden: " + err.Error())
	case e == nil || !e.On(FL):
		a.say("That room is not on your list.")
	default:
		a.takeOff(room, func() { a.say(a.called(e) + " is not on your list any more. Say join to have it back.") })
	}
}
