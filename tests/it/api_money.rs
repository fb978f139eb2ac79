//! Money that comes in: only digits, a point and two decimals; all else is refused with a pointer, and
//! nothing is rounded.

use reqwest::Method;
use serde_json::Value;

use crate::{
    node::{Answer, Node, send},
    store::{Backend, backends},
};

/// A quote of a service whose fee depends on an amount that the caller tells; `given` is raw JSON.
async fn quote(node: &Node, given: &str) -> Answer {
    let body = format!(
        r#"{{"channel": "portal", "governorate": "03",
            "items": [{{"service": "commercial-registry.capital-increase", "options": {{"increase": {given}}}}}]}}"#
    );
    send(node.call(Method::POST, "/v1/quotes").header("content-type", "application/json").body(body)).await
}

#[tokio::test]
async fn an_amount_is_a_string_with_two_decimals_or_it_is_refused_with_a_pointer() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let read = quote(&node, "\"5000.00\"").await;
        assert_eq!(read.status, 201, "{read:?}");
        for refused in [
            // Numbers.
            "5000",
            "5000.00",
            "5000.005",
            "5e3",
            "-5000",
            "123456789012345678901234567890",
            "0",
            // Other counts of decimals.
            "\"5000\"",
            "\"5000.\"",
            "\"5000.0\"",
            "\"5000.000\"",
            "\"5000.001\"",
            "\".50\"",
            // Signs, exponents, separators, blanks, leading zeros.
            "\"+5000.00\"",
            "\"-5000.00\"",
            "\"5e3\"",
            "\"5.0e3\"",
            "\"5,000.00\"",
            "\"5_000.00\"",
            "\"5 000.00\"",
            "\" 5000.00\"",
            "\"5000.00 \"",
            "\"05000.00\"",
            "\"0x10.00\"",
            "\"5000,00\"",
            // Digits that are not ASCII.
            "\"٥٠٠٠.٠٠\"",
            "\"٥٠٠٠٫٠٠\"",
            "\"５０００.００\"",
            // Thirty digits, and words.
            "\"123456789012345678901234567890.00\"",
            "\"NaN\"",
            "\"Infinity\"",
            "\"\"",
            "\"5000.00 EGP\"",
            // Not even scalars.
            "true",
            "[\"5000.00\"]",
            "{\"amount\": \"5000.00\"}",
        ] {
            let answer = quote(&node, refused).await;
            let (status, _) = answer.refusal();
            assert_eq!(status, 422, "{refused}: {answer:?}");
            assert_eq!(answer.pointers(), ["/items/0/options/increase"], "{refused}");
        }
        node.stop().await;
    }
}

#[tokio::test]
async fn amounts_that_go_out_are_strings_with_two_decimals() {
    fn check(path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    let money = ["total", "amount", "unit_amount"].contains(&name.as_str());
                    if money && let Some(text) = inner.as_str() {
                        let (_, decimals) = text.split_once('.').unwrap();
                        assert_eq!(decimals.len(), 2, "{path}/{name}: {text}");
                    } else {
                        assert!(!money, "{path}/{name}: {inner}");
                    }
                    check(&format!("{path}/{name}"), inner);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| check(path, inner)),
            Value::Number(number) => assert!(number.is_i64(), "{path}: {number} has a fraction"),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    let node = Node::start(&Backend::Sqlite).await;
    check("", &quote(&node, "\"5000.00\"").await.json());
    node.stop().await;
}
