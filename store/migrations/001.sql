-- One row: the version of this schema, and a known value sealed with the key in use.
CREATE TABLE store_info (
	version   BIGINT NOT NULL,
	key_check BYTEA
);
INSERT INTO store_info (version) VALUES (0);

CREATE TABLE accounts (
	handle           TEXT    NOT NULL PRIMARY KEY,
	name             TEXT    NOT NULL,
	password         BYTEA   NOT NULL, -- sealed
	version          BIGINT  NOT NULL, -- of the lists
	ask_about_adders BOOLEAN NOT NULL,
	allowed_only     BOOLEAN NOT NULL,
	properties       TEXT    NOT NULL, -- a JSON object, or nothing
	last_number      BIGINT  NOT NULL  -- the last one given to an entry or a message; none is given twice
);

CREATE TABLE entries (
	account TEXT    NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	handle  TEXT    NOT NULL,
	number  BIGINT  NOT NULL, -- the order in which they came
	shown   TEXT    NOT NULL,
	network TEXT    NOT NULL,
	address TEXT    NOT NULL,
	kind    BIGINT  NOT NULL,
	name    TEXT    NOT NULL,
	lists   BIGINT  NOT NULL, -- bits: 1 forward, 2 allow, 4 block, 8 reverse
	groups  TEXT    NOT NULL, -- IDs in a JSON array, or nothing
	removed BOOLEAN NOT NULL,
	auto    BOOLEAN NOT NULL,
	pending BIGINT  NOT NULL,
	PRIMARY KEY (account, handle)
);

-- Who has a local account on the forward list?
CREATE INDEX entries_reverse ON entries (address, account) WHERE network = 'local' AND (lists & 1) = 1;

CREATE TABLE contact_groups (
	account TEXT   NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	id      BIGINT NOT NULL,
	name    TEXT   NOT NULL,
	PRIMARY KEY (account, id)
);

CREATE TABLE logins (
	account  TEXT   NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	network  TEXT   NOT NULL,
	keys     TEXT   NOT NULL, -- a JSON object, or nothing
	secret   BYTEA  NOT NULL, -- sealed
	position BYTEA,
	since    BIGINT NOT NULL, -- Unix seconds
	PRIMARY KEY (account, network)
);

CREATE TABLE login_state (
	account TEXT  NOT NULL,
	network TEXT  NOT NULL,
	key     TEXT  NOT NULL,
	value   BYTEA NOT NULL, -- sealed
	PRIMARY KEY (account, network, key),
	FOREIGN KEY (account, network) REFERENCES logins (account, network) ON DELETE CASCADE
);

CREATE TABLE seen (
	account TEXT   NOT NULL,
	network TEXT   NOT NULL,
	id      TEXT   NOT NULL,
	seen_at BIGINT NOT NULL, -- Unix seconds
	PRIMARY KEY (account, network, id),
	FOREIGN KEY (account, network) REFERENCES logins (account, network) ON DELETE CASCADE
);
CREATE INDEX seen_by_age ON seen (seen_at);

CREATE TABLE waiting (
	account      TEXT    NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	number       BIGINT  NOT NULL,
	id           TEXT    NOT NULL,
	chat_network TEXT    NOT NULL,
	chat_address TEXT    NOT NULL,
	via          TEXT    NOT NULL,
	from_network TEXT    NOT NULL,
	from_address TEXT    NOT NULL,
	from_name    TEXT    NOT NULL,
	body         TEXT    NOT NULL,
	emote        BOOLEAN NOT NULL,
	own          BOOLEAN NOT NULL,
	said_at      BIGINT  NOT NULL, -- Unix nanoseconds, 0 if not known
	PRIMARY KEY (account, number)
);

CREATE TABLE outgoing (
	account      TEXT    NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	number       BIGINT  NOT NULL,
	id           TEXT    NOT NULL,
	chat_network TEXT    NOT NULL,
	chat_address TEXT    NOT NULL,
	via          TEXT    NOT NULL,
	from_network TEXT    NOT NULL,
	from_address TEXT    NOT NULL,
	from_name    TEXT    NOT NULL,
	body         TEXT    NOT NULL,
	emote        BOOLEAN NOT NULL,
	own          BOOLEAN NOT NULL,
	said_at      BIGINT  NOT NULL,
	PRIMARY KEY (account, id)
);

-- The Via of the last message shown in a conversation.
CREATE TABLE vias (
	account TEXT NOT NULL REFERENCES accounts (handle) ON DELETE CASCADE,
	network TEXT NOT NULL,
	address TEXT NOT NULL,
	via     TEXT NOT NULL,
	PRIMARY KEY (account, network, address)
);

CREATE TABLE aliases (
	handle  TEXT NOT NULL PRIMARY KEY,
	network TEXT NOT NULL,
	address TEXT NOT NULL
);
