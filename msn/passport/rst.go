package passport

import (
	"context"
)

// rst gives tickets to MSN 7.5 and others that ask by SOAP (doc/protocol, 04
// section 3.1). There is one ticket, under all the names that are asked for: which
// of them a client shows at the notification server differs.
func (s *Server) rst(ctx context.Context, q *inquiry) *answer {
	request, err := parseRST(q.body)
	if err != nil {
		s.log.Debug("bad RST request", "peer", q.from, "err", err)
		return invalidRequest.answer()
	}
	ticket, failed := s.signIn(ctx, q, request.credential)
	if failed != "" {
		return faultOf(failed).answer()
	}
	return soap(request.respond(ticket))
}

// root answers a POST at no address. MSN 7.5 sends one without a body to find out
// whether it is connected (doc/protocol, 04 section 3.1).
func (s *Server) root(ctx context.Context, q *inquiry) *answer {
	if len(q.body) == 0 {
		return &answer{status: "200 OK", media: "text/html"}
	}
	return s.rst(ctx, q)
}

// rst2 answers what clients ask that are not served yet: those of MSNP16 and later.
func (s *Server) rst2(context.Context, *inquiry) *answer { return soap(notRST2) }

// soap is an answer with a document in it.
func soap(document string) *answer {
	return &answer{status: "200 OK", media: "text/xml; charset=utf-8", body: document}
}
