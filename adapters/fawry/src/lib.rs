//! Fawry: the adapter, and (feature `simulator`) a server that behaves as its documents say.
//!
//! The adapter translates: a charge by reference code, the question what became of it, its
//! withdrawal, a refund, and the notification V2. It holds no state, does no I/O and reads no clock.
//!
//! - [`vocabulary`]: the words of the wire;
//! - [`sign`]: Fawry's signatures;
//! - `wire`: requests and answers; `notice`: what Fawry states about an order;
//! - `simulator`: shares nothing with the rest but the vocabulary.
//!
//! What Fawry's documents leave open is decided so that a wrong guess costs a question, not money:
//! a code that is not documented is `Unknown`; a charge whose answer never came is asked for before
//! it is made again, because nobody documents what a repeated reference does.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use rusum_kit::{
    Currency, Method, Piastres, Tender,
    provider::{
        Answer, Charge, ChargeRef, ChargeState, Charged, Confirm, Fault, Instructions, Message, NextAction,
        Notice, Operations, Outcome, Profile, Provider, Reason, RefundOrder, Refunded, Reply, Resume, Step,
        TenderAmount, Verdict, Way,
    },
};

mod notice;
pub mod sign;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod vocabulary;
mod wire;

use notice::Word;
use wire::Said;

/// The credentials of one merchant account, and where Fawry is.
#[derive(Clone)]
pub struct Config {
    /// The merchant code, as Fawry gave it (it may hold `+` and `=`).
    pub merchant_code: String,
    /// The key that signatures end in. Never printed.
    pub secure_key: String,
    /// `https://www.atfawry.com`, or a simulator's address; without a slash at the end.
    pub base_url: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("merchant_code", &self.merchant_code)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The merchant code cannot stand in an address.
    #[error("fawry's merchant_code is not usable: {0}")]
    MerchantCode(Fault),
    /// There is no key.
    #[error("fawry's secure_key is empty: take it from Fawry's merchant portal")]
    SecureKey,
    /// The address is not one.
    #[error(
        "fawry's base_url {0:?} must start with https:// or http:// and hold no query, no blank and no slash at its end"
    )]
    BaseUrl(String),
}

/// The adapter.
#[derive(Clone, Debug)]
pub struct Fawry {
    config: Config,
    profile: Profile,
}

impl Fawry {
    /// The provider's name.
    pub const ID: &str = "fawry";

    /// An adapter for one merchant account.
    pub fn try_new(config: Config) -> Result<Self, ConfigError> {
        wire::plain("merchant code", &config.merchant_code).map_err(ConfigError::MerchantCode)?;
        if config.secure_key.is_empty() {
            return Err(ConfigError::SecureKey);
        }
        let url = &config.base_url;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
        let foreign = |c: char| c.is_whitespace() || c.is_control() || "?#\"<>".contains(c);
        if host.is_empty() || host.ends_with('/') || host.contains(foreign) {
            return Err(ConfigError::BaseUrl(config.base_url));
        }
        Ok(Self { config, profile: profile() })
    }

    fn charged(&self, charge: &Charge, answer: &Answer) -> Result<Charged, Fault> {
        let decided = |outcome| Charged { provider_reference: None, state: ChargeState::Decided(outcome) };
        match wire::said(answer) {
            Said::Done => {}
            Said::NotTaken(why) => return Err(Fault::Refused(why)),
            Said::Declined { code, text } => return Ok(decided(Outcome::Declined(Reason { code, text }))),
            Said::NotFound => return Ok(decided(Outcome::Unknown("a charge was answered 9938".into()))),
            Said::Silent => return Ok(decided(Outcome::Unknown("the answer has no statusCode".into()))),
            Said::Unclear(why) => return Ok(decided(Outcome::Unknown(why))),
        }
        let unknown = |why: &str| Ok(decided(Outcome::Unknown(why.into())));
        let Ok(told) = serde_json::from_str::<wire::ChargeAnswer>(&answer.body) else {
            return unknown("the answer is not the JSON expected");
        };
        if wire::scalar(told.merchant_ref_number.as_ref())
            .is_some_and(|ours| ours != charge.merchant_reference)
        {
            return unknown("the answer quotes another merchantRefNumber");
        }
        let code = wire::scalar(told.reference_number.as_ref()).unwrap_or_default();
        if wire::plain("reference", &code).is_err() {
            return unknown("the answer has no referenceNumber that a citizen could quote");
        }
        match self.next_action(charge, &code, wire::time(told.expiration_time.as_ref())) {
            Some(next) => Ok(Charged { provider_reference: Some(code), state: ChargeState::Waiting(next) }),
            None => unknown("there is nothing that the citizen could do next"),
        }
    }

    fn queried(&self, charge: &ChargeRef, answer: &Answer) -> Result<Outcome, Fault> {
        match wire::said(answer) {
            Said::Done | Said::Silent => Ok(self.stated(charge, answer).unwrap_or_else(Outcome::Unknown)),
            Said::NotTaken(why) => Err(Fault::Refused(why)),
            Said::NotFound => Ok(Outcome::NotFound),
            Said::Declined { code, text } => {
                Ok(Outcome::Unknown(format!("a question was answered {code} {text}")))
            }
            Said::Unclear(why) => Ok(Outcome::Unknown(why)),
        }
    }

