package client

import (
	"errors"
	"strings"
)

// errTooLong says that a server's lists have no end.
var errTooLong = errors.New("the lists are too long")

// mostLines is how many lines the answer to SYN may have.
const mostLines = 100_000

// A syncing collects the lines that answer SYN. It is of the reader's goroutine
// until the answer is complete.
type syncing struct {
	format   format
	client   *Client
	asked    []string
	roster   *Roster
	err      error
	lines    int
	contacts int    // lines that are to come, where the answer begins with their number
	groups   int    // the same of groups
	counted  bool   // whether it does
	last     string // the handle of the last contact
}

// A format is how some dialects answer SYN.
type format interface {
	words(version int) []string // of SYN

	// begin reads the first line, and tells whether nothing follows.
	begin(s *syncing, r Reply) bool

	// group and contact read LSG and LST. contact tells whether the answer, or the one
	// list that was asked for, is complete, if lines are not counted.
	group(s *syncing, r Reply)
	contact(s *syncing, r Reply) bool
}

// take is shown each line that can belong to the answer: with the transaction ID
// of SYN, or with none of ours.
func (s *syncing) take(r Reply) (mine, complete bool) {
	f := parts[r.Verb]
	if f == nil {
		return false, false
	}
	if s.lines++; s.lines > mostLines {
		s.err = errTooLong
		return true, true
	}
	complete = f(s, r)
	if complete {
		s.client.listed = s.last
	}
	return true, complete
}

// parts maps the verbs inside the answer to what they say; true completes it.
// Settings are at the end of their lines, before which may be the transaction ID
// and the list version.
var parts = map[string]func(*syncing, Reply) bool{
	"SYN": func(s *syncing, r Reply) bool { return s.format.begin(s, r) },
	"GTC": func(s *syncing, r Reply) bool { s.roster.Prompt = r.last(); return s.empty() },
	"BLP": func(s *syncing, r Reply) bool { s.roster.Default = r.last(); return s.empty() },
	"PRP": (*syncing).property,
	"BPR": (*syncing).contactProperty,
	"LSG": func(s *syncing, r Reply) bool { s.format.group(s, r); s.groups--; return s.complete() },
	"LST": func(s *syncing, r Reply) bool {
		complete := s.format.contact(s, r)
		s.contacts--
		return complete || s.complete()
	},
}

// complete tells whether all has come that the answer's first line has promised.
func (s *syncing) complete() bool { return s.counted && s.contacts <= 0 && s.groups <= 0 }

// empty tells whether the answer is complete though it has neither contacts nor
// groups: then the settings are all there is.
func (s *syncing) empty() bool {
	return s.complete() && len(s.roster.Lists) == 0 && len(s.roster.Groups) == 0 &&
		s.roster.Prompt != "" && s.roster.Default != ""
}

func (s *syncing) property(r Reply) bool {
	_, key, value := property(r)
	if value != "" {
		s.roster.Properties[key] = value
	}
	return key == "MFN" && s.complete()
}

// contactProperty is of the contact before it, unless it says of whom.
func (s *syncing) contactProperty(r Reply) bool {
	handle, key, value := property(r)
	if handle == "" {
		handle = s.last
	}
	of := s.roster.OfContacts[handle]
	if of == nil {
		of = map[string]string{}
		s.roster.OfContacts[handle] = of
	}
	if value != "" {
		of[key] = value
	}
	return false
}

// property reads PRP and BPR: a key of three letters and a value, before them in
// some dialects the transaction ID, the list version and a handle (doc/protocol,
// 02 section 3).
func property(r Reply) (handle, key, value string) {
	for i, w := range r.Words {
		switch {
		case strings.Contains(w, "@") || strings.HasPrefix(w, "tel:"):
			handle = w
		case len(w) == 3 && strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
			return handle, w, r.text(i + 1)
		}
	}
	return handle, "", ""
}

// listed takes a contact who is on the lists whose bits are set.
func (s *syncing) listed(e Entry, bits int) {
	s.last = e.Handle
	for i, l := range []List{Forward, Allow, Block, Reverse, Pending} {
		if bits>>i&1 == 0 {
			continue
		}
		on := e
		if l != Forward {
			on.Groups, on.GUID = nil, ""
		}
		s.roster.Lists[l] = append(s.roster.Lists[l], on)
	}
}

// expect notes how many lines follow the first; without their numbers it is all.
func (s *syncing) expect(r Reply, at int) bool {
	if s.roster.Current = len(r.Words) <= at+1; s.roster.Current {
		return true
	}
	s.contacts, s.groups, s.counted = r.number(at), r.number(at+1), true
	return false
}
