package matrix

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mentioning is what a message says about whom it is meant for (client-server API, 11.37).
type mentioning struct {
	MsgType  string `json:"msgtype"`
	Body     string `json:"body"`
	Mentions *struct {
		Users []string `json:"user_ids"`
		Room  bool     `json:"room"`
	} `json:"m.mentions"`
	RelatesTo relation `json:"m.relates_to"`
}

// mentionsUs tells whether a message in a room is meant for the user. A correction never
// is. Of a message that does not say for whom it is, the words decide, as the push rules of old had
// it, but not those of a notice, which is from a program. Conn.mu is held.
func (m *model) mentionsUs(r *room, sender string, raw json.RawMessage) bool {
	var in mentioning
	if !lenient(raw, &in) || in.RelatesTo.Type == relReplace || sender == m.me {
		return false
	}
	if in.Mentions != nil {
		return slices.Contains(in.Mentions.Users, m.me) || in.Mentions.Room && r.mayRing(sender)
	}
	if in.MsgType == "m.notice" {
		return false
	}
	body := strings.ToLower(in.Body)
	local, _, _ := splitUserID(m.me)
	return hasWord(body, r.ownName) || hasWord(body, local) || hasWord(body, "@room") && r.mayRing(sender)
}

// hasWord tells whether a text in lower case has a name in it that is not part of a longer word.
func hasWord(text, name string) bool {
	name = strings.ToLower(name)
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			break
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(name):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		from = i + len(name)
	}
	return false
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
