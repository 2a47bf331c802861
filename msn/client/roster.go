package client

import (
	"context"
	"strconv"
	"strings"
)

// A List is one of the user's four lists.
type List string

// The lists: contacts, who may see and call, who may not, and who has the user
// as a contact.
const (
	Forward List = "FL"
	Allow   List = "AL"
	Block   List = "BL"
	Reverse List = "RL"
)

// An Entry is someone on a list.
type Entry struct {
	Handle, Name string
	Groups       []int // Forward in MSNP7 only
}

// A Group is a group of contacts (MSNP7).
type Group struct {
	ID   int
	Name string
}

// A Roster is what the server keeps of a user.
type Roster struct {
	Version int
	Current bool // the version asked with is the server's, which sent nothing else

	Prompt     string // GTC: A asks about people who add the user, N does not
	Default    string // BLP: AL lets all but those on BL see and call the user, BL only those on AL
	Lists      map[List][]Entry
	Groups     []Group
	Properties map[string]string            // the user's own, from MSNP5
	OfContacts map[string]map[string]string // by handle, from MSNP5
}

// Sync fetches the lists unless version is the server's; 0 always does. From
// MSNP5 properties of contacts come within the answer; they are not told as events.
func (c *Client) Sync(ctx context.Context, version int) (*Roster, error) {
	s := &syncing{asked: version, roster: newRoster()}
	c.syncing.Store(s)
	defer c.syncing.CompareAndSwap(s, nil)
	take := func(r Reply) (mine, complete bool) {
		if mine, complete = s.take(r); complete {
			c.syncing.CompareAndSwap(s, nil) // a BPR from here on is an event
		}
		return mine, complete
	}
	if _, err := c.link.ask(ctx, "SYN", take, []string{strconv.Itoa(version)}, nil); err != nil {
		return nil, err
	}
	return s.roster, nil
}

// List fetches one list.
func (c *Client) List(ctx context.Context, l List) ([]Entry, error) {
	s := &syncing{roster: newRoster()}
	take := func(r Reply) (mine, complete bool) {
		if r.Verb != "LST" {
			return false, false
		}
		return true, s.lst(r)
	}
	if _, err := c.link.ask(ctx, "LST", take, []string{string(l)}, nil); err != nil {
		return nil, err
	}
	return s.roster.Lists[l], nil
}

func newRoster() *Roster {
	return &Roster{Lists: map[List][]Entry{}, Properties: map[string]string{}, OfContacts: map[string]map[string]string{}}
}

// A syncing collects the lines that answer SYN.
type syncing struct {
	asked  int
	roster *Roster
}

// parts maps the verbs inside the answer to what they say; true completes it.
var parts = map[string]func(*syncing, Reply) bool{
	"SYN": (*syncing).syn,
	"GTC": func(s *syncing, r Reply) bool { s.roster.Prompt = r.Word(2); return false },
	"BLP": func(s *syncing, r Reply) bool { s.roster.Default = r.Word(2); return false },
	"PRP": func(s *syncing, r Reply) bool { s.property(r); return false },
	"LSG": func(s *syncing, r Reply) bool { s.group(r); return false },
	"LST": func(s *syncing, r Reply) bool { return s.lst(r) && r.Word(1) == string(Reverse) },
}

func (s *syncing) take(r Reply) (mine, complete bool) {
	f := parts[r.Verb]
	if f == nil {
		return false, false
	}
	return true, f(s, r)
}

// syn begins the answer, and is all of it if the version is current.
func (s *syncing) syn(r Reply) bool {
	s.roster.Version = r.number(1)
	s.roster.Current = s.asked != 0 && s.roster.Version == s.asked
	return s.roster.Current
}

func (s *syncing) property(r Reply) {
	if v := r.text(3); v != "" {
		s.roster.Properties[r.Word(2)] = v
	}
}

// group is a line LSG TrID version index total id name 0.
func (s *syncing) group(r Reply) {
	s.roster.Groups = append(s.roster.Groups, Group{r.number(4), r.text(5)})
}

// lst is a line LST TrID list version index total handle name, in MSNP7 with
// groups on FL. An empty list is one line with index and total 0. It tells
// whether it is the last of its list.
func (s *syncing) lst(r Reply) bool {
	if handle := r.Word(5); handle != "" {
		l := List(r.Word(1))
		s.roster.Lists[l] = append(s.roster.Lists[l], Entry{handle, r.text(6), groups(r.Word(7))})
	}
	return r.number(3) == r.number(4)
}

func groups(word string) []int {
	if word == "" {
		return nil
	}
	var ids []int
	for id := range strings.SplitSeq(word, ",") {
		if n, err := strconv.Atoi(id); err == nil {
			ids = append(ids, n)
		}
	}
	return ids
}

// contactProperty is a BPR inside the answer, which has no transaction ID.
func (s *syncing) contactProperty(r Reply) {
	of := s.roster.OfContacts[r.Word(1)]
	if of == nil {
		of = map[string]string{}
		s.roster.OfContacts[r.Word(1)] = of
	}
	if v := r.text(3); v != "" {
		of[r.Word(2)] = v
	}
}
