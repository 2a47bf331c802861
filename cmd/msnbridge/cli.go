package main

const description = `An MSN Messenger service in which Matrix friends and IRC people are contacts.

Without a command it runs the service in the foreground, until SIGINT or SIGTERM. The other commands
work whether it runs or not. Without --config there is a built-in configuration: data in ./data, MSN
clients on 127.0.0.1:1863, handles at msn.local, and Matrix, Libera.Chat and OFTC to be linked.`

// globals are the flags that every command has.
type globals struct {
	Config string `help:"Configuration file (TOML). Without it the built-in configuration holds." placeholder:"FILE" env:"MSNBRIDGE_CONFIG"`
}

// commandLine is the whole command line.
type commandLine struct {
	globals

	Run     runCommand          `cmd:"" default:"1" help:"Run the service. This is what happens without a command."`
	Account accountCommand      `cmd:"" help:"Add, list, change and remove the users of this service."`
	Login   loginCommand        `cmd:"" help:"Link users to IRC networks and to Matrix."`
	Conf    confCommand         `cmd:"" name:"config" help:"Check the configuration."`
	Reg     registrationCommand `cmd:"" name:"registration" help:"Write the file by which a homeserver learns of the ghosts ([matrix.appservice])."`
	Chat    chatCommand         `cmd:"" help:"Sign in to an MSN server and chat, in this terminal."`
	Version versionCommand      `cmd:"" help:"Say which version this is."`
}

type accountCommand struct {
	Add    accountAdd    `cmd:"" help:"Add an account."`
	List   accountList   `cmd:"" help:"List the accounts, one a line: handle and name."`
	Passwd accountPasswd `cmd:"" help:"Change an account's password."`
	Remove accountRemove `cmd:"" help:"Remove an account with its lists, logins and messages."`
	Import accountImport `cmd:"" help:"Add the accounts that stand in a file, all or none."`
}

type loginCommand struct {
	Add    loginAdd    `cmd:"" help:"Link an account to a network: an IRC nick, or a Matrix account."`
	List   loginList   `cmd:"" help:"List logins and how they fare."`
	Remove loginRemove `cmd:"" help:"Unlink an account from a network."`
}

type confCommand struct {
	Check confCheck `cmd:"" help:"Say whether the configuration is right, and if not what is wrong where."`
}
