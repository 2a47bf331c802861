-- How a text looks (b, i, u, s and #rrggbb), whether it names its reader, and which
-- messages of a room ring: 0 as the network does, 1 those that name the user, 2 all, 3 none.
ALTER TABLE entries  ADD COLUMN ring    BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE waiting  ADD COLUMN format  TEXT    NOT NULL DEFAULT '';
ALTER TABLE waiting  ADD COLUMN mention BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE outgoing ADD COLUMN format  TEXT    NOT NULL DEFAULT '';
ALTER TABLE outgoing ADD COLUMN mention BOOLEAN NOT NULL DEFAULT FALSE;
