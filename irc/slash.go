package irc

import (
	"context"
	"maps"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A slash is a command that the user can type in a window.
type slash struct {
	args    string // how it is used, after its name; in brackets what may be left out
	help    string
	channel bool // it is about a channel: that of the window, or one that is named first
	least   int  // words that it needs
	do      func(c *Conn, ctx context.Context, t typed) error
}

// A typed is such a command as it was typed.
type typed struct {
	chat    bridge.Addr // where
	usage   string
	channel string // that it is about, as it is written to the server; empty: none
	text    string // the rest
}

// carryOut does what the user has typed after a slash. Answers come as remarks in
// the same conversation. The error is a *bridge.SendError.
func (c *Conn) carryOut(ctx context.Context, msg bridge.Message) error {
	if c.n.isPerson(msg.Chat) != nil && !isChannel(msg.Chat.ID) {
		return &bridge.SendError{Err: bridge.ErrNoSuchPerson}
	}
	table := slashes()
	s, ok := table[msg.Command]
	if !ok {
		return bridge.UnknownCommand(msg.Command, slices.Collect(maps.Keys(table))...)
	}
	text, err := bridge.CommandText(msg)
	if err != nil {
		return err
	}
	t := typed{chat: msg.Chat, usage: s.usage().Of(msg.Command), text: text}
	if isChannel(msg.Chat.ID) {
		t.channel = c.nameOf(msg.Chat)
	}
	if err := t.prepare(c, msg.Command, s); err != nil {
		return err
	}
	return s.do(c, ctx, t)
}

func (s slash) usage() bridge.Usage { return bridge.Usage{Args: s.args, Help: s.help} }

// prepare finds the channel that a command is about, and checks its words.
func (t *typed) prepare(c *Conn, name string, s slash) error {
	if s.channel {
		if first, rest := cutWord(t.text); namesChannel(first) {
			t.channel, t.text = first, rest
		}
		if t.channel == "" {
			return bridge.Declined("/%s belongs to a channel: type it in the channel's window, or name the channel first (/%[1]s #channel ...)", name)
		}
	}
	if len(strings.Fields(t.text)) < s.least {
		return t.misused()
	}
	return nil
}

// namesChannel tells whether a word names a channel where something else could
// stand: + begins modes.
func namesChannel(word string) bool { return isChannel(word) && word[0] != '+' }

func (t *typed) misused() error { return bridge.Declined("usage: %s", t.usage) }

// word takes the first word off the text.
func (t *typed) word() (word string) {
	word, t.text = cutWord(t.text)
	return word
}

func cutWord(s string) (word, rest string) {
	word, rest, _ = strings.Cut(s, " ")
	return word, strings.TrimLeft(rest, " ")
}

// nick takes the first word off the text, which must be a nick; without a word it
// is whoever the query is with.
func (t *typed) nick(c *Conn) (string, error) {
	word := t.word()
	if word == "" && !isChannel(t.chat.ID) {
		return c.nameOf(t.chat), nil
	}
	if !isNick(word) {
		return "", bridge.Declined("%q can be no nick; usage: %s", word, t.usage)
	}
	return word, nil
}

// nameOf is what a conversation is written to as.
func (c *Conn) nameOf(chat bridge.Addr) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target(chat)
}

// slashes are all commands, by name.
func slashes() map[string]slash {
	return map[string]slash{
		"help": {"[COMMAND]", "this list, or how a command is used", false, 0, slashHelp},
		"me":   {"TEXT", "say what you are doing", false, 1, slashMe},
		"msg":  {"NICK TEXT", "say something to somebody, or in another channel", false, 2, slashMsg},
		"query": {"NICK TEXT", "the same", false, 2,
			slashMsg},
		"notice": {"NICK TEXT", "say something that expects no answer", false, 2, slashNotice},
		"say":    {"TEXT", "say something as it is", false, 1, slashSay},
		"ns":     {"TEXT", "say something to NickServ", false, 1, slashService("NickServ")},
		"cs":     {"TEXT", "say something to ChanServ", false, 1, slashService("ChanServ")},

		"nick":   {"NICK", "take another nick", false, 1, slashNick},
		"away":   {"[TEXT]", "be away with a text, until your state changes; without a text: be as it says", false, 0, slashAway},
		"back":   {"", "the same as /away without a text", false, 0, slashBack},
		"whois":  {"[NICK]", "who somebody is", false, 0, slashWhois},
		"whowas": {"NICK", "who somebody was", false, 1, slashWhowas},
		"trust":  {"", "take whoever has this nick now for your contact", false, 0, slashTrust},

		"join":   {"#CHANNEL [KEY]", "enter a channel, and stay in it", false, 1, slashJoin},
		"part":   {"[#CHANNEL] [REASON]", "leave a channel, and take it off your list", true, 0, slashPart},
		"topic":  {"[#CHANNEL] [TEXT]", "show or change the topic (- removes it)", true, 0, slashTopic},
		"names":  {"[#CHANNEL]", "who is in a channel", true, 0, slashNames},
		"mode":   {"[#CHANNEL] [MODES]", "show or change modes (of a channel; in a query, yours)", false, 0, slashMode},
		"invite": {"NICK [#CHANNEL]", "invite somebody into a channel", false, 1, slashInvite},
		"kick":   {"[#CHANNEL] NICK [REASON]", "put somebody out of a channel", true, 1, slashKick},
		"ban":    {"[#CHANNEL] [NICK or MASK]", "ban somebody by host; without a name: who is banned", true, 0, slashBan},
		"unban":  {"[#CHANNEL] NICK or MASK", "take back bans", true, 1, slashUnban},
		"op":     {"[#CHANNEL] NICK ...", "make somebody an operator of a channel", true, 1, slashRank("+o")},
		"deop":   {"[#CHANNEL] NICK ...", "take that back", true, 1, slashRank("-o")},
		"voice":  {"[#CHANNEL] NICK ...", "give somebody voice in a channel", true, 1, slashRank("+v")},
		"devoice": {"[#CHANNEL] NICK ...", "take that back", true, 1,
			slashRank("-v")},

		"quote": {"LINE", "send a line to the server as it is", false, 1, slashQuote},
	}
}
