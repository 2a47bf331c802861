package matrix

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// everybody stands for all who are in a room.
const everybody = "@room"

// Limits of looking for names in a text.
const (
	maxSearched  = 8 << 10 // bytes of a text
	maxAddressed = 50      // people
	shortestName = 3       // characters of a name that means somebody wherever it stands
)

// An address is where a text names somebody, in bytes.
type address struct {
	user       string
	begin, end int
}

// A called is a name that means somebody.
type calledAs struct {
	user, name string
	id         bool // not a display name: it counts only where somebody is spoken to
}

// addressed finds the people of a room whom a text names: by display name, by "@name", or by a name
// that it begins with, before a colon or comma. In a direct chat it is clear who is meant.
func (c *Conn) addressed(room, text string) []address {
	text = cut(text, maxSearched)
	c.mu.Lock()
	var names []calledAs
	if r := c.rooms.rooms[room]; r != nil && c.rooms.partner(r) == "" {
		names = r.names(text)
	}
	c.mu.Unlock()
	return addresses(text, names)
}

// names are the names in a text that mean somebody in the room, the longest first; those that may
// mean several are left out.
func (r *room) names(text string) []calledAs {
	text = strings.ToLower(text)
	count := map[string]int{}
	var all []calledAs
	add := func(user, name string, id bool) {
		if low := strings.ToLower(name); name != "" && strings.Contains(text, low) {
			count[low]++
			all = append(all, calledAs{user, name, id})
		}
	}
	for who, m := range r.members {
		local, _, _ := strings.Cut(who[1:], ":")
		add(who, m.name, false)
		add(who, who, true)
		if !strings.EqualFold(local, m.name) {
			add(who, local, true)
		}
	}
	add(everybody, "room", true)
	all = slices.DeleteFunc(all, func(n calledAs) bool { return count[strings.ToLower(n.name)] > 1 })
	slices.SortFunc(all, func(a, b calledAs) int {
		return cmp.Or(cmp.Compare(len(b.name), len(a.name)), cmp.Compare(a.user, b.user), cmp.Compare(a.name, b.name))
	})
	return all
}

// addresses are the places in a text where one of names stands, in order. Of two that overlap the
// longer name counts.
func addresses(text string, names []calledAs) []address {
	folded := strings.ToLower(text)
	if len(folded) != len(text) {
		folded = text
	}
	var found []address
	for _, n := range names {
		for at := 0; at < len(text) && len(found) < maxAddressed; {
			i := strings.Index(folded[at:], strings.ToLower(n.name))
			if i < 0 {
				break
			}
			a := address{n.user, at + i, at + i + len(n.name)}
			at = a.end
			if a.end > len(text) || !n.means(text, &a) || overlaps(found, a) {
				continue
			}
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b address) int { return cmp.Compare(a.begin, b.begin) })
	return found
}

func overlaps(found []address, a address) bool {
	return slices.ContainsFunc(found, func(o address) bool { return a.begin < o.end && o.begin < a.end })
}

// means tells whether a name means somebody where it stands. An "@" before it is part of the
// address.
func (n calledAs) means(text string, a *address) bool {
	if !endsName(text[a.end:]) {
		return false
	}
	if n.name[0] == '@' && n.id {
		return beginsName(text[:a.begin])
	}
	if before, ok := strings.CutSuffix(text[:a.begin], "@"); ok {
		a.begin--
		return beginsName(before)
	}
	if n.user == everybody || !beginsName(text[:a.begin]) {
		return false
	}
	if a.begin == 0 && len(text) > a.end && strings.IndexByte(":,", text[a.end]) >= 0 {
		return true
	}
	return !n.id && text[a.begin:a.end] == n.name && utf8.RuneCountInString(n.name) >= shortestName
}

// beginsName tells whether a name may begin after before.
func beginsName(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || !partOfName(r) && !strings.ContainsRune("@/#.&=-", r)
}

// endsName tells whether a name may end before after: it is no part of a word, an address or a
// file's name.
func endsName(after string) bool {
	r, n := utf8.DecodeRuneInString(after)
	if after == "" {
		return true
	}
	if strings.ContainsRune(".:-", r) {
		next, _ := utf8.DecodeRuneInString(after[n:])
		return after[n:] == "" || !partOfName(next) && next != '/'
	}
	return !partOfName(r) && !strings.ContainsRune("@/=", r)
}

func partOfName(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.M) || r == '_' }

// distinct is list without what is in it twice.
func distinct(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}
