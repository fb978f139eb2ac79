//! From the published file to the ledger: what is charged, what the receipt says and what
//! beneficiaries are owed agree with what an independent script derives from the schedule files.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use rusum::{calendar, money::Piastres};
use serde_json::{Value, json};

use crate::{
    store::backends,
    support::{Rig, text},
};

/// The shipped schedules, with the incentive for electronic renewal granted at reference codes too.
fn schedules(folder: &Path) {
    for entry in fs::read_dir("fee-schedules").unwrap() {
        let path = entry.unwrap().path();
        let written = fs::read_to_string(&path).unwrap();
        let granted = written.replace(
            "methods = [\"card/card\", \"wallet/wallet\"]\nservices = [\"traffic.driving-licence-renewal\"",
            "methods = [\"card/card\", \"epayment/cash\"]\nservices = [\"traffic.driving-licence-renewal\"",
        );
        fs::write(folder.join(path.file_name().unwrap()), granted).unwrap();
    }
}

/// What the script derives for each request.
fn derived(folder: &Path, requests: &[Value]) -> Vec<Value> {
    let cases: Vec<Value> = requests.iter().map(|request| json!({ "request": request })).collect();
    let file = folder.join("cases.json");
    fs::write(&file, serde_json::to_vec(&cases).unwrap()).unwrap();
    let output = Command::new("python3")
        .args(["scripts/rederive-fees.py", "derive"])
        .args([folder, file.as_path()])
        .output()
        .expect("python3 is here: the script is a second opinion on every price");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn amount(object: &Value, field: &str) -> i64 {
    let text = text(object, field);
    let magnitude = Piastres::parse(text.trim_start_matches('-')).unwrap().get();
    if text.starts_with('-') { -magnitude } else { magnitude }
}

fn list<'a>(object: &'a Value, field: &str) -> &'a Vec<Value> {
    object[field].as_array().unwrap_or_else(|| panic!("{field} is no list in {object}"))
}

/// What each account must have been debited (+) and credited (-) by, from the script's bill alone.
fn expected(bill: &Value, price: &Value) -> BTreeMap<String, i64> {
    let mut books: BTreeMap<String, i64> = BTreeMap::new();
    let mut owe = |owed: &Value, sum: i64| {
        let (beneficiary, code) = (text(owed, "beneficiary"), text(owed, "revenue_code"));
        *books.entry(format!("beneficiary:{beneficiary}:{code}:payable")).or_default() -= sum;
    };
    for line in list(bill, "items").iter().flat_map(|item| list(item, "lines")) {
        owe(line, amount(line, "amount"));
    }
    let mut others = BTreeMap::new();
    for adjustment in list(price, "adjustments") {
        let sum = amount(adjustment, "amount");
        match text(adjustment, "kind") {
            "surcharge" => owe(adjustment, sum),
            // The one incentive in these cases is that of the first item's authority.
            "incentive" => {
                let service = text(&bill["items"][0], "service");
                let authority = service.split('.').next().unwrap();
                *others.entry(format!("incentives:{authority}")).or_default() -= sum;
            }
            "rounding" => *others.entry("rounding".to_owned()).or_default() -= sum,
            kind => panic!("{kind} is no kind of adjustment"),
        }
    }
    *others.entry("provider:fawry:receivable".to_owned()).or_default() += amount(price, "amount");
    books.extend(others);
    books.retain(|_, sum| *sum != 0);
    books
}

async fn posted(rig: &Rig, payment: &Value) -> BTreeMap<String, i64> {
    let mut books: BTreeMap<String, i64> = BTreeMap::new();
    let path = format!("/v1/ledger/transfers?payment={}&limit=200", text(payment, "id"));
    let page = rig.http.get(&path).await.expect(200).json();
    for transfer in list(&page, "data") {
        let sum = amount(transfer, "amount");
        *books.entry(text(transfer, "debit").to_owned()).or_default() += sum;
        *books.entry(text(transfer, "credit").to_owned()).or_default() -= sum;
    }
    books.retain(|_, sum| *sum != 0);
    books
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_charged_receipted_and_owed_is_what_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    schedules(folder.path());
    for backend in backends() {
        let rig = Rig::with(&backend, |settings| settings.schedules = Some(folder.path().to_owned())).await;
        let today = calendar::cairo_date(rig.clock.now()).to_string();
        let request =
            |items: Value| json!({"channel": "portal", "governorate": "03", "on": today, "items": items});
        let requests = [
            // With an incentive.
            request(json!([{"service": "traffic.driving-licence-renewal", "options": {"class": "private"}}])),
            // With the surcharge on cash above 500.
            request(json!([{"service": "traffic.driving-licence-first"}])),
            // Nothing is due.
            request(json!([{"service": "civil-status.first-birth-certificate"}])),
            // 3 × 8.85, and rounded to coins in cash.
            request(json!([{"service": "civil-status.birth-extract", "quantity": 3}])),
            // Two authorities in one basket.
            request(json!([
                {"service": "civil-status.birth-certificate", "delivery": "home", "quantity": 2},
                {"service": "notary.power-of-attorney"},
            ])),
        ];
        let opinions = derived(folder.path(), &requests);
        for (request, opinion) in requests.iter().zip(&opinions) {
            let bill = &opinion["bill"];
            assert!(bill.is_object(), "{request}: {opinion}");
            settles_as_derived(&rig, request, bill).await;
        }
        rig.verify().await;
        rig.stop().await;
    }
}

async fn settles_as_derived(rig: &Rig, request: &Value, bill: &Value) {
    let quote = rig.http.post("/v1/quotes", request).await.expect(201).json();
    assert_eq!(quote["total"], bill["total"], "{request}");
    let payment = rig.http.post("/v1/payments", &json!({"quote": quote["id"]})).await.expect(201).json();
    if bill["total"] == "0.00" {
        assert_eq!((&payment["status"], &payment["method"]), (&json!("paid"), &json!("none")), "{payment}");
        assert!(posted(rig, &payment).await.is_empty(), "nothing due moves nothing");
    } else {
        let price = list(bill, "methods").iter().find(|price| price["method"] == "epayment").unwrap();
        let attempt = rig.attempt(&payment).await;
        assert_eq!(attempt["amount"], price["amount"], "{request}");
        rig.pay(text(&attempt, "provider_reference")).await;
        let paid = rig.until_status(&payment, "paid").await;
        assert_eq!(paid["amount_paid"], price["amount"], "{request}");
        assert_eq!(posted(rig, &payment).await, expected(bill, price), "{request}");
    }
    let receipt =
        rig.http.get(&format!("/v1/payments/{}/receipt", text(&payment, "id"))).await.expect(200).json();
    assert_eq!(receipt["total"], bill["total"]);
    let lines = |bill: &Value| -> Vec<(Value, Value)> {
        let items = list(bill, "items").iter().flat_map(|item| list(item, "lines"));
        items.map(|line| (line["code"].clone(), line["amount"].clone())).collect()
    };
    assert_eq!(lines(&receipt), lines(bill), "{request}");
}
