package irc

import "strings"

// maxTargmax bounds the commands in TARGMAX that are remembered.
const maxTargmax = 64

// setTargets reads TARGMAX: COMMAND:n,COMMAND: where no number is no limit.
func (s *isupport) setTargets(value string, gone bool) {
	all := s.targets[""]
	s.targets = map[string]int{}
	if all > 0 {
		s.targets[""] = all
	}
	for item := range strings.SplitSeq(value, ",") {
		command, n, ok := strings.Cut(item, ":")
		if ok && !gone && command != "" && len(s.targets) < maxTargmax {
			s.targets[strings.ToUpper(command)] = max(1, number(n, noLimit))
		}
	}
}

// targetsOf is how many targets, separated by commas, a command takes: by TARGMAX,
// else by MAXTARGETS where that matters (PRIVMSG, NOTICE), else one, which is
// always safe.
func (s *isupport) targetsOf(command string) int {
	if n := s.targets[command]; n > 0 {
		return n
	}
	if command == "PRIVMSG" || command == "NOTICE" {
		return max(1, s.targets[""])
	}
	return 1
}

// isChannel tells whether a target is a channel on this server. A rank in front of
// it (cutStatus) makes it none.
func (s *isupport) isChannel(target string) bool {
	return isChannel(target) && strings.IndexByte(s.chanTypes, target[0]) >= 0
}

// cutStatus takes the symbol of a rank off a target that is a channel ("@#chan"):
// the message is for members of that rank alone.
func (s *isupport) cutStatus(target string) (symbol, channel string) {
	if len(target) > 1 && strings.IndexByte(s.statusMsg, target[0]) >= 0 && s.isChannel(target[1:]) {
		return target[:1], target[1:]
	}
	return "", target
}
