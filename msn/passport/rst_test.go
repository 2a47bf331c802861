package passport

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// namespaces are those of the requests of clients.
const namespaces = `xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext" xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion" xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy" ` +
	`xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing" ` +
	`xmlns:wssc="http://schemas.xmlsoap.org/ws/2004/04/sc" xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust"`

// document is a request with this name and password, which are XML already, for these addresses.
func document(handle, password string, addresses ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" %s><Header>`+
		`<ps:AuthInfo xmlns:ps="http://schemas.microsoft.com/Passport/SoapServices/PPCRL" Id="PPAuthInfo"><ps:HostingApp>{7108E71A-9926-4FCB-BCC9-9A9D3F32E423}</ps:HostingApp>`+
		`<ps:BinaryVersion>3</ps:BinaryVersion><ps:UIVersion>1</ps:UIVersion><ps:Cookies></ps:Cookies><ps:RequestParams>AQAAAAIAAABsYwQAAAAxMDMz</ps:RequestParams></ps:AuthInfo>`+
		`<wsse:Security><wsse:UsernameToken Id="user"><wsse:Username>%s</wsse:Username><wsse:Password>%s</wsse:Password></wsse:UsernameToken></wsse:Security></Header><Body>`+
		`<ps:RequestMultipleSecurityTokens xmlns:ps="http://schemas.microsoft.com/Passport/SoapServices/PPCRL" Id="RSTS">`, namespaces, handle, password)
	for i, a := range addresses {
		fmt.Fprintf(&b, `<wst:RequestSecurityToken Id="RST%d"><wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>`+
			`<wsp:AppliesTo><wsa:EndpointReference><wsa:Address>%s</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>`+
			`<wsse:PolicyReference URI="?ct=1&amp;rver=1&amp;wp=FS_40SEC_0_COMPACT&amp;lc=1&amp;id=1"></wsse:PolicyReference></wst:RequestSecurityToken>`, i, a)
	}
	b.WriteString(`</ps:RequestMultipleSecurityTokens></Body></Envelope>`)
	return b.String()
}

