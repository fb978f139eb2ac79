//! From what the switch and the store say to what the caller is told.
//!
//! Promises: every error has one code; what is ours is logged here, once, with its whole chain, and
//! told to the caller as `internal` and nothing more.

use std::error::Error;

use tracing::error;

use super::{
    codes::Code,
    problem::{Fault, Place, Problem, words},
};
use crate::{
    change::ClaimKind,
    fees,
    payments::{PaymentStatus, Refusal},
    store::StoreError,
    switch::SwitchError,
};

/// When to ask again for a payment whose attempt is under way, in seconds.
const ASK_AGAIN_SECS: u32 = 5;
/// When to send again a call whose first is still running, in seconds.
const STILL_RUNNING_SECS: u32 = 1;
/// When to try again at a node whose schedules are not those in force, in seconds.
const SCHEDULES_SECS: u32 = 30;

fn internal(error: &(dyn Error + 'static)) -> Problem {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    error!(error = chain, "a request failed");
    Code::Internal.into()
}

fn secs(secs: u64) -> u32 {
    u32::try_from(secs).unwrap_or(u32::MAX).max(1)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor(_) => invalid_cursor(),
            other => internal(&other),
        }
    }
}

/// A cursor that the list did not give out.
pub fn invalid_cursor() -> Problem {
    let detail = words(
        "is not a cursor of this list; take next_cursor of the page before, or none",
        "ليس مؤشرًا صادرًا عن هذه القائمة؛ استخدم next_cursor من الصفحة السابقة أو ابدأ بدونه",
    );
    Problem::parameter("cursor", detail).coded(Code::InvalidCursor)
}

impl From<fees::Refusal> for Problem {
    fn from(refusal: fees::Refusal) -> Self {
        use fees::RefusalCode as Fee;
        let code = match refusal.code {
            Fee::InvalidRequest => Code::InvalidRequest,
            Fee::ServiceUnknown => Code::ServiceUnknown,
            Fee::ServiceNotOffered => Code::ServiceNotOffered,
            Fee::OptionInvalid => Code::OptionInvalid,
            Fee::AssessmentRequired => Code::AssessmentRequired,
            Fee::AssessmentInvalid => Code::AssessmentInvalid,
        };
        let detail = refusal.detail.clone();
        let fault = Fault { pointer: refusal.pointer, place: Place::Body, detail: refusal.detail };
        Self { detail: Some(detail), faults: vec![fault], ..Self::from(code) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotOpen(status) => Self::new(
                Code::PaymentNotOpen,
                format!("the payment is {status}"),
                format!("حالة عملية الدفع: {}", arabic_status(status)),
            ),
            Refusal::AlreadyPaid => Code::PaymentAlreadyPaid.into(),
            Refusal::Expired => Code::PaymentExpired.into(),
            Refusal::InProgress(attempt) => Self::new(
                Code::PaymentInProgress,
                format!("the outcome of attempt {attempt} is still open; ask again in {ASK_AGAIN_SECS} s"),
                format!("نتيجة المحاولة {attempt} لم تتضح بعد؛ أعد السؤال بعد {ASK_AGAIN_SECS} ثوان"),
            )
            .retry_after(ASK_AGAIN_SECS),
            Refusal::MethodUnavailable(method, tender) => Self::new(
                Code::MethodUnavailable,
                format!("the payment cannot be paid by {method} with {tender}; see its methods"),
                format!("لا يمكن السداد بطريقة {method} ووسيلة {tender}؛ انظر methods في عملية الدفع"),
            ),
            Refusal::NotCancellable(status) => Self::new(
                Code::NotCancellable,
                format!("the payment is {status}"),
                format!("حالة عملية الدفع: {}", arabic_status(status)),
            ),
            Refusal::NoSuchAttempt(_) => Self::not_found("attempt"),
            bug @ (Refusal::NoTransition(_) | Refusal::Posting(_)) => internal(&bug),
        }
    }
}

const fn arabic_status(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Open => "مفتوحة",
        PaymentStatus::Processing => "قيد التنفيذ",
        PaymentStatus::Authorized => "محجوزة",
        PaymentStatus::Paid => "مدفوعة",
        PaymentStatus::Cancelled => "ملغاة",
        PaymentStatus::Expired => "منتهية المهلة",
    }
}

impl From<SwitchError> for Problem {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::NotFound(what) => Self::not_found(what),
            SwitchError::Fee(refusal) => refusal.into(),
            SwitchError::Refused(refusal) => refusal.into(),
            SwitchError::QuoteExpired => Code::QuoteExpired.into(),
            SwitchError::QuoteAlreadyUsed(payment) | SwitchError::Claimed(ClaimKind::Quote, _, payment) => {
                Self::new(
                    Code::QuoteAlreadyUsed,
                    format!("the quote is bound by {payment} already"),
                    format!("عرض الرسوم مرتبط بعملية الدفع {payment}"),
                )
            }
            SwitchError::QuoteNotPayable(on) => Self::new(
                Code::QuoteNotPayable,
                format!("the quote shows the prices of {on}, which is not today"),
                format!("عرض الرسوم خاص بتاريخ {on} وليس تاريخ اليوم"),
            ),
            SwitchError::Invalid { pointer, detail } => {
                Self::field(pointer, words(detail.clone(), format!("قيمة غير مقبولة: {detail}")))
            }
            SwitchError::MethodUnavailable(considered) => Self {
                considered,
                ..Self::new(
                    Code::MethodUnavailable,
                    "no provider takes this method and amount; see considered",
                    "لا يوجد مقدم خدمة يقبل طريقة الدفع وهذا المبلغ؛ انظر considered",
                )
            },
            SwitchError::ProviderUnavailable { retry_after_secs } => {
                Self::from(Code::ProviderUnavailable).retry_after(secs(retry_after_secs))
            }
            SwitchError::Overloaded { retry_after_secs } => {
                Self::from(Code::Overloaded).retry_after(secs(retry_after_secs))
            }
            SwitchError::IdempotencyReused => Code::IdempotencyKeyReused.into(),
            SwitchError::IdempotencyInProgress => {
                Self::from(Code::IdempotencyInProgress).retry_after(STILL_RUNNING_SECS)
            }
            SwitchError::SchedulesDiffer(why) => {
                error!(why, "this node refuses to quote");
                Self::from(Code::SchedulesNotInForce).retry_after(SCHEDULES_SECS)
            }
            SwitchError::CutOverTooEarly(day) => Self::new(
                Code::CutOverTooEarly,
                format!("{day} is not over: in production mode a day ends at its hour"),
                format!("يوم العمل {day} لم ينته بعد: في وضع التشغيل الفعلي ينتهي اليوم في موعده"),
            ),
            SwitchError::DayNotBegun { day, open } => Self::new(
                Code::DayNotEnded,
                format!("{day} cannot be ended: {open} is the open business day"),
                format!("لا يمكن إنهاء يوم {day}: يوم العمل المفتوح هو {open}"),
            ),
            SwitchError::Contended(_) => Self::from(Code::Overloaded).retry_after(1),
            SwitchError::Store(error) => error.into(),
            bug @ (SwitchError::Claimed(..) | SwitchError::Broken(_)) => internal(&bug),
        }
    }
}
