//! Services: codes twice, lines and options that can never apply, bands with gaps and overlaps,
//! amounts that could grow beyond bounds.

use super::{domain::Domain, gaps};
use crate::{
    fees::{
        notes::Notes,
        schedule::{Band, Per, Price, Schedule, Service, Tariff},
    },
    money::Piastres,
};

pub(super) fn check(notes: &mut Notes<'_>, schedule: &Schedule) {
    for (number, service) in schedule.services.iter().enumerate() {
        if let Some(twin) = schedule.services[..number].iter().find(|other| other.code == service.code) {
            let message =
                format!("service {:?} is declared twice, first at {}", service.code, notes.place(twin.spot));
            notes.error(service.spot, message, "remove one or give it another code");
        }
        service_by_itself(notes, service);
    }
}

fn service_by_itself(notes: &mut Notes<'_>, service: &Service) {
    let errors = notes.errors();
    line_codes(notes, service);
    for option in &service.options {
        if let Err(name) = Domain::narrowed(service, &option.when, 0) {
            let message =
                format!("option {:?} can never be asked for: nothing is left of {name:?}", option.code);
            notes.error(option.when.spot, message, never_remedy(&name));
        }
    }
    for tariff in &service.lines {
        match Domain::of_line(service, tariff) {
            Err(name) => {
                let message = format!(
                    "line {:?} of {} can never apply: its conditions leave nothing of {name:?}",
                    tariff.code, service.code
                );
                notes.error(tariff.when.spot, message, never_remedy(&name));
            }
            Ok(domain) => line(notes, service, tariff, &domain),
        }
    }
    if notes.errors() == errors {
        gaps::check(notes, service);
    }
}

fn never_remedy(name: &str) -> String {
    format!("let the conditions and what the service declares for {name:?} agree, or remove it")
}

fn line_codes(notes: &mut Notes<'_>, service: &Service) {
    let mut codes: Vec<&str> = Vec::new();
    for tariff in &service.lines {
        let further = tariff.further.as_ref().map(|further| &*further.code);
        for code in std::iter::once(&*tariff.code).chain(further) {
            if codes.contains(&code) {
                let message = format!("line {code:?} of {} is declared twice", service.code);
                notes.error(tariff.spot, message, "give each line a code of its own");
            }
            codes.push(code);
        }
    }
}

fn line(notes: &mut Notes<'_>, service: &Service, tariff: &Tariff, domain: &Domain) {
    if let Price::Bands(place, rows) = &tariff.price {
        bands(notes, tariff, rows, domain.range(*place), &service.options[*place].code);
    }
    if let Some(further) = &tariff.further
        && further.after >= most_units(tariff, domain)
    {
        let message = format!(
            "line {:?} can never apply: there are never more than {} units",
            further.code, further.after
        );
        notes.error(tariff.spot, message, "lower `first_units`, raise the bound, or remove `further`");
    }
    if dearest(tariff, domain).is_none_or(|dearest| dearest > Piastres::LIMIT) {
        let message = format!("line {:?} of {} can exceed {}", tariff.code, service.code, Piastres::LIMIT);
        notes.error(tariff.spot, message, "write a `cap`, or closer bounds for what it is computed from");
    }
}

fn most_units(tariff: &Tariff, domain: &Domain) -> u32 {
    match tariff.per {
        Per::Item => 1,
        Per::Quantity => domain.most_units(),
        Per::Option(place) => u32::try_from(domain.range(place).1).unwrap_or(u32::MAX),
    }
}

/// The most that a line can come to.
fn dearest(tariff: &Tariff, domain: &Domain) -> Option<Piastres> {
    let unit = match &tariff.price {
        Price::Amount(amount) => *amount,
        Price::Bands(_, bands) => bands.iter().map(|band| band.amount).max().unwrap_or(Piastres::ZERO),
        Price::Percentage(place, share) => share.of(Piastres::new(domain.range(*place).1)),
    };
    let further = tariff.further.as_ref().map_or(Piastres::ZERO, |further| further.amount);
    unit.max(further).checked_mul(i64::from(most_units(tariff, domain)))
}

/// Bands must cover what the line's conditions leave open of the option, each value once.
fn bands(notes: &mut Notes<'_>, tariff: &Tariff, rows: &[Band], (least, most): (i64, i64), option: &str) {
    let code = &tariff.code;
    let gap = |notes: &mut Notes<'_>, spot, from: i64, to: i64| {
        let message =
            format!("the bands of {code:?} have a gap: no price for {option:?} from {from} to {to}");
        notes.error(
            spot,
            message,
            "let each band begin right after the one before, from the least value to the greatest",
        );
    };
    let mut next = least;
    for (number, band) in rows.iter().enumerate() {
        if number > 0 && band.from <= rows[number - 1].to {
            let message = format!("the bands of {code:?} overlap or are out of order at {}", band.from);
            let remedy = format!("let this band begin at {}", rows[number - 1].to.saturating_add(1));
            notes.error(band.spot, message, remedy);
        }
        if band.to < least || band.from > most {
            let message = format!(
                "the band from {} to {} of {code:?} can never apply: {option:?} is from {least} to {most}",
                band.from, band.to
            );
            notes.error(
                band.spot,
                message,
                "remove it, or widen the option's bounds or the line's condition",
            );
            continue;
        }
        if band.from > next {
            gap(notes, band.spot, next, band.from - 1);
        }
        next = next.max(band.to.saturating_add(1));
    }
    if next <= most {
        gap(notes, tariff.spot, next, most);
    }
}
