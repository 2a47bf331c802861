package chat

import (
	"context"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge/bridgetest"
	"msnbridge/msn/client"
	"msnbridge/msn/p2p"
)

// A client that offers a file is told no.
func TestOfferIsDeclined(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr := serve(t, ctx, bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"}))
	anna := sit(t, ctx, client.Options{Server: addr}, "anna@msn.test")
	bob, err := client.Dial(ctx, client.Options{Server: addr, Handle: "bob@msn.test", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	if err := bob.SetState(ctx, client.Online); err != nil {
		t.Fatal(err)
	}
	sb, err := bob.Call(ctx, "anna@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	const head = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\n\r\n"
	for _, body := range []string{
		"Invitation-Command: CANCEL\r\nInvitation-Cookie: 1\r\n\r\n", // answers nothing: no other word comes back
		"Application-Name: File Transfer\r\nApplication-File: photo\x1b.jpg\r\nInvitation-Command: INVITE\r\nInvitation-Cookie: 4711\r\n\r\n",
	} {
		if _, err := sb.Send(ctx, client.NegativeOnly, []byte(head+body)); err != nil {
			t.Fatal(err)
		}
	}
	anna.await(t, ctx, "* bob@msn.test offers File Transfer (photo.jpg), which is declined: this is texts only")
	m, err := client.Wait[client.Message](ctx, sb.Events(), nil)
	if want := "Invitation-Command: CANCEL\r\nInvitation-Cookie: 4711\r\nCancel-Code: REJECT\r\n\r\n"; err != nil || string(m.Body) != want {
		t.Errorf("%q, %v", m.Body, err)
	}
}

// A client of MSN 6 that offers a file is told no, in the way of that age.
func TestPeerIsDeclined(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr, url := serveBoth(t, ctx, bridgetest.New(bridgetest.Options{Name: "net", Domain: "net.test"}))
	o := client.Options{Server: addr, Dialects: []string{"MSNP9"}, Passport: client.Passport{URL: url}}
	anna := sit(t, ctx, o, "anna@msn.test")
	o.Handle, o.Password = "bob@msn.test", "secret"
	bob, err := client.Dial(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	if err := bob.SetState(ctx, client.Online); err != nil {
		t.Fatal(err)
	}
	sb, err := bob.Call(ctx, "anna@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	offer := p2p.SLP{Method: p2p.Invite, To: "anna@msn.test", From: "bob@msn.test", Branch: p2p.NewGUID(), CallID: p2p.NewGUID(),
		Type: p2p.SessionRequest, Body: []byte("EUF-GUID: {" + p2p.FileGUID + "}\r\nSessionID: 4711\r\nAppID: 2\r\nContext: " + strings.Repeat("A", 1500) + "\r\n\r\n")}
	const head = "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: anna@msn.test\r\n\r\n"
	for _, packet := range p2p.Split(p2p.Header{ID: 100, AckID: 200}, p2p.AppNone, offer.Append(nil)) { // in two parts
		if _, err := sb.Send(ctx, client.Data, packet.Append([]byte(head))); err != nil {
			t.Fatal(err)
		}
	}
	anna.await(t, ctx, "* bob@msn.test offers a file, which is declined: this is texts only")
	ack, slp := heard(t, ctx, sb), heard(t, ctx, sb)
	if ack.Flags&p2p.FlagAck == 0 || ack.AckID != 100 || ack.AckUnique != 200 {
		t.Errorf("%+v", ack)
	}
	no, err := p2p.ParseSLP(slp.Data)
	if id, _ := no.SessionID(); err != nil || no.Status != 603 || no.CallID != offer.CallID || no.Branch != offer.Branch || id != 4711 {
		t.Errorf("%+v %v", no, err)
	}
}

// heard is the next packet of a conversation.
func heard(t *testing.T, ctx context.Context, sb *client.Switchboard) p2p.Packet {
	t.Helper()
	m, err := client.Wait[client.Message](ctx, sb.Events(), nil)
	if err != nil {
		t.Fatal(err)
	}
	packet, err := p2p.Parse(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}
