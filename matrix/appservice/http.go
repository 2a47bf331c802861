package appservice

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of the homeserver's connections.
const (
	headerTime = 10 * time.Second
	bodyTime   = 2 * time.Minute // for a request, with its body
	answerTime = 3 * time.Minute // and its answer
	idleTime   = 5 * time.Minute
	leaveTime  = 5 * time.Second // for requests under way when we end
	maxHeader  = 32 << 10        // bytes
)

// listen answers the homeserver until ctx ends.
func (s *Service) listen(ctx context.Context, ln net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           s.counted(s.handler()),
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withCaller,
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	left := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(left)
		leave, done := context.WithTimeout(base, leaveTime)
		defer done()
		_ = server.Shutdown(leave) // what is still under way then is cut off
	})
	err := server.Serve(&callers{Listener: ln})
	if !stop() {
		<-left
	}
	cancel()
	server.Close()
	s.answering.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// counted lets listen wait for the handlers that it has cut off.
func (s *Service) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answering.Add(1)
		defer s.answering.Done()
		h.ServeHTTP(w, r)
	})
}
