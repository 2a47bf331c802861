package appservice

import (
	"slices"
	"sort"
)

// Bounds of the end of the log that is kept in memory, so that not every ghost in a room asks the
// database for the same event.
const (
	maxTail      = 1000    // entries
	maxTailBytes = 4 << 20 // of raw text
)

// A tail is the end of the log in memory: all entries after base. The oldest are dropped first.
type tail struct {
	base, end int64
	entries   []entry
	bytes     int
}

func newTail(end int64) tail { return tail{base: end, end: end} }

// add appends entries that were stored; end is the number of the last.
func (t *tail) add(entries []entry, end int64) {
	t.entries, t.end = append(t.entries, entries...), end
	for _, e := range entries {
		t.bytes += len(e.raw)
	}
	over := 0
	for over < len(t.entries) && (len(t.entries)-over > maxTail || t.bytes > maxTailBytes) {
		t.base, t.bytes = t.entries[over].n, t.bytes-len(t.entries[over].raw)
		over++
	}
	t.entries = slices.Delete(t.entries, 0, over)
}

// after are the entries after n, if all of them are here. They must not be changed.
func (t *tail) after(n int64) ([]entry, bool) {
	if n < t.base {
		return nil, false
	}
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].n > n })
	return t.entries[i:], true
}
