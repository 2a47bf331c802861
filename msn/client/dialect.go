package client

import (
	"context"
	"strings"
)

// Dialects are those that sign in with the password alone, newest first.
var Dialects = []string{"MSNP7", "MSNP6", "MSNP5", "MSNP4", "MSNP3", "MSNP2"}

// PassportDialects are those that sign in with a ticket of Passport, newest first.
var PassportDialects = []string{"MSNP12", "MSNP11", "MSNP10", "MSNP9", "MSNP8"}

// A dialect is one row: all that differs between the dialects. Nothing else
// compares their names.
type dialect struct {
	name    string
	signIn  func(*Client, context.Context) (next string, err error)
	named   bool   // the own name is in USR OK
	version string // of the official client, for CVR
	product string // which client answers CHL (doc/protocol, 04 section 5)

	features bool // words of CHG: what the client can do
	pictures bool // and its picture
	notes    bool // UUX

	syncs format // of the answer to SYN
	edit  editor // of the lists
}

// The products that answer CHL.
const (
	productMSN5  = "msmsgs@msnmsgr.com"
	productMSN6  = "PROD0038W!61ZTF9"
	productMSN61 = "PROD0061VRRZH@4F"
	productMSN7  = "PROD0090YUAUV{2B"
	productMSN75 = "PROD0101{0RM?UBW"
)

// dialects are those that the package speaks, newest first (doc/protocol, 01).
var dialects = []*dialect{
	{
		name: "MSNP12", signIn: (*Client).signInTicket, version: "7.5.0324", product: productMSN75,
		features: true, pictures: true, notes: true, syncs: stampedFormat{typed: true}, edit: byGUID{},
	}, {
		name: "MSNP11", signIn: (*Client).signInTicket, version: "7.0.0820", product: productMSN7,
		features: true, pictures: true, notes: true, syncs: stampedFormat{}, edit: byGUID{},
	}, {
		name: "MSNP10", signIn: (*Client).signInTicket, version: "6.1.0203", product: productMSN61,
		features: true, pictures: true, syncs: stampedFormat{}, edit: byGUID{},
	}, {
		name: "MSNP9", signIn: (*Client).signInTicket, version: "6.0.0602", product: productMSN6, named: true,
		features: true, pictures: true, syncs: maskedFormat{}, edit: byNumber{},
	}, {
		name: "MSNP8", signIn: (*Client).signInTicket, version: "5.0.0544", product: productMSN5, named: true,
		features: true, syncs: maskedFormat{}, edit: byNumber{},
	},
	md5Dialect("MSNP7"), md5Dialect("MSNP6"), md5Dialect("MSNP5"), md5Dialect("MSNP4"), md5Dialect("MSNP3"), md5Dialect("MSNP2"),
}

// md5Dialect is a row of those up to MSNP7, which ask and answer alike.
func md5Dialect(name string) *dialect {
	return &dialect{name: name, signIn: (*Client).signInMD5, product: productMSN5, named: true, syncs: numberedFormat{}, edit: byNumber{}}
}

// dialectIn is the first dialect among words that the package speaks, or nil. A
// server may answer VER with several, of which the first is in force
// (doc/protocol, 07 point 7).
func dialectIn(words []string) *dialect {
	for _, w := range words {
		for _, d := range dialects {
			if strings.EqualFold(w, d.name) {
				return d
			}
		}
	}
	return nil
}

// offer is what VER says: the caller's choice, or all that can be signed in with.
func (o *Options) offer() []string {
	if len(o.Dialects) > 0 {
		return o.Dialects
	}
	var names []string
	if o.Passport.URL != "" {
		names = append(names, PassportDialects...)
	}
	return append(append(names, Dialects...), "CVR0")
}
