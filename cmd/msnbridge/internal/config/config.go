// Package config reads the configuration file and says what is wrong with it.
// It opens no sockets and asks nobody; secret files are read, so that a mistake
// shows before anything runs.
package config

import (
	"net/netip"
	"time"

	"msnbridge/bridge"
)

// A Config is a whole configuration, complete and checked.
type Config struct {
	File string `toml:"-"` // where it comes from; BuiltIn if from no file

	DataDir  string         `toml:"data_dir"`
	MSN      MSN            `toml:"msn"`
	IRC      map[string]IRC `toml:"irc"`    // by name
	Matrix   *Matrix        `toml:"matrix"` // nil: no Matrix
	Web      Web            `toml:"web"`
	Passport Passport       `toml:"passport"`
	Database Database       `toml:"database"`
	Log      Log            `toml:"log"`
}

// HasNetwork tells whether there is a network of that name.
func (c *Config) HasNetwork(name string) bool {
	_, irc := c.IRC[name]
	return irc || name == "matrix" && c.Matrix != nil
}

// MSN is the table [msn]: the service that MSN clients sign in to.
type MSN struct {
	Listen         string   `toml:"listen"`          // host:port
	Domains        []string `toml:"domains"`         // lower case; the first names the service contact
	PublicAddress  string   `toml:"public_address"`  // host:port told to clients; empty: where they reached us
	DispatchListen string   `toml:"dispatch_listen"` // host:port of the dispatch server; empty: none

	// TrustedProxies are IP addresses or networks (CIDR) of fronts whose word counts on whose a
	// connection is (PROXY protocol); ProxyNetworks are the same, parsed.
	TrustedProxies []string       `toml:"trusted_proxies"`
	ProxyNetworks  []netip.Prefix `toml:"-"`

	// Limits; Unlimited lifts one.
	ConnectionsPerAddress  int           `toml:"connections_per_address"`   // at a time
	FailedSigninsOfAddress int           `toml:"failed_signins_of_address"` // within FailedSigninPeriod
	FailedSigninsOfAccount int           `toml:"failed_signins_of_account"` // the same, of one account from one address
	FailedSigninPeriod     time.Duration `toml:"failed_signin_period"`
	LimitLoopback          bool          `toml:"limit_loopback"` // whether the limits hold for this machine too

	Challenge string `toml:"challenge"` // a wrong answer to CHL, or none: off (nobody is asked), log, enforce
}

// Unlimited is the value of a limit that is none.
const Unlimited = -1

// IRC is a table [irc.NAME]: one IRC network.
type IRC struct {
	Title  string `toml:"title"`  // what people call it; empty: its domain
	Server string `toml:"server"` // host:port
	TLS    bool   `toml:"tls"`
	TLSCA  string `toml:"tls_ca_file"` // certificates of those who may sign the server's; empty: the system's
	Domain string `toml:"domain"`      // lower case; what the handles of its people end in

	Password     bridge.Secret `toml:"password"` // of the server, not of a login
	PasswordFile string        `toml:"password_file"`
	PasswordEnv  string        `toml:"password_env"`

	FloodBurst      int           `toml:"flood_burst"`      // lines of one login at once
	FloodInterval   time.Duration `toml:"flood_interval"`   // until it may send one more
	ConnectBurst    int           `toml:"connect_burst"`    // connections of all logins at once
	ConnectInterval time.Duration `toml:"connect_interval"` // until one more may be made

	RosterLimit int    `toml:"roster_limit"` // members of a channel shown at once
	Ring        string `toml:"ring"`         // which messages of a channel open a window: mentions, all, none

	NickServ           string `toml:"nickserv"`             // where to identify without SASL: nick, or nick@server; empty: nowhere
	NickServWithoutTLS bool   `toml:"nickserv_without_tls"` // even so the password may be sent there
	AllowQuote         bool   `toml:"allow_quote"`          // whether users may type /quote
	QuitMessage        string `toml:"quit_message"`
}

// Matrix is the table [matrix]. Its presence, even empty, turns Matrix on.
type Matrix struct {
	DeviceName string `toml:"device_name"` // what sessions are called; empty: after the first of MSN.Domains

	RosterLimit int    `toml:"roster_limit"` // members of a room shown at once
	Ring        string `toml:"ring"`         // which messages of a room open a window: mentions, all, none

	// EncryptNewChats has direct chats and rooms that the gateway makes be encrypted if all who are
	// invited can read that; nil: true.
	EncryptNewChats *bool `toml:"encrypt_new_chats"`

	// SignIn are the servers whose people may sign in with their Matrix ID and its password, each
	// SERVER or SERVER=URL; SignInServers are the same, read: where their homeservers are. An empty
	// URL is asked of the server.
	SignIn        []string          `toml:"sign_in"`
	SignInServers map[string]string `toml:"-"`

	Appservice *Appservice `toml:"appservice"` // nil: no ghosts
}

// Database is the table [database].
type Database struct {
	URL     bridge.Secret `toml:"url"` // postgres://...; empty: SQLite in the data directory
	URLFile string        `toml:"url_file"`
	URLEnv  string        `toml:"url_env"`
}

// Log is the table [log].
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn, error
	Format string `toml:"format"` // text, json
}

// defaults is what a file starts from.
func defaults(file string) *Config {
	return &Config{
		File:    file,
		DataDir: "./data",
		MSN: MSN{
			Listen: "127.0.0.1:1863", Domains: []string{"msn.local"},
			ConnectionsPerAddress:  256,
			FailedSigninsOfAddress: 50,
			FailedSigninsOfAccount: 10,
			FailedSigninPeriod:     10 * time.Minute,
			Challenge:              "log",
		},
		Web:      defaultWeb(),
		Passport: Passport{Signature: "sha256"},
		Log:      Log{Level: "info", Format: "text"},
	}
}

// defaultIRC is what a table [irc.NAME] starts from.
func defaultIRC() IRC {
	return IRC{
		TLS:        true,
		FloodBurst: 10, FloodInterval: 2 * time.Second,
		ConnectBurst: 20, ConnectInterval: time.Second,
		RosterLimit: 20, Ring: "mentions",
		NickServ: "NickServ", QuitMessage: "signed off",
	}
}

// defaultMatrix is what the table [matrix] starts from.
func defaultMatrix() Matrix { return Matrix{RosterLimit: 20, Ring: "mentions"} }
