//! The document and the answers agree: what a running node answers fits the schema that it serves,
//! member for member, and the document's own examples are accepted.

use reqwest::Method;
use rusum::switch::keys::Scope;
use serde_json::{Value, json};

use crate::{
    node::{Answer, Node, send},
    store::Backend,
};

/// Every fault of a value under a schema: types, members (none missing, none that is not told), words.
fn faults(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(&reference[1..]).unwrap();
        return faults(document, schema, value, place);
    }
    for word in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[word].as_array() {
            let each: Vec<_> = choices.iter().map(|choice| faults(document, choice, value, place)).collect();
            let fits = each.iter().any(Vec::is_empty);
            return if fits { Vec::new() } else { each.into_iter().flatten().collect() };
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        // Parts tell different members, so each may leave the other's untold.
        let told = parts.iter().flat_map(|part| faults(document, part, value, place));
        return told.filter(|fault| !fault.ends_with("is not told")).collect();
    }
    let mut found = Vec::new();
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let fits = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    if !types.is_empty() && !types.iter().any(|kind| fits(kind)) {
        found.push(format!("{place}: {value} is not {types:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is not one of {words:?}"));
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, inner) in list.iter().enumerate() {
            found.extend(faults(document, items, inner, &format!("{place}/{index}")));
        }
    }
    if let (Some(members), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                found.push(format!("{place}/{name} is missing"));
            }
        }
        for (name, inner) in object {
            match members.get(name) {
                Some(schema) => found.extend(faults(document, schema, inner, &format!("{place}/{name}"))),
                None => found.push(format!("{place}/{name} is not told")),
            }
        }
    }
    found
}

/// Fails unless an answer is one that the document tells of this operation.
fn agrees(document: &Value, method: &str, path: &str, answer: &Answer) {
    let told = &document["paths"][path][method.to_ascii_lowercase()]["responses"];
    let mut response = &told[answer.status.as_str()];
    assert!(!response.is_null(), "{method} {path}: {} is not told: {answer:?}", answer.status);
    if let Some(reference) = response["$ref"].as_str() {
        response = document.pointer(&reference[1..]).unwrap();
    }
    for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        let optional = ["Retry-After", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy"];
        assert!(optional.contains(&name.as_str()) || !answer.header(name).is_empty(), "{path}: {name}");
    }
    let media = answer.header("content-type").split(';').next().unwrap();
    if media.is_empty() {
        return;
    }
    let content = &response["content"][media];
    assert!(!content.is_null(), "{method} {path}: {media} is not told");
    if media.ends_with("json") {
        let found = faults(document, &content["schema"], &answer.json(), "");
        assert!(found.is_empty(), "{method} {path}: {found:#?}");
    }
}

