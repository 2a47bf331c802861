package msn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

const (
	// maxTicket is the longest ticket that is looked at, in bytes. Some clients cut
	// off a command line at 1024 (doc/protocol, 07 point 13).
	maxTicket = 1024

	// ticketTime is how long a client may take to get its ticket: the user may have
	// to say first whether the certificate is to be trusted.
	ticketTime = 3 * time.Minute
)

// newPolicy is what a client copies into its request for a ticket. All these keys
// are looked up by one client or another; ct is the time (doc/protocol, 07 point
// 10, and 04 section 2.1).
func newPolicy() string {
	var id [20]byte
	rand.Read(id[:])
	return "lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fmessenger%2Emsn%2Ecom" +
		",ct=" + strconv.FormatInt(time.Now().Unix(), 10) +
		",kpp=1,kv=5,ver=2.1.0173.1,rn=" + hex.EncodeToString(id[:4]) +
		",tpf=" + hex.EncodeToString(id[4:]) + ",wp=FS_40SEC_0_COMPACT"
}

// checkTicket redeems the ticket for the handle of the first step, if the password
// that it was given for is the account's still.
func checkTicket(ctx context.Context, srv *Server, try attempt, answer string) (bool, error) {
	ticket := ticketOf(answer)
	if ticket == "" {
		return false, nil
	}
	sealed, ok := srv.conf.Tickets.Redeem(try.handle, ticket)
	if !ok {
		return false, nil
	}
	seal, err := srv.seal(ctx, try.handle)
	if errors.Is(err, bridge.ErrNotFound) {
		return false, nil
	}
	return sealed == seal, err
}

// ticketOf is the opaque word in what clients send of it: t=WORD&p= with
// anything behind, or WORD alone, each also percent-encoded or with the & as it
// stands in XML (doc/protocol, 07 points 12 and 13). Empty: there is none.
func ticketOf(answer string) string {
	if len(answer) > maxTicket {
		return ""
	}
	answer, err := wire.Decode([]byte(answer))
	if err != nil {
		return ""
	}
	answer = strings.TrimPrefix(answer, "t=")
	ticket, _, _ := strings.Cut(answer, "&")
	return ticket
}

// noTickets tells a client in words that it cannot sign in, where there is
// nobody who gives tickets: clients show 601 as a service that is not available.
func (s *Server) noTickets() error {
	s.without.Do(func() {
		s.log.Warn("a client of MSN 5 or later cannot sign in: it needs Passport: set listen or tls_listen in [passport]")
	})
	return end(codeUnavailable)
}
