package bridge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// proofTime is for how long a password that a network has vouched for does without it, if
// it does not decide: homeservers let one address sign in a few times an hour only, and
// clients sign in anew whenever their line has failed.
const proofTime = time.Hour

// A proof is what remains of a password that was right: a digest with a key of this
// process, kept nowhere else.
type proof struct {
	digest [sha256.Size]byte
	until  time.Time
}

// proofOf is the digest of a password.
func (s *admissions) proofOf(p *applicant) (digest [sha256.Size]byte) {
	s.once.Do(func() { rand.Read(s.key[:]) }) // never fails
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(p.handle + "\x00" + p.password.Reveal()))
	h.Sum(digest[:0])
	return digest
}

// remember notes that the network has vouched for a password.
func (s *admissions) remember(p *applicant) {
	now := time.Now()
	digest, g := s.proofOf(p), s.gate(p.domain)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.record(p.handle, now).proof = proof{digest, now.Add(proofTime)}
}

// recalls tells whether the network has vouched for this password lately. Trying others
// counts as failing does.
func (s *admissions) recalls(p *applicant) bool {
	now := time.Now()
	digest, g := s.proofOf(p), s.gate(p.domain)
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.record(p.handle, now)
	if now.After(r.proof.until) || !r.failed.add(mostFailures, now) || !hmac.Equal(digest[:], r.proof.digest[:]) {
		return false
	}
	r.failed.n = 0
	return true
}
