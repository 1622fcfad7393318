-- One logical schema for every engine: plain types only. TEXT is text, INTEGER a signed 64-bit number; identifiers
-- and hashes are lower-case hex; times are milliseconds since 1970; a flag is 0 or 1.

-- Purchases and refunds as last committed.
CREATE TABLE aggregates (
    no            INTEGER PRIMARY KEY,
    kind          TEXT    NOT NULL CHECK (kind IN ('purchase', 'refund')),
    id            TEXT    NOT NULL CHECK (length(id) = 32),
    version       INTEGER NOT NULL CHECK (version > 0),
    account       TEXT    CHECK (length(account) = 32),
    status        TEXT    NOT NULL,
    terminal      INTEGER NOT NULL CHECK (terminal IN (0, 1)),
    parked        INTEGER NOT NULL CHECK (parked IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    UNIQUE (kind, id)
) STRICT;

CREATE INDEX aggregates_open ON aggregates (kind, id) WHERE terminal = 0;
CREATE INDEX aggregates_parked ON aggregates (kind, id) WHERE parked = 1;
CREATE INDEX aggregates_of_account ON aggregates (account, kind, created_at_ms, id) WHERE account IS NOT NULL;

-- Every payment hash an aggregate ever had; one aggregate of a kind has it.
CREATE TABLE payment_hashes (
    kind      TEXT    NOT NULL,
    hash      TEXT    NOT NULL CHECK (length(hash) = 64),
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    position  INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_hashes_of ON payment_hashes (aggregate, position);

-- Every card (issuer/ref) an aggregate ever had; one aggregate of a kind has it.
CREATE TABLE cards (
    kind      TEXT    NOT NULL,
    card      TEXT    NOT NULL,
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    position  INTEGER NOT NULL,
    PRIMARY KEY (kind, card)
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_of ON cards (aggregate, position);

-- The log that replays to the stored state.
CREATE TABLE events (
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    version   INTEGER NOT NULL CHECK (version > 0),
    at_ms     INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    PRIMARY KEY (aggregate, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

-- Messages from outside that were handled.
CREATE TABLE inbox (
    key       TEXT    NOT NULL PRIMARY KEY,
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    at_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Calls to the outside. A row that is done stays, so that its key is never used again.
CREATE TABLE outbox (
    no              INTEGER PRIMARY KEY,
    key             TEXT    NOT NULL UNIQUE,
    aggregate       INTEGER NOT NULL REFERENCES aggregates (no),
    priority        INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 255),
    not_before_ms   INTEGER NOT NULL,
    leased_until_ms INTEGER NOT NULL,
    -- the later of the two: when somebody may take it
    ready_at_ms     INTEGER NOT NULL,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    created_at_ms   INTEGER NOT NULL,
    done            INTEGER NOT NULL CHECK (done IN (0, 1)),
    last_error      TEXT,
    body            TEXT    NOT NULL
) STRICT;

CREATE INDEX outbox_ready ON outbox (ready_at_ms) WHERE done = 0;
CREATE INDEX outbox_of ON outbox (aggregate, no) WHERE done = 0;

CREATE TABLE timers (
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    name      TEXT    NOT NULL,
    due_at_ms INTEGER NOT NULL,
    PRIMARY KEY (aggregate, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_due ON timers (due_at_ms);

-- The ledger's lines; those of one posting add up to zero per asset and layer.
CREATE TABLE entries (
    no        INTEGER PRIMARY KEY,
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    version   INTEGER NOT NULL,
    posting   INTEGER NOT NULL CHECK (posting >= 0),
    template  TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    asset     TEXT    NOT NULL,
    layer     TEXT    NOT NULL CHECK (layer IN ('pending', 'posted')),
    shard     INTEGER NOT NULL CHECK (shard BETWEEN 0 AND 255),
    amount    INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL
) STRICT;

CREATE INDEX entries_of ON entries (aggregate, no);

CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- What the entries add up to, kept with each of them.
CREATE TABLE balances (
    account TEXT    NOT NULL,
    asset   TEXT    NOT NULL,
    layer   TEXT    NOT NULL,
    shard   INTEGER NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (account, asset, layer, shard)
) STRICT, WITHOUT ROWID;

-- What an aggregate has taken of something scarce.
CREATE TABLE reservations (
    aggregate INTEGER NOT NULL REFERENCES aggregates (no),
    resource  TEXT    NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (aggregate, resource)
) STRICT, WITHOUT ROWID;

-- What the reservations add up to; no row for nothing.
CREATE TABLE reserved (
    resource TEXT    NOT NULL PRIMARY KEY,
    amount   INTEGER NOT NULL CHECK (amount > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Shoppers.
CREATE TABLE accounts (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    login           TEXT    NOT NULL UNIQUE,
    password_hash   TEXT    NOT NULL,
    recovery_hash   TEXT    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    billing_address TEXT,
    profile         TEXT    NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 0)
) STRICT;

-- Logged-in devices.
CREATE TABLE devices (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    account         TEXT    NOT NULL REFERENCES accounts (id),
    name            TEXT    NOT NULL,
    token_hash      TEXT    NOT NULL UNIQUE CHECK (length(token_hash) = 64),
    created_at_ms   INTEGER NOT NULL,
    expires_at_ms   INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL,
    revoked_at_ms   INTEGER
) STRICT;

CREATE INDEX devices_of ON devices (account, created_at_ms, id);

CREATE TABLE invites (
    code_hash     TEXT    NOT NULL PRIMARY KEY CHECK (length(code_hash) = 64),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_by       TEXT    REFERENCES accounts (id)
) STRICT, WITHOUT ROWID;

-- Answers of mutating calls; status and body come when the call is done.
CREATE TABLE idempotent_answers (
    account       TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    request_hash  TEXT    NOT NULL CHECK (length(request_hash) = 64),
    created_at_ms INTEGER NOT NULL,
    status        INTEGER,
    body          TEXT,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at_ms);
