package irc

import (
	"cmp"
	"strings"
	"time"
)

// A chanLimit is how many channels whose names begin with one of these one may be
// in, all together (CHANLIMIT).
type chanLimit struct {
	types string
	most  int
}

// setChanLimits reads CHANLIMIT: #&:50,+:10, where no number is no limit, and
// neither is 0 (so ngIRCd says it).
func (s *isupport) setChanLimits(value string, gone bool) {
	s.chanLimits = nil
	for item := range strings.SplitSeq(value, ",") {
		types, most, ok := strings.Cut(item, ":")
		if types = among(types, channelTypes); ok && !gone && types != "" && len(s.chanLimits) < len(channelTypes) {
			s.chanLimits = append(s.chanLimits, chanLimit{types, cmp.Or(number(most, noLimit), noLimit)})
		}
	}
}

// channelLimit is how many channels there may be whose limit one of this type
// shares.
func (s *isupport) channelLimit(kind byte) int {
	for _, l := range s.chanLimits {
		if strings.IndexByte(l.types, kind) >= 0 {
			return l.most
		}
	}
	return noLimit
}

// sameLimit tells whether channels of two types count together.
func (s *isupport) sameLimit(a, b byte) bool {
	for _, l := range s.chanLimits {
		if strings.IndexByte(l.types, b) >= 0 {
			return strings.IndexByte(l.types, a) >= 0
		}
	}
	return a == b
}

// mayEnter tells whether it is time to enter a channel, and refuses one that the
// server would refuse for its name or number (CHANTYPES, CHANNELLEN, CHANLIMIT).
func (c *Conn) mayEnter(ch *channel, now time.Time) bool {
	switch {
	case now.Before(ch.due):
		return false
	case !c.support.isChannel(ch.name) || len(ch.name) > c.support.channelLen:
		c.refused(ch, "this network has no channels of such a name", slowly)
		return false
	case c.countLike(ch) >= c.support.channelLimit(ch.name[0]):
		c.refused(ch, "you are in too many channels", slowly)
		return false
	}
	return true
}

// countLike counts the channels of the same kind that we are in.
func (c *Conn) countLike(ch *channel) int {
	n := 0
	for _, other := range c.channels.all {
		if other.standing != outside && c.support.sameLimit(other.name[0], ch.name[0]) {
			n++
		}
	}
	return n
}
