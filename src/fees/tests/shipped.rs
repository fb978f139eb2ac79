//! The repository's schedules say what the published sources say.

use super::support::{bill, bill_knowing, day, item, request, shipped, shipped_files, today, with};
use crate::{
    fees::{Assessment, Figures, Given, ItemRequest, QuoteContext, QuoteRequest, check, quote},
    money::{Method, Tender},
};

#[test]
fn the_shipped_schedules_pass_without_a_warning() {
    match check(&shipped_files(), &[], Figures::Any) {
        Ok(checked) => {
            for warning in &checked.warnings {
                eprintln!("{warning}");
            }
            assert!(checked.warnings.is_empty());
        }
        Err(findings) => {
            for finding in &findings {
                eprintln!("{finding}");
            }
            panic!("{} findings", findings.len());
        }
    }
}

#[test]
fn the_contracts_example_comes_out_to_the_letter() {
    let asked: QuoteRequest = serde_json::from_str(
        r#"{"channel": "portal", "governorate": "03", "on": "2026-11-21",
            "items": [{"service": "civil-status.birth-certificate", "delivery": "home",
                       "options": {"speed": "normal"}, "quantity": 2, "exemption": null, "assessment": null}]}"#,
    )
    .unwrap();
    let json = serde_json::to_value(bill(&asked).unwrap()).unwrap();
    let item = &json["items"][0];
    assert_eq!(json["total"], "50.00");
    assert_eq!(item["total"], "50.00");
    assert_eq!(item["schedule"]["authority"], "civil-status");
    assert_eq!(item["schedule"]["version"], "2026.1");
    assert_eq!(item["schedule"]["effective_from"], "2026-07-01");
    assert!(item["schedule"]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(item["lines"].as_array().unwrap().len(), 1);
    let line = &item["lines"][0];
    for (field, value) in [
        ("code", "certificate"),
        ("unit_amount", "25.00"),
        ("amount", "50.00"),
        ("beneficiary", "moi-civil-status"),
        ("revenue_code", "1422"),
    ] {
        assert_eq!(line[field], value);
    }
    assert_eq!(line["quantity"], 2);
    let ways: Vec<String> = json["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| format!("{}/{} {}", way["method"], way["tender"], way["amount"]).replace('"', ""))
        .collect();
    assert_eq!(
        ways,
        [
            "card/card 50.00",
            "wallet/wallet 50.00",
            "post/cash 50.00",
            "post/card 50.00",
            "epayment/cash 50.00"
        ]
    );
}

#[test]
fn the_driving_licence_comes_out_as_its_seven_parts() {
    let bill = bill(&request(vec![item("traffic.driving-licence-first")])).unwrap();
    let mut golden = serde_json::to_value(&bill).unwrap();
    golden["items"][0]["schedule"]["digest"] = "sha256:...".into();
    insta::assert_json_snapshot!("driving_licence", golden);
    assert_eq!(bill.total.to_string(), "1140.00");
    let price = |method, tender| bill.price(method, tender).unwrap().amount.to_string();
    assert_eq!(price(Method::Card, Tender::Card), "1140.00");
    assert_eq!(price(Method::Post, Tender::Cash), "1197.00");
}

#[test]
fn published_totals_come_out() {
    let cases: Vec<(ItemRequest, &str)> = vec![
        (with("civil-status.national-id", &[]), "50.00"),
        (with("civil-status.national-id", &[("speed", "urgent".into())]), "125.00"),
        (with("civil-status.national-id", &[("speed", "special".into())]), "175.00"),
        (with("civil-status.national-id", &[("speed", "vip".into())]), "515.00"),
        (with("civil-status.national-id", &[("speed", "mobile-unit".into())]), "800.00"),
        (
            with("civil-status.national-id", &[("fine", "late-renewal".into()), ("folder", "yes".into())]),
            "160.00",
        ),
        (item("civil-status.first-birth-certificate"), "0.00"),
        (item("civil-status.death-certificate"), "25.00"),
        (item("civil-status.marriage-document"), "75.00"),
        (item("civil-status.family-record"), "64.00"),
        (ItemRequest { quantity: Some(3.into()), ..item("civil-status.birth-extract") }, "26.55"),
        (with("civil-status.birth-extract", &[("search", "after-a-year".into())]), "23.85"),
        (item("civil-status.marriage-extract"), "14.85"),
        (item("passports.passport"), "1200.00"),
        (item("criminal-evidence.criminal-record"), "70.00"),
        (item("supply.ration-card-lost"), "50.00"),
        (item("supply.ration-card-damaged"), "20.00"),
        (with("real-estate.property-registration", &[("area_m2", 100.into())]), "500.00"),
        (with("real-estate.property-registration", &[("area_m2", "101".into())]), "1000.00"),
        (with("real-estate.property-registration", &[("area_m2", 301.into())]), "2000.00"),
        (item("notary.document-dating"), "20.00"),
        // 15 + 10 + 2 × 5 + 2 × 10 + 5 + 10
        (
            ItemRequest {
                quantity: Some(3.into()),
                ..with("notary.power-of-attorney", &[("signatures", 2.into())])
            },
            "70.00",
        ),
        (with("traffic.vehicle-licence", &[("engine_cc", 1600.into())]), "1050.00"),
        (with("traffic.vehicle-licence", &[("engine_cc", 2030.into())]), "3700.00"),
    ];
    for (item, expected) in cases {
        let service = item.service.clone();
        let bill = bill(&request(vec![item])).unwrap_or_else(|refusal| panic!("{service}: {refusal}"));
        assert_eq!(bill.total.to_string(), expected, "{service}");
    }
}

#[test]
fn the_value_of_a_large_car_must_be_attested() {
    let car = with("traffic.vehicle-licence", &[("engine_cc", 2500.into())]);
    let refusal = bill(&request(vec![car.clone()])).unwrap_err();
    assert_eq!((refusal.code.code(), &*refusal.pointer), ("assessment_required", "/items/0/options/value"));
    let own_word = with("traffic.vehicle-licence", &[("engine_cc", 2500.into()), ("value", "1.00".into())]);
    assert_eq!(bill(&request(vec![own_word])).unwrap_err().code.code(), "assessment_required");

    let assessment = Assessment {
        id: "asm_1".to_owned(),
        service: "traffic.vehicle-licence".to_owned(),
        inputs: [("value", Given::from("1234567.89"))].into_iter().collect(),
        exemption: None,
    };
    let assessed = request(vec![ItemRequest { assessment: Some("asm_1".to_owned()), ..car }]);
    let bill = bill_knowing(&assessed, &[assessment]).unwrap();
    // 2.5 % of 1,234,567.89 is 30,864.19725.
    assert_eq!(bill.items[0].lines[0].amount.to_string(), "30864.20");
    let again = request(vec![ItemRequest {
        assessment: Some("asm_2".to_owned()),
        ..item("traffic.vehicle-licence")
    }]);
    assert_eq!(bill_knowing(&again, &[]).unwrap_err().code.code(), "assessment_invalid");
}

#[test]
fn the_cash_rule_has_its_dates_its_waiver_and_its_exemptions() {
    let context = |waivers| QuoteContext { today: today(), waivers, assessments: &[] };
    let asked = request(vec![item("traffic.driving-licence-first"), item("civil-status.family-record")]);
    let waived = ["electronic-outage".into()];
    let cash = |waivers| {
        let quoted = quote(shipped(), &asked, &context(waivers)).unwrap();
        quoted.bill.price(Method::Epayment, Tender::Cash).unwrap().clone()
    };
    // 5 % of 1,204.00 is 60.20; 1,264.20 rounds to 1,264.25.
    let charged = cash(&[]);
    assert_eq!(charged.amount.to_string(), "1264.25");
    let codes: Vec<&str> = charged.adjustments.iter().map(|one| &*one.code).collect();
    assert_eq!(codes, ["cash-over-500", "cash-rounding"]);
    assert_eq!(charged.adjustments[0].beneficiary.as_deref(), Some("mof-treasury"));
    assert_eq!(cash(&waived).amount.to_string(), "1204.00");
    assert!(shipped().knows_waiver("electronic-outage") && !shipped().knows_waiver("ramadan"));

    let in_north_sinai = QuoteRequest { governorate: "34".to_owned(), ..asked.clone() };
    let bill = bill(&in_north_sinai).unwrap();
    assert_eq!(bill.price(Method::Post, Tender::Cash).unwrap().amount.to_string(), "1204.00");
}

#[test]
fn an_incentive_lowers_only_its_own_services_and_ways() {
    let renewal = with("traffic.driving-licence-renewal", &[("class", "professional".into())]);
    let bill = bill(&request(vec![renewal, item("criminal-evidence.criminal-record")])).unwrap();
    let card = bill.price(Method::Card, Tender::Card).unwrap();
    // 5 % of 300.00 is 15.00.
    assert_eq!(
        (card.amount.to_string(), card.adjustments[0].amount.to_string()),
        ("355.00".into(), "-15.00".into())
    );
    assert_eq!(&*card.adjustments[0].authority, "traffic");
    assert!(bill.price(Method::Post, Tender::Card).unwrap().adjustments.is_empty());
}

#[test]
fn past_prices_are_those_of_their_date() {
    let on = |date: &str, channel: &str| {
        let mut asked = request(vec![item("civil-status.birth-certificate")]);
        asked.on = Some(date.to_owned());
        asked.channel = channel.to_owned();
        let bill = bill(&asked).unwrap();
        (bill.items[0].schedule.version.clone(), bill.total.to_string())
    };
    assert_eq!(on("2026-06-30", "kiosk"), ("2025.1".into(), "63.00".into()));
    assert_eq!(on("2026-07-01", "kiosk"), ("2026.1".into(), "50.00".into()));
    let mut passport = request(vec![item("passports.passport")]);
    passport.on = Some("2025-06-30".to_owned());
    assert_eq!(bill(&passport).unwrap().total.to_string(), "1150.00");
    assert_eq!(
        shipped().in_force(day("2026-11-21")).iter().filter(|one| one.authority == "civil-status").count(),
        1
    );
}

#[test]
fn production_refuses_every_illustrative_figure_with_its_place() {
    let findings = check(&shipped_files(), &[], Figures::Sourced).unwrap_err();
    let illustrative: usize =
        shipped_files().iter().map(|file| file.text.matches("illustrative = true").count()).sum();
    assert_eq!(findings.len(), illustrative);
    for finding in &findings {
        let files = shipped_files();
        let file = files.iter().find(|file| file.name == finding.file).unwrap();
        let line = file.text.lines().nth(finding.line as usize - 1).unwrap();
        assert!(line.contains("illustrative") || line.contains("[[beneficiary]]"), "{finding}: {line}");
    }
}
