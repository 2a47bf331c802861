package msn

import (
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// A section is a part of the answer to SYN.
type section func(s *session, b []byte, trid uint32) []byte

// listNames are the lists in the order in which SYN sends them: RL is last,
// because clients wait for its end (doc/protocol, 02 section 4).
var listNames = []struct {
	name string
	list bridge.List
}{{"FL", bridge.FL}, {"AL", bridge.AL}, {"BL", bridge.BL}, {"RL", bridge.RL}}

func nameOfList(l bridge.List) string {
	for _, n := range listNames {
		if n.list == l {
			return n.name
		}
	}
	return ""
}

func listOf(w []byte) (bridge.List, error) {
	for _, n := range listNames {
		if n.name == string(w) {
			return n.list, nil
		}
	}
	return 0, codeInvalid
}

// syn is answered with all settings and lists, or in short if the client has them
// as they are. Nothing comes between: all is appended in one go.
func syn(s *session, r *request) error {
	full, err := s.d.forms.syn(s, r)
	if err != nil {
		return err
	}
	s.synced = true
	if !full {
		return nil
	}
	for _, section := range s.d.forms.sections {
		*r.out = section(s, *r.out, r.trid)
	}
	return nil
}

// synVersion is answered with the list version.
func synVersion(s *session, r *request) (full bool, err error) {
	v, err := strconv.ParseUint(r.arg(0), 10, 32)
	if err != nil {
		return false, codeInvalid
	}
	version := s.bs.Version()
	r.reply("SYN", strconv.FormatUint(uint64(version), 10))
	return uint32(v) != version, nil
}

func gtcLine(s *session, b []byte, trid uint32) []byte {
	w := "N"
	if s.bs.Settings().AskAboutAdders {
		w = "A"
	}
	return wire.AppendEnd(wire.AppendWord(s.d.forms.head(s, b, "GTC", trid), w))
}

func blpLine(s *session, b []byte, trid uint32) []byte {
	w := "AL"
	if s.bs.Settings().AllowedOnly {
		w = "BL"
	}
	return wire.AppendEnd(wire.AppendWord(s.d.forms.head(s, b, "BLP", trid), w))
}
