//! The registry of error codes: one table that the answers, the OpenAPI document, `/docs` and
//! `docs/API.md` are made from or tested against.
//!
//! A code, once answered, is never renamed and never changes its status.

use axum::http::StatusCode;

use crate::fees::Title;

macro_rules! codes {
    ($($name:ident $code:literal $status:ident, $en:literal, $ar:literal, $remedy:literal;)*) => {
        /// Why a request was refused: one stable word each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $en] $name),*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word in the answer.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// What it means, in both languages.
            pub fn title(self) -> Title {
                let (ar, en) = match self { $(Self::$name => ($ar, $en)),* };
                Title { ar: ar.to_owned(), en: en.to_owned() }
            }

            /// What the caller does about it.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy),* }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" BAD_REQUEST,
        "The body is not JSON", "النص المرسل ليس JSON سليمًا",
        "Send one JSON value in UTF-8; the detail names line and column.";
    InvalidRequest "invalid_request" UNPROCESSABLE_ENTITY,
        "The request is not valid", "الطلب غير صالح",
        "Correct the fields that `errors` points at. Amounts are strings with two decimals.";
    Unauthorized "unauthorized" UNAUTHORIZED,
        "No valid API key", "لا يوجد مفتاح دخول صالح",
        "Send `Authorization: Bearer <api key>` with a key that has not been revoked.";
    Forbidden "forbidden" FORBIDDEN,
        "The API key may not do this", "مفتاح الدخول لا يسمح بهذا الإجراء",
        "Use a key with the scope that the detail names, or one that is not bound elsewhere.";
    NotFound "not_found" NOT_FOUND,
        "There is no such thing", "العنصر المطلوب غير موجود",
        "Check the path and the id. Another client's object is answered like one that does not exist.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED,
        "The path does not know this method", "هذا المسار لا يقبل هذه الطريقة",
        "Use one of the methods in the `Allow` header.";
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE,
        "None of the accepted media types is available", "لا تتوفر أي من صيغ الرد المقبولة",
        "Ask in `Accept` for one of the media types that the detail names.";
    TooLarge "too_large" PAYLOAD_TOO_LARGE,
        "The body is too large", "حجم النص المرسل أكبر من المسموح",
        "Send at most 262,144 bytes.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE,
        "The body's media type is not supported", "صيغة النص المرسل غير مدعومة",
        "Send `Content-Type: application/json`, without a content encoding.";
    RateLimited "rate_limited" TOO_MANY_REQUESTS,
        "Too many requests", "عدد الطلبات أكبر من المسموح",
        "Wait as long as `Retry-After` says; spread calls over the window of `RateLimit-Policy`.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE,
        "The switch is overloaded", "المنظومة مشغولة حاليًا",
        "Send the same request again, with the same idempotency key, after `Retry-After`.";
    Internal "internal" INTERNAL_SERVER_ERROR,
        "Something went wrong on our side", "حدث خطأ داخلي",
        "Send the same request again, with the same idempotency key; if it lasts, tell us the `request_id`.";
    IdempotencyKeyMissing "idempotency_key_missing" BAD_REQUEST,
        "The Idempotency-Key header is missing", "الترويسة Idempotency-Key غير موجودة",
        "Send `Idempotency-Key` with a value that is new for each intended action, such as a UUID.";
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY,
        "The idempotency key was used for another request", "سبق استخدام مفتاح عدم التكرار مع طلب آخر",
        "Take a new key for a new action; send the very same bytes to repeat the first one.";
    IdempotencyInProgress "idempotency_in_progress" CONFLICT,
        "The first call under this key is still running", "الطلب الأول بهذا المفتاح ما زال قيد التنفيذ",
        "Send the same request again after `Retry-After`.";
    InvalidCursor "invalid_cursor" UNPROCESSABLE_ENTITY,
        "The cursor is not one of this list", "مؤشر الصفحة لا يخص هذه القائمة",
        "Use `next_cursor` of the page before, with the same filters; or begin without a cursor.";
    ServiceUnknown "service_unknown" UNPROCESSABLE_ENTITY,
        "No schedule knows this service", "الخدمة غير معروفة",
        "Take a code from `GET /v1/services`.";
    ServiceNotOffered "service_not_offered" UNPROCESSABLE_ENTITY,
        "The service is not offered there, that way or then", "الخدمة غير متاحة في هذا المكان أو التاريخ أو عبر هذه القناة",
        "Look at the service's governorates, channels and dates in `GET /v1/services/{code}`.";
    OptionInvalid "option_invalid" UNPROCESSABLE_ENTITY,
        "The service does not allow this choice", "الخدمة لا تسمح بهذا الاختيار",
        "Send only what `GET /v1/services/{code}` declares, within its bounds.";
    AssessmentRequired "assessment_required" UNPROCESSABLE_ENTITY,
        "An authority must vouch for a value first", "يلزم تقدير معتمد من الجهة المختصة أولًا",
        "Have the authority make an assessment and quote with its id.";
    AssessmentInvalid "assessment_invalid" UNPROCESSABLE_ENTITY,
        "The assessment is not valid for this", "التقدير المعتمد لا يصلح لهذا الطلب",
        "Use an assessment that was made for this service and has not expired.";
    SchedulesNotInForce "schedules_not_in_force" SERVICE_UNAVAILABLE,
        "This node's fee schedules are not those in force", "جداول الرسوم على هذا الخادم ليست هي السارية",
        "Try again later or at another node; the operator publishes or updates the schedules.";
    QuoteExpired "quote_expired" CONFLICT,
        "The quote has expired", "انتهت صلاحية عرض الرسوم",
        "Ask for a new quote.";
    QuoteAlreadyUsed "quote_already_used" CONFLICT,
        "The quote is bound by another payment", "سبق استخدام عرض الرسوم في عملية دفع أخرى",
        "Ask for a new quote, or go on with the payment that the detail names.";
    QuoteNotPayable "quote_not_payable" UNPROCESSABLE_ENTITY,
        "The quote shows the prices of another date", "عرض الرسوم خاص بتاريخ آخر",
        "Ask for a quote of today.";
    PaymentNotOpen "payment_not_open" CONFLICT,
        "The payment is not open", "عملية الدفع ليست مفتوحة",
        "Make a new payment.";
    PaymentInProgress "payment_in_progress" CONFLICT,
        "An attempt's outcome is still open", "توجد محاولة دفع لم تتضح نتيجتها بعد",
        "Wait for its outcome (a webhook, or ask after `retry_after` seconds); never pay elsewhere meanwhile.";
    PaymentAlreadyPaid "payment_already_paid" CONFLICT,
        "The payment is paid already", "تم سداد هذه العملية من قبل",
        "Nothing: show the receipt.";
    PaymentExpired "payment_expired" CONFLICT,
        "The payment has expired", "انتهت مهلة عملية الدفع",
        "Ask for a new quote and make a new payment.";
    MethodUnavailable "method_unavailable" CONFLICT,
        "This way to pay is not available", "طريقة الدفع هذه غير متاحة",
        "Choose one of the payment's `methods` that a provider takes.";
    ProviderUnavailable "provider_unavailable" SERVICE_UNAVAILABLE,
        "The provider is not answering", "مقدم خدمة الدفع لا يستجيب حاليًا",
        "Try again after `Retry-After`, or choose another way to pay. Nothing was charged.";
    NotCancellable "not_cancellable" CONFLICT,
        "The payment cannot be cancelled", "لا يمكن إلغاء عملية الدفع",
        "A paid payment is given back by a refund.";
    ReceiptNotAvailable "receipt_not_available" CONFLICT,
        "There is no receipt yet", "الإيصال غير متاح بعد",
        "Wait until the payment is paid.";
    DayNotEnded "day_not_ended" CONFLICT,
        "The day has not begun or is not the one that is open", "هذا اليوم ليس هو يوم العمل المفتوح",
        "Look at `GET /v1/settlement/days`: days end one after the other.";
    CutOverTooEarly "cut_over_too_early" CONFLICT,
        "The business day may not end before its hour", "لا يجوز إنهاء يوم العمل قبل موعده",
        "Wait: the day ends by itself at its hour.";
}

impl Code {
    /// The code of a word.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_one_of_its_kind_and_listed_in_the_page() {
        let page = include_str!("../../docs/API.md");
        let mut names = BTreeSet::new();
        for code in Code::ALL {
            assert!(names.insert(code.name()), "{} stands twice", code.name());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
            assert!(page.contains(&row), "docs/API.md has no row {row:?}");
            assert!(page.contains(code.remedy()), "docs/API.md does not say {:?}", code.remedy());
            assert!(code.title().ar.chars().any(|c| ('\u{600}'..'\u{6ff}').contains(&c)));
            assert_eq!(Code::of(code.name()), Some(*code));
        }
    }
}
