package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// stateWords are the states on the wire (draft, 7.7).
var stateWords = [...]string{
	bridge.Offline: "FLN", bridge.Hidden: "HDN", bridge.Online: "NLN", bridge.Busy: "BSY", bridge.Idle: "IDL",
	bridge.BeRightBack: "BRB", bridge.Away: "AWY", bridge.OnPhone: "PHN", bridge.OutToLunch: "LUN",
}

func stateOf(w []byte) (bridge.State, error) {
	for s, name := range stateWords {
		if name == string(w) {
			return bridge.State(s), nil
		}
	}
	return 0, codeInvalid
}

// chg changes the user's state. After the first to another state than FLN it is
// followed by an ILN for each contact that is present.
func chg(s *session, r *request) error {
	state, err := stateOf(r.args[0])
	if err != nil {
		return err
	}
	r.reply("CHG", stateWords[state])
	for _, p := range s.bs.SetPresence(bridge.Presence{State: state}) {
		b := wire.AppendInt(append(*r.out, "ILN"...), int64(r.trid))
		*r.out = appendPresence(b, p.Presence.State, p.Entry, p.Name)
	}
	s.cameOnline(state, r)
	return nil
}

// appendPresence ends an ILN or NLN line: state, handle, name.
func appendPresence(b []byte, state bridge.State, e *bridge.Entry, name string) []byte {
	b = wire.AppendWord(b, stateWords[state])
	b = wire.AppendWord(b, e.Spelling())
	if name == "" {
		name = e.Name
	}
	return wire.AppendEnd(appendName(b, name, e.Spelling()))
}
