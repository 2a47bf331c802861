package appservice

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is read of a message, in bytes.
const (
	maxLine  = 1000
	maxQuote = 16 << 10 // with what it answers
)

// spoken is an m.room.message as far as it is looked at.
type spoken struct {
	Kind    string `json:"msgtype"`
	Body    string `json:"body"`
	Relates struct {
		Kind  string `json:"rel_type"`
		Reply struct {
			Event string `json:"event_id"`
		} `json:"m.in_reply_to"`
	} `json:"m.relates_to"`
	Mentions struct {
		Users []string `json:"user_ids"`
	} `json:"m.mentions"`
}

// A line is a command as it was said.
type line struct {
	name      string   // in lower case; empty if there is nothing
	words     []string // behind it
	mentioned string   // the one user who is mentioned
}

// A wrong is why nothing is done, in words for who has asked for it.
type wrong string

func (w wrong) Error() string { return string(w) }

// What can be wrong with a line as such.
const (
	errLong   wrong = "That is too long for a command. Say help for a list of what I understand."
	errLines  wrong = "One command at a time, please, on a line of its own. Say help for a list of what I understand."
	errSecret wrong = "That looks as if there was a password or a token in it. I never ask for one in a room: the homeserver keeps what is said here. " +
		"Please delete that message, and change the password if it was a real one. Nothing was done."
)

// parseSpoken reads a message; false if it is none that is answered: only texts are, as they are said
// first.
func parseSpoken(content json.RawMessage) (s spoken, ok bool) {
	if json.Unmarshal(content, &s) != nil {
		return s, false
	}
	return s, s.Kind == "m.text" && s.Relates.Kind != "m.replace" && strings.TrimSpace(s.Body) != ""
}

// parse takes a message apart into words.
func (s *spoken) parse() (line, error) {
	body := s.Body
	if len(body) > maxQuote {
		return line{}, errLong
	}
	if s.Relates.Reply.Event != "" {
		body = withoutQuote(body)
	}
	body = strings.TrimSpace(body)
	switch {
	case secretive(body):
		return line{}, errSecret
	case strings.ContainsAny(body, "\r\n\u2028\u2029"):
		return line{}, errLines
	case len(body) > maxLine || !utf8.ValidString(body):
		return line{}, errLong
	}
	words := strings.Fields(strings.Map(visible, body))
	if len(words) == 0 {
		return line{}, nil
	}
	l := line{name: strings.ToLower(strings.TrimLeft(words[0], "!/")), words: words[1:]}
	if len(s.Mentions.Users) == 1 {
		l.mentioned = s.Mentions.Users[0]
	}
	return l, nil
}

// take has somebody who is mentioned stand for the name that the words have of them, as clients write
// it who show people by their names.
func (l *line) take(bot string) {
	if l.mentioned != "" && l.mentioned != bot && len(l.words) > 0 && !strings.Contains(l.words[0], "@") {
		l.words = []string{l.mentioned}
	}
}

// withoutQuote takes off what some clients put before an answer: the lines of what it answers.
func withoutQuote(body string) string {
	for strings.HasPrefix(body, ">") {
		_, body, _ = strings.Cut(body, "\n")
	}
	return body
}

// secret matches what somebody would write who gives a password away. The words in front of it are
// what the service contact on MSN understands, which is where a password may be said.
var secret = regexp.MustCompile(`(?i)^[!/]?(login|password|recovery)\b.|` +
	`(pass|passwd|password|passwort|passphrase|pwd|token|secret|recovery[ _-]?key)["']?\s*[=:]|` +
	`\b(syt_|mat_|mct_|mas_)[a-z0-9_]{8,}`)

// secretive tells whether there may be a password or a token in a text.
func secretive(body string) bool { return secret.MatchString(body) }

// visible drops what cannot be seen, as in names it turns the text around.
func visible(r rune) rune {
	if r == '\t' {
		return ' '
	}
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
		return -1
	}
	return r
}

// maxShown bounds a name that we repeat, in bytes.
const maxShown = 200

// shown makes a name fit for one line of ours.
func shown(name string) string {
	name = strings.TrimSpace(strings.Map(visible, strings.NewReplacer("\r", " ", "\n", " ", "\u2028", " ", "\u2029", " ").Replace(name)))
	for len(name) > maxShown {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return name
}

// maxHandle is the longest handle of an account, in bytes.
const maxHandle = 129

var handleForm = regexp.MustCompile(`^[a-z0-9._+~-]+@[a-z0-9.-]+$`)

// handleIn finds which account a word names: by its handle, by its ghost, or by a link to that.
func (n Namespace) handleIn(word string) (handle string, ok bool) {
	if rest, isLink := strings.CutPrefix(word, "https://matrix.to/#/"); isLink {
		word, _, _ = strings.Cut(strings.ReplaceAll(rest, "%40", "@"), "?")
	}
	if strings.HasPrefix(word, "@") {
		return n.Handle(word)
	}
	handle = strings.ToLower(strings.TrimPrefix(word, "mailto:"))
	return handle, len(handle) <= maxHandle && handleForm.MatchString(handle)
}
