//! The statements that write many rows at once, built once per engine from one table of columns.
//!
//! `PostgreSQL` takes the rows as one array per column and reads them by `unnest`; `SQLite` takes them as
//! one JSON parameter, an array of objects whose keys are the columns, and reads them by `json_each`.
//! In the JSON ids are 32 hexadecimal digits, bytes are hexadecimal, instants RFC 3339 in UTC.

use std::sync::LazyLock;

use super::{
    arrays::Rows,
    exec::{Db, Tx},
};

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Text,
    /// `BIGINT`.
    Big,
    /// `INTEGER`.
    Int,
    Time,
    Date,
    Bytes,
}
use Kind::{Big, Bytes, Date, Id, Int, Text, Time};

/// The columns of a row, in order.
pub(super) type Columns = &'static [(&'static str, Kind)];

/// A statement in both dialects.
pub(super) struct Texts {
    sqlite: String,
    postgres: String,
    /// The columns of the rows that it takes.
    columns: Columns,
}

impl Texts {
    /// The text of the engine that the transaction runs on.
    pub fn of(&'static self, tx: &Tx) -> &'static str {
        tx.pick(&self.sqlite, &self.postgres)
    }

    /// The text of the engine at hand.
    pub fn for_db(&'static self, db: &Db) -> &'static str {
        db.pick(&self.sqlite, &self.postgres)
    }

    /// Rows as its parameters.
    pub fn take<'r, T>(&self, rows: &'r [T]) -> Rows<'r, T> {
        Rows { columns: self.columns, rows }
    }

    fn of_rows(columns: Columns, build: impl Fn(&Dialect, &str) -> String) -> Self {
        let text = |dialect: &Dialect| build(dialect, &dialect.rows(columns));
        Self { sqlite: text(&Dialect::Sqlite), postgres: text(&Dialect::Postgres), columns }
    }

    /// One that takes parameters of its own.
    fn of_one(build: impl Fn(&Dialect) -> String) -> Self {
        Self { sqlite: build(&Dialect::Sqlite), postgres: build(&Dialect::Postgres), columns: &[] }
    }
}

enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The rows that are its parameters, as something to select from.
    fn rows(&self, columns: Columns) -> String {
        match self {
            Self::Sqlite => {
                let picked = columns.iter().map(|(name, kind)| match kind {
                    Id | Bytes => format!("unhex(value ->> '{name}') AS {name}"),
                    Text | Big | Int | Time | Date => format!("value ->> '{name}' AS {name}"),
                });
                format!("(SELECT {} FROM json_each($1))", joined(picked))
            }
            Self::Postgres => {
                let arrays = (1..).zip(columns).map(|(place, (_, kind))| {
                    let sql_type = match kind {
                        Id => "uuid",
                        Text => "text",
                        Big => "bigint",
                        Int => "integer",
                        Time => "timestamptz",
                        Date => "date",
                        Bytes => "bytea",
                    };
                    format!("CAST(${place} AS {sql_type}[])")
                });
                let names = names(columns);
                format!("(SELECT {names} FROM unnest({}) AS r({names}))", joined(arrays))
            }
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn names(columns: Columns) -> String {
    joined(columns.iter().map(|(name, _)| (*name).to_owned()))
}

/// `INSERT` of all rows, then `tail`.
fn insert(table: &str, columns: Columns, tail: &str) -> Texts {
    Texts::of_rows(columns, |_, rows| {
        let names = names(columns);
        // WHERE true: without it SQLite takes ON CONFLICT for a join's condition.
        format!("INSERT INTO {table} ({names}) SELECT {names} FROM {rows} AS c WHERE true {tail}")
    })
}

/// `INSERT` of rows, or an update of those columns that are not in `key`.
fn upsert(table: &str, columns: Columns, key: &[&str]) -> Texts {
    let changed = columns.iter().filter(|(name, _)| !key.contains(name));
    let changed = joined(changed.map(|(name, _)| format!("{name} = excluded.{name}")));
    insert(table, columns, &format!("ON CONFLICT ({}) DO UPDATE SET {changed}", key.join(", ")))
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $texts:expr;)*) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Texts> = LazyLock::new(|| $texts);)*
    };
}

