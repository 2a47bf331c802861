package client

import (
	"errors"
	"strings"
	"sync"
)

// What the client itself refuses in MSNP10 to 12, where commands need a GUID.
var (
	ErrNoContact = errors.New("not on the contact list, as far as the server has told")
	ErrNoGroup   = errors.New("no such group, as far as the server has told")
)

// mostKnown is how many contacts and how many groups a book has room for.
const mostKnown = 10_000

// A book has the names that MSNP10 to 12 give contacts and groups: GUIDs, or
// numbers, where an account is still of the older kind. The zero value is ready.
type book struct {
	mu       sync.Mutex        // guards the rest
	contacts map[string]string // GUIDs by handle in lower case
	handles  map[string]string // handles by GUID in lower case
	groups   []string          // GUIDs; a group's number is its place, counted from 1
}

// note remembers a contact.
func (b *book) note(handle, guid string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if handle == "" || guid == "" || len(b.contacts) >= mostKnown {
		return
	}
	if b.contacts == nil {
		b.contacts, b.handles = map[string]string{}, map[string]string{}
	}
	b.contacts[key(handle)], b.handles[key(guid)] = guid, handle
}

// forget takes note that someone is a contact no more: GUIDs name nobody else.
func (b *book) forget(handle string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.handles, key(b.contacts[key(handle)]))
	delete(b.contacts, key(handle))
}

// guid is that of a contact; empty if it is not known.
func (b *book) guid(handle string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.contacts[key(handle)]
}

// handle is that of a GUID; empty if it is not known.
func (b *book) handle(guid string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.handles[key(guid)]
}

// number is that of a group, which gets one if it has none; 0 if there is no room
// for more.
func (b *book) number(guid string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, g := range b.groups {
		if strings.EqualFold(g, guid) {
			return i + 1
		}
	}
	if guid == "" || len(b.groups) >= mostKnown {
		return 0
	}
	b.groups = append(b.groups, guid)
	return len(b.groups)
}

// group is the GUID of a group.
func (b *book) group(number int) (guid string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if number < 1 || number > len(b.groups) {
		return "", ErrNoGroup
	}
	return b.groups[number-1], nil
}

// numbers are those of groups that are named by GUID.
func (b *book) numbers(word string) []int {
	var ids []int
	for guid := range strings.SplitSeq(word, ",") {
		if n := b.number(guid); n > 0 {
			ids = append(ids, n)
		}
	}
	return ids
}
