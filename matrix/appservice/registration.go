package appservice

import (
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"
)

// registration is the file that a homeserver learns of us by (Application Service API 1.15,
// "Registration").
type registration struct {
	ID          string     `yaml:"id"`
	URL         string     `yaml:"url"`
	ASToken     string     `yaml:"as_token"`
	HSToken     string     `yaml:"hs_token"`
	Bot         string     `yaml:"sender_localpart"`
	RateLimited bool       `yaml:"rate_limited"`
	Ephemeral   bool       `yaml:"receive_ephemeral"`
	Pushed      bool       `yaml:"de.sorunome.msc2409.push_ephemeral"` // the same before it was specified
	Protocols   []string   `yaml:"protocols"`
	Namespaces  namespaces `yaml:"namespaces"`
}

type namespaces struct {
	Users   []namespace `yaml:"users"`
	Aliases []namespace `yaml:"aliases"`
	Rooms   []namespace `yaml:"rooms"`
}

type namespace struct {
	Exclusive bool   `yaml:"exclusive"`
	Regex     string `yaml:"regex"`
}

// ID is what the service calls itself at the homeserver, apart from other services there.
func (s *Service) ID() string { return "msnbridge-" + s.config.Bot }

// Registration is the file that the homeserver has to load, in YAML. url is where it reaches us. There
// are secrets in it.
func (s *Service) Registration(url string) ([]byte, error) {
	text, err := yaml.Marshal(registration{
		ID: s.ID(), URL: url,
		ASToken: s.config.ASToken.Reveal(), HSToken: s.config.HSToken.Reveal(),
		Bot: s.config.Bot, Ephemeral: true, Pushed: true, Protocols: []string{},
		Namespaces: namespaces{
			Users: []namespace{
				{Exclusive: true, Regex: s.space.Regex()},
				{Exclusive: true, Regex: "^" + regexp.QuoteMeta("@"+s.config.Bot+":"+s.config.Server) + "$"},
			},
			Aliases: []namespace{}, Rooms: []namespace{},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("write the registration: %w", err)
	}
	return append([]byte(head), text...), nil
}

// head is for those who look into the file.
const head = `# By this file the homeserver knows msnbridge. "msnbridge registration" has written it, and writes it
# anew; the two tokens are secrets. The homeserver reads it when it starts.
`
