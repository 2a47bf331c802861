package matrix

import (
	"context"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A slash is a command that the user can type in a window.
type slash struct {
	args  string // how it is used, after its name; in brackets what may be left out
	help  string
	room  bool // it makes no sense in a chat with one person
	least int  // words that it needs
	do    func(c *Conn, ctx context.Context, t typed) error
}

// A typed is such a command as it was typed.
type typed struct {
	key   string // of the message that it came as
	chat  bridge.Addr
	room  string // of Matrix; empty: there is no chat yet
	usage string
	text  string // what follows the name, or is left of that
}

// obey does what the user has typed after a slash. Answers come as remarks in the same
// conversation. The error is a *bridge.SendError.
func (c *Conn) obey(ctx context.Context, msg bridge.Message) error {
	table := slashes()
	s, ok := table[msg.Command]
	if !ok {
		return bridge.UnknownCommand(msg.Command, slices.Collect(maps.Keys(table))...)
	}
	text, err := bridge.CommandText(msg)
	t := typed{key: msg.ID, chat: msg.Chat, usage: s.usage().Of(msg.Command), text: text}
	switch {
	case err != nil:
		return err
	case s.room && !isRoom(msg.Chat):
		return bridge.Declined("/%s belongs to a room, and this is a chat with one person", msg.Command)
	case len(strings.Fields(text)) < s.least:
		return t.misused()
	case isRoom(msg.Chat):
		t.room = msg.Chat.ID
	default:
		t.room = c.choose(msg.Chat.ID, msg.Via)
	}
	return s.do(c, ctx, t)
}

func (s slash) usage() bridge.Usage { return bridge.Usage{Args: s.args, Help: s.help} }

func (t *typed) misused() error { return bridge.Declined("usage: %s", t.usage) }

// word takes the first word off the text; a name of several words stands in quotation marks.
func (t *typed) word() (word string) {
	end := " "
	if rest, ok := strings.CutPrefix(t.text, `"`); ok && strings.Contains(rest, `"`) {
		t.text, end = rest, `"`
	}
	word, t.text, _ = strings.Cut(t.text, end)
	t.text = strings.TrimLeft(t.text, " ")
	return word
}

// slashes are all commands, by name.
func slashes() map[string]slash {
	return map[string]slash{
		"help":   {"[COMMAND]", "this list, or how a command is used", false, 0, slashHelp},
		"me":     {"TEXT", "say what you are doing", false, 1, slashMisused},
		"nudge":  {"", "send a nudge, in words", false, 0, slashNudge},
		"msg":    {"USER TEXT", "say something to somebody", false, 2, slashMsg},
		"reply":  {"TEXT", "answer the last message of others", false, 1, slashReply},
		"react":  {"EMOJI", "react to the last message of others", false, 1, slashReact},
		"redact": {"[REASON]", "take your last message back", false, 0, slashRedact},

		"nick":     {"NAME", "take another display name everywhere", false, 1, slashNick},
		"roomnick": {"NAME", "take another display name in this room alone", true, 1, slashRoomNick},
		"whois":    {"[USER]", "who somebody is", false, 0, slashWhois},

		"join":   {"#ROOM:SERVER", "enter a room", false, 1, slashJoin},
		"part":   {"", "leave this room, and take it off your list", true, 0, slashPart},
		"name":   {"[TEXT]", "show or change the name of the room (- removes it)", true, 0, slashName},
		"topic":  {"[TEXT]", "show or change the topic (- removes it)", true, 0, slashTopic},
		"names":  {"", "who is in the room", true, 0, slashNames},
		"invite": {"USER", "invite somebody into the room", true, 1, slashInvite},
		"kick":   {"USER [REASON]", "put somebody out of the room", true, 1, slashMembership("kick")},
		"ban":    {"USER [REASON]", "put somebody out of the room for good", true, 1, slashMembership("ban")},
		"unban":  {"USER [REASON]", "take that back", true, 1, slashMembership("unban")},
	}
}
