-- What a message brings besides its text, sealed: the key of an encrypted file is in it.
ALTER TABLE waiting ADD COLUMN file BYTEA;