    /// What the answer to a question states; why it states nothing, otherwise. A signature is not
    /// needed, since we asked Fawry's own address, but one that is there must fit.
    fn stated(&self, charge: &ChargeRef, answer: &Answer) -> Result<Outcome, String> {
        let order: wire::Told = serde_json::from_str(&answer.body)
            .map_err(|_| "the answer is not the JSON expected".to_owned())?;
        let signed = notice::signed(&order).map_err(|(field, error)| format!("{field}: {error}"))?;
        if let Some(told) = wire::scalar(order.message_signature.as_ref()) {
            let ours = sign::notification(&signed, &self.config.secure_key);
            if !rusum_kit::sign::same_hex(&told, &ours) {
                return Err("the answer's messageSignature does not fit it".into());
            }
        }
        if signed.merchant_reference != charge.merchant_reference {
            return Err("the answer is about another merchantRefNumber".into());
        }
        notice::outcome(&order, &signed, Word::Connection)
    }
}

fn profile() -> Profile {
    Profile {
        id: Fawry::ID,
        ways: vec![Way { method: Method::Epayment, tender: Tender::Cash }],
        smallest: Piastres::new(1),
        largest: Piastres::LIMIT,
        operations: Operations { cancel: true, refund: true, authorize: false },
        resume: Resume::QueryFirst,
        confirm_notifications: Confirm::Signature,
        call_timeout: Duration::from_secs(15),
        longest_validity: Duration::from_hours(7 * 24),
    }
}

impl Provider for Fawry {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn charge(&self, charge: &Charge, last: Option<&Answer>) -> Result<Step<Charged>, Fault> {
        if charge.method != Method::Epayment {
            return Err(Fault::Unsupported("any method but e-payment"));
        }
        let Currency::Egp = charge.currency;
        match last {
            None => wire::charge(&self.config, charge).map(Step::Send),
            Some(answer) => self.charged(charge, answer).map(Step::Done),
        }
    }

    fn query(&self, charge: &ChargeRef, last: Option<&Answer>) -> Result<Step<Outcome>, Fault> {
        match last {
            None => wire::status(&self.config, charge).map(Step::Send),
            Some(answer) => self.queried(charge, answer).map(Step::Done),
        }
    }

    /// Which code an order gets that has been paid meanwhile is not documented: everything but a
    /// plain yes and "not found" is `Unknown`, and a query tells.
    fn cancel(&self, charge: &ChargeRef, last: Option<&Answer>) -> Result<Step<Outcome>, Fault> {
        let Some(answer) = last else { return wire::cancel(&self.config, charge).map(Step::Send) };
        let outcome = match wire::said(answer) {
            Said::Done => Outcome::Cancelled,
            Said::NotTaken(why) => return Err(Fault::Refused(why)),
            Said::NotFound => Outcome::NotFound,
            Said::Declined { code, text } => Outcome::Unknown(format!("{code} {text}")),
            Said::Silent => Outcome::Unknown("the answer has no code".into()),
            Said::Unclear(why) => Outcome::Unknown(why),
        };
        Ok(Step::Done(outcome))
    }

    fn refund(&self, order: &RefundOrder, last: Option<&Answer>) -> Result<Step<Refunded>, Fault> {
        let Some(answer) = last else { return wire::refund(&self.config, order).map(Step::Send) };
        let refunded = match wire::said(answer) {
            Said::Done => Refunded::Done { provider_refund: None },
            Said::NotTaken(why) => return Err(Fault::Refused(why)),
            Said::NotFound => {
                let code = vocabulary::code::NOT_FOUND.to_owned();
                Refunded::Declined(Reason { code, text: "payment not found".into() })
            }
            Said::Declined { code, text } => Refunded::Declined(Reason { code, text }),
            Said::Silent => Refunded::Unknown("the answer has no statusCode".into()),
            Said::Unclear(why) => Refunded::Unknown(why),
        };
        Ok(Step::Done(refunded))
    }

    fn next_action(
        &self,
        charge: &Charge,
        provider_reference: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Option<NextAction> {
        let expires_at = expires_at.map_or(charge.expires_at, |told| told.min(charge.expires_at));
        let amounts = vec![TenderAmount { tender: Tender::Cash, amount: charge.amount }];
        let instructions = Instructions {
            ar: "توجّه إلى أي منفذ فوري، واذكر أنك تدفع برقم مرجعي لخدمة FawryPay، ثم أعطِ الموظف هذا الرقم \
                 وادفع المبلغ كاملًا قبل انتهاء الصلاحية."
                .into(),
            en: "Go to any Fawry outlet, say that you are paying a FawryPay reference number, give this \
                 number and pay the whole amount before it expires."
                .into(),
        };
        Some(NextAction::PayAtCounter {
            code: provider_reference.to_owned(),
            expires_at,
            amounts,
            instructions,
        })
    }

    fn receive(&self, message: &Message) -> Result<Vec<Notice>, Fault> {
        match message.operation.as_str() {
            "notification" => notice::receive(&self.config, message),
            _ => Err(Fault::Unsupported("any message but the notification")),
        }
    }

    /// HTTP 200 is "delivered"; at anything else Fawry tries again. What is verified but cannot be
    /// understood is kept, and would not become clearer by being sent again.
    fn reply(&self, verdict: &Verdict) -> Reply {
        let (status, word) = match verdict {
            Verdict::Stored | Verdict::Unreadable => (200, "received"),
            Verdict::Unverified => (401, "unverified"),
            Verdict::Unavailable => (503, "try again"),
        };
        Reply { status, content_type: "application/json", body: format!("{{\"status\":\"{word}\"}}") }
    }
}

#[cfg(test)]
mod tests;
