-- The schema that a binary must know to run on this database; raised by contracting migrations.
CREATE TABLE schema_least (
    version BIGINT NOT NULL
);

-- One payment: the columns up to expires_at never change; the others change under its version.
-- open_until is when somebody should next try to end the payment, at first expires_at; nothing once it
-- is over. So a change of status alone touches no index.
CREATE TABLE payments (
    id UUID NOT NULL,
    reference BIGINT NOT NULL,
    owner TEXT NOT NULL,
    quote_id UUID NOT NULL,
    client_reference TEXT,
    return_url TEXT,
    language TEXT NOT NULL,
    payer TEXT,
    capture TEXT NOT NULL,
    metadata TEXT NOT NULL,
    services TEXT NOT NULL,
    governorate TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    event_sequence BIGINT NOT NULL CHECK (event_sequence >= 0),
    amount_paid BIGINT NOT NULL CHECK (amount_paid >= 0),
    amount_excess BIGINT NOT NULL CHECK (amount_excess >= 0),
    amount_refunded BIGINT NOT NULL CHECK (amount_refunded >= 0),
    excess_refunded BIGINT NOT NULL CHECK (excess_refunded >= 0),
    amount_charged_back BIGINT NOT NULL CHECK (amount_charged_back >= 0),
    paid_at TIMESTAMPTZ,
    open_until TIMESTAMPTZ,
    PRIMARY KEY (id),
    CHECK (amount_refunded + amount_charged_back <= amount_paid),
    CHECK (excess_refunded <= amount_excess)
) WITH (fillfactor = 80);
-- For lists, newest first.
CREATE INDEX payments_created ON payments (created_at, id);
-- For search.
CREATE INDEX payments_client_reference ON payments (client_reference) WHERE client_reference IS NOT NULL;
-- For take_expired_payments.
CREATE INDEX payments_open_until ON payments (open_until) WHERE open_until IS NOT NULL;

-- One attempt of a payment. due_at is when somebody should next take it.
CREATE TABLE attempts (
    payment_id UUID NOT NULL,
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    method TEXT NOT NULL,
    tender TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    merchant_reference TEXT NOT NULL,
    provider_reference TEXT,
    next_action TEXT,
    routing TEXT NOT NULL,
    answers TEXT,
    collections TEXT NOT NULL,
    reason TEXT,
    unknown_since TIMESTAMPTZ,
    due_at TIMESTAMPTZ,
    asked INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (payment_id, id)
) WITH (fillfactor = 80);
-- For take_due_attempts.
CREATE INDEX attempts_due ON attempts (due_at) WHERE due_at IS NOT NULL;
-- For notifications.
CREATE INDEX attempts_provider_reference ON attempts (provider_reference) WHERE provider_reference IS NOT NULL;
-- For the list of unknown outcomes.
CREATE INDEX attempts_unknown ON attempts (unknown_since) WHERE unknown_since IS NOT NULL;

-- Money on its way back.
CREATE TABLE refunds (
    payment_id UUID NOT NULL,
    id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    of_what TEXT NOT NULL,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (payment_id, id)
);
-- For work.
CREATE INDEX refunds_open ON refunds (created_at, id) WHERE status IN ('requested', 'approved', 'submitted', 'unknown');

-- What may happen only once.
CREATE TABLE claims (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (kind, key)
);

-- A quote. A payment's bill is its quote's, never copied.
CREATE TABLE quotes (
    id UUID NOT NULL,
    bill TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id)
);

-- Payers' data, sealed.
CREATE TABLE payers (
    payment_id UUID NOT NULL,
    key_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    national_id_hash BYTEA,
    PRIMARY KEY (payment_id)
);

-- What a replay of a call is answered.
CREATE TABLE answers (
    key TEXT NOT NULL,
    status INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key)
);

-- Providers' messages, sealed. due_at is when somebody should next take one.
CREATE TABLE messages (
    id UUID NOT NULL,
    provider TEXT NOT NULL,
    operation TEXT NOT NULL,
    state TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);
-- For take_due_messages.
CREATE INDEX messages_due ON messages (due_at) WHERE due_at IS NOT NULL;
-- For their number is bounded.
CREATE INDEX messages_unverified ON messages (id) WHERE state = 'unverified';

-- Business days; one is open.
CREATE TABLE business_days (
    day DATE NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'ended')),
    opened_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (day)
);
CREATE UNIQUE INDEX business_days_open ON business_days (status) WHERE status = 'open';

-- A committer's stream within one business day. fanned_seq is the last event that was fanned out;
-- fanned_at is set once the lane is closed and all its events are.
CREATE TABLE lanes (
    id BIGINT NOT NULL,
    node TEXT NOT NULL,
    day DATE NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    fanned_seq BIGINT NOT NULL DEFAULT 0,
    fanned_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);
