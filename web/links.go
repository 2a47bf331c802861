package web

import (
	"crypto/rand"
	"math/big"
	"net/url"
	"slices"
	"sync"
	"time"

	"msnbridge/bridge"
)

const (
	mostLinks   = 20000 // of all accounts
	mostOfOne   = 500   // of one
	maxLinkName = 40    // bytes
)

// A link stands for a file of an account.
type link struct {
	key   linkKey
	file  bridge.File
	token string
	until time.Time
}

type linkKey struct{ account, network, ref string }

// Links are those that can be opened. If there are too many, the one goes that was made first.
type links struct {
	life time.Duration

	mu      sync.Mutex // guards the rest
	byToken map[string]*link
	byKey   map[linkKey]*link
	of      map[string][]*link // by account, the one that ends first in front
}

func newLinks(life time.Duration) links {
	return links{life: life, byToken: map[string]*link{}, byKey: map[linkKey]*link{}, of: map[string][]*link{}}
}

// Link makes the address of a file that a message has brought to an account from a network, for a client
// that reaches us at host. The same file has the same address, which lives on. It is empty if there are
// no links.
func (s *Server) Link(account, network string, f bridge.File, host string) string {
	if s.conf.NoLinks || f.Ref == "" {
		return ""
	}
	token := s.links.put(linkKey{account, network, f.Ref}, f, time.Now())
	return s.base(host) + "/f/" + token + "/" + url.PathEscape(linkName(f))
}

func (ls *links) put(key linkKey, f bridge.File, now time.Time) (token string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.prune(now)
	l := ls.byKey[key]
	if l == nil {
		l = &link{key: key, token: newToken()}
	} else {
		ls.remove(l)
	}
	ls.makeRoom(key.account)
	l.file, l.until = f, now.Add(ls.life)
	ls.byToken[l.token], ls.byKey[key] = l, l
	ls.of[key.account] = append(ls.of[key.account], l)
	return l.token
}

// newToken makes 128 bits as short as letters and digits can.
func newToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return new(big.Int).SetBytes(b[:]).Text(62)
}

// get finds a link. gone: it is there no more.
func (ls *links) get(token string, now time.Time) (l link, ok, gone bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	p := ls.byToken[token]
	if p == nil {
		return link{}, false, false
	}
	return *p, true, now.After(p.until)
}

// prune removes what has ended. The mutex is held, also below.
func (ls *links) prune(now time.Time) {
	for a, ours := range ls.of {
		n := 0
		for n < len(ours) && now.After(ours[n].until) {
			ls.forget(ours[n])
			n++
		}
		ls.keep(a, slices.Delete(ours, 0, n))
	}
}

func (ls *links) makeRoom(account string) {
	if ours := ls.of[account]; len(ours) >= mostOfOne {
		ls.remove(ours[0])
	}
	if len(ls.byToken) < mostLinks {
		return
	}
	var first *link
	for _, theirs := range ls.of {
		if first == nil || theirs[0].until.Before(first.until) {
			first = theirs[0]
		}
	}
	ls.remove(first)
}

func (ls *links) remove(l *link) {
	ls.forget(l)
	a := l.key.account
	ls.keep(a, slices.DeleteFunc(ls.of[a], func(o *link) bool { return o == l }))
}

func (ls *links) forget(l *link) {
	delete(ls.byToken, l.token)
	delete(ls.byKey, l.key)
}

func (ls *links) keep(account string, ours []*link) {
	if len(ours) == 0 {
		delete(ls.of, account)
	} else {
		ls.of[account] = ours
	}
}
