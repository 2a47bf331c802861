package irc

import (
	"cmp"
	"strings"
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
