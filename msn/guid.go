package msn

import (
	"strconv"

	"github.com/google/uuid"

	"msnbridge/bridge"
)

// The spaces of names in which contacts and groups have their GUIDs. A GUID is made
// of what is stored, so it is the same in each session and after a restart, and
// another in each account.
var (
	contactSpace = uuid.MustParse("5d2e3f5c-7c0f-4a53-9d4b-0a3f7e6a9c11")
	groupSpace   = uuid.MustParse("b1f8a6d2-2f5e-4c0a-8e57-6d1c94e2a7f0")
)

// contactGUID is that of somebody on an account's lists, by the canonical handle.
func contactGUID(account, handle string) uuid.UUID {
	return uuid.NewSHA1(contactSpace, []byte(account+"\x00"+handle))
}

// groupGUID is that of one of the user's groups.
func (s *session) groupGUID(id int) string {
	return uuid.NewSHA1(groupSpace, []byte(s.bs.Handle()+"\x00"+strconv.Itoa(id))).String()
}

// guidOf is a contact's GUID as it is written.
func (s *session) guidOf(e *bridge.Entry) string {
	return contactGUID(s.bs.Handle(), e.Handle).String()
}

// A guidIndex finds the contacts of the forward list by GUID: their handles.
type guidIndex map[uuid.UUID]string

// contactCalled finds a contact of the forward list by GUID; nil if there is none.
// The index is made when it is needed first: msn-pecan names a contact at each of
// its signs of life.
func (s *session) contactCalled(word string) *bridge.Entry {
	id, err := uuid.Parse(word)
	if err != nil {
		return nil
	}
	if s.guids == nil {
		s.guids = guidIndex{}
		for _, e := range s.bs.Entries(bridge.FL) {
			s.guids[contactGUID(s.bs.Handle(), e.Handle)] = e.Handle
		}
	}
	handle, ok := s.guids[id]
	if !ok {
		return nil
	}
	return s.bs.Entry(handle)
}

// index keeps the index right after a change of the forward list.
func (s *session) index(c bridge.Change) {
	if s.guids == nil || c.List != bridge.FL {
		return
	}
	id := contactGUID(s.bs.Handle(), c.Entry.Handle)
	if c.Entry.On(bridge.FL) {
		s.guids[id] = c.Entry.Handle
	} else {
		delete(s.guids, id)
	}
}
