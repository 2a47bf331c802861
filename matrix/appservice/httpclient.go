package appservice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// How we go to the homeserver.
const (
	requestTime = 30 * time.Second // for a request and its answer
	maxAnswer   = 8 << 20          // bytes of an answer
	retries     = 2                // of a request that was held off or not answered
	retryPause  = time.Second      // before the first of them
	longestWait = 20 * time.Second // of those that the homeserver asks for
)

func defaultTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: requestTime,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
	}
}

// bot is the service's own user.
func (s *Service) bot() string { return "@" + s.config.Bot + ":" + s.config.Server }

// as is a client of the homeserver that acts for the bot or for a ghost. Where the homeserver holds
// it off it tries again, a few times.
func (s *Service) as(user string) (*mautrix.Client, error) {
	if user != s.bot() && !s.space.Owns(user) {
		return nil, fmt.Errorf("%s is not ours to act for", user)
	}
	client, err := mautrix.NewClient(s.config.Homeserver, id.UserID(user), s.config.ASToken.Reveal())
	if err != nil {
		return nil, err
	}
	client.SetAppServiceUserID = true
	client.UserAgent = "msnbridge"
	client.Client = &http.Client{
		Transport: s.transport, Timeout: requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	client.ResponseSizeLimit = maxAnswer
	client.DefaultHTTPRetries, client.DefaultHTTPBackoff, client.MaxHTTPBackoff = retries, retryPause, longestWait
	return client, nil
}

// register makes a user of ours on the homeserver, if it is not there yet (application service API
// 1.15, 2.4.2).
func (s *Service) register(ctx context.Context, user string) error {
	client, err := s.as(user)
	if err != nil {
		return err
	}
	if err := s.Pace(ctx); err != nil {
		return err
	}
	client.SetAppServiceUserID = false // there may be no such user
	local, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), ":")
	_, _, err = client.Register(ctx, &mautrix.ReqRegister[any]{
		Username: local, Type: mautrix.AuthTypeAppservice, InhibitLogin: true,
	})
	if err != nil && !errors.Is(err, mautrix.MUserInUse) {
		return fmt.Errorf("register %s: %w", user, err)
	}
	return nil
}
