package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// forms are how a dialect reads and writes lists, groups and settings
// (doc/protocol, 02 sections 3 to 5).
type forms struct {
	// syn begins the answer to SYN, and tells whether the lists must follow: sections,
	// in this order, whose lines begin with head.
	syn      func(s *session, r *request) (full bool, err error)
	sections []section
	head     func(s *session, b []byte, verb string, trid uint32) []byte

	entry  entryTail   // the end of a line of the forward list
	groups *groupForms // nil: there are no groups

	// version writes the list version, where answers carry it.
	version func(b []byte, version uint32) []byte

	// adds is the verb of additions. addition and removal are the words with which
	// the client is told of a change that it has not asked for.
	adds              string
	addition, removal func(s *session, c bridge.Change) []string
}

// The forms with a line for each entry of each list: MSNP2 to 4, 5 and 6, which have
// properties, and 7, which has groups.
var (
	plainForms = &forms{
		syn: synVersion, head: numberedHead,
		sections: []section{gtcLine, blpLine, listLines},
		entry:    noGroups, version: withVersion,
		adds: "ADD", addition: addWords, removal: remWords,
	}
	propertyForms = &forms{
		syn: synVersion, head: numberedHead,
		sections: []section{gtcLine, blpLine, allProperties, listLines},
		entry:    noGroups, version: withVersion,
		adds: "ADD", addition: addWords, removal: remWords,
	}
	groupedForms = &forms{
		syn: synVersion, head: numberedHead,
		sections: []section{gtcLine, blpLine, allProperties, groupLines, listLines},
		entry:    groupList, groups: groupNumbers, version: withVersion,
		adds: "ADD", addition: addWords, removal: remWords,
	}
)

// The forms with a line for each person: MSNP8 and 9, then 10 and 11, where people
// and groups are named by GUID, and 12, which says what kind of contact each is.
var (
	maskedForms = &forms{
		syn: synCounts, head: bareHead,
		sections: []section{gtcLine, blpLine, setProperties, numberLines, peopleLines(maskedLine)},
		groups:   sameGroupNumbers, version: withVersion,
		adds: "ADD", addition: addWords, removal: remWords,
	}
	guidForms = &forms{
		syn: synStamps, head: bareHead,
		sections: []section{gtcLine, blpLine, setProperties, guidLines, peopleLines(untypedLine)},
		groups:   groupGUIDs, version: withoutVersion,
		adds: "ADC", addition: adcWords, removal: guidRemWords,
	}
	typedForms = &forms{
		syn: synStamps, head: bareHead,
		sections: []section{gtcLine, blpLine, setProperties, guidLines, peopleLines(typedLine)},
		groups:   groupGUIDs, version: withoutVersion,
		adds: "ADC", addition: adcWords, removal: guidRemWords,
	}
)

// numberedHead begins a line of SYN that carries its transaction ID and the list
// version, bareHead one that carries neither.
func numberedHead(s *session, b []byte, verb string, trid uint32) []byte {
	return withVersion(wire.AppendInt(append(b, verb...), int64(trid)), s.bs.Version())
}

func bareHead(_ *session, b []byte, verb string, _ uint32) []byte { return append(b, verb...) }

func withVersion(b []byte, version uint32) []byte { return wire.AppendInt(b, int64(version)) }
func withoutVersion(b []byte, _ uint32) []byte    { return b }
