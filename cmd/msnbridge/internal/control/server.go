package control

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// maxRequest is the most that a request may hold: an import of 100,000 accounts.
const maxRequest = 32 << 20

// Serve answers commands on ln until ctx ends, and returns when all requests
// have been answered. ghosts is nil if there are none.
func Serve(ctx context.Context, ln net.Listener, s Service, ghosts *appservice.Service, log *slog.Logger) error {
	srv := &http.Server{
		Handler:     handler(s, ghosts),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ReadTimeout: 30 * time.Second,
		IdleTimeout: 30 * time.Second,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if srv.Shutdown(brief) != nil {
		srv.Close()
	}
	<-failed
	return nil
}

func handler(s Service, ghosts *appservice.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+wayBack, method(func(ctx context.Context, _ nothing) ([]appservice.Problem, error) {
		if ghosts == nil {
			return nil, errNoGhosts
		}
		return ghosts.WayBack(ctx), nil
	}))
	for path, h := range methods(s) {
		mux.Handle("POST "+path, h)
	}
	return mux
}

// errNoGhosts is said of a daemon whose configuration was another one when it started.
var errNoGhosts = errors.New("the service that runs was started without [matrix.appservice]")

// methods binds the methods to the service.
func methods(s Service) map[string]http.Handler {
	return map[string]http.Handler{
		hello:       method(func(context.Context, nothing) (nothing, error) { return nothing{}, nil }),
		addAccounts: act(func(ctx context.Context, in []account) error { return s.AddAccounts(ctx, newAccounts(in)...) }),
		setPassword: act(func(ctx context.Context, in account) error {
			return s.SetPassword(ctx, in.Handle, bridge.Secret(in.Password))
		}),
		removeAccount: act(func(ctx context.Context, in account) error { return s.RemoveAccount(ctx, in.Handle) }),
		listAccounts: method(func(ctx context.Context, _ nothing) ([]bridge.AccountInfo, error) {
			return s.Accounts(ctx)
		}),
		addLogin: act(func(ctx context.Context, in login) error {
			return s.AddLogin(ctx, in.Account, in.Network, in.Keys, bridge.Secret(in.Secret))
		}),
		waitLogin: method(func(ctx context.Context, in login) (bridge.LoginStatus, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(in.Wait)*time.Millisecond)
			defer cancel()
			status, err := s.WaitLogin(ctx, in.Account, in.Network)
			if errors.Is(err, context.DeadlineExceeded) && status.Account != "" {
				err = nil // how it fares so far is the answer
			}
			return status, err
		}),
		removeLogin: act(func(ctx context.Context, in login) error {
			return s.RemoveLogin(ctx, in.Account, in.Network)
		}),
		listLogins: method(func(ctx context.Context, in login) ([]bridge.LoginStatus, error) {
			return s.Logins(ctx, in.Account)
		}),
	}
}

func newAccounts(in []account) []bridge.NewAccount {
	as := make([]bridge.NewAccount, len(in))
	for i, a := range in {
		as[i] = bridge.NewAccount{Handle: a.Handle, Name: a.Name, Password: bridge.Secret(a.Password)}
	}
	return as
}

// act makes a method of what only succeeds or fails.
func act[In any](f func(context.Context, In) error) http.Handler {
	return method(func(ctx context.Context, in In) (nothing, error) { return nothing{}, f(ctx, in) })
}

// method answers one method: JSON in, JSON out.
func method[In, Out any](f func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
			reply(w, http.StatusBadRequest, failure{Text: "request: " + err.Error()})
			return
		}
		out, err := f(r.Context(), in)
		if err != nil {
			reply(w, http.StatusUnprocessableEntity, fail(err))
			return
		}
		reply(w, http.StatusOK, out)
	})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // whoever does not listen any more has no need to know
}

func fail(err error) failure {
	f := failure{Text: err.Error()}
	for _, k := range kinds {
		if errors.Is(err, k) {
			f.Kind = k.Error()
			break
		}
	}
	return f
}
