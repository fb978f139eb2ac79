//! `rusum quote`: a fee, explained line by line, from the schedules alone.
//!
//! No database and no server: the schedules built into the binary, or those of a folder. The figures
//! are those of `POST /v1/quotes`; what is printed is not kept and cannot be paid, so it has no id.

use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};
use clap::Args;
use serde::Serialize;

use super::{
    failure::{Failure, Kind},
    screen,
};
use crate::{
    calendar,
    fees::{
        self, Adjustment, Bill, BillItem, Catalogue, Figures, Given, ItemRequest, MethodPrice, OptionKind,
        QuoteContext, QuoteRequest, Quoted, ServiceDescription,
    },
    money::Piastres,
    switch::{Clock, schedules},
};

const EXAMPLES: &str = "\
Options, deliveries and exemptions are those that the service's schedule declares; what is wrong is
named with what is allowed. `rusum schedules price-list` shows all services.

Examples:
  rusum quote civil-status.birth-certificate --delivery home --quantity 2
  rusum quote civil-status.national-id --option speed=urgent --channel mobile
  rusum quote traffic.driving-licence --on 2026-01-15 --json";

/// A fee, explained line by line; needs no database
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct QuoteCommand {
    /// The service's code, authority.service
    service: String,
    /// Where the citizen asks: portal, mobile, service-office, post-office, call-centre, kiosk
    #[arg(long, default_value = "portal")]
    channel: String,
    /// The two-digit code of the governorate; the first that offers the service unless given
    #[arg(long, value_name = "CODE")]
    governorate: Option<String>,
    /// The way of delivery
    #[arg(long)]
    delivery: Option<String>,
    /// An option of the service
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
    /// How many units
    #[arg(long, value_name = "N")]
    quantity: Option<String>,
    /// An exemption that the service declares
    #[arg(long, value_name = "CODE")]
    exemption: Option<String>,
    /// A waiver that is in force, such as electronic-outage
    #[arg(long = "waiver", value_name = "NAME")]
    waivers: Vec<String>,
    /// The date whose prices are wanted, YYYY-MM-DD; today in Cairo unless given
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// The folder of the schedules; those built in unless given
    #[arg(long, value_name = "DIR")]
    schedules: Option<PathBuf>,
    /// Print the quote as JSON, as the API answers it
    #[arg(long)]
    json: bool,
}

/// The contract's quote, without an id.
#[derive(Serialize)]
struct Shown<'a> {
    id: Option<&'static str>,
    channel: fees::Channel,
    governorate: &'a str,
    on: NaiveDate,
    items: &'a [BillItem],
    total: Piastres,
    currency: crate::money::Currency,
    methods: &'a [MethodPrice],
    created_at: String,
    expires_at: String,
}

impl QuoteCommand {
    /// Prices it.
    pub fn run(self) -> Result<(), Failure> {
        let catalogue = self.catalogue()?;
        let now = Clock::system().now();
        let today = calendar::cairo_date(now);
        let on = self.on.as_ref().and_then(|on| on.parse().ok()).unwrap_or(today);
        let described = fees::describe_service(&catalogue, &self.service, on);
        let request = self.request(described.as_ref())?;
        let waivers = self.waivers(&catalogue)?;
        let context = QuoteContext { today, waivers: &waivers, assessments: &[] };
        let quoted = fees::quote(&catalogue, &request, &context)
            .map_err(|refusal| self.refused(&refusal, described.as_ref()))?;
        if self.json {
            let utc =
                |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            let bill = &quoted.bill;
            return screen::print_json(&Shown {
                id: None,
                channel: bill.channel,
                governorate: &bill.governorate,
                on: bill.on,
                items: &bill.items,
                total: bill.total,
                currency: bill.currency,
                methods: &bill.methods,
                created_at: utc(now),
                expires_at: utc(now + TimeDelta::seconds(i64::from(quoted.valid_secs))),
            });
        }
        screen::print(&explained(&quoted, described.as_ref()))
    }

