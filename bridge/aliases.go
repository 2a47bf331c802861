package bridge

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"strings"
	"sync"
)

// mostRecent bounds how many aliases are remembered of people who are on no list.
const mostRecent = 4096

// aliases are handles at x.<first domain>, and the addresses they stand for. Those
// of contacts are kept; of the others, whom anybody can be, the last mostRecent
// and up to as many before them.
type aliases struct {
	mu          sync.RWMutex // guards the rest
	kept        map[string]Addr
	recent, old map[string]Addr
}

func (t *aliases) load(kept map[string]Addr) {
	t.kept, t.recent = maps.Clone(kept), map[string]Addr{}
	if t.kept == nil {
		t.kept = map[string]Addr{}
	}
}

func (t *aliases) get(handle string) (Addr, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, m := range []map[string]Addr{t.kept, t.recent, t.old} {
		if a, ok := m[handle]; ok {
			return a, true
		}
	}
	return Addr{}, false
}

func (t *aliases) remember(handle string, a Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.kept[handle]; ok {
		return
	}
	if len(t.recent) >= mostRecent {
		t.recent, t.old = map[string]Addr{}, t.recent
	}
	t.recent[handle] = a
}

func (t *aliases) keep(handle string, a Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept[handle] = a
}

// aliasOf is u or r and 26 base32 digits of the ID's SHA-256, at x.<first
// domain>. IDs of a network with a domain of its own are told apart by it.
func (h *handles) aliasOf(a Addr) string {
	text := a.ID
	if n := h.byName[a.Network]; n != nil && n.Domain() != "" {
		text += "@" + n.Domain()
	}
	sum := sha256.Sum256([]byte(text))
	digits := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:26]
	letter := "u"
	if h.kind(a) == Room {
		letter = "r"
	}
	return letter + strings.ToLower(digits) + "@" + h.alias
}

// isAlias tells whether a handle has to be kept in the table of aliases.
func (h *handles) isAlias(handle string) bool {
	_, domain, _ := strings.Cut(handle, "@")
	return domain == h.alias
}

// remember is handle, for an address that a client gets to see: it can then be
// parsed, even if it is an alias.
func (h *handles) remember(a Addr) string {
	s := h.handle(a)
	if h.isAlias(s) {
		h.aliases.remember(s, a)
	}
	return s
}

// keep remembers an alias for good.
func (h *handles) keep(handle string, a Addr) { h.aliases.keep(handle, a) }

func (h *handles) parseAlias(s string) (Addr, error) {
	a, ok := h.aliases.get(s)
	if !ok {
		return Addr{}, ErrNoSuchUser
	}
	return a, nil
}
