-- The network whose password its owner signs in with, or nothing: the account was not made by the
-- operator, but when its owner first signed in so.
ALTER TABLE accounts ADD COLUMN admitted TEXT NOT NULL DEFAULT '';
