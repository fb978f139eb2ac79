//! The laws of a price hold for requests made by chance, and a second, independent program agrees.

use std::{fs, process::Command};

use proptest::prelude::*;
use serde_json::Value;

use super::{
    chance::{Case, Chance},
    support::{bill_knowing, item, request},
};
use crate::{
    fees::{Assessment, Bill, Given, ItemRequest, Options},
    money::Piastres,
};

fn lawful(bill: &Bill) {
    for item in &bill.items {
        let sum: Piastres = item.lines.iter().map(|line| line.amount).sum();
        assert_eq!(item.total, sum);
        assert!(!item.lines.is_empty());
        for (number, line) in item.lines.iter().enumerate() {
            assert_eq!(line.unit_amount.checked_mul(i64::from(line.quantity)), Some(line.amount));
            assert!(!line.unit_amount.is_negative());
            assert!(item.lines[..number].iter().all(|other| other.code != line.code), "codes stand once");
        }
    }
    assert_eq!(bill.total, bill.items.iter().map(|item| item.total).sum());
    assert!(!bill.methods.is_empty());
    for way in &bill.methods {
        let differences: Piastres = way.adjustments.iter().map(|one| one.amount).sum();
        assert_eq!(way.amount, bill.total + differences);
        assert!(!way.amount.is_negative());
        assert!(way.adjustments.iter().all(|one| !one.amount.is_zero()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_bill_keeps_the_laws(seed: u64) {
        let case = Case::by(&mut Chance(seed));
        match case.quote() {
            Ok(bill) => lawful(&bill),
            Err(refusal) => {
                prop_assert!(refusal.pointer.starts_with('/'));
                prop_assert!(!refusal.detail.ar.is_empty() && !refusal.detail.en.is_empty());
            }
        }
        // What is asked twice is answered the same.
        prop_assert_eq!(case.quote(), case.quote());
    }

    #[test]
    fn no_value_whatever_breaks_the_quote(text in ".*", number: i64, name in ".*", service in ".*") {
        for code in ["traffic.vehicle-licence", "civil-status.national-id", "commercial-registry.capital-increase", &service] {
            let options = |given: Given| -> Options {
                [("speed", given.clone()), ("engine_cc", given.clone()), (name.as_str(), given)].into_iter().collect()
            };
            for given in [Given::Text(text.clone()), Given::Integer(number), Given::Unusable("null")] {
                let mut asked = request(vec![ItemRequest {
                    options: options(given.clone()),
                    quantity: Some(given),
                    delivery: Some(text.clone()),
                    exemption: Some(name.clone()),
                    ..item(code)
                }]);
                prop_assert!(bill_knowing(&asked, &[]).is_err());
                (asked.channel, asked.governorate) = (text.clone(), name.clone());
                asked.on = Some(text.clone());
                prop_assert!(bill_knowing(&asked, &[]).is_err());
            }
        }
    }

    #[test]
    fn a_share_grows_with_what_is_declared_between_floor_and_cap(
        a in 100_000..=100_000_000_000_i64,
        b in 100_000..=100_000_000_000_i64,
    ) {
        let share = |piastres: i64| {
            let asked = request(vec![ItemRequest {
                options: [("increase", Given::Text(Piastres::new(piastres).to_string()))].into_iter().collect(),
                ..item("commercial-registry.capital-increase")
            }]);
            let bill = bill_knowing(&asked, &[]).unwrap();
            bill.items[0].lines.iter().find(|line| &*line.code == "chamber-share").unwrap().amount
        };
        let (less, more) = (share(a.min(b)), share(a.max(b)));
        prop_assert!(less <= more);
        prop_assert!(less >= Piastres::new(2_400) && more <= Piastres::new(200_000));
        prop_assert_eq!(less.get() % 25, 0);
    }
}

#[test]
fn an_assessed_exemption_frees_its_lines_only_when_granted() {
    let granted = |exemption: Option<&str>| Assessment {
        id: "asm_1".to_owned(),
        service: "civil-status.death-certificate".to_owned(),
        inputs: Options::default(),
        exemption: exemption.map(str::to_owned),
    };
    let asked = |exemption: Option<&str>, assessment: Option<&str>| {
        request(vec![ItemRequest {
            exemption: exemption.map(str::to_owned),
            assessment: assessment.map(str::to_owned),
            ..item("civil-status.death-certificate")
        }])
    };
    let code = |asked, known: &[Assessment]| match bill_knowing(&asked, known) {
        Ok(bill) => bill.total.to_string(),
        Err(refusal) => format!("{} {}", refusal.code, refusal.pointer),
    };
    let poor = Some("unable-to-pay");
    assert_eq!(code(asked(poor, None), &[]), "assessment_required /items/0/exemption");
    assert_eq!(code(asked(poor, Some("asm_1")), &[granted(poor)]), "0.00");
    assert_eq!(code(asked(None, Some("asm_1")), &[granted(poor)]), "0.00");
    assert_eq!(
        code(asked(poor, Some("asm_1")), &[granted(Some("disaster"))]),
        "assessment_invalid /items/0/assessment"
    );
    assert_eq!(code(asked(None, Some("asm_1")), &[granted(None)]), "assessment_invalid /items/0/assessment");
    assert_eq!(code(asked(Some("king"), None), &[]), "option_invalid /items/0/exemption");
}

#[test]
fn an_independent_program_derives_the_same_from_the_files() {
    let root = env!("CARGO_MANIFEST_DIR");
    let Ok(version) = Command::new("python3").arg("--version").output() else {
        eprintln!("SKIPPED: no python3 here, so the fees were not derived a second time");
        return;
    };
    assert!(version.status.success());
    let cases: Vec<Value> = (0..600).map(|seed| Case::by(&mut Chance(seed)).told()).collect();
    let priced = cases.iter().filter(|case| !case["bill"].is_null()).count();
    assert!((200..500).contains(&priced), "{priced} of {} are priced: the cases are one-sided", cases.len());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), serde_json::to_vec(&cases).unwrap()).unwrap();
    let output = Command::new("python3")
        .args([
            format!("{root}/scripts/rederive-fees.py"),
            "check".to_owned(),
            format!("{root}/fee-schedules"),
        ])
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("600 of 600 agree"), "{said}");
}
