//! What can be paid and what it costs: services and the price list, as published. Open to anybody.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    extract::{Agreed, Params, Text},
    negotiate::Media,
    pages::{List, Paging},
    problem::Problem,
    read::{self, Object, text, word},
};
use crate::{
    calendar::cairo_date,
    fees::{
        self, Channel, PriceListRow, ScheduleRef, ServiceDescription, ServiceFilter, ServiceSummary,
        describe_service as describe,
    },
    money::Currency,
};

/// How long prices and services may be kept by caches, in seconds: a new schedule takes effect by date.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// Which services.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct ServiceQuery {
    /// Offered in this governorate: its two-digit code.
    #[param(example = "03")]
    governorate: Option<String>,
    /// Offered by this channel.
    #[param(inline)]
    channel: Option<Channel>,
    /// A part of the code or of a title, in Arabic or English.
    q: Option<String>,
    /// On this date (Africa/Cairo); today unless given.
    on: Option<NaiveDate>,
}

/// Lists services that can be paid for
///
/// Those in force on a date, by code.
#[utoipa::path(get, path = "/v1/services", tag = "Catalogue", params(ServiceQuery, Paging),
    responses((status = 200, description = "The services", body = List<ServiceSummary>)))]
pub async fn list_services(State(api): State<Api>, Params(params): Params) -> Result<Response, Problem> {
    let (filter, on, paging) = read::query(params, |query| {
        let governorate = query.optional("governorate", text(1, 10));
        let channel = query.optional("channel", word::<Channel>);
        let q = query.optional("q", text(1, 100));
        let on = query.optional("on", word::<NaiveDate>);
        let paging = Paging::read(query);
        Some((ServiceFilter { governorate: governorate?, channel: channel?, q: q? }, on?, paging?))
    })?;
    let on = on.unwrap_or_else(|| today(&api));
    let services = fees::services(&api.switch.catalogue(), &filter, on);
    let list = paging.cut("services", services, |service| service.code.clone())?;
    Ok(([(header::CACHE_CONTROL, KEPT)], Json(list)).into_response())
}

/// Describes a service
///
/// Everything that a form needs to be drawn and a quote to be asked for.
#[utoipa::path(get, path = "/v1/services/{code}", tag = "Catalogue",
    params(("code" = String, Path, description = "The service's code", example = "civil-status.birth-certificate"), OnQuery),
    responses((status = 200, description = "The service", body = ServiceDescription)))]
pub async fn describe_service(
    State(api): State<Api>,
    Text(code): Text,
    Params(params): Params,
) -> Result<Response, Problem> {
    let on = read_on(&api, params)?;
    let description =
        describe(&api.switch.catalogue(), &code, on).ok_or_else(|| Problem::not_found("service"))?;
    Ok(([(header::CACHE_CONTROL, KEPT)], Json(description)).into_response())
}

/// On which date.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct OnQuery {
    /// On this date (Africa/Cairo); today unless given.
    #[param(example = "2026-11-21")]
    on: Option<NaiveDate>,
}

fn read_on(api: &Api, params: Vec<(String, String)>) -> Result<NaiveDate, Problem> {
    let on = read::query(params, |query: &mut Object<'_>| query.optional("on", word::<NaiveDate>))?;
    Ok(on.unwrap_or_else(|| today(api)))
}

fn today(api: &Api) -> NaiveDate {
    cairo_date(api.switch.clock().now())
}

/// The price list of a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceList {
    /// The date.
    pub on: NaiveDate,
    /// Always EGP.
    pub currency: Currency,
    /// The schedules in force on that date.
    pub schedules: Vec<ScheduleRef>,
    /// Every line and rule in force. Figures without a published source are marked `illustrative`.
    pub data: Vec<PriceListRow>,
}

/// Shows the price list
///
/// Every line and rule in force on a date, as JSON, or as CSV by `Accept: text/csv`.
#[utoipa::path(get, path = "/v1/price-list", tag = "Catalogue", params(OnQuery),
    responses((status = 200, description = "The price list",
        content((PriceList = "application/json"), (String = "text/csv")))))]
pub async fn price_list(
    State(api): State<Api>,
    Agreed(media): Agreed,
    Params(params): Params,
) -> Result<Response, Problem> {
    let on = read_on(&api, params)?;
    let catalogue = api.switch.catalogue();
    let rows = fees::price_list(&catalogue, on);
    if media == Media::Csv {
        let name = format!("attachment; filename=\"price-list-{on}.csv\"");
        let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(Media::Csv.content_type())),
            (header::CONTENT_DISPOSITION, name),
            (header::CACHE_CONTROL, KEPT),
        ];
        return Ok((headers, fees::price_list_csv(&rows)).into_response());
    }
    let schedules = catalogue.in_force(on).into_iter().cloned().collect();
    let list = PriceList { on, currency: Currency::Egp, schedules, data: rows };
    Ok(([(header::CACHE_CONTROL, KEPT)], Json(list)).into_response())
}
