-- The schema that a binary must know to run on this database; raised by contracting migrations.
CREATE TABLE schema_least (
    version INTEGER NOT NULL
) STRICT;

-- One payment: the columns up to expires_at never change; the others change under its version.
-- open_until is when somebody should next try to end the payment, at first expires_at; nothing once it
-- is over. So a change of status alone touches no index.
CREATE TABLE payments (
    id BLOB NOT NULL,
    reference INTEGER NOT NULL,
    owner TEXT NOT NULL,
    quote_id BLOB NOT NULL,
    client_reference TEXT,
    return_url TEXT,
    language TEXT NOT NULL,
    payer TEXT,
    capture TEXT NOT NULL,
    metadata TEXT NOT NULL,
    services TEXT NOT NULL,
    governorate TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    event_sequence INTEGER NOT NULL CHECK (event_sequence >= 0),
    amount_paid INTEGER NOT NULL CHECK (amount_paid >= 0),
    amount_excess INTEGER NOT NULL CHECK (amount_excess >= 0),
    amount_refunded INTEGER NOT NULL CHECK (amount_refunded >= 0),
    excess_refunded INTEGER NOT NULL CHECK (excess_refunded >= 0),
    amount_charged_back INTEGER NOT NULL CHECK (amount_charged_back >= 0),
    paid_at TEXT,
    open_until TEXT,
    PRIMARY KEY (id),
    CHECK (amount_refunded + amount_charged_back <= amount_paid),
    CHECK (excess_refunded <= amount_excess)
) STRICT;
-- For lists, newest first.
CREATE INDEX payments_created ON payments (created_at, id);
-- For search.
CREATE INDEX payments_client_reference ON payments (client_reference) WHERE client_reference IS NOT NULL;
-- For take_expired_payments.
CREATE INDEX payments_open_until ON payments (open_until) WHERE open_until IS NOT NULL;

-- One attempt of a payment. due_at is when somebody should next take it.
CREATE TABLE attempts (
    payment_id BLOB NOT NULL,
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    method TEXT NOT NULL,
    tender TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    merchant_reference TEXT NOT NULL,
    provider_reference TEXT,
    next_action TEXT,
    routing TEXT NOT NULL,
    answers TEXT,
    collections TEXT NOT NULL,
    reason TEXT,
    unknown_since TEXT,
    due_at TEXT,
    asked INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (payment_id, id)
) STRICT;
-- For take_due_attempts.
CREATE INDEX attempts_due ON attempts (due_at) WHERE due_at IS NOT NULL;
-- For notifications.
CREATE INDEX attempts_provider_reference ON attempts (provider_reference) WHERE provider_reference IS NOT NULL;
-- For the list of unknown outcomes.
CREATE INDEX attempts_unknown ON attempts (unknown_since) WHERE unknown_since IS NOT NULL;

-- Money on its way back.
CREATE TABLE refunds (
    payment_id BLOB NOT NULL,
    id BLOB NOT NULL,
    attempt_id BLOB NOT NULL,
    of_what TEXT NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (payment_id, id)
) STRICT;
-- For work.
CREATE INDEX refunds_open ON refunds (created_at, id) WHERE status IN ('requested', 'approved', 'submitted', 'unknown');

-- What may happen only once.
CREATE TABLE claims (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- A quote. A payment's bill is its quote's, never copied.
CREATE TABLE quotes (
    id BLOB NOT NULL,
    bill TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT;

-- Payers' data, sealed.
CREATE TABLE payers (
    payment_id BLOB NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    national_id_hash BLOB,
    PRIMARY KEY (payment_id)
) STRICT;

-- What a replay of a call is answered.
CREATE TABLE answers (
    key TEXT NOT NULL,
    status INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key)
) STRICT;

-- Providers' messages, sealed. due_at is when somebody should next take one.
CREATE TABLE messages (
    id BLOB NOT NULL,
    provider TEXT NOT NULL,
    operation TEXT NOT NULL,
    state TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    received_at TEXT NOT NULL,
    due_at TEXT,
    PRIMARY KEY (id)
) STRICT;
-- For take_due_messages.
CREATE INDEX messages_due ON messages (due_at) WHERE due_at IS NOT NULL;
-- For their number is bounded.
CREATE INDEX messages_unverified ON messages (id) WHERE state = 'unverified';

-- Business days; one is open.
CREATE TABLE business_days (
    day TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'ended')),
    opened_at TEXT NOT NULL,
    ended_at TEXT,
    PRIMARY KEY (day)
) STRICT;
CREATE UNIQUE INDEX business_days_open ON business_days (status) WHERE status = 'open';

-- A committer's stream within one business day. fanned_seq is the last event that was fanned out;
-- fanned_at is set once the lane is closed and all its events are.
CREATE TABLE lanes (
    id INTEGER NOT NULL,
    node TEXT NOT NULL,
    day TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    fanned_seq INTEGER NOT NULL DEFAULT 0,
    fanned_at TEXT,
    PRIMARY KEY (id)
) STRICT;
-- For positions.
CREATE INDEX lanes_day ON lanes (day, id);
-- For fan_out.
CREATE INDEX lanes_unfanned ON lanes (id) WHERE fanned_at IS NULL;

