package appservice

// schema2 is what the control room keeps; it is written for PostgreSQL, as schema1 is.
const schema2 = `
-- What the service's own user says, by what it is an answer to.
CREATE TABLE notices (
	answers TEXT PRIMARY KEY, -- the ID of an event, or another name for the occasion
	room    TEXT NOT NULL,
	body    TEXT,             -- NULL once it was sent
	made    BIGINT NOT NULL   -- Unix nanoseconds
);
CREATE INDEX notices_unsent ON notices (made) WHERE body IS NOT NULL;

-- Codes with which an account is to be linked.
CREATE TABLE codes (
	account TEXT PRIMARY KEY,
	person  TEXT NOT NULL UNIQUE,
	room    TEXT NOT NULL,   -- where the person asked for it
	event   TEXT NOT NULL,   -- by which they did
	code    TEXT NOT NULL,
	expires BIGINT NOT NULL, -- Unix seconds
	tries   BIGINT NOT NULL  -- wrong ones so far
);

-- Which accounts are whose.
CREATE TABLE links (
	account TEXT PRIMARY KEY,
	person  TEXT NOT NULL UNIQUE,
	room    TEXT NOT NULL,  -- where the person is told of it
	stage   TEXT NOT NULL,  -- of their sign-in
	made    BIGINT NOT NULL -- Unix nanoseconds; of the stage
);

-- Whose ghosts a person wants nothing from.
CREATE TABLE blocks (
	person  TEXT NOT NULL,
	account TEXT NOT NULL,
	PRIMARY KEY (person, account)
);
`
