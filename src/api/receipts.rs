//! Receipts: derived from the ledger, as JSON or as a page.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    Api,
    codes::Code,
    extract::{Agreed, Id, Keyed, NoParams},
    payments::seen,
    problem::Problem,
};
use crate::{ids::PaymentId, payments::receipt::Receipt};

/// Shows a payment's receipt
///
/// What was paid, to whom and by which decree, and where the ledger says so. `number` is null until
/// the business day is sealed.
#[utoipa::path(get, path = "/v1/payments/{id}/receipt", tag = "Payments", params(("id" = PaymentId, Path)),
    responses((status = 200, description = "The receipt",
        content((Receipt = "application/json"), (String = "text/html")))))]
pub async fn read_receipt(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<PaymentId>,
    Agreed(_media): Agreed,
) -> Result<Response, Problem> {
    seen(&api, &key, id).await?;
    let receipt = api.switch.receipt(&key.caller, id).await?;
    let receipt = receipt.ok_or_else(|| Problem::from(Code::ReceiptNotAvailable))?;
    Ok(Json(receipt).into_response())
}
