package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBuiltIn(t *testing.T) {
	c, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		File: BuiltIn, DataDir: "./data",
		MSN: MSN{
			Listen: "127.0.0.1:1863", Domains: []string{"msn.local"}, ConnectionsPerAddress: 256,
			FailedSigninsOfAddress: 50, FailedSigninsOfAccount: 10, FailedSigninPeriod: 10 * time.Minute,
			Challenge: "log",
		},
		IRC: map[string]IRC{
			"libera": {Title: "Libera.Chat", Server: "irc.libera.chat:6697", TLS: true, Domain: "libera.chat",
				FloodBurst: 10, FloodInterval: 2 * time.Second, ConnectBurst: 20, ConnectInterval: time.Second,
				RosterLimit: 20, Ring: "mentions", NickServ: "NickServ", QuitMessage: "signed off"},
			"oftc": {Title: "OFTC", Server: "irc.oftc.net:6697", TLS: true, Domain: "oftc.net",
				FloodBurst: 10, FloodInterval: 2 * time.Second, ConnectBurst: 20, ConnectInterval: time.Second,
				RosterLimit: 20, Ring: "mentions", NickServ: "NickServ", QuitMessage: "signed off"},
		},
		Matrix: &Matrix{DeviceName: "msnbridge on msn.local", RosterLimit: 20, Ring: "mentions"},
		Web: Web{Listen: "auto", Links: true, LinkLife: 24 * time.Hour, MaxFile: "100 MB", ImageSize: "1024x768",
			MaxFileBytes: 100_000_000, ImageWidth: 1024, ImageHeight: 768},
		Passport: Passport{Signature: "sha256"},
		Log:      Log{Level: "info", Format: "text"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
}

func TestAppservice(t *testing.T) {
	c, err := Load(write(t, "[matrix.appservice]\nhomeserver = \"http://my_synapse:8008/\"\ndomain = \"Example.org:8448\"\nadmins = [\"@Me/=+x:[2001:db8::1]:80\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Appservice{Listen: "127.0.0.1:29328", URL: "http://127.0.0.1:29328", Homeserver: "http://my_synapse:8008",
		Domain: "Example.org:8448", Bot: "msnbot", Prefix: "_msn_", Admins: []string{"@Me/=+x:[2001:db8::1]:80"}}
	if c.Matrix == nil || !reflect.DeepEqual(c.Matrix.Appservice, want) {
		t.Errorf("%+v", c.Matrix)
	}
}

func TestEmptyFileHasNoNetworks(t *testing.T) {
	c, err := Load(write(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	if c.Matrix != nil || len(c.IRC) != 0 {
		t.Errorf("networks out of nowhere: %+v", c)
	}
	if c.MSN.Listen != "127.0.0.1:1863" || c.DataDir != "./data" {
		t.Errorf("defaults are missing: %+v", c)
	}
}

func TestFileSaysEverything(t *testing.T) {
	t.Setenv("CONFIG_TEST_URL", "postgres://bridge@db/bridge")
	dir := t.TempDir()
	pass := filepath.Join(dir, "pass")
	os.WriteFile(pass, []byte("s3cret\r\nsecond line\n"), 0o600)
	c, err := Load(write(t, fmt.Sprintf(`
data_dir = "/srv/msn"
[msn]
listen = ":1863"
domains = ["MSN.example", "other.example"]
public_address = "msn.example.org:1863"
dispatch_listen = "[::1]:1864"
trusted_proxies = ["192.0.2.1", "2001:db8::1/32"]
[irc.home]
server = "[::1]:6667"
tls = false
domain = "Home.Example"
password_file = %q
[matrix]
ring = "all"
sign_in = ["Example.org", "home.lan=http://10.0.0.5:8008/"]
[web]
listen = ":80"
public_url = "https://Files.example:8443/msn/"
links = false
link_life = "30m"
max_file = "1.5GB"
image_size = "640x480"
[passport]
listen = "127.0.0.1:80"
tls_listen = ":443"
login_host = "Login.example:8443"
signature = "sha1"
[database]
url_env = "CONFIG_TEST_URL"
[log]
level = "debug"
format = "json"
`, pass)))
	if err != nil {
		t.Fatal(err)
	}
	if n := c.IRC["home"]; n.TLS || n.Domain != "home.example" || n.Password.Reveal() != "s3cret" {
		t.Errorf("irc.home: %+v, password %q", n, n.Password.Reveal())
	}
	if c.Database.URL.Reveal() != "postgres://bridge@db/bridge" || c.MSN.Domains[0] != "msn.example" ||
		c.Matrix == nil || !reflect.DeepEqual(*c.Matrix, Matrix{DeviceName: "msnbridge on msn.example", RosterLimit: 20, Ring: "all",
		SignIn:        []string{"Example.org", "home.lan=http://10.0.0.5:8008/"},
		SignInServers: map[string]string{"example.org": "", "home.lan": "http://10.0.0.5:8008"}}) {
		t.Errorf("%+v", c)
	}
	if got := fmt.Sprint(c.MSN.ProxyNetworks); got != "[192.0.2.1/32 2001:db8::/32]" {
		t.Errorf("proxies: %s", got)
	}
	want := Web{Listen: ":80", PublicURL: "https://Files.example:8443/msn", LinkLife: 30 * time.Minute, MaxFile: "1.5GB",
		ImageSize: "640x480", MaxFileBytes: 1_500_000_000, ImageWidth: 640, ImageHeight: 480}
	if c.Web != want {
		t.Errorf("web: %+v", c.Web)
	}
	if (c.Passport != Passport{Listen: "127.0.0.1:80", TLSListen: ":443", LoginHost: "login.example:8443", Signature: "sha1"}) {
		t.Errorf("passport: %+v", c.Passport)
	}
}

// mistakes holds one configuration for each mistake, and what the message must say.
var mistakes = map[string]struct {
	text string
	want []string
}{
	"syntax":                     {"data_dir = \"x\"\n[msn\n", []string{"config.toml:3:"}},
	"unquoted":                   {"data_dir = ./data\n", []string{"config.toml:1:"}},
	"key twice":                  {"data_dir = \"a\"\ndata_dir = \"b\"\n", []string{"config.toml:2:", "data_dir"}},
	"unknown key":                {"\n[msn]\nlisten = \":1863\"\nlisen = \":1863\"\n", []string{"config.toml:4:", "msn.lisen", `did you mean "listen"`}},
	"unknown table":              {"[irx.libera]\nserver = \"a:1\"\n", []string{"config.toml:1:", "irx", `did you mean "irc"`}},
	"unknown in irc":             {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.example\"\nnick = \"joe\"\n", []string{"config.toml:4:", "irc.a.nick", "known here are", "password_file"}},
	"key of elsewhere":           {"listen = \":1863\"\n", []string{"config.toml:1:", `"msn.listen"`}},
	"key of a network":           {"[msn]\nserver = \"a:1\"\n", []string{"config.toml:2:", `"irc.NAME.server"`}},
	"in matrix":                  {"[matrix]\nhomeserver = \"x\"\n", []string{"config.toml:2:", "matrix.homeserver", "no such key"}},
	"long device name":           {"[matrix]\ndevice_name = \"" + strings.Repeat("x", 101) + "\"\n", []string{"config.toml:2:", "matrix.device_name", "longer than"}},
	"device of 2 lines":          {"[matrix]\ndevice_name = \"a\\nb\"\n", []string{"config.toml:2:", "matrix.device_name", "one line"}},
	"no matrix roster":           {"[matrix]\nroster_limit = 0\n", []string{"config.toml:2:", "matrix.roster_limit", "between 1 and"}},
	"anybody's server":           {"[matrix]\nsign_in = [\"*\"]\n", []string{"config.toml:2:", "matrix.sign_in", "whoever runs a homeserver"}},
	"server with a port":         {"[matrix]\nsign_in = [\"a.example:8448\"]\n", []string{"matrix.sign_in", "a.example:8448", "without a port"}},
	"server by address":          {"[matrix]\nsign_in = [\"192.0.2.1\"]\n", []string{"matrix.sign_in", "no server name"}},
	"our own server":             {"[msn]\ndomains = [\"A.example\"]\n[matrix]\nsign_in = [\"a.Example\"]\n", []string{"config.toml:4:", "matrix.sign_in", "belongs to msn.domains"}},
	"our aliases":                {"[matrix]\nsign_in = [\"x.msn.local\"]\n", []string{"matrix.sign_in", "belongs to the bridge itself"}},
	"server of IRC":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.example\"\n[matrix]\nsign_in = [\"a.example\"]\n", []string{"matrix.sign_in", "belongs to irc.a"}},
	"ghosts: nothing":            {"[matrix.appservice]\n", []string{"matrix.appservice.homeserver", "is missing", "matrix.appservice.domain"}},
	"ghosts: nowhere":            {"[matrix.appservice]\nlisten = \":29328\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{"matrix.appservice.url", "nobody can go to", "29328"}},
	"ghosts: any host":           {"[matrix.appservice]\nurl = \"http://0.0.0.0:1\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.url", "nobody can go to"}},
	"ghosts: no url":             {"[matrix.appservice]\nurl = \"127.0.0.1:29328\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.url", "no web address"}},
	"ghosts: no server":          {"[matrix.appservice]\nhomeserver = \"a.example\"\ndomain = \"https://a.example\"\n", []string{":2:", "matrix.appservice.homeserver", "no web address", ":3:", "no server name"}},
	"ghosts: same port":          {"[passport]\nlisten = \":1\"\n[matrix.appservice]\nlisten = \":1\"\nurl = \"http://b:1\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":4:", "matrix.appservice.listen", "passport.listen"}},
	"ghosts: everybody":          {"[matrix.appservice]\nprefix = \"_\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "too short"}},
	"ghosts: odd prefix":         {"[matrix.appservice]\nprefix = \"MSN_\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "a-z"}},
	"ghosts: bot a ghost":        {"[matrix.appservice]\nbot = \"_msn_bot\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "begins like a ghost"}},
	"ghosts: odd admin":          {"[matrix.appservice]\nadmins = [\"me\"]\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "no user ID"}},
	"ghosts: any port":           {"[matrix.appservice]\nlisten = \"127.0.0.1:0\"\nurl = \"http://b:1\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.listen", "port 0"}},
	"ghosts: no port":            {"[matrix.appservice]\nlisten = \"127.0.0.1\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.listen", "no host:port"}},
	"ghosts: IPv6":               {"[matrix.appservice]\nlisten = \"[::]:29328\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{"matrix.appservice.url", "nobody can go to"}},
	"ghosts: secret URL":         {"[matrix.appservice]\nurl = \"http://me:pw@b:1\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.url", "no web address"}},
	"ghosts: query":              {"[matrix.appservice]\nhomeserver = \"http://a?x=1\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.homeserver", "no web address"}},
	"ghosts: user":               {"[matrix.appservice]\nhomeserver = \"http://a\"\ndomain = \"@me:a\"\n", []string{":3:", "matrix.appservice.domain", "no server name"}},
	"ghosts: odd bot":            {"[matrix.appservice]\nbot = \"@msnbot:a\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.bot", "a-z"}},
	"ghosts: unknown key":        {"[matrix.appservice]\nas_token = \"x\"\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.as_token", "no such key"}},
	"ghosts: ghost rules":        {"[matrix.appservice]\nadmins = [\"@_msn_anna_msn.local:a\"]\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "matrix.appservice.admins", "service's own users", "@me:a"}},
	"ghosts: bot rules":          {"[matrix.appservice]\nadmins = [\"@msnbot:a\"]\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "service's own users"}},
	"ghosts: no server of admin": {"[matrix.appservice]\nadmins = [\"@me:a b\"]\nhomeserver = \"http://a\"\ndomain = \"a\"\n", []string{":2:", "no user ID"}},
	"server twice":               {"[matrix]\nsign_in = [\"a.example\", \"A.example=https://b.example\"]\n", []string{"matrix.sign_in", "twice"}},
	"odd homeserver":             {"[matrix]\nsign_in = [\"a.example=ftp://a\"]\n", []string{"matrix.sign_in", "no web address", "https://matrix.a.example"}},
	"nowhere":                    {"[matrix]\nsign_in = [\"a.example=\"]\n", []string{"matrix.sign_in", "no web address"}},
	"URL alone":                  {"[matrix]\nsign_in = [\"https://a.example\"]\n", []string{"matrix.sign_in", "no server name"}},
	"user for a server":          {"[matrix]\nsign_in = [\"@me:a.example\"]\n", []string{"matrix.sign_in", "no server name"}},
	"odd matrix ring":            {"[matrix]\nring = \"loud\"\n", []string{"config.toml:2:", "matrix.ring", "mentions, all or none"}},
	"wrong case":                 {"Data_dir = \"x\"\n", []string{`did you mean "data_dir"`}},
	"quoted number":              {"[msn]\nconnections_per_address = \"5\"\n", []string{"config.toml:2:", "msn.connections_per_address", "whole number"}},
	"unquoted text":              {"data_dir = 5\n", []string{"config.toml:1:", "data_dir", "in quotes"}},
	"text for bool":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"b\"\ntls = \"yes\"\n", []string{"config.toml:4:", "irc.a.tls", "true or false"}},
	"text for list":              {"[msn]\ndomains = \"a\"\n", []string{"config.toml:2:", "msn.domains", "list"}},
	"numbers in list":            {"[msn]\ndomains = [1]\n", []string{"config.toml:2:", "msn.domains", "list of texts"}},
	"value for table":            {"matrix = true\n", []string{"config.toml:1:", "matrix", "[matrix]"}},
	"array of tables":            {"[[irc]]\nserver = \"a:1\"\n", []string{"config.toml:1:", "irc", "table"}},
	"network no table":           {"irc.libera = \"x\"\n", []string{"config.toml:1:", "irc.libera", "[irc.libera]"}},
	"empty data_dir":             {"data_dir = \"\"\n", []string{"config.toml:1:", "data_dir", "./data"}},
	"listen":                     {"[msn]\nlisten = \"1863\"\n", []string{"config.toml:2:", "msn.listen", "host:port", "127.0.0.1:1863"}},
	"empty listen":               {"[msn]\nlisten = \"\"\n", []string{"config.toml:2:", "msn.listen", "host:port"}},
	"listen port":                {"[msn]\nlisten = \":99999\"\n", []string{"msn.listen", "65535"}},
	"listen port name":           {"[msn]\nlisten = \":msnp\"\n", []string{"msn.listen", "65535"}},
	"listen host":                {"[msn]\nlisten = \"a b:1863\"\n", []string{"msn.listen", "host"}},
	"public port 0":              {"[msn]\npublic_address = \"msn.example:0\"\n", []string{"config.toml:2:", "msn.public_address", "port"}},
	"public nonsense":            {"[msn]\npublic_address = \"a b\"\n", []string{"msn.public_address", "host:port"}},
	"public no host":             {"[msn]\npublic_address = \":1863\"\n", []string{"msn.public_address", "host"}},
	"dispatch":                   {"[msn]\ndispatch_listen = \"x\"\n", []string{"config.toml:2:", "msn.dispatch_listen", "host:port"}},
	"dispatch is listen":         {"[msn]\nlisten = \":1863\"\ndispatch_listen = \":1863\"\n", []string{"config.toml:3:", "msn.dispatch_listen", "msn.listen"}},
	"proxy":                      {"[msn]\ntrusted_proxies = [\"10.0.0.1\", \"front.example\"]\n", []string{"config.toml:2:", "msn.trusted_proxies", `"front.example"`, "10.0.0.0/8"}},
	"proxy network":              {"[msn]\ntrusted_proxies = [\"10.0.0.0/33\"]\n", []string{"config.toml:2:", "msn.trusted_proxies"}},
	"limit of 0":                 {"[msn]\nconnections_per_address = 0\n", []string{"config.toml:2:", "at least 1", "-1"}},
	"limit below -1":             {"[msn]\nfailed_signins_of_account = -2\n", []string{"config.toml:2:", "at least 1"}},
	"no duration":                {"[msn]\nfailed_signin_period = \"10 minutes\"\n", []string{"config.toml:2:", "msn.failed_signin_period", `"10m"`}},
	"bare duration":              {"[msn]\nfailed_signin_period = 10\n", []string{"config.toml:2:", "msn.failed_signin_period", "in quotes"}},
	"negative duration":          {"[msn]\nfailed_signin_period = \"-10s\"\n", []string{"config.toml:2:", "msn.failed_signin_period", "at least"}},
	"no burst":                   {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nflood_burst = 0\n", []string{"config.toml:4:", "irc.a.flood_burst", "at least 1"}},
	"no interval":                {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nconnect_interval = \"0s\"\n", []string{"config.toml:4:", "irc.a.connect_interval", "at least"}},
	"duration in irc":            {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nflood_interval = \"x\"\n", []string{"config.toml:4:", "irc.a.flood_interval", `"2s"`}},
	"no roster":                  {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nroster_limit = 0\n", []string{"config.toml:4:", "irc.a.roster_limit", "between 1 and"}},
	"ring":                       {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nring = \"loud\"\n", []string{"config.toml:4:", "irc.a.ring", "mentions, all or none"}},
	"ring empty":                 {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nring = \"\"\n", []string{"config.toml:4:", "irc.a.ring", "mentions, all or none"}},
	"nickserv":                   {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nnickserv = \"a b\"\n", []string{"config.toml:4:", "irc.a.nickserv", "NickServ@services"}},
	"quote no bool":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nallow_quote = \"yes\"\n", []string{"config.toml:4:", "irc.a.allow_quote", "true or false"}},
	"long quit":                  {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nquit_message = \"" + strings.Repeat("x", 201) + "\"\n", []string{"config.toml:4:", "irc.a.quit_message", "longer than"}},
	"quit of two lines":          {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\nquit_message = \"a\\nb\"\n", []string{"config.toml:4:", "irc.a.quit_message", "one line"}},
	"no CA file":                 {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\ntls_ca_file = \"/no/such/file\"\n", []string{"config.toml:4:", "irc.a.tls_ca_file", "may read"}},
	"no CA in file":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\ntls_ca_file = \"/dev/null\"\n", []string{"config.toml:4:", "irc.a.tls_ca_file", "PEM"}},
	"no domain":                  {"[msn]\ndomains = []\n", []string{"config.toml:2:", "msn.domains", "at least one"}},
	"malformed domain":           {"[msn]\ndomains = [\"a b\"]\n", []string{"config.toml:2:", "msn.domains", `"a b"`}},
	"empty domain":               {"[msn]\ndomains = [\"\"]\n", []string{"msn.domains", "no domain name"}},
	"domain is IP":               {"[msn]\ndomains = [\"127.0.0.1\"]\n", []string{"msn.domains", "no domain name"}},
	"domain dots":                {"[msn]\ndomains = [\"a..b\"]\n", []string{"msn.domains", "no domain name"}},
	"domain with at":             {"[msn]\ndomains = [\"me@msn.local\"]\n", []string{"msn.domains", "no domain name"}},
	"challenge":                  {"[msn]\nchallenge = \"on\"\n", []string{"config.toml:2:", "msn.challenge", "enforce"}},
	"domain twice":               {"[msn]\ndomains = [\"a.b\", \"A.b\"]\n", []string{"msn.domains", "twice"}},
	"named matrix":               {"[irc.matrix]\nserver = \"a:1\"\ndomain = \"a.b\"\n", []string{"config.toml:1:", "irc.matrix", "taken"}},
	"named local":                {"[irc.local]\nserver = \"a:1\"\ndomain = \"a.b\"\n", []string{"config.toml:1:", "irc.local", "taken"}},
	"named service":              {"[irc.service]\nserver = \"a:1\"\ndomain = \"a.b\"\n", []string{"config.toml:1:", "irc.service", "taken"}},
	"named oddly":                {"[irc.\"a b\"]\nserver = \"a:1\"\ndomain = \"a.b\"\n", []string{"config.toml:1:", "a b", "a-z"}},
	"no server":                  {"[irc.a]\ndomain = \"a.b\"\n", []string{"config.toml:1:", "irc.a.server", "missing"}},
	"server no port":             {"[irc.a]\nserver = \"irc.a.b\"\ndomain = \"a.b\"\n", []string{"config.toml:2:", "irc.a.server", "host:port"}},
	"no irc domain":              {"[irc.a]\nserver = \"a:1\"\n", []string{"config.toml:1:", "irc.a.domain", "missing"}},
	"irc domain":                 {"[irc.a]\nserver = \"a:1\"\ndomain = \"a b\"\n", []string{"config.toml:3:", "irc.a.domain", "no domain name"}},
	"irc domain is ours":         {"[irc.a]\nserver = \"a:1\"\ndomain = \"MSN.local\"\n", []string{"config.toml:3:", "irc.a.domain", "msn.domains"}},
	"irc domain is x.":           {"[irc.a]\nserver = \"a:1\"\ndomain = \"x.msn.local\"\n", []string{"config.toml:3:", "irc.a.domain", "bridge itself"}},
	"shared domain":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\n[irc.b]\nserver = \"b:1\"\ndomain = \"A.B\"\n", []string{"config.toml:6:", "irc.b.domain", "irc.a"}},
	"two passwords":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\npassword = \"x\"\npassword_env = \"Y\"\n", []string{"config.toml:4:", "irc.a.password", "more than once", "password_file"}},
	"password file":              {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\npassword_file = \"/no/such/file\"\n", []string{"config.toml:4:", "irc.a.password_file", "/no/such/file", "may read"}},
	"password env":               {"[irc.a]\nserver = \"a:1\"\ndomain = \"a.b\"\npassword_env = \"CONFIG_TEST_UNSET\"\n", []string{"config.toml:4:", "irc.a.password_env", "CONFIG_TEST_UNSET", "set it"}},
	"empty secret file":          {"[database]\nurl_file = \"/dev/null\"\n", []string{"config.toml:2:", "database.url_file", "empty"}},
	"database":                   {"[database]\nurl = \"mysql://hunter2@x\"\n", []string{"config.toml:2:", "database.url", "postgres://"}},
	"web listen":                 {"[web]\nlisten = \"1880\"\n", []string{"config.toml:2:", "web.listen", "host:port", "auto"}},
	"web is msn":                 {"[msn]\nlisten = \":1863\"\n[web]\nlisten = \":1863\"\n", []string{"config.toml:4:", "web.listen", "msn.listen"}},
	"web is dispatch":            {"[msn]\ndispatch_listen = \":1864\"\n[web]\nlisten = \":1864\"\n", []string{"config.toml:4:", "web.listen", "msn.dispatch_listen"}},
	"public url":                 {"[web]\npublic_url = \"files.example\"\n", []string{"config.toml:2:", "web.public_url", "http://"}},
	"public url query":           {"[web]\npublic_url = \"http://files.example/?a=b\"\n", []string{"config.toml:2:", "web.public_url", "http://"}},
	"public url user":            {"[web]\npublic_url = \"http://joe:hunter2@files.example/\"\n", []string{"config.toml:2:", "web.public_url", "http://"}},
	"public url blank":           {"[web]\npublic_url = \"http://files.example/a b\"\n", []string{"config.toml:2:", "web.public_url", "http://"}},
	"public url scheme":          {"[web]\npublic_url = \"ftp://files.example/\"\n", []string{"config.toml:2:", "web.public_url", "http://"}},
	"short life":                 {"[web]\nlink_life = \"5s\"\n", []string{"config.toml:2:", "web.link_life", "at least"}},
	"bare size":                  {"[web]\nmax_file = 100\n", []string{"config.toml:2:", "web.max_file", "in quotes"}},
	"size":                       {"[web]\nmax_file = \"large\"\n", []string{"config.toml:2:", "web.max_file", "100 MB"}},
	"size of nothing":            {"[web]\nmax_file = \"0 MB\"\n", []string{"config.toml:2:", "web.max_file", "100 MB"}},
	"size too large":             {"[web]\nmax_file = \"9 EB\"\n", []string{"config.toml:2:", "web.max_file", "100 MB"}},
	"image size":                 {"[web]\nimage_size = \"large\"\n", []string{"config.toml:2:", "web.image_size", "1024x768"}},
	"image too small":            {"[web]\nimage_size = \"1x1\"\n", []string{"config.toml:2:", "web.image_size", "1024x768"}},
	"image too large":            {"[web]\nimage_size = \"100000x100000\"\n", []string{"config.toml:2:", "web.image_size", "1024x768"}},
	"passport listen":            {"[passport]\nlisten = \"80\"\n", []string{"config.toml:2:", "passport.listen", "host:port", ":80"}},
	"passport is msn":            {"[msn]\nlisten = \":443\"\n[passport]\ntls_listen = \":443\"\n", []string{"config.toml:4:", "passport.tls_listen", "msn.listen"}},
	"passport is web":            {"[web]\nlisten = \":80\"\n[passport]\nlisten = \":80\"\n", []string{"config.toml:4:", "passport.listen", "web.listen"}},
	"passport is both":           {"[passport]\nlisten = \":80\"\ntls_listen = \":80\"\n", []string{"config.toml:3:", "passport.tls_listen", "passport.listen"}},
	"login host":                 {"[passport]\nlogin_host = \"http://login.example/\"\n", []string{"config.toml:2:", "passport.login_host", "no host:port", "login.example.org"}},
	"login host port":            {"[passport]\nlogin_host = \"login.example:0\"\n", []string{"config.toml:2:", "passport.login_host", "port"}},
	"signature":                  {"[passport]\nsignature = \"md5\"\n", []string{"config.toml:2:", "passport.signature", "sha256", "sha1"}},
	"log level":                  {"[log]\nlevel = \"loud\"\n", []string{"config.toml:2:", "log.level", "debug, info, warn or error"}},
	"log format":                 {"[log]\nformat = \"xml\"\n", []string{"config.toml:2:", "log.format", "text or json"}},
}

func TestMistakes(t *testing.T) {
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, m.text))
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range m.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is missing in:\n%s", w, err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret shows in: %s", err)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := Load(write(t, "data_dir = \"\"\n[msn]\nlisten = \"x\"\n[log]\nlevel = \"x\"\nformat = \"x\"\n"))
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 4 {
		t.Errorf("%d lines, want 4:\n%v", n, err)
	}
}

func TestNoFile(t *testing.T) {
	_, err := Load("/no/such/config.toml")
	if err == nil || !strings.Contains(err.Error(), "/no/such/config.toml") || !strings.Contains(err.Error(), "--config") {
		t.Errorf("got %v", err)
	}
	if _, err = Load(t.TempDir()); err == nil {
		t.Error("a directory was read as a file")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(builtIn)
	for _, m := range mistakes {
		f.Add(m.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "_file") {
			t.Skip("whatever that file is")
		}
		c, err := parse("config.toml", text)
		if (c == nil) == (err == nil) {
			t.Errorf("config %v, error %v", c, err)
		}
	})
}
