//! Ids: a prefix that says what is meant, and a `UUIDv7` that the shell made.
//!
//! Promises: one registry of prefixes; an id of one kind is not accepted for another; ids are
//! opaque outside and sort by the time they were made inside. They are not secrets.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// A text that is not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of this kind: it begins with {prefix:?} and 32 hexadecimal digits follow")]
pub struct IdError {
    text: String,
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// The id made of this UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside, for the store.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = || IdError { text: text.chars().take(60).collect(), prefix: $prefix };
                let hex = text.strip_prefix($prefix).ok_or_else(error)?;
                let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                if hex.len() != 32 || !hex.bytes().all(lower_hex) {
                    return Err(error());
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| error())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "[0-9a-f]{32}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

id!(/** A quote. */ QuoteId, "quo_");
id!(/** A payment. */ PaymentId, "pay_");
id!(/** An attempt to pay. */ AttemptId, "att_");
id!(/** A refund. */ RefundId, "rfd_");
id!(/** An event. */ EventId, "evt_");
id!(/** A webhook endpoint. */ WebhookId, "whk_");
id!(/** A journal. */ JournalId, "jnl_");
id!(/** A break: a difference that has to be explained. */ BreakId, "brk_");
id!(/** An API key. */ KeyId, "key_");
id!(/** A message in the inbox; not shown outside. */ MessageId, "msg_");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_only_as_its_own_kind() {
        let id = PaymentId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "pay_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<QuoteId>().is_err());
        for refused in
            ["pay_", "pay_7", "pay_0000000000000000000000000000000G", "PAY_00000000000000000000000000000007"]
        {
            assert!(refused.parse::<PaymentId>().is_err(), "{refused}");
        }
    }
}
