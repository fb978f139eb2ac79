//! What is shown of the schedules agrees with what they charge.

use std::collections::BTreeSet;

use super::support::{day, item, request, shipped, shipped_files, today};
use crate::{
    fees::{
        Capture, ChangeKind, Channel, OptionKind, ServiceFilter, describe_service, diff, diff_files,
        price_list, price_list_csv, services,
    },
    money::{Method, Tender},
};

#[test]
fn there_are_25_services_of_8_authorities_and_all_27_governorates() {
    let all = services(shipped(), &ServiceFilter::default(), today());
    let authorities: BTreeSet<&str> = all.iter().map(|one| &*one.authority).collect();
    assert!(all.len() >= 25, "{}", all.len());
    assert!(authorities.len() >= 8, "{authorities:?}");
    assert!(all.is_sorted_by_key(|one| &one.code));
    let governorates: BTreeSet<String> = all
        .iter()
        .flat_map(|one| describe_service(shipped(), &one.code, today()).unwrap().governorates)
        .map(|one| one.code)
        .collect();
    assert_eq!(governorates.len(), 28);
}

#[test]
fn services_are_found_by_governorate_channel_and_words() {
    let codes = |filter: ServiceFilter, on: &str| -> Vec<String> {
        services(shipped(), &filter, day(on)).into_iter().map(|one| one.code).collect()
    };
    let words = |q: &str| ServiceFilter { q: Some(q.to_owned()), ..ServiceFilter::default() };
    assert_eq!(
        codes(words("شهاده ميلاد"), "2026-11-21"),
        ["civil-status.birth-certificate", "civil-status.first-birth-certificate"]
    );
    assert_eq!(codes(words("vehicle"), "2026-11-21"), ["traffic.vehicle-licence"]);
    let matrouh = |on| {
        let filter = ServiceFilter { governorate: Some("33".to_owned()), ..words("traffic") };
        codes(filter, on).len()
    };
    assert_eq!((matrouh("2026-12-31"), matrouh("2027-01-01")), (0, 3));
    let kiosk = ServiceFilter { channel: Some(Channel::Kiosk), ..words("commercial") };
    assert_eq!(codes(kiosk, "2026-11-21"), ["commercial-registry.register-extract"]);
    let nowhere = ServiceFilter { governorate: Some("99".to_owned()), ..ServiceFilter::default() };
    assert!(codes(nowhere, "2026-11-21").is_empty());
}

#[test]
fn a_description_has_what_a_form_needs() {
    let licence = describe_service(shipped(), "traffic.vehicle-licence", today()).unwrap();
    let [engine, value] = licence.options.as_slice() else { panic!("two options") };
    assert_eq!(
        (engine.kind, engine.min.as_deref(), engine.max.as_deref()),
        (OptionKind::Integer, Some("600"), Some("8000"))
    );
    assert_eq!(
        (value.kind, value.min.as_deref(), value.attested),
        (OptionKind::Amount, Some("10000.00"), true)
    );
    assert_eq!(value.asked_when.as_ref().unwrap().en, "Engine size (cc) from 2031");
    assert_eq!(licence.units.as_ref().map(|units| (units.min, units.max, units.default)), Some((1, 3, 1)));
    let id = describe_service(shipped(), "civil-status.national-id", today()).unwrap();
    assert_eq!(id.options[0].choices.len(), 5);
    assert_eq!(id.options[0].default.as_deref(), Some("normal"));
    assert_eq!(id.delivery.iter().filter(|one| one.default).count(), 1);
    let first = (id.methods[0].method, id.methods[0].tender);
    assert_eq!(first, (Method::Card, Tender::Card));
    let ration = describe_service(shipped(), "supply.ration-card-lost", today()).unwrap();
    assert_eq!(ration.capture, Capture::Manual);
    assert_eq!(shipped().capture("supply.ration-card-lost", today()), Some(Capture::Manual));
    assert_eq!(ration.exemptions[0].code, "martyr-family");
    assert!(describe_service(shipped(), "supply.nothing", today()).is_none());
    assert!(describe_service(shipped(), "supply.ration-card-lost", day("2018-01-01")).is_none());
}

