//! The citizen's pages over real HTTP: the whole way from the link to the receipt by plain links and
//! forms, what surrounds every page, and what a page refuses.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    store::backends,
    support::{Answer, Http, Rig, text, until},
};

/// The path of a payment's checkout page.
fn checkout(payment: &serde_json::Value) -> String {
    let link = payment["_links"]["checkout"].as_str().unwrap();
    format!("/checkout/{}", link.rsplit_once("/checkout/").unwrap().1)
}

/// A form as a browser without a script sends it.
async fn submit(http: &Http, path: &str, fields: &str, headers: &[(&str, &str)]) -> Answer {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    http.post_with(path, &headers, fields.to_owned()).await
}

/// What stands in the first isolate after a text.
fn isolated_after<'a>(page: &'a str, text: &str) -> &'a str {
    let (_, rest) = page.split_once(text).unwrap_or_else(|| panic!("{text:?} is not in {page}"));
    let (_, rest) = rest.split_once("<bdi dir=\"ltr\"").unwrap();
    rest.split_once('>').unwrap().1.split('<').next().unwrap()
}

/// The value of the first attribute that begins so.
fn attribute<'a>(page: &'a str, start: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap_or_else(|| panic!("{start:?} is not in {page}"));
    rest.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_pays_by_plain_links_and_forms() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let citizen = rig.anonymous();
        let item = json!({"service": "traffic.driving-licence-first"});
        let payment = rig.payment(item).await;
        let path = checkout(&payment);

        let page = citizen.get(&path).await.expect(200).body;
        assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"), "Arabic first");
        assert_eq!(isolated_after(&page, "<h1>"), text(&payment, "reference"));
        assert!(page.contains("1,140.00") && page.contains("Traffic Law 66/1973"));
        let form = attribute(&page, "<form method=\"post\" action=\"").replace("&amp;", "&");
        assert!(page.contains("value=\"epayment/cash\" checked"), "the only way is chosen already");
        assert!(!page.contains("value=\"card/card\"") && page.contains("غير متاحة بعد"), "others say so");

        let sent = submit(&citizen, &form, "way=epayment%2Fcash", &[("sec-fetch-site", "same-origin")]).await;
        let sent = sent.expect(303);
        let page = citizen.get(sent.header("location").unwrap()).await.expect(200).body;
        let code = attribute(&page, "data-copy=\"").to_owned();
        assert_eq!(isolated_after(&page, "<p class=\"big\""), code);
        assert!(page.contains("1,197.00"), "5 % for cash above 500");
        let status = format!("{path}/status?lang=en");
        let waiting = citizen.get(&status).await.expect(200).json();
        assert_eq!((text(&waiting, "stage"), waiting["live"].as_bool()), ("waiting", Some(true)));
        assert!(text(&waiting, "left").ends_with(" left"), "{waiting}");
        citizen.get(&format!("{path}/receipt")).await.expect(404);

        rig.pay(&code).await;
        until("the page says that it is paid", async || {
            let status = citizen.get(&status).await.expect(200).json();
            (status["stage"] == "paid").then_some(())
        })
        .await;
        let page = citizen.get(&path).await.expect(200).body;
        let receipt = attribute(&page, "<a class=\"button primary\" href=\"").replace("&amp;", "&");
        let receipt = citizen.get(&receipt).await.expect(200).body;
        assert!(receipt.contains("فقط ألف ومائة وسبعة وتسعون جنيهًا مصريًا لا غير"), "{receipt}");
        assert!(receipt.contains(text(&payment, "reference")) && receipt.contains("sha256:"));
        assert!(receipt.contains(text(&rig.read(&payment).await["attempts"][0], "provider_reference")));
        assert!(receipt.contains("jnl_"), "the receipt names its journal");

        let address = isolated_after(&receipt, "breakable\">");
        let (_, token) = address.split_once("/verify/").unwrap();
        let verified = citizen.get(&format!("/verify/{token}?lang=en")).await.expect(200).body;
        assert!(verified.contains("This receipt is genuine") && verified.contains("1,197.00"));
        citizen.get(&format!("/checkout/{token}")).await.expect(404);
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_owed_the_page_says_so_and_leads_to_the_receipt() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let payment = rig.payment(json!({"service": "civil-status.first-birth-certificate"})).await;
    assert_eq!((text(&payment, "total"), text(&payment, "status")), ("0.00", "paid"));
    let path = checkout(&payment);
    let page = citizen.get(&format!("{path}?lang=en")).await.expect(200).body;
    assert!(page.contains("There was nothing to pay."), "{page}");
    let receipt = citizen.get(&format!("{path}/receipt?lang=en")).await.expect(200).body;
    assert!(receipt.contains("Zero Egyptian pounds only") && receipt.contains("Nothing to be paid"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_lets_nothing_in_and_tells_its_address_to_nobody() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let paid = checkout(&rig.paid().await);
    let waiting = checkout(&rig.attempted().await.0);
    let pages =
        ["/", "/price-list", "/checkout/wrong", "/verify/wrong", &paid, &waiting, &format!("{paid}/receipt")]
            .map(str::to_owned);
    let mut assets = BTreeSet::new();
    for path in &pages {
        let page = citizen.get(path).await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert!(page.header("set-cookie").is_none(), "{path}");
        let named = page.body.split("=\"/assets/").skip(1).filter_map(|rest| rest.split('"').next());
        assets.extend(named.map(|name| format!("/assets/{name}")));
        let outside = page.body.split(" src=\"").skip(1).any(|rest| !rest.starts_with("/assets/"));
        assert!(!outside, "{path} loads something from outside");
    }
    assert_eq!(assets.len(), 3, "{assets:?}");
    for path in assets {
        let asset = citizen.get(&path).await.expect(200);
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert!(!asset.body.contains("url(\"http"), "{path}");
    }
    citizen.get("/assets/page.css").await.expect(404);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_the_language_asked_for_else_the_payments_else_the_browsers() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let path = checkout(&rig.birth_certificate().await);
    let speaks = async |path: &str, accepted: &str| {
        let page = citizen.get_with(path, &[("accept-language", accepted)]).await;
        let lang = attribute(&page.body, "<html lang=\"").to_owned();
        assert_eq!(page.header("content-language"), Some(lang.as_str()));
        lang
    };
    assert_eq!(speaks(&path, "en").await, "ar", "the payment's language goes before the browser's");
    assert_eq!(speaks(&format!("{path}?lang=en"), "ar").await, "en");
    assert_eq!(speaks("/", "en-GB,ar;q=0.5").await, "en");
    assert_eq!(speaks("/", "fr").await, "ar");
    assert_eq!(speaks("/checkout/wrong", "en").await, "en");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_and_nothing_happens() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let payment = rig.birth_certificate().await;
    let path = checkout(&payment);
    let attempts = format!("{path}/attempts?lang=en");
    let (form, sender) = (&attempts, &citizen);
    let send = async |fields: &str, headers: &[(&str, &str)]| submit(sender, form, fields, headers).await;

    let nothing = send("", &[]).await.expect(422);
    assert!(nothing.body.contains("Choose how you want to pay.") && nothing.body.contains("role=\"alert\""));
    for (fields, says) in [
        ("way=barter%2Fgoats", "not one of those offered"),
        ("method=epayment&tender=wallet", "not one of those offered"),
        ("way=wallet%2Fwallet&wallet_mobile=0100", "11 digits"),
    ] {
        let refused = send(fields, &[]).await.expect(422);
        assert!(refused.body.contains(says), "{fields}: {}", refused.body);
    }
    let unavailable = send("method=card&tender=card", &[]).await.expect(409);
    assert!(unavailable.body.contains("cannot be used just now"));
    send(&format!("way={}", "x".repeat(20_000)), &[]).await.expect(413);
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let refused = send("way=epayment%2Fcash", &[foreign]).await.expect(403);
        assert!(refused.body.contains("did not come from our page"));
    }
    citizen.get(&attempts).await.expect(303);
    assert_eq!(rig.read(&payment).await["attempts"], json!([]), "none of this made an attempt");

    for nowhere in ["/checkout", "/checkuot/1", "/v2/payments"] {
        let page = citizen.get_with(nowhere, &[("accept", "text/html,*/*;q=0.8")]).await.expect(404);
        assert!(page.body.contains("<h1>") && page.header("content-security-policy").is_some(), "{nowhere}");
        assert_eq!(citizen.get(nowhere).await.expect(404).code(), "not_found", "{nowhere}");
    }
    let token = path.strip_prefix("/checkout/").unwrap();
    let (first, rest) = token.split_at(token.len() - 1);
    let other = if rest == "0" { "1" } else { "0" };
    for wrong in [format!("{first}{other}"), first.to_owned(), format!("{token}0"), "x".to_owned()] {
        citizen.get(&format!("/checkout/{wrong}")).await.expect(404);
        citizen.get(&format!("/checkout/{wrong}/status")).await.expect(404);
        submit(&citizen, &format!("/checkout/{wrong}/attempts"), "way=epayment%2Fcash", &[])
            .await
            .expect(404);
    }

    let id = text(&payment, "id");
    rig.http.post(&format!("/v1/payments/{id}/cancel"), &json!({})).await.expect(200);
    let page = citizen.get(&format!("{path}?lang=en")).await.expect(410);
    assert!(page.body.contains("This payment was cancelled"));
    let late = send("way=epayment%2Fcash", &[]).await.expect(410);
    assert!(late.body.contains("can no longer be done"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_nobody_knows_is_said_calmly_and_cannot_be_paid_again() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let payment = rig.birth_certificate().await;
    let path = checkout(&payment);
    rig.fault("http_500", 1).await;
    let attempts = format!("{path}/attempts");
    submit(&citizen, &attempts, "way=epayment%2Fcash", &[]).await.expect(303);
    let page = citizen.get(&format!("{path}?lang=en")).await.expect(200).body;
    assert!(page.contains("Please do not pay again") && page.contains("Nothing is lost"), "{page}");
    assert!(!page.contains("<form method=\"post\""), "nothing can be chosen meanwhile");
    submit(&citizen, &attempts, "way=epayment%2Fcash", &[]).await.expect(303);
    assert_eq!(rig.read(&payment).await["attempts"].as_array().unwrap().len(), 1);
    rig.clock.advance(chrono::TimeDelta::seconds(10));
    until("the provider was asked and the page says what came of it", async || {
        let status = citizen.get(&format!("{path}/status")).await.expect(200).json();
        (status["stage"] != "unknown").then_some(())
    })
    .await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_way_can_be_chosen_while_a_code_waits() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let (payment, attempt) = rig.attempted().await;
    let path = checkout(&payment);
    let page = citizen.get(&path).await.expect(200).body;
    assert!(page.contains(text(&attempt, "provider_reference")));
    let change = attribute(&page, "<p><a href=\"").replace("&amp;", "&");
    let page = citizen.get(&change).await.expect(200).body;
    assert!(page.contains("<form method=\"post\"") && page.contains("لا تدفع بالكود القديم"));
    submit(&citizen, &format!("{path}/attempts"), "way=epayment%2Fcash", &[]).await.expect(303);
    let page = citizen.get(&path).await.expect(200).body;
    let code = attribute(&page, "data-copy=\"");
    assert_ne!(code, text(&attempt, "provider_reference"), "a new code");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_list_is_searched_by_a_plain_form() {
    let rig = Rig::start(&backends()[0]).await;
    let citizen = rig.anonymous();
    let all = citizen.get("/price-list?lang=en").await.expect(200).body;
    assert!(all.contains("Illustrative") && all.contains("Medical examination"));
    let found = citizen.get("/price-list?lang=en&q=medical+exam&authority=traffic").await.expect(200).body;
    assert!(found.contains("<strong>1 fee</strong>") && found.contains("285.00"), "{found}");
    let arabic = citizen.get("/price-list?lang=ar&q=%D8%A7%D9%84%D8%B7%D8%A8%D9%8A").await.expect(200).body;
    assert!(arabic.contains("الكشف الطبي"));
    let none = citizen.get("/price-list?lang=en&q=%3Cscript%3E").await.expect(200).body;
    assert!(none.contains("No fee matches.") && !none.contains("<script>"));
    citizen.get("/price-list?lang=en&on=yesterday").await.expect(422);
    citizen.get("/price-list?q=%FF").await.expect(200);
    rig.stop().await;
}
