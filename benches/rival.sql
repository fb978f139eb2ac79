-- What one transaction per payment needs beside the switch's own tables: a balance per account.
CREATE TABLE balances (
    account TEXT PRIMARY KEY,
    debits BIGINT NOT NULL,
    credits BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO balances VALUES ('provider:fawry:receivable', 0, 0);
CREATE SEQUENCE journal_numbers CACHE 100;

CREATE FUNCTION post_one(
    p_payment UUID, p_quote UUID, p_reference BIGINT, p_created TIMESTAMPTZ, p_expires TIMESTAMPTZ,
    p_keys TEXT[], p_journal UUID, p_accounts TEXT[], p_amounts BIGINT[], p_event UUID, p_data TEXT
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number BIGINT := nextval('journal_numbers');
    total BIGINT := (SELECT sum(amount) FROM unnest(p_amounts) AS amount);
BEGIN
    INSERT INTO payments (id, reference, owner, quote_id, language, capture, metadata, services, governorate,
        created_at, expires_at, status, version, event_sequence, amount_paid, amount_excess,
        amount_refunded, excess_refunded, amount_charged_back, paid_at)
    VALUES (p_payment, p_reference, 'portal', p_quote, 'ar', 'automatic', '{}',
        ',traffic.driving-licence-first,', '03', p_created, p_expires, 'paid', 1, 1, total, 0, 0, 0, 0, p_created);
    INSERT INTO claims (kind, key, holder)
    SELECT 'idempotency', key, p_payment::text FROM unnest(p_keys) AS key;
    INSERT INTO journals (subject_id, id, lane, seq, day, event, refers_to, legs)
    VALUES (p_payment, p_journal, 1, number, DATE '2026-11-21', 'paid', p_payment::text, cardinality(p_accounts));
    INSERT INTO transfers (subject_id, lane, seq, leg, day, debit, credit, amount, currency)
    SELECT p_payment, 1, number, leg, DATE '2026-11-21', 'provider:fawry:receivable', account, amount, 'EGP'
    FROM unnest(p_accounts, p_amounts) WITH ORDINALITY AS legs (account, amount, leg);
    INSERT INTO events (subject_id, id, lane, seq, kind, owner, sequence, at, data)
    VALUES (p_payment, p_event, 1, number, 'payment.paid', 'portal', 1, p_created, p_data);
    FOR leg IN 1..cardinality(p_accounts) LOOP
        UPDATE balances SET credits = credits + p_amounts[leg] WHERE account = p_accounts[leg];
    END LOOP;
    UPDATE balances SET debits = debits + total WHERE account = 'provider:fawry:receivable';
END
$$;
