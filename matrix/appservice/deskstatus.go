package appservice

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"msnbridge/bridge"
)

// diagnoseTime bounds how long the homeserver is asked about the registration.
const diagnoseTime = 10 * time.Second

func (c *controlRoom) cmdStatus(ctx context.Context, q *question) (string, error) {
	var lines []string
	for _, part := range []func(context.Context) (string, error){
		c.aboutProgram, c.aboutAccounts, c.aboutLinks, c.aboutLog, c.aboutPassed, c.aboutProblems,
	} {
		line, err := part(ctx)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), nil
}

func (c *controlRoom) aboutProgram(context.Context) (string, error) {
	return strings.TrimSpace("msnbridge "+c.s.config.Version) + " for " + c.s.config.Server, nil
}

func (c *controlRoom) aboutAccounts(ctx context.Context) (string, error) {
	accounts, err := c.s.house.Accounts(ctx)
	if err != nil {
		return "", err
	}
	logins, err := c.s.house.Logins(ctx, "")
	if err != nil {
		return "", err
	}
	ghosts, connected, own := 0, 0, 0
	for _, l := range logins {
		switch {
		case l.Network != Network:
		case !l.Lent:
			own++
		default:
			ghosts++
			if l.Connected {
				connected++
			}
		}
	}
	return fmt.Sprintf("Accounts: %d; with a Matrix account of their own: %d; with a ghost: %d, of which %d are connected and %d wait",
		len(accounts), own, ghosts, connected, ghosts-connected), nil
}

func (c *controlRoom) aboutLinks(ctx context.Context) (string, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	var links, codes, waiting int
	err = b.db.QueryRowContext(ctx, `
		SELECT (SELECT COUNT(*) FROM links), (SELECT COUNT(*) FROM codes), (SELECT COUNT(*) FROM notices WHERE body IS NOT NULL)`).
		Scan(&links, &codes, &waiting)
	return fmt.Sprintf("Linked accounts: %d; codes given out: %d; answers that wait: %d", links, codes, waiting), err
}

func (c *controlRoom) aboutLog(ctx context.Context) (string, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	var events int
	var last sql.NullInt64
	err = b.db.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM events), (SELECT MAX(stored) FROM transactions)").Scan(&events, &last)
	when := "none so far"
	if last.Valid {
		when = ago(time.Since(time.Unix(last.Int64, 0)))
	}
	how := "asked for, as the homeserver pushes none"
	if c.s.EphemeralPushed() {
		how = "pushed by the homeserver"
	}
	return fmt.Sprintf("Events in the log: %d; last transaction with news: %s\nPresence, typing and receipts: %s", events, when, how), err
}

// ago is how long ago something was, roughly.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds ago", max(0, int(d/time.Second)))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d/time.Minute))
	}
	return fmt.Sprintf("%d hours ago", int(d/time.Hour))
}

func (c *controlRoom) aboutPassed(context.Context) (string, error) {
	return fmt.Sprintf("Passed over since the start: %d events that made no sense, %d things in control rooms",
		c.s.malformed.Load(), c.passed.Load()), nil
}

func (c *controlRoom) aboutProblems(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, diagnoseTime)
	defer cancel()
	problems := c.s.Diagnose(ctx)
	if len(problems) == 0 {
		return "Problems: none", nil
	}
	text := "Problems:"
	for _, p := range problems {
		text += "\n" + shownLong(p.String())
	}
	return text, nil
}

// cmdStatusOf says how one account fares. What its owner has to do is not told: there may be an
// address in it that is theirs alone.
func (c *controlRoom) cmdStatusOf(ctx context.Context, q *question) (string, error) {
	info, err := c.account(ctx, q)
	if err != nil {
		return "", err
	}
	logins, err := c.s.house.Logins(ctx, info.Handle)
	if err != nil {
		return "", err
	}
	contacts, err := c.s.house.Contacts(ctx, info.Handle, Network)
	if err != nil {
		return "", err
	}
	lines := []string{fmt.Sprintf("%s (%s); people and rooms here on its list: %d", shown(info.Name), info.Handle, len(contacts))}
	for _, l := range logins {
		lines = append(lines, aboutLogin(l))
	}
	b, err := c.s.book(ctx)
	if err != nil {
		return "", err
	}
	if l, err := b.linkTo(ctx, info.Handle); err != nil {
		return "", err
	} else if l != nil {
		lines = append(lines, "linked with "+l.person)
	}
	return strings.Join(lines, "\n"), nil
}

func aboutLogin(l bridge.LoginStatus) string {
	who := "a login"
	switch {
	case l.Lent:
		who = "a ghost"
	case l.Keys["user"] != "":
		who = shown(l.Keys["user"])
	}
	text := shown(l.Network) + ": " + who + ", "
	switch {
	case l.Connected:
		return text + "connected"
	case l.Awaits:
		return text + "waiting for its owner"
	}
	return text + "not connected: " + shownLong(l.Reason)
}