// post is a request that brings a document, as MSN 7.5 sends it.
func post(path, document string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nAccept: text/*\r\nUser-Agent: MSMSGS\r\nHost: loginnet.passport.com\r\nContent-Length: %d\r\nConnection: Keep-Alive\r\nCache-Control: no-cache\r\n\r\n%s",
		path, len(document), document)
}

var (
	msn75 = []string{"http://Passport.NET/tb", "messenger.msn.com"}
	pecan = []string{"http://Passport.NET/tb", "messenger.msn.com", "messengersecure.live.com"}
	wlm   = []string{"http://Passport.NET/tb", "messengerclear.live.com", "messenger.msn.com", "contacts.msn.com", "messengersecure.live.com", "spaces.live.com", "storage.msn.com"}
)

// tokens are what each address got, read as a careful client does.
func tokens(t *testing.T, answer string) map[string]string {
	t.Helper()
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "\r\nContent-Type: text/xml") ||
		!strings.Contains(head, fmt.Sprintf("\r\nContent-Length: %d", len(body))) {
		t.Fatalf("%s", answer)
	}
	var e struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Tokens  []struct {
			Address string `xml:"AppliesTo>EndpointReference>Address"`
			Created string `xml:"LifeTime>Created"`
			Token   struct {
				ID   string `xml:"Id,attr"`
				Text string `xml:",chardata"`
			} `xml:"RequestedSecurityToken>BinarySecurityToken"`
			Secret string `xml:"RequestedProofToken>BinarySecret"`
		} `xml:"Body>RequestSecurityTokenResponseCollection>RequestSecurityTokenResponse"`
	}
	if err := xml.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	got := map[string]string{}
	for i, r := range e.Tokens {
		got[r.Address] = r.Token.Text
		if want := fmt.Sprintf("Compact%d", i); r.Address != msn75[0] && r.Token.ID != want {
			t.Errorf("%s has %s, not %s", r.Address, r.Token.ID, want)
		}
		if proved := r.Address == msn75[0] || r.Address == "messengerclear.live.com"; (r.Secret != "") != proved || r.Created == "" {
			t.Errorf("%+v", r)
		}
	}
	return got
}

// betweenTags finds blanks between elements, at which libpurple crashes.
var betweenTags = regexp.MustCompile(`>\s+<`)

// Every client finds its ticket, in the way that it looks for it.
func TestRST(t *testing.T) {
	r := newRig(t)
	escaped := html.EscapeString(oddPass)
	for name, c := range map[string]struct {
		request, owner string
		addresses      []string
	}{
		"MSN 7.5":      {post("/RST.srf", document(alice, secret, msn75...)), alice, msn75},
		"msn-pecan":    {strings.Replace(post("/RST.srf", document(alice, secret, pecan...)), "loginnet.passport.com", "login.live.com", 1), alice, pecan},
		"libpurple":    {post("//RST.srf", document(alice, secret, wlm...)), alice, wlm},
		"lower case":   {post("/rst.srf", document(alice, secret, msn75...)), alice, msn75},
		"no path":      {post("/", document(alice, secret, msn75...)), alice, msn75},
		"proxy":        {post("https://login.live.com/RST.srf", document(alice, secret, msn75...)), alice, msn75},
		"BitlBee":      {strings.Replace(post("/RST.srf", document(alice, secret, msn75...)), "HTTP/1.1", "HTTP/1.0", 1), alice, msn75},
		"escaped":      {post("/RST.srf", document("bert@msn.test", escaped, msn75...)), bert, msn75},
		"CDATA":        {post("/RST.srf", document("<![CDATA[bert@msn.test]]>", "<![CDATA["+oddPass+"]]>", msn75...)), bert, msn75},
		"numbers":      {post("/RST.srf", document("&#98;ert&#x40;msn.test", "&#60;&#xE4;&#38;,&quot;b=%41&apos;&gt;", msn75...)), bert, msn75},
		"& as it is":   {post("/RST.srf", document(bert, `&lt;ä&,"b=%41'>`, msn75...)), bert, msn75},
		"Latin-1":      {post("/RST.srf", strings.Replace(document(bert, "&lt;\xe4&amp;,\"b=%41'&gt;", msn75...), "UTF-8", "iso-8859-1", 1)), bert, msn75},
		"Windows-1252": {post("/RST.srf", strings.Replace(document(bert, "&lt;\xe4&amp;,\"b=%41'&gt;", msn75...), "UTF-8", "Windows-1252", 1)), bert, msn75},
		"undeclared":   {post("/RST.srf", document(bert, "&lt;\xe4&amp;,\"b=%41'&gt;", msn75...)), bert, msn75},
		"prefixes":     {post("/RST.srf", strings.NewReplacer("wsse:", "a:", ":wsse", ":a", "wst:", "", ":wst", "", "wsa:", "x:", ":wsa", ":x").Replace(document(alice, secret, msn75...))), alice, msn75},
		"with blanks":  {post("/RST.srf", "\xef\xbb\xbf"+strings.ReplaceAll(document(alice, secret, msn75...), "><", ">\r\n  <")), alice, msn75},
		"blank name":   {post("/RST.srf", document(" Alice@MSN.test\n", secret, msn75...)), alice, msn75},
		"cut":          {post("/RST.srf", document(carol, long[:16], msn75...)), carol, msn75},
		"one":          {post("/RST.srf", document(alice, secret, msn75[1])), alice, nil},
	} {
		ways := map[string]string{"plain": r.ask(c.request), "tls": r.askTLS(c.request)}
		for way, answer := range ways {
			got := tokens(t, answer)
			for _, a := range c.addresses[min(1, len(c.addresses)):] {
				if !ticketForm.MatchString(got[a]) {
					t.Errorf("%s, %s: %s got %q", name, way, a, got[a])
				}
			}
			if len(got) != max(1, len(c.addresses)) || !r.good(c.owner, got["messenger.msn.com"]) {
				t.Errorf("%s, %s: %s", name, way, answer)
			}
			if betweenTags.MatchString(answer) {
				t.Errorf("%s: blanks in %s", name, answer)
			}
			if len(answer) >= oneRecord {
				t.Errorf("%s: %d bytes", name, len(answer))
			}
		}
	}
	for _, hidden := range []string{secret, oddPass, escaped, long[:16]} {
		if strings.Contains(r.log.String(), hidden) {
			t.Errorf("%s is in the log", hidden)
		}
	}
}

// Some clients read the answer as text.
func TestRSTAsText(t *testing.T) {
	r := newRig(t)
	answer := r.ask(post("/RST.srf", document(alice, secret, pecan...)))
	// msn-pecan
	token := between(answer, `<wsse:BinarySecurityToken Id="Compact1">`, "<")
	first, second, ok := strings.Cut(token, "&amp;")
	if !ok || len(first) < 10 || second != "p=" {
		t.Errorf("%q", token)
	}
	_, rest, _ := strings.Cut(answer, "<wsa:Address>messenger.msn.com</wsa:Address>")
	if between(rest, "<wsu:Expires>", "<") == "" || between(answer, `<wsse:BinarySecurityToken Id="Compact2">`, "<") == "" {
		t.Errorf("%s", answer)
	}
	// ayttm: in this order
	clear := r.ask(post("/RST.srf", document(alice, secret, wlm...)))
	for _, literal := range []string{`<wsse:BinarySecurityToken Id="Compact1">`, "t=", "&amp;p=", "<wst:BinarySecret>", `<wsse:BinarySecurityToken Id="Compact2">`, "t=", "&amp;p="} {
		if _, clear, ok = strings.Cut(clear, literal); !ok {
			t.Errorf("no %s", literal)
		}
	}
	// BitlBee 1.2.8 has 1024 bytes for the whole command.
	if len(token) > 200 {
		t.Errorf("%d bytes", len(token))
	}
}

// fault is how a request has failed, found where clients look for it.
func fault(t *testing.T, answer string) (code, words string) {
	t.Helper()
	_, body, _ := strings.Cut(answer, "\r\n\r\n")
	var e struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Fault   *struct {
			Code  string `xml:"faultcode"`
			Words string `xml:"faultstring"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
	}
	if err := xml.Unmarshal([]byte(body), &e); err != nil || e.Fault == nil || !strings.HasPrefix(answer, "HTTP/1.1 200 OK\r\n") || strings.Contains(answer, "BinarySecurityToken") {
		t.Fatalf("%v in\n%s", err, answer)
	}
	if !strings.Contains(answer, "<faultcode>"+e.Fault.Code+"</faultcode>") {
		t.Errorf("%s", answer)
	}
	return e.Fault.Code, e.Fault.Words
}

func TestRSTRefused(t *testing.T) {
	r := newRig(t)
	for name, document := range map[string]string{
		"wrong":       document(bert, "wrong", msn75...),
		"unknown":     document("nobody@msn.test", secret, msn75...),
		"no password": document(alice, "", msn75...),
		"no name":     document("", secret, msn75...),
		"control":     document("alice@msn.test", "secret1&#13;&#10;", msn75...),
		"two users": strings.Replace(document(bert, "wrong", msn75...), "</wsse:Security>",
			"<wsse:UsernameToken><wsse:Username>alice@msn.test</wsse:Username><wsse:Password>secret1</wsse:Password></wsse:UsernameToken></wsse:Security>", 1),
	} {
		if code, words := fault(t, r.askTLS(post("/RST.srf", document))); code != "wsse:FailedAuthentication" || words != string(wrongPassword) {
			t.Errorf("%s: %s %s", name, code, words)
		}
	}
	for range 3 {
		fault(t, r.ask(post("/RST.srf", document(alice, "wrong", msn75...))))
	}
	if code, words := fault(t, r.ask(post("/RST.srf", document(alice, secret, msn75...)))); code != "wsse:FailedAuthentication" || words != string(tooManyTries) {
		t.Errorf("%s %s", code, words)
	}
	if len(r.tickets.given) != 0 {
		t.Error("a ticket was given")
	}
}

// hostile are documents that are none.
var hostile = map[string]string{
	"nothing":        "",
	"blanks":         "  \r\n",
	"no XML":         "sign-in=alice",
	"not whole":      document(alice, secret, msn75...)[:900],
	"no tickets":     document(alice, secret),
	"empty address":  document(alice, secret, ""),
	"long address":   document(alice, secret, strings.Repeat("a", mostAddress+1)),
	"many":           document(alice, secret, make([]string, mostAsked+1)...),
	"no user":        strings.NewReplacer("UsernameToken", "Token").Replace(document(alice, secret, msn75...)),
	"deep":           strings.Repeat("<a>", 1000) + document(alice, secret, msn75...),
	"NUL":            document(alice, "a\x00b", msn75...),
	"document type":  `<!DOCTYPE Envelope>` + document(alice, secret, msn75...),
	"entities":       `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + document("&b;", secret, msn75...),
	"outside entity": `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + document("&a;", secret, msn75...),
	"UTF-16":         "\xff\xfe<\x00a\x00>\x00",
}

func TestRSTHostile(t *testing.T) {
	r := newRig(t)
	for name, document := range hostile {
		if code, words := fault(t, r.ask(post("/RST.srf", document))); code != "S:Client" || words == "" {
			t.Errorf("%s: %s %s", name, code, words)
		}
	}
	if log := r.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "bad RST request") {
		t.Error(log)
	}
	if a := r.ask(post("/RST.srf", strings.Repeat("<a>", 30_000))); !strings.HasPrefix(a, "HTTP/1.1 413 ") {
		t.Errorf("%s", a)
	}
	answer := r.ask(post("/RST.srf", document(alice, secret, "&lt;x&gt;&#34;&amp;")))
	if got := tokens(t, answer); got[`<x>"&`] == "" {
		t.Errorf("%s", answer)
	}
}

// In chunks, with a question before the body, and without one to find out whether there is a connection.
func TestRSTForms(t *testing.T) {
	r := newRig(t)
	d := document(alice, secret, msn75...)
	chunked := fmt.Sprintf("POST /RST.srf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 100, d[:100], len(d)-100, d[100:])
	if got := tokens(t, r.ask(chunked)); got["messenger.msn.com"] == "" {
		t.Error("chunks")
	}
	c := r.dial()
	io.WriteString(c, fmt.Sprintf("POST /RST.srf HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(d)))
	buf := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("%q %v", buf, err)
	}
	if got := tokens(t, ask(t, c, d)); got["messenger.msn.com"] == "" {
		t.Error("continue")
	}
	if a := r.askTLS("POST / HTTP/1.1\r\nHost: login.live.com\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(a, "HTTP/1.1 200 OK\r\n") {
		t.Error(a)
	}
	if a := r.ask("GET /RST.srf HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.HasPrefix(a, "HTTP/1.1 405 ") {
		t.Error(a)
	}
	if a := r.ask(post("/RST2.srf", d)); !strings.HasPrefix(a, "HTTP/1.1 200 OK\r\n") || !strings.Contains(a, "<S:Fault>") || xml.Unmarshal([]byte(a[strings.Index(a, "<?xml"):]), new(any)) != nil {
		t.Error(a)
	}
	one := strings.NewReplacer("ps:RequestMultipleSecurityTokens", "ps:Single").Replace(document(alice, secret, "messenger.msn.com"))
	if a := r.ask(post("/RST.srf", one)); strings.Contains(a, "Collection") || !strings.Contains(a, "<S:Body><wst:RequestSecurityTokenResponse>") {
		t.Error(a)
	}
}

// An answer comes in one TLS record: msn-pecan forgets what its library holds. TLS 1.0 with CBC has one
// byte before it.
func TestOneRecord(t *testing.T) {
	r := newRig(t)
	c, err := r.dialTLS()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, post("/RST.srf", document(alice, secret, wlm...)))
	buf := make([]byte, 32<<10)
	var sizes []int
	for {
		n, err := c.Read(buf)
		if n > 0 {
			sizes = append(sizes, n)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(sizes) != 2 || sizes[0] != 1 || sizes[1] >= oneRecord {
		t.Errorf("records of %v bytes", sizes)
	}
	var many []string
	for i := range mostAsked {
		many = append(many, fmt.Sprintf("%d.%s", i, strings.Repeat("a", mostAddress-4)))
	}
	if got := tokens(t, r.askTLS(post("/RST.srf", document(alice, secret, many...)))); len(got) != mostAsked {
		t.Errorf("%d tokens", len(got))
	}
}

// When it cannot be told whether a password is right, that is said.
func TestNotNow(t *testing.T) {
	r := newRig(t)
	r.stopBridge()
	r.stopStore()
	if got := cbtxt(t, r.ask(login(url.QueryEscape(carol), secret))); got != string(notNow) {
		t.Error(got)
	}
	if code, words := fault(t, r.ask(post("/RST.srf", document(carol, secret, msn75...)))); code != "S:Server" || words != string(notNow) {
		t.Errorf("%s %s", code, words)
	}
	if log := r.log.String(); !strings.Contains(log, "sign-in not possible") || strings.Contains(log, secret) {
		t.Error(log)
	}
}
