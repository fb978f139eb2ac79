//! Receipts: derived from the ledger, as JSON or as a page.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::{
    Api,
    codes::Code,
    extract::{Agreed, Id, Keyed, NoParams},
    negotiate::{self, Media},
    payments::seen,
    problem::Problem,
};
use crate::{ids::PaymentId, payments::receipt::Receipt, web};

/// Shows a payment's receipt
///
/// What was paid, to whom and by which decree, and where the ledger says so; as JSON, or as a page by
/// `Accept: text/html`. `number` is null until the business day is sealed.
#[utoipa::path(get, path = "/v1/payments/{id}/receipt", tag = "Payments", params(("id" = PaymentId, Path)),
    responses((status = 200, description = "The receipt",
        content((Receipt = "application/json"), (String = "text/html")))))]
pub async fn read_receipt(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<PaymentId>,
    Agreed(media): Agreed,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    seen(&api, &key, id).await?;
    let receipt = api.switch.receipt(&key.caller, id).await?;
    let receipt = receipt.ok_or_else(|| Problem::from(Code::ReceiptNotAvailable))?;
    if media != Media::Html {
        return Ok(Json(receipt).into_response());
    }
    let language = negotiate::preferred(&headers).unwrap_or(receipt.language);
    let told = [
        (header::CONTENT_TYPE, Media::Html.content_type()),
        (header::CONTENT_LANGUAGE, language.code()),
        (header::CONTENT_SECURITY_POLICY, web::POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((told, web::receipt_html(&receipt, language)).into_response())
}
