//! `rusum quote` and `rusum schedules`: prices and schedules without a server.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    store::backends,
    support::{Rig, command::run, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_says_what_the_api_says() {
    let rig = Rig::start(&backends()[0]).await;
    for (arguments, item) in [
        (
            &["civil-status.birth-certificate", "--delivery", "home", "--quantity", "3"][..],
            json!({"service": "civil-status.birth-certificate", "delivery": "home", "quantity": 3}),
        ),
        (
            &["civil-status.national-id", "--option", "speed=vip"],
            json!({"service": "civil-status.national-id", "options": {"speed": "vip"}}),
        ),
        (
            &["real-estate.property-registration", "--option", "area_m2=150"],
            json!({"service": "real-estate.property-registration", "options": {"area_m2": 150}}),
        ),
    ] {
        let told = run(&[&["quote"], arguments, &["--governorate", "01", "--json"]].concat()).expect(0);
        let told: Value = serde_json::from_str(&told.out).unwrap();
        let served = rig.quote(item).await;
        for field in ["channel", "governorate", "items", "total", "currency", "methods"] {
            assert_eq!(told[field], served[field], "{field} of {arguments:?}");
        }
        assert_eq!(told["id"], Value::Null, "it is not kept");
        assert!(text(&told, "created_at") < text(&told, "expires_at"));
    }
    rig.stop().await;
}

#[test]
fn a_fee_is_explained_line_by_line_in_both_languages() {
    let told = run(&["quote", "traffic.driving-licence-first", "--on", "2026-11-21"]).expect(0);
    insta::assert_snapshot!("quote-driving-licence", told.out);
}

#[test]
fn a_past_date_shows_its_prices() {
    let total = |on: &str| {
        let told = run(&["quote", "passports.passport", "--on", on, "--json"]).expect(0);
        text(&serde_json::from_str(&told.out).unwrap(), "total").to_owned()
    };
    assert_ne!(total("2025-06-30"), total("2025-07-01"));
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_published_once_and_never_changed() {
    for backend in backends() {
        let database = backend.fresh().await;
        let publish = |folder: &Path| {
            run(&[
                "schedules",
                "publish",
                folder.to_str().unwrap(),
                "--by",
                "a decision",
                "--database-url",
                &database.url,
            ])
        };
        publish(Path::new("fee-schedules")).expect(3);
        run(&["migrate", "--database-url", &database.url]).expect(0);
        let first = publish(Path::new("fee-schedules")).expect(0).out;
        assert!(first.contains("civil-status") && first.contains("by a decision"), "{first}");
        assert!(publish(Path::new("fee-schedules")).expect(0).out.contains("nothing changed"));

        let changed = copy(|name, text| match name {
            "civil-status-2026.1.toml" => text.replacen("\"25.00\"", "\"26.00\"", 1),
            _ => text,
        });
        for command in ["publish", "check"] {
            let folder = changed.path().to_str().unwrap();
            let url = ["--database-url", database.url.as_str()];
            let by: &[&str] = if command == "publish" { &["--by", "somebody"] } else { &[] };
            let refused = run(&[&["schedules", command, folder], by, &url].concat()).expect(1);
            assert!(refused.err.contains("civil-status-2026.1.toml"), "{}", refused.err);
        }
    }
}

#[test]
fn what_changed_for_whom_is_told() {
    let changed = copy(|name, text| match name {
        "passports-2025.1.toml" => text.replacen("\"500.00\"", "\"510.00\"", 1),
        _ => text,
    });
    let new = changed.path().join("passports-2025.1.toml");
    let told = run(&["schedules", "diff", "fee-schedules/passports-2025.1.toml", new.to_str().unwrap()]);
    let told = told.expect(0).out;
    assert!(
        told.contains("EGP 500.00") && told.contains("EGP 510.00") && told.contains("510.00 ج.م"),
        "{told}"
    );
    let folder = changed.path().to_str().unwrap();
    let told = run(&["schedules", "diff", "fee-schedules", folder, "--on", "2026-11-21", "--json"]).expect(0);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert!(told.as_array().is_some_and(|changes| !changes.is_empty()), "{told}");
    let same = run(&["schedules", "diff", "fee-schedules", "fee-schedules"]).expect(0).out;
    assert_eq!(same, "nothing changed for anybody\n");
    let between = run(&["schedules", "diff", "2025-06-30", "2025-07-01"]).expect(0).out;
    assert!(between.contains("passports.passport"), "{between}");
}

#[test]
fn the_price_list_is_for_people_spreadsheets_and_programs() {
    let list = |format: &str| {
        run(&["schedules", "price-list", "--on", "2026-11-21", "--format", format]).expect(0).out
    };
    assert!(list("table").contains("Prices of 2026-11-21"));
    let rows: Vec<Value> = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(list("csv").lines().count(), rows.len() + 1);
}

#[test]
fn production_refuses_figures_without_a_source() {
    let refused = run(&["schedules", "check", "--production"]).expect(1);
    assert!(refused.err.contains("fee-schedules/"), "{}", refused.err);
}

/// The schedules in a folder of their own, changed on the way.
fn copy(change: impl Fn(&str, String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir("fee-schedules").unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if file.path().extension().is_some_and(|extension| extension == "toml") {
            let text = change(&name, std::fs::read_to_string(file.path()).unwrap());
            std::fs::write(folder.path().join(&name), text).unwrap();
        }
    }
    folder
}
