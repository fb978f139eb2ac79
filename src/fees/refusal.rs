//! Why there is no price: a code of the contract, the field it is about, and a sentence for people
//! in both languages. Texts are made only when a request is refused.

use std::fmt;

use super::Title;

/// Why a quote was refused. Nothing is partly priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The contract's code.
    pub code: RefusalCode,
    /// JSON pointer to the field, such as `/items/0/options/speed`.
    pub pointer: String,
    /// What is wrong and what to do, in both languages.
    pub detail: Title,
}

/// The contract's codes for a refused quote. All are answered with status 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The request is not one, whatever the service.
    InvalidRequest,
    /// No schedule knows the service.
    ServiceUnknown,
    /// Known, but not on this date, in this governorate or by this channel.
    ServiceNotOffered,
    /// An option, a delivery, a quantity or an exemption that the service does not declare or allow.
    OptionInvalid,
    /// An authority must vouch for a value first.
    AssessmentRequired,
    /// The assessment named is not one for this.
    AssessmentInvalid,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, pointer: String, ar: &str, en: &str) -> Self {
        Self { code, pointer, detail: Title { ar: ar.to_owned(), en: en.to_owned() } }
    }
}

impl RefusalCode {
    /// The word of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ServiceUnknown => "service_unknown",
            Self::ServiceNotOffered => "service_not_offered",
            Self::OptionInvalid => "option_invalid",
            Self::AssessmentRequired => "assessment_required",
            Self::AssessmentInvalid => "assessment_invalid",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.code, self.pointer, self.detail.en)
    }
}

impl std::error::Error for Refusal {}