    fn catalogue(&self) -> Result<Catalogue, Failure> {
        let files = schedules::files(self.schedules.as_deref()).map_err(Failure::unreachable)?;
        let checked = fees::check(&files, &[], Figures::Any);
        checked
            .map(|checked| checked.catalogue)
            .map_err(|findings| Failure { kind: Kind::Refused, text: schedules::told(&findings) })
    }

    fn waivers(&self, catalogue: &Catalogue) -> Result<Vec<std::sync::Arc<str>>, Failure> {
        for name in &self.waivers {
            if !catalogue.knows_waiver(name) {
                return Err(Failure::refused(format!(
                    "--waiver {name:?}: no rule of the schedules names it; leave it out or correct it"
                )));
            }
        }
        Ok(self.waivers.iter().map(|name| name.as_str().into()).collect())
    }

    fn request(&self, described: Option<&ServiceDescription>) -> Result<QuoteRequest, Failure> {
        let mut options = fees::Options::default();
        for pair in &self.options {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                Failure::refused(format!("--option {pair:?} has no \"=\": write it as --option speed=urgent"))
            })?;
            if options.get(name).is_some() {
                return Err(Failure::refused(format!("--option {name} is given twice: give it once")));
            }
            options.0.push((name.to_owned(), given(described, name, value)));
        }
        let quantity = self.quantity.as_ref().map(|text| match text.parse() {
            Ok(number) => Given::Integer(number),
            Err(_) => Given::Text(text.clone()),
        });
        let offered = described.and_then(|service| service.governorates.first());
        Ok(QuoteRequest {
            channel: self.channel.clone(),
            governorate: self
                .governorate
                .clone()
                .or_else(|| offered.map(|governorate| governorate.code.clone()))
                .unwrap_or_else(|| "01".to_owned()),
            on: self.on.clone(),
            items: vec![ItemRequest {
                service: self.service.clone(),
                delivery: self.delivery.clone(),
                options,
                quantity,
                exemption: self.exemption.clone(),
                assessment: None,
            }],
        })
    }

    /// A refusal in the words of the command line, with what the service asks for.
    fn refused(&self, refusal: &fees::Refusal, described: Option<&ServiceDescription>) -> Failure {
        let field = refusal.pointer.trim_start_matches("/items/0/").trim_start_matches('/');
        let place = match field.split_once('/') {
            Some(("options", name)) => format!("--option {name}"),
            _ if field == "service" => format!("SERVICE {}", self.service),
            _ => format!("--{field}"),
        };
        // The switch's callers list services by HTTP, the command line by a command.
        let detail =
            refusal.detail.en.replace("GET /v1/services lists", "`rusum schedules price-list` lists");
        let mut text = format!("{place}: {detail} ({})", refusal.code);
        if let (fees::RefusalCode::OptionInvalid, Some(service)) = (refusal.code, described) {
            text = format!("{text}. {}", asks_for(service));
        }
        Failure::refused(text)
    }
}

/// An option's value as the service wants it: a number where it asks for a whole number.
fn given(described: Option<&ServiceDescription>, name: &str, value: &str) -> Given {
    let option = described.and_then(|service| service.options.iter().find(|option| option.code == name));
    match (option.map(|option| option.kind), value.parse()) {
        (Some(OptionKind::Integer), Ok(number)) => Given::Integer(number),
        _ => Given::Text(value.to_owned()),
    }
}

/// What a service asks for, in one sentence.
fn asks_for(service: &ServiceDescription) -> String {
    let mut asked: Vec<String> = service
        .options
        .iter()
        .map(|option| match option.kind {
            OptionKind::Choice => {
                let choices: Vec<&str> = option.choices.iter().map(|choice| choice.code.as_str()).collect();
                format!("{} = {}", option.code, choices.join(" | "))
            }
            OptionKind::Integer | OptionKind::Amount => {
                let bound = |bound: &Option<String>| bound.clone().unwrap_or_default();
                format!("{} from {} to {}", option.code, bound(&option.min), bound(&option.max))
            }
        })
        .collect();
    if !service.delivery.is_empty() {
        let ways: Vec<&str> = service.delivery.iter().map(|way| way.code.as_str()).collect();
        asked.push(format!("delivery = {}", ways.join(" | ")));
    }
    if let Some(units) = &service.units {
        asked.push(format!("quantity from {} to {}", units.min, units.max));
    }
    if asked.is_empty() {
        return format!("{} asks for nothing", service.code);
    }
    format!("{} asks for: {}", service.code, asked.join("; "))
}

