package bridge

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/netip"
	"strings"
	"sync"
)

// maxHandle is the longest handle that MSN clients take, in bytes
// (doc/protocol, 06 section 1).
const maxHandle = 129

// serviceName is the reserved local part of the service contact's handle.
const serviceName = "gateway"

// handles maps addresses to handles and back. People look like e-mail addresses
// at their own server; whoever does not fit into that form gets an alias at
// x.<first domain>.
type handles struct {
	own     map[string]bool // our domains
	first   string          // the first of them
	alias   string          // x.<first>
	contact Addr            // the service contact
	byName  map[string]Network
	fixed   map[string]Network // by domain
	roaming Network            // the network whose IDs name their own servers, or nil

	mu      sync.RWMutex    // guards aliases
	aliases map[string]Addr // handle at x.<first> to the address it stands for
}

func newHandles(domains []string, networks []Network, aliases map[string]Addr) (*handles, error) {
	h := &handles{own: map[string]bool{}, byName: map[string]Network{}, fixed: map[string]Network{}, aliases: aliases}
	if h.aliases == nil {
		h.aliases = map[string]Addr{}
	}
	for _, d := range domains {
		if err := checkDomain(d); err != nil {
			return nil, err
		}
		h.own[d] = true
	}
	if len(domains) == 0 {
		return nil, fmt.Errorf("no domain is given for the service")
	}
	h.first, h.alias = domains[0], "x."+domains[0]
	h.contact = Addr{Service, serviceName + "@" + h.first}
	for _, n := range networks {
		if err := h.addNetwork(n); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *handles) addNetwork(n Network) error {
	name, domain := n.Name(), n.Domain()
	switch {
	case name == Local || name == Service || h.byName[name] != nil:
		return fmt.Errorf("network %q: the name is taken", name)
	case domain == "" && h.roaming != nil:
		return fmt.Errorf("network %q: %q has servers of its own names already", name, h.roaming.Name())
	case domain == "":
		h.roaming = n
	case checkDomain(domain) != nil:
		return fmt.Errorf("network %q: %w", name, checkDomain(domain))
	case h.own[domain] || domain == h.alias:
		return fmt.Errorf("network %q: domain %q is the service's own", name, domain)
	case h.fixed[domain] != nil:
		return fmt.Errorf("network %q: domain %q belongs to network %q", name, domain, h.fixed[domain].Name())
	default:
		h.fixed[domain] = n
	}
	h.byName[name] = n
	return nil
}

func checkDomain(d string) error {
	if d == "" || len(d) > 100 || strings.Trim(d, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" ||
		strings.Trim(d, ".-") != d || strings.Contains(d, "..") {
		return fmt.Errorf("%q is no domain in lower case", d)
	}
	if _, err := netip.ParseAddr(d); err == nil {
		return fmt.Errorf("%q is an address, not a domain", d)
	}
	return nil
}

// service is the address of the service contact.
func (h *handles) service() Addr { return h.contact }

// handle is the canonical handle of an address. It always has one.
func (h *handles) handle(a Addr, kind Kind) string {
	if a.Network == Local || a.Network == Service {
		return a.ID
	}
	if s, ok := h.plain(a); ok {
		return s
	}
	return h.aliasOf(a, kind)
}

// plain is the form local@domain, for whoever it serves.
func (h *handles) plain(a Addr) (string, bool) {
	n := h.byName[a.Network]
	if n == nil {
		return "", false
	}
	local, domain, ok := n.Split(a.ID)
	if !ok || local == "" || checkDomain(domain) != nil {
		return "", false
	}
	if n.Domain() == "" && (h.own[domain] || domain == h.alias || h.fixed[domain] != nil) {
		return "", false // the domain leads elsewhere
	}
	if id, _, err := n.Join(local, domain); err != nil || id != a.ID {
		return "", false // the form would not lead back
	}
	s := escapeLocal(local) + "@" + domain
	return s, len(s) <= maxHandle
}

// aliasOf is u or r and 26 base32 digits of the ID's SHA-256, at x.<first
// domain>. IDs of a network with a domain of its own are told apart by it.
func (h *handles) aliasOf(a Addr, kind Kind) string {
	text := a.ID
	if n := h.byName[a.Network]; n != nil && n.Domain() != "" {
		text += "@" + n.Domain()
	}
	sum := sha256.Sum256([]byte(text))
	digits := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])[:26]
	letter := "u"
	if kind == Room {
		letter = "r"
	}
	s := letter + strings.ToLower(digits) + "@" + h.alias
	h.mu.RLock()
	_, known := h.aliases[s]
	h.mu.RUnlock()
	if !known {
		h.mu.Lock()
		h.aliases[s] = a
		h.mu.Unlock()
	}
	return s
}

// isAlias tells whether a handle has to be kept in the table of aliases.
func (h *handles) isAlias(handle string) bool {
	return strings.HasSuffix(handle, "@"+h.alias)
}

// parse finds who a handle stands for. The handle's case is folded.
func (h *handles) parse(s string) (Addr, Kind, error) {
	s = foldASCII(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > maxHandle || checkDomain(domain) != nil {
		return Addr{}, Person, ErrMalformed
	}
	raw, ok := unescapeLocal(local)
	if !ok {
		return Addr{}, Person, ErrMalformed
	}
	switch {
	case s == h.service().ID:
		return h.service(), Person, nil
	case h.own[domain]:
		if raw != local {
			return Addr{}, Person, ErrMalformed
		}
		return Addr{Local, s}, Person, nil
	case domain == h.alias:
		return h.parseAlias(s)
	}
	return h.parsePlain(s, raw, domain)
}

func (h *handles) parseAlias(s string) (Addr, Kind, error) {
	h.mu.RLock()
	a, ok := h.aliases[s]
	h.mu.RUnlock()
	if !ok {
		return Addr{}, Person, ErrNoSuchUser
	}
	if s[0] == 'r' {
		return a, Room, nil
	}
	return a, Person, nil
}

func (h *handles) parsePlain(s, raw, domain string) (Addr, Kind, error) {
	n := h.fixed[domain]
	if n == nil {
		n = h.roaming
	}
	if n == nil {
		return Addr{}, Person, ErrNoSuchUser
	}
	id, kind, err := n.Join(raw, domain)
	if err != nil {
		return Addr{}, Person, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	a := Addr{n.Name(), id}
	if strings.HasPrefix(s, "~23") {
		s = "#" + s[3:]
	}
	if c, ok := h.plain(a); !ok || c != s {
		return Addr{}, Person, ErrMalformed
	}
	return a, kind, nil
}

func foldASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					r += 'a' - 'A'
				}
				return r
			}, s)
		}
	}
	return s
}

func plainByte(c byte, i int) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' ||
		c == '.' || c == '_' || c == '-' || c == '+' || c == '#' && i == 0
}

const hexDigits = "0123456789abcdef"

// escapeLocal writes every byte that MSN clients may stumble over as ~hh.
func escapeLocal(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := 0; i < len(s); i++ {
		if c := s[i]; plainByte(c, i) {
			b = append(b, c)
		} else {
			b = append(b, '~', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(b)
}

// unescapeLocal is the inverse of escapeLocal, but for bytes that are escaped
// without need: the caller compares with the canonical form.
func unescapeLocal(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if plainByte(s[i], i) {
			b = append(b, s[i])
			continue
		}
		if s[i] != '~' || i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b = append(b, byte(hi<<4|lo))
		i += 2
	}
	return string(b), true
}
