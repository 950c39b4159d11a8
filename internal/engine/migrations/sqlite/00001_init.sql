-- +goose Up
-- Instants are Unix microseconds in UTC; 0 means none. Bodies are JSON; what is queried stands in its own column too.

CREATE TABLE govmedia_unit (
    id   TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE govmedia_account (
    id      TEXT PRIMARY KEY,
    unit    TEXT   NOT NULL REFERENCES govmedia_unit (id),
    state   TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    expires BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX govmedia_account_unit ON govmedia_account (unit);

CREATE TABLE govmedia_cluster (
    cluster TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES govmedia_account (id),
    PRIMARY KEY (cluster, account)
);

CREATE TABLE govmedia_credential (
    account     TEXT PRIMARY KEY REFERENCES govmedia_account (id),
    version     BIGINT NOT NULL,
    key_id      TEXT   NOT NULL,
    box         BLOB   NOT NULL,
    expires     BIGINT NOT NULL,
    renews      BIGINT NOT NULL,
    lease_owner TEXT   NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    connected   BIGINT NOT NULL DEFAULT 0
);

-- waits is since when a post waits for a person at its stage, 0 when it does not; review_by is by when a review is owed.
CREATE TABLE govmedia_post (
    id          TEXT PRIMARY KEY,
    version     BIGINT NOT NULL,
    stage       TEXT   NOT NULL,
    seal        TEXT   NOT NULL,
    waits       BIGINT NOT NULL,
    review_by   BIGINT NOT NULL,
    column_name TEXT   NOT NULL,
    body        TEXT   NOT NULL
);
CREATE INDEX govmedia_post_waiting ON govmedia_post (stage, waits) WHERE waits > 0;
CREATE INDEX govmedia_post_review ON govmedia_post (review_by) WHERE review_by > 0;

-- What was sealed, for good: rows are only ever added.
CREATE TABLE govmedia_sealed (
    seal    TEXT   NOT NULL,
    post    TEXT   NOT NULL REFERENCES govmedia_post (id),
    version BIGINT NOT NULL,
    body    TEXT   NOT NULL,
    PRIMARY KEY (post, version)
);

CREATE TABLE govmedia_delivery (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    platform    TEXT   NOT NULL,
    app         TEXT   NOT NULL,
    account     TEXT   NOT NULL REFERENCES govmedia_account (id),
    actor       TEXT   NOT NULL DEFAULT '',
    part        BIGINT NOT NULL DEFAULT 0,
    after_id    TEXT   NOT NULL DEFAULT '',
    lane        TEXT   NOT NULL DEFAULT '',
    topic       TEXT   NOT NULL DEFAULT '',
    said        TEXT   NOT NULL DEFAULT '',
    planned     BIGINT NOT NULL DEFAULT 0,
    window_at   BIGINT NOT NULL DEFAULT 0,
    missed      TEXT   NOT NULL DEFAULT '',
    seal        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    attempt     BIGINT NOT NULL DEFAULT 0,
    due         BIGINT NOT NULL,
    lease_owner TEXT   NOT NULL DEFAULT '',
    lease_until BIGINT NOT NULL DEFAULT 0,
    tries       BIGINT NOT NULL DEFAULT 0,
    repeats     BIGINT NOT NULL DEFAULT 0,
    checks      BIGINT NOT NULL DEFAULT 0,
    since_at    BIGINT NOT NULL DEFAULT 0,
    until_at    BIGINT NOT NULL DEFAULT 0,
    claimed     TEXT   NOT NULL DEFAULT '',
    prior       BLOB,
    on_media    TEXT   NOT NULL DEFAULT '',
    missing     TEXT   NOT NULL DEFAULT '',
    receipt_id  TEXT   NOT NULL DEFAULT '',
    receipt_url TEXT   NOT NULL DEFAULT '',
    receipt_at  BIGINT NOT NULL DEFAULT 0,
    thread      TEXT   NOT NULL DEFAULT '',
    reach       TEXT   NOT NULL DEFAULT '',
    evidence    TEXT   NOT NULL DEFAULT '',
    cause       TEXT   NOT NULL DEFAULT '',
    reason      TEXT   NOT NULL DEFAULT '',
    updated     BIGINT NOT NULL
);
-- Conditions are written with OR: SQLite builds a table for every IN, each time a row is written.
CREATE INDEX govmedia_delivery_subject ON govmedia_delivery (kind, subject, account);
CREATE INDEX govmedia_delivery_due ON govmedia_delivery (platform, app, state, lane, due, id)
    WHERE state = 'queued' OR state = 'scheduled' OR state = 'unknown' OR state = 'processing';
CREATE INDEX govmedia_delivery_wire ON govmedia_delivery (platform, app, lease_until) WHERE state = 'sending';
CREATE INDEX govmedia_delivery_person ON govmedia_delivery (updated)
    WHERE state = 'needs_person' OR state = 'not_sent' OR state = 'rejected' OR state = 'missed';
CREATE INDEX govmedia_delivery_held ON govmedia_delivery (app) WHERE state = 'held';
CREATE INDEX govmedia_delivery_said ON govmedia_delivery (account, said) WHERE said <> '';
CREATE INDEX govmedia_delivery_live ON govmedia_delivery (account, receipt_at) WHERE state = 'live';
CREATE INDEX govmedia_delivery_seen ON govmedia_delivery (account, receipt_url) WHERE evidence = 'person';
CREATE UNIQUE INDEX govmedia_delivery_receipt ON govmedia_delivery (account, kind, receipt_id) WHERE receipt_id <> '';

CREATE TABLE govmedia_post_link (
    target TEXT NOT NULL,
    kind   TEXT NOT NULL,
    post   TEXT NOT NULL REFERENCES govmedia_post (id),
    PRIMARY KEY (target, kind, post)
);

CREATE TABLE govmedia_hold (
    id      TEXT PRIMARY KEY,
    from_at BIGINT NOT NULL,
    body    TEXT   NOT NULL
);

CREATE TABLE govmedia_quota (
    key    TEXT PRIMARY KEY,
    starts BIGINT NOT NULL,
    used   BIGINT NOT NULL
);

CREATE TABLE govmedia_media (
    digest TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    type   TEXT NOT NULL,
    data   BLOB NOT NULL
);

CREATE TABLE govmedia_inbox (
    account TEXT PRIMARY KEY REFERENCES govmedia_account (id),
    read_at BIGINT NOT NULL
);

CREATE TABLE govmedia_message (
    key     TEXT PRIMARY KEY,
    account TEXT   NOT NULL REFERENCES govmedia_account (id),
    said_at BIGINT NOT NULL,
    body    TEXT   NOT NULL
);

CREATE TABLE govmedia_case (
    id       TEXT PRIMARY KEY,
    unit     TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    opened   BIGINT NOT NULL,
    answered BIGINT NOT NULL DEFAULT 0,
    body     TEXT   NOT NULL
);
CREATE INDEX govmedia_case_state ON govmedia_case (state, opened);

CREATE TABLE govmedia_answer (
    id      TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES govmedia_case (id),
    body    TEXT NOT NULL
);

CREATE TABLE govmedia_snapshot (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    account  TEXT   NOT NULL REFERENCES govmedia_account (id),
    taken_at BIGINT NOT NULL,
    body     TEXT   NOT NULL
);
CREATE INDEX govmedia_snapshot_newest ON govmedia_snapshot (account, n);

CREATE TABLE govmedia_audit (
    seq     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    TEXT NOT NULL
);

-- The life of accounts, and who runs them. Events are only ever added; of_event is the one that a filing is for.
CREATE TABLE govmedia_event (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT   NOT NULL UNIQUE,
    account  TEXT   NOT NULL,
    step     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    of_event TEXT   NOT NULL DEFAULT '',
    body     TEXT   NOT NULL
);
CREATE INDEX govmedia_event_account ON govmedia_event (account, n);
CREATE INDEX govmedia_event_step ON govmedia_event (step, n);
CREATE UNIQUE INDEX govmedia_event_filed ON govmedia_event (of_event) WHERE step = 'file';

CREATE TABLE govmedia_request (
    id      TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    stage   TEXT   NOT NULL,
    body    TEXT   NOT NULL
);
CREATE INDEX govmedia_request_stage ON govmedia_request (stage, id);

CREATE TABLE govmedia_exemption (
    account  TEXT PRIMARY KEY,
    unit     TEXT   NOT NULL,
    until_at BIGINT NOT NULL,
    body     TEXT   NOT NULL
);

-- ends is when the operator leaves or the contract runs out, 0 for never.
CREATE TABLE govmedia_operator (
    id      TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    body    TEXT   NOT NULL
);

CREATE TABLE govmedia_custody (
    account  TEXT   NOT NULL REFERENCES govmedia_account (id),
    operator TEXT   NOT NULL REFERENCES govmedia_operator (id),
    since_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, operator, since_at)
);
CREATE INDEX govmedia_custody_operator ON govmedia_custody (operator);

-- The duty roster.

CREATE TABLE govmedia_shift (
    id       TEXT PRIMARY KEY,
    account  TEXT   NOT NULL REFERENCES govmedia_account (id),
    language TEXT   NOT NULL,
    from_at  BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    body     TEXT   NOT NULL
);
CREATE INDEX govmedia_shift_of ON govmedia_shift (account, language, until_at);
CREATE INDEX govmedia_shift_until ON govmedia_shift (until_at);

CREATE TABLE govmedia_watch (
    account  TEXT NOT NULL REFERENCES govmedia_account (id),
    language TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (account, language)
);

CREATE TABLE govmedia_gap (
    account  TEXT   NOT NULL,
    language TEXT   NOT NULL,
    from_at  BIGINT NOT NULL,
    PRIMARY KEY (account, language, from_at)
);
