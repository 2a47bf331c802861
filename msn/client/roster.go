package client

import (
	"context"
	"fmt"
)

// A List is one of the user's lists.
type List string

// The lists: contacts, who may see and call, who may not, and who has the user
// as a contact; from MSNP10 on also who has and is to be judged yet.
const (
	Forward List = "FL"
	Allow   List = "AL"
	Block   List = "BL"
	Reverse List = "RL"
	Pending List = "PL"
)

// An Entry is someone on a list.
type Entry struct {
	Handle, Name string
	Groups       []int  // Forward from MSNP7 on only
	GUID         string // Forward from MSNP10 on only
}

// A Group is a group of contacts (from MSNP7).
type Group struct {
	ID   int // of the server; from MSNP10 on a number of this Client's
	Name string
	GUID string // from MSNP10 on
}

// A Roster is what the server keeps of a user.
type Roster struct {
	Version int       // until MSNP9
	Stamps  [2]string // from MSNP10 on, of lists and settings, in place of a version
	Current bool      // what was asked with is the server's, which sent nothing else

	Prompt     string // GTC: A asks about people who add the user, N does not
	Default    string // BLP: AL lets all but those on BL see and call the user, BL only those on AL
	Lists      map[List][]Entry
	Groups     []Group
	Properties map[string]string            // the user's own, from MSNP5
	OfContacts map[string]map[string]string // by handle, from MSNP5
}

func newRoster() *Roster {
	return &Roster{Lists: map[List][]Entry{}, Properties: map[string]string{}, OfContacts: map[string]map[string]string{}}
}

// Sync fetches the lists unless version is the server's; 0 always does, and is
// the only one from MSNP10 on. From MSNP5 properties of contacts come within the
// answer; they are not told as events.
func (c *Client) Sync(ctx context.Context, version int) (*Roster, error) {
	return c.sync(ctx, c.row().syncs.words(version)...)
}

// SyncSince is Sync with what an earlier Roster has as Stamps (from MSNP10).
func (c *Client) SyncSince(ctx context.Context, stamps [2]string) (*Roster, error) {
	return c.sync(ctx, stamps[:]...)
}

func (c *Client) sync(ctx context.Context, words ...string) (*Roster, error) {
	s := &syncing{format: c.row().syncs, client: c, asked: words, roster: newRoster()}
	call := &call{verb: "SYN", take: s.take, loose: true, done: make(chan struct{})}
	if _, err := c.link.call(ctx, call, words, nil); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, fmt.Errorf("SYN: %w", s.err)
	}
	if name, ok := s.roster.Properties["MFN"]; ok {
		c.setName(name)
	}
	return s.roster, nil
}

// List fetches one list (until MSNP7).
func (c *Client) List(ctx context.Context, l List) ([]Entry, error) {
	s := &syncing{format: numberedFormat{}, client: c, roster: newRoster()}
	take := func(r Reply) (mine, complete bool) {
		if r.Verb != "LST" {
			return false, false
		}
		return true, s.format.contact(s, r)
	}
	if _, err := c.link.ask(ctx, "LST", take, []string{string(l)}, nil); err != nil {
		return nil, err
	}
	return s.roster.Lists[l], nil
}