const PAYMENT: Columns = &[
    ("id", Id),
    ("reference", Big),
    ("owner", Text),
    ("quote_id", Id),
    ("client_reference", Text),
    ("return_url", Text),
    ("language", Text),
    ("payer", Text),
    ("capture", Text),
    ("metadata", Text),
    ("services", Text),
    ("governorate", Text),
    ("created_at", Time),
    ("expires_at", Time),
    ("status", Text),
    ("version", Big),
    ("event_sequence", Big),
    ("amount_paid", Big),
    ("amount_excess", Big),
    ("amount_refunded", Big),
    ("excess_refunded", Big),
    ("amount_charged_back", Big),
    ("paid_at", Time),
    ("open_until", Time),
];

/// A payment's columns that change, its id and the version that it was decided from.
const PAYMENT_STATE: Columns = &[
    ("id", Id),
    ("decided_from", Big),
    ("status", Text),
    ("version", Big),
    ("event_sequence", Big),
    ("amount_paid", Big),
    ("amount_excess", Big),
    ("amount_refunded", Big),
    ("excess_refunded", Big),
    ("amount_charged_back", Big),
    ("paid_at", Time),
    ("open_until", Time),
];

const ATTEMPT: Columns = &[
    ("payment_id", Id),
    ("id", Id),
    ("number", Int),
    ("method", Text),
    ("tender", Text),
    ("provider", Text),
    ("status", Text),
    ("amount", Big),
    ("merchant_reference", Text),
    ("provider_reference", Text),
    ("next_action", Text),
    ("routing", Text),
    ("answers", Text),
    ("collections", Text),
    ("reason", Text),
    ("unknown_since", Time),
    ("due_at", Time),
    ("asked", Int),
    ("created_at", Time),
];

const REFUND: Columns = &[
    ("payment_id", Id),
    ("id", Id),
    ("attempt_id", Id),
    ("of_what", Text),
    ("status", Text),
    ("amount", Big),
    ("reason", Text),
    ("requested_by", Text),
    ("created_at", Time),
];

const CLAIM: Columns = &[("kind", Text), ("key", Text), ("holder", Text)];

const JOURNAL: Columns = &[
    ("subject_id", Id),
    ("id", Id),
    ("lane", Big),
    ("seq", Big),
    ("day", Date),
    ("event", Text),
    ("refers_to", Text),
    ("refers_to_day", Date),
    ("legs", Int),
];

const TRANSFER: Columns = &[
    ("subject_id", Id),
    ("lane", Big),
    ("seq", Big),
    ("leg", Int),
    ("day", Date),
    ("debit", Text),
    ("credit", Text),
    ("amount", Big),
    ("currency", Text),
];

const TOTAL: Columns = &[
    ("account", Text),
    ("day", Date),
    ("lane", Big),
    ("currency", Text),
    ("debits", Big),
    ("credits", Big),
    ("transfers", Big),
    ("first_seq", Big),
    ("last_seq", Big),
];

const EVENT: Columns = &[
    ("subject_id", Id),
    ("id", Id),
    ("lane", Big),
    ("seq", Big),
    ("kind", Text),
    ("owner", Text),
    ("sequence", Big),
    ("at", Time),
    ("data", Text),
];

const BREAK: Columns = &[
    ("subject_id", Id),
    ("id", Id),
    ("code", Text),
    ("provider", Text),
    ("amount", Big),
    ("clearing_amount", Big),
    ("day", Date),
    ("note", Text),
    ("at", Time),
];

const QUOTE: Columns = &[("id", Id), ("bill", Text), ("created_at", Time), ("expires_at", Time)];

const PAYER: Columns =
    &[("payment_id", Id), ("key_id", Text), ("sealed", Bytes), ("national_id_hash", Bytes)];

const ANSWER: Columns = &[("key", Text), ("status", Int), ("content_type", Text), ("body", Text)];

