//! The adapter by itself: what it writes, what it reads, and that nothing hostile gets through.

use proptest::prelude::*;
use rusum_kit::sign::sha256_hex;
use serde_json::{Value, json};

use rusum_kit::provider::{Request, Verb};

use super::*;

const KEY: &str = "fawry_secure_key";

fn fawry() -> Fawry {
    let config = Config {
        merchant_code: "is0N+YQzlE4=".into(),
        secure_key: KEY.into(),
        base_url: "https://atfawry.example".into(),
    };
    Fawry::try_new(config).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn charge() -> Charge {
    Charge {
        merchant_reference: "1234567890123456".into(),
        method: Method::Epayment,
        tender: Tender::Cash,
        amount: Piastres::new(4510),
        currency: Currency::Egp,
        description: "شهادة ميلاد".into(),
        language: "ar",
        expires_at: at("2026-11-22T10:00:00Z"),
        notification_url: "https://switch.example/providers/fawry/notification".into(),
        return_url: "https://portal.example/done".into(),
        wallet_mobile: None,
        now: at("2026-11-21T10:00:00Z"),
    }
}

fn charge_ref() -> ChargeRef {
    ChargeRef {
        merchant_reference: "1234567890123456".into(),
        provider_reference: Some("931215518".into()),
        amount: Piastres::new(4510),
        created_at: at("2026-11-21T10:00:00Z"),
        now: at("2026-11-21T10:00:00Z"),
    }
}

fn refund_order() -> RefundOrder {
    RefundOrder {
        charge: charge_ref(),
        refund_reference: "rfd".into(),
        amount: Piastres::new(1000),
        reason: "duplicate".into(),
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string() }
}

fn sent<T: fmt::Debug>(step: Step<T>) -> Request {
    match step {
        Step::Send(request) => request,
        Step::Done(done) => panic!("nothing was sent: {done:?}"),
    }
}

fn done<T>(step: Step<T>) -> T {
    match step {
        Step::Done(done) => done,
        Step::Send(request) => panic!("it asks again: {request:?}"),
    }
}

/// A notification as raw text, so that a test decides how a number is written.
fn raw_notification(paid: &str, ordered: &str, fees: &str, status: &str, method: &str, id: &str) -> String {
    let two = |text: &str| Piastres::parse_foreign(text).unwrap().to_string();
    let signature =
        sha256_hex(["931215518", "1234567890123456", &two(paid), &two(ordered), status, method, id, KEY]);
    format!(
        r#"{{"requestId":"c72827d084ea4b88949d91dd2db4996e","fawryRefNumber":"931215518","merchantRefNumber":"1234567890123456","customerMobile":null,"paymentAmount":{paid},"orderAmount":{ordered},"fawryFees":{fees},"orderStatus":"{status}","paymentMethod":"{method}","paymentRefrenceNumber":"{id}","paymentTime":1795255200123,"orderExpiryDate":1795341600000,"orderItems":[{{"itemCode":"x","price":1.5,"quantity":1}}],"threeDSInfo":{{"eci":""}},"messageSignature":"{signature}"}}"#
    )
}

fn paid_notification() -> String {
    raw_notification("45.1", "45.10", "0", "PAID", "PAYATFAWRY", "100162801")
}

fn message(body: impl Into<Vec<u8>>) -> Message {
    let (operation, body) = ("notification".into(), body.into());
    Message { operation, query: String::new(), headers: Vec::new(), body }
}

fn told(body: impl Into<Vec<u8>>) -> Result<Outcome, Fault> {
    fawry().receive(&message(body)).map(|mut notices| notices.remove(0).outcome)
}

#[test]
fn a_charge_is_written_as_documented() {
    let request = sent(fawry().charge(&charge(), None).unwrap());
    assert_eq!(request.verb, Verb::Post);
    assert_eq!(request.url, "https://atfawry.example/ECommerceWeb/Fawry/payments/charge");
    let body = request.body.unwrap();
    assert!(body.contains(r#""amount":45.10,"#), "two decimals, a number: {body}");
    assert!(body.contains(r#""price":45.10,"#), "two decimals, a number: {body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["paymentMethod"], "PAYATFAWRY");
    assert_eq!(body["paymentExpiry"], 1_795_341_600_000_i64);
    assert_eq!(body["language"], "ar-eg");
    assert_eq!(body["currencyCode"], "EGP");
    assert_eq!(body["orderWebHookUrl"], "https://switch.example/providers/fawry/notification");
    let (merchant, ours) = ("is0N+YQzlE4=", "1234567890123456");
    assert_eq!(body["signature"], sha256_hex([merchant, ours, ours, "PAYATFAWRY", "45.10", KEY]));
}

#[test]
fn a_charge_that_makes_no_sense_is_not_sent() {
    let nothing = Charge { amount: Piastres::ZERO, ..charge() };
    let late = Charge { expires_at: charge().now, ..charge() };
    let injected = Charge { merchant_reference: "1&merchantCode=2".into(), ..charge() };
    for charge in [nothing, late, injected] {
        assert!(matches!(fawry().charge(&charge, None), Err(Fault::Invalid(_))));
    }
    let card = Charge { method: Method::Card, ..charge() };
    assert!(matches!(fawry().charge(&card, None), Err(Fault::Unsupported(_))));
}

#[test]
fn the_answer_to_a_charge_becomes_a_code_to_quote() {
    let body = json!({"type": "ChargeResponse", "referenceNumber": "931215518", "statusCode": 200,
        "merchantRefNumber": "1234567890123456", "expirationTime": 1_795_341_600_000_i64});
    let charged = done(fawry().charge(&charge(), Some(&answer(200, &body))).unwrap());
    assert_eq!(charged.provider_reference.as_deref(), Some("931215518"));
    let ChargeState::Waiting(NextAction::PayAtCounter { code, expires_at, amounts, .. }) = charged.state
    else {
        panic!("{charged:?}");
    };
    assert_eq!((code.as_str(), expires_at), ("931215518", charge().expires_at));
    assert_eq!(amounts[0].amount, charge().amount);
}

#[test]
fn an_answer_to_a_charge_that_proves_nothing_is_unknown() {
    let other = json!({"statusCode": 200, "referenceNumber": "931215518", "merchantRefNumber": "7"});
    let bodies = [
        answer(500, &json!({"statusCode": 9946})),
        answer(503, &json!("down")),
        answer(302, &json!({})),
        answer(200, &json!({"statusCode": 200})),
        answer(200, &json!({"statusCode": 200, "referenceNumber": {"a": 1}})),
        answer(200, &json!({"statusCode": 9999, "statusDescription": "?"})),
        answer(400, &json!({"statusCode": 200, "referenceNumber": "1"})),
        answer(200, &other),
        Answer { status: 200, body: "<html>".into() },
        Answer { status: 200, body: r#"{"statusCode":200,"statusCode":9946}"#.into() },
        Answer { status: 200, body: "[".repeat(100_000) },
    ];
    for answer in bodies {
        let charged = done(fawry().charge(&charge(), Some(&answer)).unwrap());
        assert!(matches!(charged.state, ChargeState::Decided(Outcome::Unknown(_))), "{}", answer.body);
    }
}

#[test]
fn a_call_that_was_not_taken_is_a_fault() {
    for code in [9901, 9944, 9946] {
        for status in [200, 400] {
            let refusal = answer(status, &json!({"statusCode": code, "statusDescription": "wrong"}));
            assert!(matches!(fawry().charge(&charge(), Some(&refusal)), Err(Fault::Refused(_))));
            assert!(matches!(fawry().query(&charge_ref(), Some(&refusal)), Err(Fault::Refused(_))));
            assert!(matches!(fawry().cancel(&charge_ref(), Some(&refusal)), Err(Fault::Refused(_))));
            assert!(matches!(fawry().refund(&refund_order(), Some(&refusal)), Err(Fault::Refused(_))));
        }
    }
}

#[test]
fn a_question_goes_out_with_its_values_unencoded() {
    let request = sent(fawry().query(&charge_ref(), None).unwrap());
    let signature = sha256_hex(["is0N+YQzlE4=", "1234567890123456", KEY]);
    assert_eq!(
        request.url,
        format!(
            "https://atfawry.example/ECommerceWeb/Fawry/payments/status/v2\
             ?merchantCode=is0N+YQzlE4=&merchantRefNumber=1234567890123456&signature={signature}"
        )
    );
}

fn queried(body: &Value) -> Outcome {
    done(fawry().query(&charge_ref(), Some(&answer(200, body))).unwrap())
}

fn order(status: &str) -> Value {
    json!({"fawryRefNumber": "931215518", "merchantRefNumber": "1234567890123456", "paymentAmount": 45.1,
        "orderAmount": 45.1, "fawryFees": 0, "orderStatus": status, "paymentMethod": "PAYATFAWRY"})
}

#[test]
fn every_status_has_its_meaning() {
    for status in ["PAID", "DELIVERED", "REFUNDED"] {
        let Outcome::Approved(evidence) = queried(&order(status)) else { panic!("{status}") };
        assert_eq!(evidence.amount, Piastres::new(4510));
        let refunded = if status == "REFUNDED" { evidence.amount } else { Piastres::ZERO };
        assert_eq!(evidence.refunded, refunded);
    }
    for status in ["NEW", "UNPAID"] {
        assert!(matches!(queried(&order(status)), Outcome::Pending { provider_reference: Some(_), .. }));
    }
    for status in ["CANCELED", "CANCELLED"] {
        assert_eq!(queried(&order(status)), Outcome::Cancelled);
    }
    assert_eq!(queried(&order("EXPIRED")), Outcome::Expired);
    assert!(matches!(queried(&order("FAILED")), Outcome::Declined(_)));
    assert!(matches!(queried(&order("ON_HOLD")), Outcome::Unknown(_)));
    assert_eq!(
        queried(&json!({"statusCode": 9938, "statusDescription": "Payment not found"})),
        Outcome::NotFound
    );
}

#[test]
fn an_answer_about_something_else_or_half_an_answer_is_unknown() {
    let mut other = order("PAID");
    other["merchantRefNumber"] = json!("6543210987654321");
    let mut unsigned = order("PAID");
    unsigned["messageSignature"] = json!("00");
    let mut silent = order("PAID");
    silent.as_object_mut().unwrap().remove("paymentAmount");
    let mut fraction = order("PAID");
    fraction["paymentAmount"] = json!("45.105");
    for body in [other, unsigned, silent, fraction, json!({}), json!([])] {
        assert!(matches!(queried(&body), Outcome::Unknown(_)), "{body}");
    }
}

#[test]
fn a_partial_refund_counts_only_with_an_amount_that_somebody_vouches_for() {
    let mut body = order("PARTIAL_REFUNDED");
    assert!(matches!(queried(&body), Outcome::Unknown(_)));
    body["refundedAmount"] = json!(20.2);
    let Outcome::Approved(evidence) = queried(&body) else { panic!() };
    assert_eq!(evidence.refunded, Piastres::new(2020));
    body["refundedAmount"] = json!(99);
    assert!(matches!(queried(&body), Outcome::Unknown(_)));
    let sent = raw_notification("45.1", "45.1", "0", "PARTIAL_REFUNDED", "PAYATFAWRY", "1");
    let sent = sent.replacen('{', r#"{"refundedAmount":45.10,"#, 1);
    assert!(matches!(told(sent), Ok(Outcome::Unknown(_))));
}

#[test]
fn withdrawing_and_giving_back_are_written_and_read() {
    let fawry = fawry();
    let request = sent(fawry.cancel(&charge_ref(), None).unwrap());
    let body: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
    assert_eq!(body["signature"], sha256_hex(["931215518", "is0N+YQzlE4=", "ar-eg", KEY]));
    let yes = answer(200, &json!({"statusCode": 200}));
    assert_eq!(done(fawry.cancel(&charge_ref(), Some(&yes)).unwrap()), Outcome::Cancelled);
    let paid = answer(200, &json!({"code": "9990", "description": "paid meanwhile"}));
    assert!(matches!(done(fawry.cancel(&charge_ref(), Some(&paid)).unwrap()), Outcome::Unknown(_)));

    let request = sent(fawry.refund(&refund_order(), None).unwrap());
    let body = request.body.unwrap();
    assert!(body.contains(r#""refundAmount":10.00,"#), "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["signature"], sha256_hex(["is0N+YQzlE4=", "931215518", "10.00", "duplicate", KEY]));
    assert!(matches!(done(fawry.refund(&refund_order(), Some(&yes)).unwrap()), Refunded::Done { .. }));
    let no = answer(200, &json!({"statusCode": 9938}));
    assert!(matches!(done(fawry.refund(&refund_order(), Some(&no)).unwrap()), Refunded::Declined(_)));
    let broken = answer(502, &json!({"statusCode": 200}));
    assert!(matches!(done(fawry.refund(&refund_order(), Some(&broken)).unwrap()), Refunded::Unknown(_)));

    let nameless = ChargeRef { provider_reference: None, ..charge_ref() };
    assert!(matches!(fawry.cancel(&nameless, None), Err(Fault::Invalid(_))));
}

#[test]
fn a_notification_is_evidence_however_its_amounts_are_written() {
    for (paid, ordered) in
        [("840", "840.0"), ("840.0", "840.00"), ("840.00", "840"), ("\"840.0\"", "840.000")]
    {
        let body = raw_notification("840", "840", "0.0", "PAID", "Mobile Wallet", "7")
            .replace(r#""paymentAmount":840"#, &format!(r#""paymentAmount":{paid}"#))
            .replace(r#""orderAmount":840"#, &format!(r#""orderAmount":{ordered}"#));
        let Ok(Outcome::Approved(evidence)) = told(body) else { panic!("{paid} {ordered}") };
        assert_eq!(evidence.amount, Piastres::new(84_000));
        assert_eq!(evidence.tender, Some(Tender::Wallet));
        assert_eq!(evidence.provider_transaction.as_deref(), Some("7"));
        assert_eq!(evidence.collected_at, Some(at("2026-11-21T10:00:00.123Z")));
        assert_eq!(evidence.currency, "EGP");
    }
    let notice = fawry().receive(&message(paid_notification())).unwrap().remove(0);
    assert_eq!(notice.merchant_reference, "1234567890123456");
    assert_eq!(notice.provider_reference, "931215518");
}

#[test]
fn the_vector_of_our_own_comes_out() {
    // Computed with coreutils: sha256sum of
    // 931215518123456789012345645.1045.10PAIDPAYATFAWRY100162801fawry_secure_key
    let vector = "78ec9868f396ce869dd4bd7757527a98a15b69d56113118132295d7c8e24bcdf";
    assert!(paid_notification().contains(vector), "{}", paid_notification());
}

#[test]
fn what_the_payer_paid_on_top_is_not_ours() {
    let outcome = told(raw_notification("152.00", "150.00", "2.00", "PAID", "PAYATFAWRY", "1"));
    let Ok(Outcome::Approved(evidence)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((evidence.amount, evidence.payer_fee), (Piastres::new(15_000), Piastres::new(200)));
    // Too little was paid: it must not pass for the 150.00 that the order says.
    let outcome = told(raw_notification("140.00", "150.00", "0", "PAID", "PAYATFAWRY", "1"));
    let Ok(Outcome::Approved(evidence)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(evidence.amount, Piastres::new(14_000));
    // The fee is not signed: one that cannot be is not believed.
    for fees in ["-10.00", "140.01", "\"x\"", "[]", "1e400"] {
        let outcome = told(raw_notification("140.00", "150.00", fees, "PAID", "PAYATFAWRY", "1"));
        assert!(matches!(outcome, Err(Fault::Unreadable(_))), "{fees}: {outcome:?}");
    }
}

#[test]
fn an_unknown_status_is_verified_and_unknown() {
    let outcome = told(raw_notification("45.1", "45.1", "0", "UNDER_REVIEW", "PAYATFAWRY", "1"));
    assert!(matches!(outcome, Ok(Outcome::Unknown(_))), "{outcome:?}");
}

#[test]
fn a_genuine_message_cut_differently_is_no_second_collection() {
    let moved = paid_notification()
        .replace("PAYATFAWRY", "PAYATFAWRY1")
        .replace(r#""paymentRefrenceNumber":"100162801""#, r#""paymentRefrenceNumber":"00162801""#);
    assert!(matches!(told(moved), Ok(Outcome::Unknown(_))));
}

#[test]
fn every_signed_field_is_held_by_the_signature() {
    let genuine = paid_notification();
    for (field, changed) in [
        ("fawryRefNumber", r#""931215519""#),
        ("merchantRefNumber", r#""1234567890123457""#),
        ("paymentAmount", "45.11"),
        ("orderAmount", "45"),
        ("orderStatus", r#""CANCELED""#),
        ("paymentMethod", r#""CARD""#),
        ("paymentRefrenceNumber", r#""100162802""#),
        ("messageSignature", r#""""#),
        ("messageSignature", "null"),
    ] {
        for replacement in [changed, "null", "[1]", r#"{"a":1}"#, "1e5"] {
            let start = genuine.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
            let end = start + genuine[start..].find([',', '}']).unwrap();
            let tampered = format!("{}{replacement}{}", &genuine[..start], &genuine[end..]);
            assert!(matches!(told(tampered.clone()), Err(Fault::Unverified(_))), "{tampered}");
        }
    }
}

#[test]
fn a_hostile_message_is_a_clear_fault() {
    let genuine = paid_notification();
    let twice = genuine.replacen('{', r#"{"orderStatus":"PAID","#, 1);
    let nest = "[".repeat(10_000) + &"]".repeat(10_000);
    let deep = genuine.replace("45.10", &nest);
    let huge = genuine.replace("45.10", &"9".repeat(400));
    let long = genuine.replacen('{', &format!(r#"{{"x":"{}","#, "x".repeat(notice::LONGEST_BYTES)), 1);
    let bodies: [Vec<u8>; 9] = [
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        vec![0xff, 0xfe, b'{'],
        twice.into(),
        deep.into(),
        huge.into(),
        long.into(),
    ];
    for body in bodies {
        assert!(matches!(told(body), Err(Fault::Unverified(_))));
    }
    let unread = genuine.replacen('{', &format!(r#"{{"x":{nest},"#), 1);
    assert!(matches!(told(unread), Ok(Outcome::Approved(_))), "a field that nobody reads may be anything");
    let other = Message { operation: "biller".into(), ..message(genuine) };
    assert!(matches!(fawry().receive(&other), Err(Fault::Unsupported(_))));
}

#[test]
fn the_key_is_never_shown() {
    let shown = format!("{:?}", fawry());
    assert!(shown.contains("is0N+YQzlE4=") && !shown.contains(KEY), "{shown}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused_at_once() {
    let good = fawry().config;
    let config = |change: fn(&mut Config)| {
        let mut config = good.clone();
        change(&mut config);
        Fawry::try_new(config)
    };
    assert!(matches!(config(|c| c.merchant_code = "a&b".into()), Err(ConfigError::MerchantCode(_))));
    assert!(matches!(config(|c| c.secure_key.clear()), Err(ConfigError::SecureKey)));
    for url in ["", "ftp://x", "https://", "https://x/", "https://x?y", "https://x y"] {
        let tried = Fawry::try_new(Config { base_url: url.into(), ..good.clone() });
        assert!(matches!(tried, Err(ConfigError::BaseUrl(_))), "{url}");
    }
}

#[test]
fn fawry_is_told_whether_to_send_again() {
    for (verdict, status) in [
        (Verdict::Stored, 200),
        (Verdict::Unreadable, 200),
        (Verdict::Unverified, 401),
        (Verdict::Unavailable, 503),
    ] {
        assert_eq!(fawry().reply(&verdict).status, status);
    }
}

/// Without a zero at the end of an amount, which could be left out and change nothing.
fn exact_notification() -> String {
    raw_notification("45.15", "45.15", "0", "PAID", "PAYATFAWRY", "100162801")
}

/// Where the values stand that the signature covers, in [`exact_notification`].
fn signed_bytes() -> Vec<usize> {
    let genuine = exact_notification();
    let fields = [
        r#"fawryRefNumber":"931215518"#,
        r#"merchantRefNumber":"1234567890123456"#,
        r#"paymentAmount":45.15"#,
        r#"orderAmount":45.15"#,
        r#"orderStatus":"PAID"#,
        r#"paymentMethod":"PAYATFAWRY"#,
        r#"paymentRefrenceNumber":"100162801"#,
    ];
    let place = |field: &&str| {
        let end = genuine.find(field).unwrap() + field.len();
        let value = field.split_once(':').unwrap().1.trim_start_matches('"');
        end - value.len()..end
    };
    fields.iter().flat_map(place).collect()
}

proptest! {
    #[test]
    fn one_changed_byte_of_a_signed_value_never_passes(
        place in proptest::sample::select(signed_bytes()), byte in any::<u8>(),
    ) {
        let mut body = exact_notification().into_bytes();
        prop_assume!(body[place] != byte);
        body[place] = byte;
        prop_assert!(matches!(told(body), Err(Fault::Unverified(_))));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        status in 0_u16..700,
    ) {
        let text = String::from_utf8_lossy(&body).into_owned();
        prop_assert!(told(body).is_err());
        let answer = Answer { status, body: text };
        let _ = fawry().charge(&charge(), Some(&answer));
        let _ = fawry().query(&charge_ref(), Some(&answer));
        let _ = fawry().cancel(&charge_ref(), Some(&answer));
        let _ = fawry().refund(&refund_order(), Some(&answer));
    }

    #[test]
    fn a_genuine_message_with_any_one_byte_changed_never_panics(place in 0_usize..400, byte in any::<u8>()) {
        let mut body = paid_notification().into_bytes();
        let place = place % body.len();
        body[place] = byte;
        let _ = told(body.clone());
        let answer = Answer { status: 200, body: String::from_utf8_lossy(&body).into_owned() };
        let _ = fawry().query(&charge_ref(), Some(&answer));
    }
}