#[tokio::test]
async fn what_is_answered_is_what_the_document_says() {
    let node = Node::start(&Backend::Sqlite).await;
    let key = node.key("portal", &Scope::ALL).await;
    let document = send(node.call(Method::GET, "/openapi.json")).await.json();
    let get = async |path: &str, call: &str| {
        let answer = node.get(&key, call).await;
        agrees(&document, "GET", path, &answer);
        answer
    };
    let post = async |path: &str, call: &str, body: Value| {
        let answer = node.post(&key, call, &body).await;
        agrees(&document, "POST", path, &answer);
        answer
    };

    let paid = node.paid().await;
    let unknown = json!({"reference": "1000000000000001-1", "amount": "5.00"});
    let quote = post("/v1/quotes", "/v1/quotes", crate::node::quote_request()).await.json();
    let quote = quote["id"].as_str().unwrap();
    get("/v1/quotes/{id}", &format!("/v1/quotes/{quote}")).await;
    let payer = json!({"name": "Amina Hassan", "mobile": "01001234567", "national_id": "29801011234567"});
    let order = json!({"quote": quote, "payer": payer, "metadata": {"a": "b"}});
    let payment = post("/v1/payments", "/v1/payments", order.clone()).await.json();
    post("/v1/payments", "/v1/payments", order).await;
    post("/v1/payments", "/v1/payments", unknown).await;
    let id = payment["id"].as_str().unwrap();
    let attempts = "/v1/payments/{id}/attempts";
    for body in [json!({"method": "epayment"}), json!({"method": "wallet"}), json!({"method": "magic"})] {
        post(attempts, &format!("/v1/payments/{id}/attempts"), body).await;
    }
    for id in [id, paid["id"].as_str().unwrap(), "pay_1"] {
        get("/v1/payments/{id}", &format!("/v1/payments/{id}")).await;
        get("/v1/payments/{id}/events", &format!("/v1/payments/{id}/events")).await;
        get("/v1/payments/{id}/receipt", &format!("/v1/payments/{id}/receipt")).await;
    }
    let endpoint = json!({"url": "http://127.0.0.1:9/hook", "events": ["payment.*"], "description": "x"});
    let endpoint = post("/v1/webhook-endpoints", "/v1/webhook-endpoints", endpoint).await.json();
    let hook = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    get("/v1/webhook-endpoints/{id}", &hook).await;
    post("/v1/webhook-endpoints/{id}/rotate-secret", &format!("{hook}/rotate-secret"), json!({})).await;
    post("/v1/payments/{id}/cancel", &format!("/v1/payments/{id}/cancel"), json!({})).await;
    let events = get("/v1/events", "/v1/events?limit=200").await.json();
    let event = events["data"][0]["id"].as_str().unwrap();
    post("/v1/events/{id}/redeliver", &format!("/v1/events/{event}/redeliver"), json!({})).await;
    for list in [
        "/v1/services",
        "/v1/price-list",
        "/v1/payments",
        "/v1/attempts",
        "/v1/webhook-endpoints",
        "/v1/webhook-deliveries",
        "/v1/ledger/accounts",
        "/v1/ledger/transfers",
        "/v1/ledger/trial-balance",
        "/v1/settlement/breaks",
        "/v1/settlement/days",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
    ] {
        get(list, list).await;
    }
    get("/v1/services/{code}", "/v1/services/commercial-registry.capital-increase").await;
    get("/v1/ledger/accounts/{code}", "/v1/ledger/accounts/provider:fawry:receivable").await;
    let open = node.store().open_day().await.unwrap().unwrap();
    let end = "/v1/settlement/days/{date}/end";
    for day in ["2099-01-01".to_owned(), "yesterday".to_owned(), open.to_string()] {
        post(end, &format!("/v1/settlement/days/{day}/end"), json!({})).await;
    }
    let gone = send(node.call(Method::DELETE, &hook).bearer_auth(&key)).await;
    agrees(&document, "DELETE", "/v1/webhook-endpoints/{id}", &gone);
    node.stop().await;
}

#[tokio::test]
async fn the_documents_examples_are_accepted() {
    let node = Node::start(&Backend::Sqlite).await;
    let key = node.key("portal", &Scope::ALL).await;
    let document = send(node.call(Method::GET, "/openapi.json")).await.json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (verb, operation) in operations.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let media = &response["content"]["application/json"];
                let Some(example) = media.get("example") else { continue };
                let found = faults(&document, &media["schema"], example, "");
                assert!(found.is_empty(), "{verb} {path} {status}: {found:#?}");
            }
        }
    }
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let media = &operations["post"]["requestBody"]["content"]["application/json"];
        let Some(example) = media.get("example") else { continue };
        assert_eq!(faults(&document, &media["schema"], example, ""), [""; 0], "{path}");
        let call = path.replace("/payments/{id}", "/payments/pay_00000000000000000000000000000007");
        let call = call.replace("/events/{id}", "/events/evt_00000000000000000000000000000007");
        let answer = node.post(&key, &call, example).await;
        // What an example points at is not there; that is all that may be wrong with it.
        assert!([201, 404].contains(&answer.status.as_u16()), "{path}: {answer:?}");
        tried += 1;
    }
    assert!(tried >= 5, "only {tried} examples");
    node.stop().await;
}
