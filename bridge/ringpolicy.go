package bridge

import (
	"cmp"
	"fmt"
)

// ringPolicies are the words for the policies.
var ringPolicies = map[string]RingPolicy{
	"default": RingDefault, "mentions": RingMentions, "all": RingAll, "none": RingNone,
}

// ParseRingPolicy reads "mentions", "all" or "none"; empty is RingDefault.
func ParseRingPolicy(s string) (RingPolicy, error) {
	p, ok := ringPolicies[cmp.Or(s, "default")]
	if !ok {
		return 0, fmt.Errorf("%q is none of mentions, all and none", s)
	}
	return p, nil
}

// String is the word for a policy.
func (p RingPolicy) String() string {
	for word, policy := range ringPolicies {
		if policy == p {
			return word
		}
	}
	return "unknown"
}

// rings tells whether a message is worth a window.
func (c *Chat) rings(m Message) bool {
	if !c.room {
		return true
	}
	policy := c.a.ringPolicy(c.addr)
	return policy == RingAll || policy == RingMentions && m.Mention
}

// ringPolicy says which messages of a room open a window.
func (a *account) ringPolicy(room Addr) RingPolicy {
	policy := RingDefault
	if e := a.entry(room); e != nil {
		policy = e.Ring
	}
	return cmp.Or(policy, a.habits(room.Network).Ring)
}
