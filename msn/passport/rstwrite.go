package passport

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// toldLife is how long clients are told that a ticket lasts. It lasts as long as
// Tickets have it; but they compare this with their own clock, which may be hours
// off, and would ask again and again.
const toldLife = 24 * time.Hour

const soapTime = "2006-01-02T15:04:05Z"

// What surrounds all answers. There is no blank between elements (libpurple 2.10.9
// crashes at one), prefixes are Microsoft's and attributes stand in this order, as
// msn-pecan and others search for them as text (doc/protocol, 07 point 13).
const (
	soapHead = `<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext"` +
		` xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"` +
		` xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy" xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust"` +
		` xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing" xmlns:psf="http://schemas.microsoft.com/Passport/SoapServices/SOAPFault">` +
		`<S:Header><psf:pp><psf:serverVersion>1</psf:serverVersion>`
	soapServer = `<psf:serverInfo Path="Live1" RollingUpgradeState="ExclusiveNew" LocVersion="0" ServerTime="%s">msnbridge</psf:serverInfo>` +
		`<psf:cookies/><psf:response/></psf:pp></S:Header>`
	soapTail = `</S:Envelope>`

	collection = "<wst:RequestSecurityTokenResponseCollection>"
	responseOf = `<wst:RequestSecurityTokenResponse><wst:TokenType>%s</wst:TokenType>` +
		`<wsp:AppliesTo><wsa:EndpointReference><wsa:Address>%s</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>` +
		`<wst:LifeTime><wsu:Created>%s</wsu:Created><wsu:Expires>%s</wsu:Expires></wst:LifeTime>`
	compactToken = `<wst:RequestedSecurityToken><wsse:BinarySecurityToken Id="Compact%[1]d">%[2]s</wsse:BinarySecurityToken></wst:RequestedSecurityToken>` +
		`<wst:RequestedTokenReference><wsse:KeyIdentifier ValueType="urn:passport:compact"></wsse:KeyIdentifier>` +
		`<wsse:Reference URI="#Compact%[1]d"></wsse:Reference></wst:RequestedTokenReference>`
	passportToken = `<wst:RequestedSecurityToken><EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#" Id="BinaryDAToken%[1]d"` +
		` Type="http://www.w3.org/2001/04/xmlenc#Element"><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#tripledes-cbc"></EncryptionMethod>` +
		`<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyName>http://Passport.NET/STS</ds:KeyName></ds:KeyInfo>` +
		`<CipherData><CipherValue>%[2]s</CipherValue></CipherData></EncryptedData></wst:RequestedSecurityToken>` +
		`<wst:RequestedTokenReference><wsse:KeyIdentifier ValueType="urn:passport"></wsse:KeyIdentifier>` +
		`<wsse:Reference URI="#BinaryDAToken%[1]d"></wsse:Reference></wst:RequestedTokenReference>`
	proofToken = `<wst:RequestedProofToken><wst:BinarySecret>%s</wst:BinarySecret></wst:RequestedProofToken>`
)

// Addresses that are answered in a form of their own, in lower case.
const (
	passportAddress = "http://passport.net/tb"  // a token that only later requests would show
	provedAddress   = "messengerclear.live.com" // comes with a key, with which MSNP15 answers a challenge
)

// respond is the document that brings the ticket under each name asked for.
func (r *rstRequest) respond(ticket string) string {
	var b strings.Builder
	now := time.Now().UTC()
	b.WriteString(soapHead)
	fmt.Fprintf(&b, "<psf:PUID>%s</psf:PUID><psf:configVersion>1</psf:configVersion><psf:uiVersion>1</psf:uiVersion>"+
		"<psf:authstate>0x48803</psf:authstate><psf:reqstatus>0x0</psf:reqstatus>", puid(r.handle))
	fmt.Fprintf(&b, soapServer, now.Format(soapTime))
	b.WriteString("<S:Body>")
	if r.multiple {
		b.WriteString(collection)
	}
	for _, a := range r.asked {
		a.respond(&b, ticket, now)
	}
	if r.multiple {
		b.WriteString(strings.Replace(collection, "<", "</", 1))
	}
	b.WriteString("</S:Body>" + soapTail)
	return b.String()
}

// respond writes the answer for one name.
func (a asked) respond(b *strings.Builder, ticket string, now time.Time) {
	kind := "urn:passport:compact"
	address := strings.ToLower(a.address)
	if address == passportAddress {
		kind = "urn:passport:legacy"
	}
	fmt.Fprintf(b, responseOf, kind, escape(a.address), now.Format(soapTime), now.Add(toldLife).Format(soapTime))
	if address == passportAddress {
		fmt.Fprintf(b, passportToken, a.id, noise(96))
	} else {
		fmt.Fprintf(b, compactToken, a.id, escape(ticket))
	}
	if address == passportAddress || address == provedAddress {
		fmt.Fprintf(b, proofToken, noise(24))
	}
	b.WriteString("</wst:RequestSecurityTokenResponse>")
}

// puid is the number of an account: clients only compare it.
func puid(handle string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(handle)))
	sum[0] &= 0x7f
	return strings.ToUpper(hex.EncodeToString(sum[:8]))
}

// noise is so many bytes that nobody looks into, in base64.
func noise(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// escape makes text of a document.
func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // writing to a Builder cannot fail
	return b.String()
}
