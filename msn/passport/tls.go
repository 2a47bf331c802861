package passport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// ServeTLS is Serve for the TLS of the clients' time: 1.0 to 1.2, with ciphers
// that are refused everywhere else (doc/protocol, 04 section 6).
func (s *Server) ServeTLS(ctx context.Context, ln net.Listener) error {
	if s.conf.Authority == nil {
		ln.Close()
		return errors.New("passport: no certificate authority")
	}
	s.tlsPort.Store(portOf(ln))
	conf := legacy(s.conf.Authority)
	return s.accept(ctx, ln, func(ctx context.Context, nc net.Conn) { s.serveTLS(ctx, nc, conf) })
}

// legacySuites are all that Go has and an old client may know: those of Windows
// XP are RC4 and 3DES with RSA key exchange, those of its updates AES-CBC.
var legacySuites = []uint16{
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA,
}

// legacy is named in full, so that neither Go's defaults nor GODEBUG have a say,
// and nothing outside it changes.
func legacy(a *Authority) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12,
		CipherSuites:   legacySuites,
		GetCertificate: a.certificate,

		// An answer comes in one record (see record).
		DynamicRecordSizingDisabled: true,
	}
}

// serveTLS answers the one request of a connection.
func (s *Server) serveTLS(ctx context.Context, nc net.Conn, conf *tls.Config) {
	nc.SetDeadline(time.Now().Add(requestTime))
	c := tls.Server(nc, conf)
	if err := c.HandshakeContext(ctx); err != nil {
		s.log.Debug("TLS handshake failed", "peer", nc.RemoteAddr(), "err", err, "hint", hint(err))
		return
	}
	s.exchange(ctx, c, &inquiry{from: nc.RemoteAddr(), local: nc.LocalAddr(), tls: true, asked: c.ConnectionState().ServerName})
	c.CloseWrite()
	leave(nc)
}

// hint says what to do about a handshake that has failed.
func hint(err error) string {
	bad, ok := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case !ok:
		return ""
	case bad.RecordHeader[0]&0x80 != 0 && bad.RecordHeader[2] == 1:
		return "the client begins with SSL 2.0; in its Internet Options, turn SSL 2.0 and 3.0 off and TLS 1.0 on"
	}
	return "this is no TLS"
}
