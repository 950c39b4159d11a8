-- +goose Up
-- The tables of ../sqlite. Texts are compared and ordered by their bytes, as there, whatever the database's collation is.
-- Instants are Unix microseconds in UTC; 0 means none. Bodies are JSON; what is queried stands in its own column too.

CREATE TABLE govmedia_unit (
    id   TEXT COLLATE "C" PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL
);

CREATE TABLE govmedia_account (
    id      TEXT COLLATE "C" PRIMARY KEY,
    unit    TEXT COLLATE "C" NOT NULL REFERENCES govmedia_unit (id),
    state   TEXT COLLATE "C" NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    expires BIGINT           NOT NULL DEFAULT 0
);
CREATE INDEX govmedia_account_unit ON govmedia_account (unit);

CREATE TABLE govmedia_cluster (
    cluster TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    PRIMARY KEY (cluster, account)
);

CREATE TABLE govmedia_credential (
    account     TEXT COLLATE "C" PRIMARY KEY REFERENCES govmedia_account (id),
    version     BIGINT           NOT NULL,
    key_id      TEXT COLLATE "C" NOT NULL,
    box         BYTEA            NOT NULL,
    expires     BIGINT           NOT NULL,
    renews      BIGINT           NOT NULL,
    lease_owner TEXT COLLATE "C" NOT NULL DEFAULT '',
    lease_until BIGINT           NOT NULL DEFAULT 0,
    connected   BIGINT           NOT NULL DEFAULT 0
);

-- waits is since when a post waits for a person at its stage, 0 when it does not; review_by is by when a review is owed.
CREATE TABLE govmedia_post (
    id          TEXT COLLATE "C" PRIMARY KEY,
    version     BIGINT           NOT NULL,
    stage       TEXT COLLATE "C" NOT NULL,
    seal        TEXT COLLATE "C" NOT NULL,
    waits       BIGINT           NOT NULL,
    review_by   BIGINT           NOT NULL,
    column_name TEXT COLLATE "C" NOT NULL,
    body        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_post_waiting ON govmedia_post (stage, waits) WHERE waits > 0;
CREATE INDEX govmedia_post_review ON govmedia_post (review_by) WHERE review_by > 0;

-- What was sealed, for good: rows are only ever added.
CREATE TABLE govmedia_sealed (
    seal    TEXT COLLATE "C" NOT NULL,
    post    TEXT COLLATE "C" NOT NULL REFERENCES govmedia_post (id),
    version BIGINT           NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (post, version)
);

CREATE TABLE govmedia_delivery (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    platform    TEXT COLLATE "C" NOT NULL,
    app         TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    actor       TEXT COLLATE "C" NOT NULL DEFAULT '',
    part        BIGINT           NOT NULL DEFAULT 0,
    after_id    TEXT COLLATE "C" NOT NULL DEFAULT '',
    lane        TEXT COLLATE "C" NOT NULL DEFAULT '',
    topic       TEXT COLLATE "C" NOT NULL DEFAULT '',
    said        TEXT COLLATE "C" NOT NULL DEFAULT '',
    planned     BIGINT           NOT NULL DEFAULT 0,
    window_at   BIGINT           NOT NULL DEFAULT 0,
    missed      TEXT COLLATE "C" NOT NULL DEFAULT '',
    seal        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    attempt     BIGINT           NOT NULL DEFAULT 0,
    due         BIGINT           NOT NULL,
    lease_owner TEXT COLLATE "C" NOT NULL DEFAULT '',
    lease_until BIGINT           NOT NULL DEFAULT 0,
    tries       BIGINT           NOT NULL DEFAULT 0,
    repeats     BIGINT           NOT NULL DEFAULT 0,
    checks      BIGINT           NOT NULL DEFAULT 0,
    since_at    BIGINT           NOT NULL DEFAULT 0,
    until_at    BIGINT           NOT NULL DEFAULT 0,
    claimed     TEXT COLLATE "C" NOT NULL DEFAULT '',
    prior       BYTEA,
    on_media    TEXT COLLATE "C" NOT NULL DEFAULT '',
    missing     TEXT COLLATE "C" NOT NULL DEFAULT '',
    receipt_id  TEXT COLLATE "C" NOT NULL DEFAULT '',
    receipt_url TEXT COLLATE "C" NOT NULL DEFAULT '',
    receipt_at  BIGINT           NOT NULL DEFAULT 0,
    thread      TEXT COLLATE "C" NOT NULL DEFAULT '',
    reach       TEXT COLLATE "C" NOT NULL DEFAULT '',
    evidence    TEXT COLLATE "C" NOT NULL DEFAULT '',
    cause       TEXT COLLATE "C" NOT NULL DEFAULT '',
    reason      TEXT COLLATE "C" NOT NULL DEFAULT '',
    updated     BIGINT           NOT NULL
);
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
    target TEXT COLLATE "C" NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL,
    post   TEXT COLLATE "C" NOT NULL REFERENCES govmedia_post (id),
    PRIMARY KEY (target, kind, post)
);

