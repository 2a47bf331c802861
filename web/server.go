package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"msnbridge/bridge"
)

// Limits of a connection. A slow one is a modem.
const (
	headerTime  = 30 * time.Second // to send a request
	idleTime    = 30 * time.Second // between two
	writeTime   = 5 * time.Minute  // to take what one write gives, or some of it
	leaveTime   = time.Second      // what is under way has to end when the server ends
	maxHeader   = 16 << 10         // bytes of a request
	writeBuffer = 64 << 10         // bytes that the kernel holds for a slow client
)

// Config configures a Server. Zero fields have defaults.
type Config struct {
	// PublicURL is what addresses begin with, without a slash at the end. Empty:
	// http://, the host by which a client has reached us, and the port of Listen.
	PublicURL string

	// PublicHost is the host where that is not known yet.
	PublicHost string

	NoLinks       bool          // Link makes no addresses
	LinkLife      time.Duration // how long one can be opened after it was made last; 24 h
	Width, Height int           // the largest image that is shown, in pixels; 1024x768
	Log           *slog.Logger  // nil: nothing is logged
}

// A Server is a listener for browsers. Its methods may be called from several goroutines.
type Server struct {
	conf    Config
	log     *slog.Logger
	ln      net.Listener // nil before Listen
	links   links
	detours Detours
	reached reached

	// reading bounds the images that are in memory, decoding the memory that it takes to decode them.
	reading  *semaphore.Weighted
	decoding *semaphore.Weighted

	bridge  *bridge.Bridge // from Serve on
	serving sync.WaitGroup // requests
}

// New prepares a server.
func New(c Config) *Server {
	c.LinkLife = cmp.Or(c.LinkLife, 24*time.Hour)
	c.Width, c.Height = cmp.Or(c.Width, 1024), cmp.Or(c.Height, 768)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{conf: c, log: c.Log, links: newLinks(c.LinkLife),
		reading: semaphore.NewWeighted(mostReading), decoding: semaphore.NewWeighted(memory)}
	s.detours.base = func(account string) string { return s.base(s.hostFor(account)) }
	s.detours.byCode = map[string]*detour{}
	return s
}

// Listen opens the listener. It is called once, before all other methods; what comes waits for Serve.
func (s *Server) Listen(ctx context.Context, address string) (err error) {
	s.ln, err = new(net.ListenConfig).Listen(ctx, "tcp", address)
	return err
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Close closes the listener of a server that Serve is not called for.
func (s *Server) Close() error { return s.ln.Close() }

// Serve serves browsers until ctx ends, with the files that b opens. It closes the listener and returns
// when all its goroutines have ended.
func (s *Server) Serve(ctx context.Context, b *bridge.Bridge) error {
	s.bridge = b
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g := newGate(s.ln)
	server := &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, WriteTimeout: writeTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	left := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(left)
		leave, done := context.WithTimeout(base, leaveTime)
		defer done()
		_ = server.Shutdown(leave)
	})
	err := server.Serve(g)
	if !stop() {
		<-left
	}
	cancel()
	server.Close()
	s.serving.Wait()
	g.wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