-- One business event in the books. subject_id is its payment, or its own id.
CREATE TABLE journals (
    subject_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    day TEXT NOT NULL,
    event TEXT NOT NULL,
    refers_to TEXT NOT NULL,
    refers_to_day TEXT,
    legs INTEGER NOT NULL CHECK (legs >= 1),
    PRIMARY KEY (lane, seq, subject_id)
) STRICT, WITHOUT ROWID;
-- For a payment's books.
CREATE INDEX journals_subject ON journals (subject_id);

-- One movement of money.
CREATE TABLE transfers (
    subject_id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    leg INTEGER NOT NULL CHECK (leg >= 1),
    day TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    PRIMARY KEY (lane, seq, leg, subject_id),
    CHECK (debit <> credit)
) STRICT, WITHOUT ROWID;

-- What was moved on an account on a day by a lane: one writer per row.
CREATE TABLE totals (
    account TEXT NOT NULL,
    day TEXT NOT NULL,
    lane INTEGER NOT NULL,
    currency TEXT NOT NULL,
    debits INTEGER NOT NULL CHECK (debits >= 0),
    credits INTEGER NOT NULL CHECK (credits >= 0),
    transfers INTEGER NOT NULL CHECK (transfers >= 1),
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (account, day, lane)
) STRICT, WITHOUT ROWID;
-- For verification by lane.
CREATE INDEX totals_lane ON totals (lane);

-- What the world is told. subject_id is its payment, or its own id.
CREATE TABLE events (
    subject_id BLOB NOT NULL,
    id BLOB NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL,
    owner TEXT,
    sequence INTEGER NOT NULL,
    at TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (lane, seq, subject_id)
) STRICT;
-- For a payment's events.
CREATE INDEX events_subject ON events (subject_id, sequence);
-- For one event.
CREATE INDEX events_id ON events (id);

-- A difference that has to be explained. subject_id is its payment, or its own id.
CREATE TABLE breaks (
    subject_id BLOB NOT NULL,
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    provider TEXT NOT NULL,
    amount INTEGER NOT NULL,
    clearing_amount INTEGER NOT NULL,
    day TEXT NOT NULL,
    note TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (subject_id, id)
) STRICT;
-- For lists.
CREATE INDEX breaks_day ON breaks (day, id);

-- What happened to a break.
CREATE TABLE break_history (
    subject_id BLOB NOT NULL,
    break_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    what TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (subject_id, break_id, number)
) STRICT;

-- Where events are sent.
CREATE TABLE webhook_endpoints (
    id BLOB NOT NULL,
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    description TEXT,
    key_id TEXT NOT NULL,
    secret BLOB NOT NULL,
    previous_key_id TEXT,
    previous_secret BLOB,
    previous_until TEXT,
    created_at TEXT NOT NULL,
    disabled_at TEXT,
    disabled_reason TEXT,
    PRIMARY KEY (id)
) STRICT;

-- An event on its way to an endpoint. due_at is when somebody should next take it.
CREATE TABLE deliveries (
    subject_id BLOB NOT NULL,
    endpoint_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at TEXT,
    tried INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT,
    last_status INTEGER,
    last_error TEXT,
    done_at TEXT,
    PRIMARY KEY (endpoint_id, subject_id, sequence, event_id)
) STRICT;
-- For take_due_deliveries.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
-- For dead letters.
CREATE INDEX deliveries_dead ON deliveries (event_id) WHERE state = 'dead';

-- API keys, by the hash of their secret.
CREATE TABLE api_keys (
    id BLOB NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    services TEXT NOT NULL,
    authorities TEXT NOT NULL,
    provider TEXT,
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    PRIMARY KEY (hash)
) STRICT;

-- Published versions of schedules.
CREATE TABLE schedules (
    authority TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TEXT NOT NULL,
    PRIMARY KEY (authority, version)
) STRICT;

-- The last sign of life of a job on a node.
CREATE TABLE heartbeats (
    job TEXT NOT NULL,
    node TEXT NOT NULL,
    at TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (job, node)
) STRICT;

INSERT INTO schema_least (version) VALUES (1);

-- The books are insert-only.
CREATE TRIGGER journals_stay_update BEFORE UPDATE ON journals
BEGIN
    SELECT RAISE(ABORT, 'journals is insert-only: correct it by a new entry');
END;
CREATE TRIGGER journals_stay_delete BEFORE DELETE ON journals
BEGIN
    SELECT RAISE(ABORT, 'journals is insert-only: correct it by a new entry');
END;
CREATE TRIGGER transfers_stay_update BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers is insert-only: correct it by a new entry');
END;
CREATE TRIGGER transfers_stay_delete BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'transfers is insert-only: correct it by a new entry');
END;
CREATE TRIGGER events_stay_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events is insert-only: correct it by a new entry');
END;
CREATE TRIGGER events_stay_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events is insert-only: correct it by a new entry');
END;
CREATE TRIGGER breaks_stay_update BEFORE UPDATE ON breaks
BEGIN
    SELECT RAISE(ABORT, 'breaks is insert-only: correct it by a new entry');
END;
CREATE TRIGGER breaks_stay_delete BEFORE DELETE ON breaks
BEGIN
    SELECT RAISE(ABORT, 'breaks is insert-only: correct it by a new entry');
END;
CREATE TRIGGER break_history_stay_update BEFORE UPDATE ON break_history
BEGIN
    SELECT RAISE(ABORT, 'break_history is insert-only: correct it by a new entry');
END;
CREATE TRIGGER break_history_stay_delete BEFORE DELETE ON break_history
BEGIN
    SELECT RAISE(ABORT, 'break_history is insert-only: correct it by a new entry');
END;
