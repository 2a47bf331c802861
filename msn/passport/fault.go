package passport

import (
	"fmt"
	"time"
)

// A soapFault is how a SOAP request ends that brings no ticket (doc/protocol, 04
// section 3.1). The words are shown by those clients that show any.
type soapFault struct{ code, words, status string }

// soapFaults are those of sign-ins that have failed. Clients of this age see from
// the code whether it is worth to try again by themselves.
var soapFaults = map[outcome]soapFault{
	wrongPassword: {"wsse:FailedAuthentication", string(wrongPassword), "0x80048823"},
	tooManyTries:  {"wsse:FailedAuthentication", string(tooManyTries), "0x80048823"},
	notNow:        {"S:Server", string(notNow), "0x80048820"},
}

// faultOf is that of an outcome. What has words of its own is reported as a wrong
// password is: the words of no other fault are shown.
func faultOf(failed outcome) soapFault {
	if f, known := soapFaults[failed]; known {
		return f
	}
	return soapFault{"wsse:FailedAuthentication", string(failed), "0x80048823"}
}

var invalidRequest = soapFault{"S:Client", "Invalid Request", "0x80048820"}

// answer is the fault as it is sent. It stands in place of the body, which is
// where libpurple and BitlBee look for it.
func (f soapFault) answer() *answer {
	return soap(soapHead + "<psf:authstate>0x80048800</psf:authstate><psf:reqstatus>" + f.status + "</psf:reqstatus>" +
		fmt.Sprintf(soapServer, time.Now().UTC().Format(soapTime)) +
		"<S:Fault><faultcode>" + f.code + "</faultcode><faultstring>" + escape(f.words) + "</faultstring></S:Fault>" + soapTail)
}

// notRST2 is a fault in SOAP 1.2.
const notRST2 = `<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"` +
	` xmlns:wst="http://schemas.xmlsoap.org/ws/2005/02/trust" xmlns:psf="http://schemas.microsoft.com/Passport/SoapServices/SOAPFault">` +
	`<S:Body><S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value>wst:InvalidRequest</S:Value></S:Subcode></S:Code>` +
	`<S:Reason><S:Text xml:lang="en-US">This service does not know clients of this version yet</S:Text></S:Reason>` +
	`<S:Detail><psf:error><psf:value>0x80048820</psf:value></psf:error></S:Detail></S:Fault></S:Body></S:Envelope>`
