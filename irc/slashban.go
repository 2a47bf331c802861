package irc

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// slashBan bans a mask, or the host of somebody, or lists the bans.
func slashBan(c *Conn, ctx context.Context, t typed) error {
	word := t.word()
	if word == "" {
		return c.showBans(ctx, t)
	}
	mask, err := c.banMask(ctx, word)
	if err != nil {
		return err
	}
	return c.order(ctx, "MODE", t.channel, "+b", mask)
}

func (c *Conn) showBans(ctx context.Context, t typed) error {
	bans, err := c.bans(ctx, t.channel)
	if err != nil {
		return err
	}
	if len(bans) == 0 {
		return c.show(t, "nobody is banned from "+t.channel)
	}
	return c.show(t, append([]string{"banned from " + t.channel + ":"}, bridge.FillLines(bans, " ")...)...)
}

// bans are the masks that are banned from a channel (367: me, channel, mask, ...).
func (c *Conn) bans(ctx context.Context, channel string) (masks []string, err error) {
	e, err := c.errand("MODE", channel, "b")
	if err != nil {
		return nil, bridge.Declined("%v", err)
	}
	e.hears["367"] = func(m *ircmsg.Message) {
		if len(m.Params) > 2 && len(masks) < maxListed {
			masks = append(masks, m.Params[2])
		}
	}
	return masks, c.runErrand(ctx, e)
}

// banMask is the mask by which somebody is banned: the word itself if it is one,
// else *!*@host of whoever has that nick.
func (c *Conn) banMask(ctx context.Context, word string) (string, error) {
	if isNick(word) {
		_, host, err := c.hostOf(ctx, word)
		return "*!*@" + host, err
	}
	return wholeMask(word)
}

// wholeMask completes a mask that the user has typed.
func wholeMask(word string) (string, error) {
	switch {
	case !isMask(word):
		return "", bridge.Declined("%q is neither a nick nor a mask (nick!user@host)", word)
	case word[0] == '$' || word[0] == '~' || strings.Contains(word, "!"): // the first two: of the server's own kinds
		return word, nil
	case strings.Contains(word, "@"):
		return "*!" + word, nil
	}
	return word + "!*@*", nil
}

// maxMask is the longest mask, in bytes.
const maxMask = 200

func isMask(s string) bool {
	return s != "" && len(s) <= maxMask && s[0] != ':' && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == ',' || r == 0x7f })
}

// hostOf asks for the user name and host of somebody.
func (c *Conn) hostOf(ctx context.Context, nick string) (user, host string, err error) {
	e, err := c.errand("WHOIS", nick)
	if err != nil {
		return "", "", bridge.Declined("%v", err)
	}
	e.hears["311"] = func(m *ircmsg.Message) {
		if len(m.Params) > 3 {
			user, host = m.Params[2], m.Params[3]
		}
	}
	err = c.runErrand(ctx, e)
	failure, _ := errors.AsType[*bridge.SendError](err)
	switch {
	case failure != nil && failure.Unknown:
		return "", "", err
	case err != nil || !isMask(host) || strings.ContainsAny(host, "*?!@"):
		return "", "", bridge.Declined("nobody is called %s now; name a mask (nick!user@host)", nick)
	}
	return user, host, nil
}

// slashUnban takes back a ban, or all that keep somebody out.
func slashUnban(c *Conn, ctx context.Context, t typed) error {
	word := t.word()
	if !isNick(word) {
		mask, err := wholeMask(word)
		if err != nil {
			return err
		}
		return c.order(ctx, "MODE", t.channel, "-b", mask)
	}
	bans, err := c.bans(ctx, t.channel)
	if err != nil {
		return err
	}
	of := word + "!*@*" // of somebody who is not here, bans by nick
	if user, host, err := c.hostOf(ctx, word); err == nil {
		of = word + "!" + user + "@" + host
	}
	c.mu.Lock()
	fold := c.support.fold
	c.mu.Unlock()
	bans = slices.DeleteFunc(bans, func(mask string) bool { return !isMask(mask) || !matches(fold(mask), fold(of)) })
	if len(bans) == 0 {
		return bridge.Declined("no ban of %s keeps %s out", t.channel, word)
	}
	return c.setModes(ctx, t.channel, "-b", bans[:min(len(bans), maxRanked)])
}

// matches tells whether a mask, in which * stands for anything and ? for one byte,
// is of s. It needs no more than len(mask)*len(s) steps.
func matches(mask, s string) bool {
	star, from := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(mask) && mask[i] == '*':
			star, from = i, j
			i++
		case i < len(mask) && (mask[i] == '?' || mask[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(mask[i:], "*") == ""
}
