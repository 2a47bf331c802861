package msn

import (
	"strings"
	"testing"
)

// What is nothing for people outside is passed over: taken, and never said.
func TestPassedOver(t *testing.T) {
	r, b := annBoard(t, "MSNP12")
	for kind, body := range map[string]string{
		"text/x-mms-emoticon":      ":)\t<msnobj Creator=\"alice@msn.test\" Size=\"5\" Type=\"2\"/>\t",
		"text/x-mms-animemoticon":  "(a)\t<msnobj Type=\"2\"/>\t",
		"image/gif":                "base64:R0lGODlhAQABAAAAACw=",
		"application/x-ms-ink":     "base64:AAEC",
		"text/x-clientcaps":        "Client-Name: gaim/2.0\r\nChat-Logging: Y\r\n",
		"text/x-keepalive":         "\r\n",
		"text/x-msmsgsprofile":     "x",
		"application/octet-stream": "x",
		"text/plain-not":           "x",
		"":                         "x",
	} {
		b.msg("A", "ACK", "MIME-Version: 1.0\r\nContent-Type: "+kind+"\r\n\r\n"+body)
		b.msg("N", "", "MIME-Version: 1.0\r\nContent-Type: "+kind+"\r\n\r\n"+body)
		b.msg("U", "", "MIME-Version: 1.0\r\nContent-Type: "+kind+"\r\n\r\n"+body)
	}
	b.text("A", "ACK", "hello")
	if sent := r.net.Sent("alice@msn.test"); len(sent) != 1 || sent[0].Text != "hello" {
		t.Errorf("%+v", sent)
	}
}

// What winks, voice clips and nudges are in words.
func TestDatacast(t *testing.T) {
	r, b := annBoard(t, "MSNP12")
	cast := "MIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\n"
	const frog = `<msnobj Creator="alice@msn.test" Size="5" Type="8" Location="x" Friendly="RgByAG8AZwAAAA==" SHA1D="x" stamp="y"/>`
	for _, body := range []string{"ID: 1", "", "ID: 2\r\nData: " + frog, "ID: 2", "ID: 3\r\nData: <msnobj/>", "ID: 4\r\nData: dances"} {
		b.msg("A", "ACK", cast+body+"\r\n\r\n")
	}
	for _, body := range []string{"ID: 4", "ID: 5\r\nData: x", "no field"} {
		b.msg("A", "ACK", cast+body+"\r\n\r\n")
	}
	b.msg("A", "ACK", cast) // no ID, as some clients nudge
	var got []string
	for _, m := range r.net.Sent("alice@msn.test") {
		if !m.Emote {
			t.Errorf("%+v", m)
		}
		got = append(got, m.Text)
	}
	want := "sends a nudge|sends a nudge|sends a wink: Frog|sends a wink|sends a voice clip|dances|sends a nudge|sends a nudge"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

func TestObjectName(t *testing.T) {
	for in, want := range map[string]string{
		`<msnobj Friendly="RgByAG8AZwAAAA=="/>`: "Frog",
		`<msnobj Friendly="AAA="/>`:             "",
		`<msnobj Friendly="DQAKAGEA"/>`:         "a",
		`<msnobj Friendly="Pdg="/>`:             "\uFFFD",
		`<msnobj Friendly="RgBy"/>`:             "F",
		`<msnobj Friendly="!"/>`:                "",
		`<msnobj Friendly="RgA=`:                "",
		`<msnobj/>`:                             "",
		``:                                      "",
	} {
		if got := objectName(in); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func FuzzObjectName(f *testing.F) {
	f.Add(`<msnobj Friendly="RgByAG8AZwAAAA=="/>`)
	f.Fuzz(func(t *testing.T, s string) {
		if name := objectName(s); strings.ContainsAny(name, "\r\n\x00") || len([]rune(name)) > maxFriendly {
			t.Errorf("%q", name)
		}
	})
}
