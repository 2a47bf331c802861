package appservice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
)

// A Problem is a mistake in the registration or around it, in words, with its remedy.
type Problem struct {
	Key    string // of [matrix.appservice] or "registration", where it is to be mended
	Text   string
	Remedy string
}

// String is the problem on one line.
func (p Problem) String() string { return p.Key + ": " + p.Text + "; " + p.Remedy }

// anew is the remedy for a homeserver that has another registration, or none.
const anew = `give the homeserver what "msnbridge registration" writes, in place of what it has, and restart it`

// Diagnose asks the homeserver whether it has the registration that it should have, and whether it
// reaches us, which it does only while Serve runs. A problem hides those that are behind it.
func (s *Service) Diagnose(ctx context.Context) []Problem {
	for _, look := range []func(context.Context) []Problem{
		s.findHomeserver, s.findBot, s.findNamespace, s.WayBack,
	} {
		if found := look(ctx); len(found) > 0 {
			return found
		}
	}
	return nil
}

// bare is a client that goes to the homeserver by the token alone, and tries once.
func (s *Service) bare() (*mautrix.Client, error) {
	client, err := s.as(s.bot())
	if err == nil {
		client.SetAppServiceUserID, client.DefaultHTTPRetries = false, 0
	}
	return client, err
}

// findHomeserver finds out whether there is a homeserver.
func (s *Service) findHomeserver(ctx context.Context) []Problem {
	client, err := s.bare()
	if err != nil {
		return []Problem{s.noHomeserver(err)}
	}
	versions, err := client.Versions(ctx)
	if err != nil || len(versions.Versions) == 0 {
		return []Problem{s.noHomeserver(err)}
	}
	return nil
}

// findBot finds out whether the homeserver knows our token, and by what name.
func (s *Service) findBot(ctx context.Context) []Problem {
	client, err := s.bare()
	if err != nil {
		return []Problem{s.odd("tell who we are", err)}
	}
	me, err := client.Whoami(ctx)
	switch {
	case statusOf(err) == http.StatusUnauthorized:
		return []Problem{{Key: "registration", Text: "the homeserver does not know our as_token: it has no registration of ours, or another one", Remedy: anew}}
	case err != nil:
		return []Problem{s.odd("tell who we are", err)}
	}
	if local, server := cutUser(string(me.UserID)); local == "" || server == "" {
		return []Problem{s.odd("tell who we are", errors.New("there is no user ID in its answer"))}
	}
	return s.compareBot(string(me.UserID))
}

// compareBot finds what is wrong if the homeserver calls us otherwise than we do.
func (s *Service) compareBot(user string) (found []Problem) {
	local, server := cutUser(user)
	if server != s.config.Server {
		found = append(found, Problem{Key: "domain", Text: fmt.Sprintf("is %q, but the homeserver's name is %q", s.config.Server, s.clean(server)),
			Remedy: fmt.Sprintf("write domain = %q; then %s", s.clean(server), anew)})
	}
	if local != s.config.Bot {
		found = append(found, Problem{Key: "bot", Text: fmt.Sprintf("is %q, but the homeserver's registration has sender_localpart: %s", s.config.Bot, s.clean(local)),
			Remedy: fmt.Sprintf("write bot = %q, or %s", s.clean(local), anew)})
	}
	return found
}

// findNamespace finds out whether ghosts can be made. For that it makes a user that is no account's
// ghost, but is called like one.
func (s *Service) findNamespace(ctx context.Context) []Problem {
	user := s.nobody("_msn.invalid")
	err := s.register(ctx, user)
	switch {
	case errors.Is(err, mautrix.MExclusive):
		return []Problem{{Key: "registration",
			Text:   fmt.Sprintf("the homeserver does not let us have users such as %s: the namespace %s is missing in it", user, s.space.Regex()),
			Remedy: anew}}
	case err != nil:
		return []Problem{s.odd("make the user "+user, err)}
	}
	return nil
}

// nobody is a user ID of our namespace that is no account's.
func (s *Service) nobody(suffix string) string {
	return "@" + s.config.Prefix + "nobody" + suffix + ":" + s.config.Server
}

// odd is a problem that has no words of its own.
func (s *Service) odd(what string, err error) Problem {
	return Problem{Key: "homeserver", Text: fmt.Sprintf("%s does not %s: %s", s.config.Homeserver, what, s.brief(err)),
		Remedy: "see the homeserver's log"}
}

// cutUser cuts a user ID into local part and server.
func cutUser(user string) (local, server string) {
	local, server, _ = strings.Cut(strings.TrimPrefix(user, "@"), ":")
	return local, server
}