const MESSAGE: Columns = &[
    ("id", Id),
    ("provider", Text),
    ("operation", Text),
    ("state", Text),
    ("key_id", Text),
    ("sealed", Bytes),
    ("received_at", Time),
    ("due_at", Time),
];

/// Ids of anything.
const IDS: Columns = &[("id", Id)];

const WORKED_OFF: Columns = &[("id", Id), ("state", Text)];

const DELIVERY: Columns = &[
    ("subject_id", Id),
    ("endpoint_id", Id),
    ("event_id", Id),
    ("sequence", Big),
    ("kind", Text),
    ("lane", Big),
    ("seq", Big),
    ("state", Text),
    ("due_at", Time),
];

/// A delivery that is due, and what decides when it is due again.
const DUE_DELIVERY: Columns = &[
    ("subject_id", Id),
    ("endpoint_id", Id),
    ("event_id", Id),
    ("sequence", Big),
    ("lane", Big),
    ("seq", Big),
    ("failing_before", Time),
    ("due_at", Time),
];

statements! {
    /// Those payments that are still at the version they were decided from; returns which.
    UPDATE_PAYMENTS = Texts::of_rows(PAYMENT_STATE, |_, rows| {
        let changed = PAYMENT_STATE.iter().skip(2).map(|(name, _)| format!("{name} = c.{name}"));
        format!(
            "UPDATE payments SET {} FROM {rows} AS c \
             WHERE payments.id = c.id AND payments.version = c.decided_from RETURNING payments.id",
            joined(changed),
        )
    });
    /// Those payments that do not exist yet; returns which.
    INSERT_PAYMENTS = insert("payments", PAYMENT, "ON CONFLICT (id) DO NOTHING RETURNING id");
    /// Those claims that nobody holds, in one order everywhere, so that two batches that meet wait
    /// for one another instead of deadlocking; returns which.
    INSERT_CLAIMS = insert(
        "claims",
        CLAIM,
        "ORDER BY kind, key ON CONFLICT (kind, key) DO NOTHING RETURNING kind, key",
    );
    /// Who holds these claims.
    SELECT_CLAIMS = Texts::of_rows(CLAIM, |_, rows| {
        format!(
            "SELECT claims.kind, claims.key, claims.holder FROM claims, {rows} AS c \
             WHERE claims.kind = c.kind AND claims.key = c.key",
        )
    });
    UPSERT_ATTEMPTS = upsert("attempts", ATTEMPT, &["payment_id", "id"]);
    UPSERT_REFUNDS = upsert("refunds", REFUND, &["payment_id", "id"]);
    INSERT_JOURNALS = insert("journals", JOURNAL, "");
    INSERT_TRANSFERS = insert("transfers", TRANSFER, "");
    /// Adds to what this lane moved on an account on a day.
    ADD_TOTALS = insert(
        "totals",
        TOTAL,
        "ON CONFLICT (account, day, lane) DO UPDATE SET debits = totals.debits + excluded.debits, \
         credits = totals.credits + excluded.credits, transfers = totals.transfers + excluded.transfers, \
         last_seq = excluded.last_seq",
    );
    INSERT_EVENTS = insert("events", EVENT, "");
    INSERT_BREAKS = insert("breaks", BREAK, "");
    INSERT_QUOTES = insert("quotes", QUOTE, "");
    UPSERT_PAYERS = upsert("payers", PAYER, &["payment_id"]);
    INSERT_ANSWERS = insert("answers", ANSWER, "");
    INSERT_MESSAGES = insert("messages", MESSAGE, "");
    WORK_OFF_MESSAGES = Texts::of_rows(WORKED_OFF, |_, rows| {
        format!("UPDATE messages SET state = c.state, due_at = NULL FROM {rows} AS c WHERE messages.id = c.id")
    });
    INSERT_DELIVERIES = insert("deliveries", DELIVERY, "ON CONFLICT DO NOTHING");
    /// A payment with its attempts and refunds, by one statement; `WHERE` is the caller's.
    PAYMENTS_WHERE_ID = Texts::of_one(|dialect| format!("{} WHERE p.id = $1", select_payments(dialect)));
    /// The same for many ids.
    PAYMENTS_WHERE_IDS = Texts::of_rows(IDS, |dialect, rows| {
        format!("{} JOIN {rows} AS c ON c.id = p.id", select_payments(dialect))
    });
    /// The endpoints with these ids.
    ENDPOINTS_WITH_IDS = Texts::of_rows(IDS, |_, rows| {
        format!("SELECT DISTINCT e.* FROM webhook_endpoints e JOIN {rows} AS c ON c.id = e.id")
    });
    /// Those of the due deliveries that are behind something, and whether that is an earlier delivery
    /// of the payment to the endpoint; else it is an earlier event that was not fanned out so far.
    DELIVERIES_BEHIND = Texts::of_rows(DUE_DELIVERY, |_, rows| {
        format!(
            "SELECT * FROM (SELECT c.endpoint_id, c.event_id, EXISTS (SELECT 1 FROM deliveries d \
             WHERE d.endpoint_id = c.endpoint_id AND d.subject_id = c.subject_id \
             AND d.sequence < c.sequence AND d.state = 'waiting' \
             AND (d.failing_since IS NULL OR d.failing_since > c.failing_before)) AS waits, \
             EXISTS (SELECT 1 FROM events e JOIN lanes l ON l.id = e.lane \
             WHERE e.subject_id = c.subject_id AND e.sequence < c.sequence AND e.seq > l.fanned_seq) \
             AS unfanned FROM {rows} AS c WHERE c.sequence > 1) AS found WHERE waits OR unfanned"
        )
    });
    LEASE_DELIVERIES = Texts::of_rows(DUE_DELIVERY, |_, rows| {
        format!(
            "UPDATE deliveries SET due_at = c.due_at FROM {rows} AS c \
             WHERE deliveries.endpoint_id = c.endpoint_id AND deliveries.subject_id = c.subject_id \
             AND deliveries.sequence = c.sequence AND deliveries.event_id = c.event_id"
        )
    });
    /// The events of due deliveries.
    EVENTS_DUE = Texts::of_rows(DUE_DELIVERY, |_, rows| {
        format!(
            "SELECT DISTINCT e.* FROM {rows} AS c \
             JOIN events e ON e.lane = c.lane AND e.seq = c.seq AND e.subject_id = c.subject_id"
        )
    });
    /// What happened to the breaks with these ids, oldest first.
    BREAK_HISTORY = Texts::of_rows(IDS, |_, rows| {
        format!(
            "SELECT h.break_id, h.at, h.by_whom, h.what FROM break_history h JOIN {rows} AS c \
             ON c.id = h.break_id ORDER BY h.break_id, h.number",
        )
    });
    /// The bills of the quotes with these ids.
    BILLS = Texts::of_rows(IDS, |_, rows| {
        format!("SELECT q.id, q.bill FROM quotes q JOIN {rows} AS c ON c.id = q.id")
    });
}

fn select_payments(dialect: &Dialect) -> String {
    let own = joined(PAYMENT.iter().map(|(name, _)| format!("p.{name}")));
    let attempts = aggregated(dialect, "attempts", ATTEMPT);
    let refunds = aggregated(dialect, "refunds", REFUND);
    format!("SELECT {own}, {attempts}, {refunds} FROM payments p")
}

/// All rows of a payment in another table as one JSON text, with the keys that they are written by.
fn aggregated(dialect: &Dialect, table: &str, columns: Columns) -> String {
    match dialect {
        Dialect::Postgres => {
            format!("(SELECT CAST(json_agg(a) AS TEXT) FROM {table} a WHERE a.payment_id = p.id) AS {table}")
        }
        Dialect::Sqlite => {
            let pairs = columns.iter().map(|(name, kind)| match kind {
                Id | Bytes => format!("'{name}', hex(a.{name})"),
                Text | Big | Int | Time | Date => format!("'{name}', a.{name}"),
            });
            format!(
                "(SELECT json_group_array(json_object({})) FROM {table} a WHERE a.payment_id = p.id) AS {table}",
                joined(pairs),
            )
        }
    }
}