-- For positions.
CREATE INDEX lanes_day ON lanes (day, id);
-- For fan_out.
CREATE INDEX lanes_unfanned ON lanes (id) WHERE fanned_at IS NULL;

-- One business event in the books. subject_id is its payment, or its own id.
CREATE TABLE journals (
    subject_id UUID NOT NULL,
    id UUID NOT NULL,
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    day DATE NOT NULL,
    event TEXT NOT NULL,
    refers_to TEXT NOT NULL,
    refers_to_day DATE,
    legs INTEGER NOT NULL CHECK (legs >= 1),
    PRIMARY KEY (lane, seq, subject_id)
);
-- For a payment's books.
CREATE INDEX journals_subject ON journals (subject_id);

-- One movement of money.
CREATE TABLE transfers (
    subject_id UUID NOT NULL,
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    leg INTEGER NOT NULL CHECK (leg >= 1),
    day DATE NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    PRIMARY KEY (lane, seq, leg, subject_id),
    CHECK (debit <> credit)
);

-- What was moved on an account on a day by a lane: one writer per row.
CREATE TABLE totals (
    account TEXT NOT NULL,
    day DATE NOT NULL,
    lane BIGINT NOT NULL,
    currency TEXT NOT NULL,
    debits BIGINT NOT NULL CHECK (debits >= 0),
    credits BIGINT NOT NULL CHECK (credits >= 0),
    transfers BIGINT NOT NULL CHECK (transfers >= 1),
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (account, day, lane)
) WITH (fillfactor = 60);
-- For verification by lane.
CREATE INDEX totals_lane ON totals (lane);

-- What the world is told. subject_id is its payment, or its own id.
CREATE TABLE events (
    subject_id UUID NOT NULL,
    id UUID NOT NULL,
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 1),
    kind TEXT NOT NULL,
    owner TEXT,
    sequence BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (lane, seq, subject_id)
);
-- For a payment's events.
CREATE INDEX events_subject ON events (subject_id, sequence);
-- For one event.
CREATE INDEX events_id ON events (id);

-- A difference that has to be explained. subject_id is its payment, or its own id.
CREATE TABLE breaks (
    subject_id UUID NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    provider TEXT NOT NULL,
    amount BIGINT NOT NULL,
    clearing_amount BIGINT NOT NULL,
    day DATE NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- For lists.
CREATE INDEX breaks_day ON breaks (day, id);

-- What happened to a break.
CREATE TABLE break_history (
    subject_id UUID NOT NULL,
    break_id UUID NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    by_whom TEXT NOT NULL,
    what TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (subject_id, break_id, number)
);

-- Where events are sent.
CREATE TABLE webhook_endpoints (
    id UUID NOT NULL,
    owner TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    description TEXT,
    key_id TEXT NOT NULL,
    secret BYTEA NOT NULL,
    previous_key_id TEXT,
    previous_secret BYTEA,
    previous_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    disabled_reason TEXT,
    PRIMARY KEY (id)
);

-- An event on its way to an endpoint. due_at is when somebody should next take it.
CREATE TABLE deliveries (
    subject_id UUID NOT NULL,
    endpoint_id UUID NOT NULL,
    event_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    due_at TIMESTAMPTZ,
    tried INTEGER NOT NULL DEFAULT 0,
    failing_since TIMESTAMPTZ,
    last_status INTEGER,
    last_error TEXT,
    done_at TIMESTAMPTZ,
    PRIMARY KEY (endpoint_id, subject_id, sequence, event_id)
) WITH (fillfactor = 80);
-- For take_due_deliveries.
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
-- For dead letters.
CREATE INDEX deliveries_dead ON deliveries (event_id) WHERE state = 'dead';

-- API keys, by the hash of their secret.
CREATE TABLE api_keys (
    id UUID NOT NULL,
    hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    services TEXT NOT NULL,
    authorities TEXT NOT NULL,
    provider TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    PRIMARY KEY (hash)
);

-- Published versions of schedules.
CREATE TABLE schedules (
    authority TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    effective_from DATE NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (authority, version)
);

-- The last sign of life of a job on a node.
CREATE TABLE heartbeats (
    job TEXT NOT NULL,
    node TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (job, node)
);

INSERT INTO schema_least (version) VALUES (1);

-- The books are insert-only.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only: correct it by a new entry', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER journals_stay BEFORE UPDATE OR DELETE ON journals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journals_stay_whole BEFORE TRUNCATE ON journals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_stay BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_stay_whole BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_stay_whole BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER breaks_stay BEFORE UPDATE OR DELETE ON breaks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER breaks_stay_whole BEFORE TRUNCATE ON breaks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER break_history_stay BEFORE UPDATE OR DELETE ON break_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER break_history_stay_whole BEFORE TRUNCATE ON break_history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