/// The quote as people read it.
fn explained(quoted: &Quoted, described: Option<&ServiceDescription>) -> String {
    let bill = &quoted.bill;
    let mut parts: Vec<String> = Vec::new();
    for item in &bill.items {
        let schedule = &item.schedule;
        parts.push(format!("{}  {}  {}", item.service, item.title.en, item.title.ar));
        parts.push(format!(
            "{} {} in force since {}, prices of {}, governorate {}, channel {}",
            schedule.authority,
            schedule.version,
            schedule.effective_from,
            bill.on,
            bill.governorate,
            bill.channel
        ));
        let counted = described.is_some_and(|service| service.units.is_some());
        let choices = [
            item.delivery.as_ref().map(|delivery| format!("delivery {delivery}")),
            counted.then(|| format!("quantity {}", item.quantity)),
            item.exemption.as_ref().map(|exemption| format!("exemption {exemption}")),
        ];
        let choices: Vec<String> = choices.into_iter().flatten().collect();
        if !choices.is_empty() {
            parts.push(choices.join(", "));
        }
        parts.push(lines(item).to_string());
    }
    parts.push(ways(bill).to_string());
    parts.push(match quoted.valid_secs {
        secs if secs % 3600 == 0 => format!("A quote holds for {} hours.", secs / 3600),
        secs => format!("A quote holds for {} minutes.", secs / 60),
    });
    if bill.items.iter().flat_map(|item| &item.lines).any(|line| line.illustrative) {
        parts.push("* illustrative: no published source; refused in production".to_owned());
    }
    parts.push(String::new());
    parts.join("\n")
}

fn lines(item: &BillItem) -> comfy_table::Table {
    let mut table = screen::table(["line", "for", "", "unit EGP", "×", "EGP", "owed to", "legal basis"]);
    for line in &item.lines {
        let mark = if line.illustrative { " *" } else { "" };
        table.add_row([
            screen::text(&format!("{}{mark}", line.code)),
            screen::text(&line.title.en),
            screen::text(&line.title.ar),
            screen::number(line.unit_amount),
            screen::number(line.quantity),
            screen::number(line.amount),
            screen::text(&format!("{} {}", line.beneficiary, line.revenue_code)),
            screen::text(&line.legal_basis),
        ]);
    }
    table.add_row([
        screen::text("total"),
        screen::text(""),
        screen::text(""),
        screen::text(""),
        screen::text(""),
        screen::number(item.total),
        screen::text(""),
        screen::text(""),
    ]);
    table
}

fn ways(bill: &Bill) -> comfy_table::Table {
    let mut table = screen::table(["way to pay", "with", "EGP", "why it differs"]);
    for price in &bill.methods {
        let why: Vec<String> = price.adjustments.iter().map(adjustment).collect();
        table.add_row([
            screen::text(price.method.code()),
            screen::text(price.tender.code()),
            screen::number(price.amount),
            screen::text(&why.join("\n")),
        ]);
    }
    table
}

fn adjustment(adjustment: &Adjustment) -> String {
    let owed = adjustment.beneficiary.as_ref().zip(adjustment.revenue_code.as_ref());
    let owed = owed.map(|(beneficiary, code)| format!(", owed to {beneficiary} {code}")).unwrap_or_default();
    format!(
        "{} {} ({}){owed}: {}",
        adjustment.amount, adjustment.title.en, adjustment.title.ar, adjustment.legal_basis
    )
}
