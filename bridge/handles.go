package bridge

import (
	"fmt"
	"net/netip"
	"strings"
)

// maxHandle is the longest handle that MSN clients take, in bytes
// (doc/protocol, 06 section 1).
const maxHandle = 129

// mostOwnDomain is the longest domain of ours: an alias at x.<domain> must fit into
// a handle.
const mostOwnDomain = maxHandle - 27 - len("@x.")

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
	lenders []Lender

	aliases aliases
}

func newHandles(domains []string, networks []Network, aliases map[string]Addr) (*handles, error) {
	h := &handles{own: map[string]bool{}, byName: map[string]Network{}, fixed: map[string]Network{}}
	if len(domains) == 0 {
		return nil, fmt.Errorf("no domain is given for the service")
	}
	h.first, h.alias = domains[0], "x."+domains[0]
	h.aliases.load(aliases)
	for _, d := range domains {
		if err := h.checkOwn(d); err != nil {
			return nil, err
		}
		h.own[d] = true
	}
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
	if l, ok := n.(Lender); ok {
		h.lenders = append(h.lenders, l)
	}
	return nil
}

// checkOwn checks a domain of ours.
func (h *handles) checkOwn(d string) error {
	switch {
	case checkDomain(d) != nil:
		return checkDomain(d)
	case d == h.alias:
		return fmt.Errorf("domain %q is kept for people whose own names do not fit", d)
	case len(d) > mostOwnDomain:
		return fmt.Errorf("domain %q is longer than %d bytes", d, mostOwnDomain)
	}
	return nil
}

func checkDomain(d string) error {
	if d == "" || strings.Trim(d, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" ||
		strings.Trim(d, ".-") != d || strings.Contains(d, "..") {
		return fmt.Errorf("%q is no domain in lower case", d)
	}
	if _, err := netip.ParseAddr(d); err == nil {
		return fmt.Errorf("%q is an address, not a domain", d)
	}
	return nil
}

// kind tells whether an address is a person's or a room's.
func (h *handles) kind(a Addr) Kind {
	if n := h.byName[a.Network]; n != nil {
		return n.Kind(a.ID)
	}
	return Person
}

// service is the address of the service contact.
func (h *handles) service() Addr { return h.contact }

// handle is the canonical handle of an address. It always has one.
func (h *handles) handle(a Addr) string {
	if a.Network == Local || a.Network == Service {
		return a.ID
	}
	if s, ok := h.plain(a); ok {
		return s
	}
	return h.aliasOf(a)
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
	if id, err := n.Join(local, domain); err != nil || id != a.ID {
		return "", false // the form would not lead back
	}
	s := escapeLocal(local) + "@" + domain
	return s, len(s) <= maxHandle
}

// parse finds who a handle stands for. The handle's case is folded.
func (h *handles) parse(s string) (Addr, error) {
	s = foldASCII(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > maxHandle || checkDomain(domain) != nil {
		return Addr{}, ErrMalformed
	}
	raw, ok := unescapeLocal(local)
	if !ok {
		return Addr{}, ErrMalformed
	}
	switch {
	case s == h.service().ID:
		return h.service(), nil
	case h.own[domain]:
		if raw != local || local[0] == '#' {
			return Addr{}, ErrMalformed
		}
		return Addr{Local, s}, nil
	case domain == h.alias:
		return h.parseAlias(s)
	}
	return h.parsePlain(s, raw, domain)
}

func (h *handles) parsePlain(s, raw, domain string) (Addr, error) {
	n := h.fixed[domain]
	if n == nil {
		n = h.roaming
	}
	if n == nil {
		return Addr{}, ErrNoSuchUser
	}
	id, err := n.Join(raw, domain)
	if err != nil {
		return Addr{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	a := Addr{n.Name(), id}
	if strings.HasPrefix(s, "~23") {
		s = "#" + s[3:]
	}
	if c, ok := h.plain(a); !ok || c != s {
		return Addr{}, ErrMalformed
	}
	return a, nil
}