#[test]
fn every_charged_line_stands_in_the_price_list_with_its_price() {
    let rows = price_list(shipped(), today());
    for service in services(shipped(), &ServiceFilter::default(), today()) {
        let Ok(bill) = super::support::bill(&request(vec![item(&service.code)])) else { continue };
        for line in &bill.items[0].lines {
            let row = rows.iter().find(|row| {
                row.service.as_deref() == Some(&service.code)
                    && row.code == *line.code
                    && row.amount == Some(line.unit_amount)
            });
            let row = row.unwrap_or_else(|| panic!("{} {} is not listed", service.code, line.code));
            assert_eq!(row.illustrative, line.illustrative);
            assert_eq!(row.source.is_none(), line.illustrative);
            assert_eq!(row.legal_basis, *line.legal_basis);
            assert_eq!(row.revenue_code.as_deref(), Some(&*line.revenue_code));
        }
    }
    let surcharges: Vec<&str> =
        rows.iter().filter(|row| row.code == "cash-over-500").map(|row| &*row.price.en).collect();
    assert_eq!(surcharges, ["5 %; at most 10000.00; rounded half up to 0.01 more"]);
    let bands = rows.iter().filter(|row| row.service.as_deref() == Some("real-estate.property-registration"));
    let bands: Vec<(&str, &str)> = bands.map(|row| (&*row.condition.en, &*row.price.en)).collect();
    assert_eq!(bands[1], ("Area in square metres from 101 to 200", "EGP 1000.00"));
    assert_eq!(bands[3], ("Area in square metres from 301", "EGP 2000.00"));
}

#[test]
fn the_csv_has_a_row_for_each_and_the_same_number_of_cells() {
    let rows = price_list(shipped(), today());
    let csv = price_list_csv(&rows);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), rows.len() + 1);
    let cells = |line: &str| {
        let mut quoted = false;
        line.chars()
            .filter(|c| {
                quoted ^= *c == '"';
                *c == ',' && !quoted
            })
            .count()
            + 1
    };
    for line in &lines {
        assert_eq!(cells(line), cells(lines[0]), "{line}");
        assert!(!line.starts_with(['=', '+', '-', '@']));
    }
    assert!(lines[0].starts_with("authority,") && lines[0].ends_with(",effective_to,digest"));
}

#[test]
fn a_difference_says_what_changed_for_whom() {
    let changes = diff((shipped(), day("2026-06-30")), (shipped(), day("2026-07-01")));
    let [change, source] = changes.as_slice() else { panic!("{changes:#?}") };
    assert_eq!((source.kind, source.part.as_deref()), (ChangeKind::Changed, Some("kiosk-certificate")));
    assert_eq!(change.service.as_deref(), Some("civil-status.birth-certificate"));
    assert_eq!(change.part.as_deref(), Some("kiosk-certificate"));
    assert_eq!(change.kind, ChangeKind::AmountChanged);
    assert_eq!(
        change.text.en,
        "Birth certificate - Birth certificate at a self-service machine: the amount changes: \
         from \"EGP 63.00 per copy\" to \"EGP 50.00 per copy\""
    );
    let passports = diff((shipped(), day("2025-06-30")), (shipped(), day("2025-07-01")));
    let added: Vec<_> = passports.iter().filter(|change| change.kind == ChangeKind::Added).collect();
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].service.as_deref(), Some("passports.passport-replacement"));
    let cash = diff((shipped(), day("2019-10-07")), (shipped(), day("2019-10-08")));
    assert!(cash.iter().any(|change| change.part.as_deref() == Some("cash-over-500")));
    assert!(diff((shipped(), today()), (shipped(), today())).is_empty());
}

#[test]
fn two_files_can_be_compared_by_themselves() {
    let files = shipped_files();
    let file = |name: &str| files.iter().find(|file| file.name.ends_with(name)).unwrap();
    let (old, new) = (file("civil-status-2025.1.toml"), file("civil-status-2026.1.toml"));
    assert_eq!(diff_files(old, new).unwrap().len(), 2);
    let mut broken = new.clone();
    broken.text.push_str("\nx = \n");
    assert!(!diff_files(old, &broken).unwrap_err().is_empty());
}