CREATE TABLE govmedia_hold (
    id      TEXT COLLATE "C" PRIMARY KEY,
    from_at BIGINT           NOT NULL,
    body    TEXT COLLATE "C" NOT NULL
);

CREATE TABLE govmedia_quota (
    key    TEXT COLLATE "C" PRIMARY KEY,
    starts BIGINT           NOT NULL,
    used   BIGINT           NOT NULL
);

CREATE TABLE govmedia_media (
    digest TEXT COLLATE "C" PRIMARY KEY,
    name   TEXT COLLATE "C" NOT NULL,
    type   TEXT COLLATE "C" NOT NULL,
    data   BYTEA            NOT NULL
);

CREATE TABLE govmedia_inbox (
    account TEXT COLLATE "C" PRIMARY KEY REFERENCES govmedia_account (id),
    read_at BIGINT           NOT NULL
);

CREATE TABLE govmedia_message (
    key     TEXT COLLATE "C" PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    said_at BIGINT           NOT NULL,
    body    TEXT COLLATE "C" NOT NULL
);

CREATE TABLE govmedia_case (
    id       TEXT COLLATE "C" PRIMARY KEY,
    unit     TEXT COLLATE "C" NOT NULL,
    state    TEXT COLLATE "C" NOT NULL,
    opened   BIGINT           NOT NULL,
    answered BIGINT           NOT NULL DEFAULT 0,
    body     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_case_state ON govmedia_case (state, opened);

CREATE TABLE govmedia_answer (
    id      TEXT COLLATE "C" PRIMARY KEY,
    case_id TEXT COLLATE "C" NOT NULL REFERENCES govmedia_case (id),
    body    TEXT COLLATE "C" NOT NULL
);

CREATE TABLE govmedia_snapshot (
    n        BIGINT           GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    account  TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    taken_at BIGINT           NOT NULL,
    body     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_snapshot_newest ON govmedia_snapshot (account, n);

CREATE TABLE govmedia_audit (
    seq     BIGINT           PRIMARY KEY,
    id      TEXT COLLATE "C" NOT NULL,
    at      BIGINT           NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    action  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail  TEXT COLLATE "C" NOT NULL,
    hash    TEXT COLLATE "C" NOT NULL
);

-- The life of accounts, and who runs them. Events are only ever added; of_event is the one that a filing is for.
CREATE TABLE govmedia_event (
    n        BIGINT           GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id       TEXT COLLATE "C" NOT NULL UNIQUE,
    account  TEXT COLLATE "C" NOT NULL,
    step     TEXT COLLATE "C" NOT NULL,
    at       BIGINT           NOT NULL,
    of_event TEXT COLLATE "C" NOT NULL DEFAULT '',
    body     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_event_account ON govmedia_event (account, n);
CREATE INDEX govmedia_event_step ON govmedia_event (step, n);
CREATE UNIQUE INDEX govmedia_event_filed ON govmedia_event (of_event) WHERE step = 'file';

CREATE TABLE govmedia_request (
    id      TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT           NOT NULL,
    stage   TEXT COLLATE "C" NOT NULL,
    body    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_request_stage ON govmedia_request (stage, id);

CREATE TABLE govmedia_exemption (
    account  TEXT COLLATE "C" PRIMARY KEY,
    unit     TEXT COLLATE "C" NOT NULL,
    until_at BIGINT           NOT NULL,
    body     TEXT COLLATE "C" NOT NULL
);

-- ends is when the operator leaves or the contract runs out, 0 for never.
CREATE TABLE govmedia_operator (
    id      TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT           NOT NULL,
    ends    BIGINT           NOT NULL,
    body    TEXT COLLATE "C" NOT NULL
);

CREATE TABLE govmedia_custody (
    account  TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    operator TEXT COLLATE "C" NOT NULL REFERENCES govmedia_operator (id),
    since_at BIGINT           NOT NULL,
    until_at BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (account, operator, since_at)
);
CREATE INDEX govmedia_custody_operator ON govmedia_custody (operator);

-- The duty roster.

CREATE TABLE govmedia_shift (
    id       TEXT COLLATE "C" PRIMARY KEY,
    account  TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    language TEXT COLLATE "C" NOT NULL,
    from_at  BIGINT           NOT NULL,
    until_at BIGINT           NOT NULL,
    body     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX govmedia_shift_of ON govmedia_shift (account, language, until_at);
CREATE INDEX govmedia_shift_until ON govmedia_shift (until_at);

CREATE TABLE govmedia_watch (
    account  TEXT COLLATE "C" NOT NULL REFERENCES govmedia_account (id),
    language TEXT COLLATE "C" NOT NULL,
    body     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, language)
);

CREATE TABLE govmedia_gap (
    account  TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    from_at  BIGINT           NOT NULL,
    PRIMARY KEY (account, language, from_at)
);
