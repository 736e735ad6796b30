-- The same events in PostgreSQL: a payload, its stream, and a SHA-256 chain. Nobody verifies a signature.
CREATE TABLE events (
    seq bigserial PRIMARY KEY, stream int NOT NULL, revision int NOT NULL,
    hash bytea NOT NULL, payload text NOT NULL, UNIQUE (stream, revision)
);
ALTER TABLE events ALTER payload SET STORAGE PLAIN;
CREATE TABLE heads (stream int PRIMARY KEY, revision int NOT NULL, hash bytea NOT NULL);
INSERT INTO heads SELECT n, -1, '\x00' FROM generate_series(0, 1999) AS n;
CREATE TABLE head (one int PRIMARY KEY, hash bytea NOT NULL);
INSERT INTO head VALUES (1, '\x00');

-- A chain for each stream: its head row is locked.
CREATE FUNCTION append_stream(s int, body text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE h heads;
BEGIN
    SELECT * INTO h FROM heads WHERE stream = s FOR UPDATE;
    h.hash := sha256(h.hash || body::bytea);
    INSERT INTO events (stream, revision, hash, payload) VALUES (s, h.revision + 1, h.hash, body);
    UPDATE heads SET revision = h.revision + 1, hash = h.hash WHERE stream = s;
END $$;

-- One chain over everything: `rows` events under the lock of the one head row.
CREATE FUNCTION append_global_row(s int, body text, rows int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE h bytea; r int;
BEGIN
    SELECT hash INTO h FROM head WHERE one = 1 FOR UPDATE;
    FOR i IN 1..rows LOOP
        h := sha256(h || body::bytea);
        UPDATE heads SET revision = revision + 1 WHERE stream = (s + i) % 2000 RETURNING revision INTO r;
        INSERT INTO events (stream, revision, hash, payload) VALUES ((s + i) % 2000, r, h, body);
    END LOOP;
    UPDATE head SET hash = h WHERE one = 1;
END $$;

-- The same under an advisory lock; the last hash is looked up.
CREATE FUNCTION append_global_advisory(s int, body text, rows int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE h bytea; r int;
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    SELECT hash INTO h FROM events ORDER BY seq DESC LIMIT 1;
    h := coalesce(h, '\x00');
    FOR i IN 1..rows LOOP
        h := sha256(h || body::bytea);
        UPDATE heads SET revision = revision + 1 WHERE stream = (s + i) % 2000 RETURNING revision INTO r;
        INSERT INTO events (stream, revision, hash, payload) VALUES ((s + i) % 2000, r, h, body);
    END LOOP;
END $$;
