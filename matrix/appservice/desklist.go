package appservice

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"msnbridge/bridge"
)

// maxListed is how many lines a list has.
const maxListed = 200

// cmdListOwn lists what is on the list of the person's own account.
func (c *controlRoom) cmdListOwn(ctx context.Context, q *question) (string, error) {
	account, err := c.own(ctx, q)
	if err != nil {
		return "", err
	}
	all, err := c.s.house.Contacts(ctx, account, Network)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, describe(s, s.Addr.ID))
	}
	return c.listed(ctx, q, lines, "People and rooms here on the list of "+account, "There is nobody from here on the list of "+account+".")
}

// cmdListOthers lists the accounts that have the person on their list.
func (c *controlRoom) cmdListOthers(ctx context.Context, q *question) (string, error) {
	all, err := c.s.house.Having(ctx, bridge.Addr{Network: Network, ID: q.person})
	if err != nil {
		return "", err
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, describe(s, s.Handle))
	}
	return c.listed(ctx, q, lines, "People on MSN who have you as a contact", "Nobody on MSN has you as a contact.")
}

// describe is a contact in one line.
func describe(s bridge.ContactStatus, called string) string {
	how := s.Presence.State.String()
	switch {
	case s.Blocked:
		how = "blocked"
	case s.Kind == bridge.Room && s.Presence.State == bridge.Online:
		how = "a room that it is in"
	case s.Kind == bridge.Room:
		how = "a room that it is not in"
	case !s.Presence.State.Visible():
		how = "offline"
	}
	if name := shown(s.Name); name != "" && name != called {
		return fmt.Sprintf("%s (%s): %s", name, shown(called), how)
	}
	return shown(called) + ": " + how
}

// listed writes those lines that have the word in them for which the person asks, and whom they block.
func (c *controlRoom) listed(ctx context.Context, q *question, lines []string, title, nobody string) (string, error) {
	blocked, err := c.blockedLine(ctx, q.person)
	if err != nil {
		return "", err
	}
	if len(q.words) > 0 {
		word := strings.ToLower(q.words[0])
		lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(strings.ToLower(l), word) })
		title, nobody = title+", with "+q.words[0], "There is nobody with "+q.words[0]+"."
	}
	if len(lines) == 0 {
		return nobody + blocked, nil
	}
	title = fmt.Sprintf("%s (%d):", title, len(lines))
	if more := len(lines) - maxListed; more > 0 {
		lines = append(lines[:maxListed], fmt.Sprintf("and %d more; say list and a part of a name", more))
	}
	return title + "\n" + strings.Join(lines, "\n") + blocked, nil
}

// blockedLine says whom a person blocks.
func (c *controlRoom) blockedLine(ctx context.Context, person string) (string, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	all, err := b.blockedBy(ctx, person)
	if err != nil || len(all) == 0 {
		return "", err
	}
	line := "\nYou block: " + strings.Join(all[:min(len(all), maxListed)], ", ")
	if len(all) > maxListed {
		line += ", ..."
	}
	return line, nil
}
