package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	errQuit    = errors.New("quit")
	errUnknown = errors.New("/help lists those that there are")
)

// A command is one of those that begin with a slash.
type command struct {
	name, args, help string
	least            int // words that must follow
	do               func(c *Chat, ctx context.Context, words []string) error
	patient          bool // may take longer than answerTime
}

// commands are all there are, in the order of /help.
func commands() []command {
	return []command{
		{"chat", "HANDLE", "talk to someone: what you write then goes there", 1, (*Chat).chat, false},
		{"invite", "HANDLE", "call someone into the conversation", 1, (*Chat).invite, false},
		{"here", "", "who is in the conversation, and which others are open", 0, (*Chat).here, false},
		{"close", "[HANDLE]", "leave the conversation, or the one with HANDLE", 0, (*Chat).closeWindow, false},
		{"who", "", "people on your lists, and how present they are", 0, (*Chat).who, false},
		{"state", "STATE", "be online, busy, idle, brb, away, phone, lunch or hidden", 1, (*Chat).state, false},
		{"name", "NAME", "change the name that others see", 1, (*Chat).rename, false},
		{"note", "[TEXT]", "change what others read beside your name; without TEXT: nothing (MSNP11)", 0, (*Chat).setNote, false},
		{"song", "[TITLE - ARTIST]", "tell what you listen to; without TITLE: nothing (MSNP11)", 0, (*Chat).setSong, false},
		{"add", "HANDLE [NAME]", "make someone a contact, who may see and call you", 1, (*Chat).add, false},
		{"remove", "HANDLE", "take someone off your contacts", 1, (*Chat).remove, false},
		{"allow", "HANDLE", "let someone see and call you, without being a contact", 1, (*Chat).allow, false},
		{"block", "HANDLE", "let someone neither see nor call you", 1, (*Chat).block, false},
		{"unblock", "HANDLE", "the same as /allow", 1, (*Chat).allow, false},
		{"me", "TEXT", "say what you do", 1, nil, false}, // sent as it is
		{"nudge", "", "shake their window (MSN 7.0 and later shows it)", 0, (*Chat).nudge, false},
		{"ping", "", "ask whether the server is there", 0, (*Chat).ping, false},
		{"do", "VERB WORDS", "send a command of the protocol and show the answer", 1, (*Chat).raw, false},
		{"trace", "on|off", "show what goes over the wire", 1, (*Chat).setTrace, false},
		{"wait", "SECONDS", "do nothing for a while (in a script)", 1, (*Chat).wait, true},
		{"help", "", "this list", 0, (*Chat).help, false},
		{"quit", "", "sign out", 0, func(*Chat, context.Context, []string) error { return errQuit }, false},
	}
}

// line carries out a command, or sends a text. A command that is not one of ours
// is sent to a conversation with another network, which may know it. Whatever
// begins with two slashes is sent without the first.
func (c *Chat) line(ctx context.Context, line string) error {
	line = strings.Trim(line, " \t\r\n")
	rest, isCommand := strings.CutPrefix(line, "/")
	if line == "" {
		return nil
	}
	if !isCommand || strings.HasPrefix(rest, "/") {
		return c.write(ctx, rest)
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return errors.New("/help lists the commands")
	}
	cmd, err := lookUp(words[0], len(words)-1)
	unknown := errors.Is(err, errUnknown)
	switch {
	case unknown && c.abroad():
		return c.write(ctx, line)
	case unknown:
		return fmt.Errorf("there is no command /%s; %w", words[0], err)
	case err != nil:
		return err
	case cmd.do == nil:
		return c.write(ctx, line)
	}
	if !cmd.patient {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, answerTime)
		defer cancel()
	}
	return cmd.do(c, ctx, words[1:])
}

// lookUp finds a command and checks how many words it is given.
func lookUp(name string, words int) (*command, error) {
	all := commands()
	i := slices.IndexFunc(all, func(cmd command) bool { return cmd.name == strings.ToLower(name) })
	if i < 0 {
		return nil, errUnknown
	}
	if cmd := &all[i]; words >= cmd.least {
		return cmd, nil
	}
	return nil, fmt.Errorf("/%s %s: something is missing", all[i].name, all[i].args)
}

// furtherHelp is the end of /help.
var furtherHelp = []string{
	"All else is sent to the conversation; a text that begins with / is written with //.",
	"In a conversation with another network, commands that are not in this list are sent",
	"there (/topic, /names, /nick ...), and a text that begins with / is written with ///.",
}

func (c *Chat) help(context.Context, []string) error {
	for _, cmd := range commands() {
		c.say("  %-20s %s", strings.TrimSpace("/"+cmd.name+" "+cmd.args), cmd.help)
	}
	for _, line := range furtherHelp {
		c.say("  %s", line)
	}
	return nil
}
