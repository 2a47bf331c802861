package passport

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ticketForm = regexp.MustCompile(`^t=[A-Za-z0-9_-]{20,40}&p=$`)

// redeem tells whether a ticket is good, under the seal of these tests.
func redeem(ts *Tickets, handle, ticket string) bool {
	seal, ok := ts.Redeem(handle, ticket)
	return ok && seal == "seal"
}

func TestTicket(t *testing.T) {
	ts := NewTickets(time.Hour)
	for _, form := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return strings.TrimPrefix(strings.TrimSuffix(s, "&p="), "t=") },
		func(s string) string { return strings.TrimSuffix(s, "&p=") },
		func(s string) string { return s + "profile" },
	} {
		ticket := ts.Issue("Alice@MSN.test", "seal")
		if !ticketForm.MatchString(ticket) {
			t.Fatalf("ticket %q", ticket)
		}
		shown := form(ticket)
		if redeem(ts, "bob@msn.test", shown) {
			t.Error("somebody else's ticket was good")
		}
		if !redeem(ts, alice, shown) {
			t.Errorf("%q was no good", shown)
		}
		if redeem(ts, alice, shown) || redeem(ts, alice, ticket) {
			t.Error("good twice")
		}
	}
	for _, none := range []string{"", "t=", "t=&p=", "&p=", "t=x&p="} {
		if redeem(ts, "", none) || redeem(ts, alice, none) {
			t.Errorf("%q was good", none)
		}
	}
}

func TestTicketEnds(t *testing.T) {
	ts := NewTickets(time.Nanosecond)
	ticket := ts.Issue(alice, "seal")
	for until := time.Now(); !time.Now().After(until); { // the clock may be coarse
	}
	if redeem(ts, alice, ticket) {
		t.Error("it has ended")
	}
	if len(ts.given) != 0 || len(ts.order) != 0 {
		t.Error("what has ended is kept")
	}
}

func TestTicketsBounded(t *testing.T) {
	ts := NewTickets(time.Hour)
	first := ts.Issue(alice, "seal")
	for range mostTickets {
		ts.Issue(bert, "seal")
	}
	if len(ts.given) != mostTickets || len(ts.order) != mostTickets || redeem(ts, alice, first) {
		t.Errorf("%d tickets", len(ts.given))
	}
}

// Of many that show one ticket at once, one gets in.
func TestTicketRace(t *testing.T) {
	ts := NewTickets(time.Hour)
	ticket := ts.Issue(alice, "seal")
	var good atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if redeem(ts, alice, ticket) {
				good.Add(1)
			}
		})
	}
	wg.Wait()
	if good.Load() != 1 {
		t.Errorf("good %d times", good.Load())
	}
}
