package bridge

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// networkHelp has a line for each command of a network's own.
func networkHelp(n Network) string {
	var b strings.Builder
	for _, c := range n.Commands() {
		b.WriteString("\n" + strings.TrimSpace(n.Name()+" "+c.Name+" "+c.Args) + ": " + c.Help)
	}
	return b.String()
}

// askNetworkTo has a network do what the user has asked of it. The words may be
// secret: they are neither repeated nor logged.
func (a *account) askNetworkTo(n Network, words []string) {
	switch problem := a.notPossible(n, words); {
	case problem != "":
		a.say(problem)
	default:
		conn := a.logins[n.Name()].live()
		words[0] = strings.ToLower(words[0])
		a.long(func(ctx context.Context) { a.sayLater(answerOf(conn.Command(ctx, words))) })
	}
}

// notPossible says why a network cannot be asked, or is empty.
func (a *account) notPossible(n Network, words []string) string {
	known := func(c Command) bool { return len(words) > 0 && c.Name == strings.ToLower(words[0]) }
	switch {
	case len(n.Commands()) == 0:
		return n.Title() + " has no commands of its own. Say help for a list of mine."
	case !slices.ContainsFunc(n.Commands(), known):
		return n.Title() + " understands:" + networkHelp(n)
	case !a.reaches(n.Name()):
		return "You have no login there. Say login " + n.Name() + " key=value ... to link one."
	case a.logins[n.Name()].live() == nil:
		return "That is not possible just now: you are not connected to " + n.Title() + "."
	}
	return ""
}

// answerOf is what there is to say to a command.
func answerOf(answer string, err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, ErrClosed):
		return "That has not worked: the network has not answered."
	case errors.Is(err, errors.ErrUnsupported):
		return "That is not possible there."
	case err != nil:
		return "That has not worked: " + cleanLines(err.Error())
	case answer == "":
		return "Done."
	}
	return cleanLines(answer)
}

// cleanLines makes a text of a network fit to be said, line by line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = cleanName(line)
	}
	return strings.Join(lines, "\n")
}
