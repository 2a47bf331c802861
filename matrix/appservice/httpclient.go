package appservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	if _, err = Enlist(ctx, client, user); err != nil && !errors.Is(err, mautrix.MUserInUse) {
		return fmt.Errorf("register %s: %w", user, err)
	}
	return nil
}

// Enlist makes a user of the application service (application service API 1.15, "Server admin style
// permissions"), and returns who that is, if the homeserver says so. client acts for nobody, by the
// service's token.
func Enlist(ctx context.Context, client *mautrix.Client, user string) (as string, err error) {
	local, _ := cutUser(user)
	answer, err := client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodPost, URL: client.BuildClientURL("v3", "register"), SensitiveContent: true,
		RequestJSON: &mautrix.ReqRegister[any]{Username: local, Type: mautrix.AuthTypeAppservice, InhibitLogin: true},
	})
	if err != nil {
		return "", err
	}
	var resp struct {
		User string `json:"user_id"`
	}
	_ = json.Unmarshal(answer, &resp) // the user is made, whatever is said of it
	return resp.User, nil
}
