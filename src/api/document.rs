//! The OpenAPI 3.1 document: what the handlers say of themselves, completed by the tables.
//!
//! Handlers name their paths, parameters, bodies and answers. Who may call, which refusals there
//! are, which headers go in and come out follows from [`access::RULES`] and [`Code`] and is written
//! here for all of them, so that no handler can forget it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema, openapi::OpenApi};

use super::{
    access::{Access, Once, RULES, Rule},
    codes::Code,
    negotiate::Media,
    problem::{FaultView, ProblemView},
};
use crate::{payments::Language, switch::keys::Scope};

/// Examples of bodies and answers, by operation.
const EXAMPLES: &str = include_str!("examples.json");

/// What stands above the operations.
const ABOUT: &str = "\
The switch through which citizens pay the fees of public services.

Money is a string with exactly two decimals, beside `currency`. Times are RFC 3339 in UTC, dates are \
`YYYY-MM-DD` in Africa/Cairo. Ids are prefixed and opaque. Lists take `limit` and an opaque `cursor`. \
Errors are RFC 9457 problems with a stable `code`, in Arabic or English by `Accept-Language`. Unknown \
fields and parameters are refused. Fields may be added to answers.";

const TAGS: [(&str, &str); 10] = [
    ("Catalogue", "What can be paid, and the published prices. No key needed."),
    ("Quotes", "What a basket costs, line by line, and by each way to pay. No key needed."),
    ("Payments", "A payment binds a quote and is paid once."),
    ("Attempts", "One try to pay in one way through one provider."),
    ("Webhooks", "Where events are sent, signed by the Standard Webhooks form."),
    ("Events", "What happened, in the order in which it was committed."),
    ("Ledger", "Double entry: who owes whom, to the piastre."),
    ("Settlement", "Business days, and differences that have to be explained."),
    ("Providers", "What providers call. No key: every message is verified by its signature."),
    ("Operations", "For those who run the switch."),
];

/// The whole document of an API that is reached at `base_url`.
pub fn complete(document: OpenApi, base_url: &str) -> Value {
    let mut document = serde_json::to_value(document).expect("an OpenAPI document is JSON");
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Rusum",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": base_url}]);
    document["tags"] = TAGS.iter().map(|(name, about)| json!({"name": name, "description": about})).collect();
    document["security"] = json!([]);
    let mut responses = BTreeMap::new();
    let examples: Value = serde_json::from_str(EXAMPLES).expect("examples.json is JSON");
    for rule in RULES {
        let verb = rule.method.as_str().to_ascii_lowercase();
        if let Some(operation) = document["paths"][rule.path].get_mut(&verb) {
            describe(operation, rule, &mut responses);
            illustrate(operation, &examples);
        }
    }
    document["components"]["responses"] = json!(responses);
    document["components"]["securitySchemes"] = json!({
        "api_key": {"type": "http", "scheme": "bearer", "bearerFormat": "rsk_...",
            "description": format!("An API key. Its scopes are among {}.", scopes())},
    });
    document["components"]["parameters"] = parameters();
    document["components"]["headers"] = headers();
    for (name, schema) in
        [(ProblemView::name(), json!(ProblemView::schema())), (FaultView::name(), json!(FaultView::schema()))]
    {
        document["components"]["schemas"][name.as_ref()] = schema;
    }
    close_requests(&mut document);
    document
}

/// Says of every body that its unknown fields are refused.
fn close_requests(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if name.ends_with("Request") {
            schema["additionalProperties"] = json!(false);
        }
    }
}

fn scopes() -> String {
    Scope::ALL.map(|scope| format!("`{scope}`")).join(", ")
}

fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "1 to 255 visible ASCII characters, bare or in double quotes. The same key with \
                the same body gets the first answer again, byte for byte; kept at least 24 hours.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 257},
            "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
        },
        "AcceptLanguage": {
            "name": "Accept-Language", "in": "header", "required": false,
            "description": "The language of problems: `ar` or `en`.",
            "schema": {"type": "string", "default": "en"},
        },
        "RequestId": {
            "name": "X-Request-Id", "in": "header", "required": false,
            "description": "Your own id of this request: 1 to 128 letters, digits, `-`, `_`, `.`, `:`; not digits \
                alone. Anything else is replaced.",
            "schema": {"type": "string", "maxLength": 128},
        },
    })
}

fn headers() -> Value {
    json!({
        "RequestId": {"description": "Tell it when you ask for help.", "required": true, "schema": {"type": "string"}},
        "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
        "RateLimit": {"description": "How much of the limit is left: `\"name\";r=left;t=seconds`.",
            "schema": {"type": "string"}},
        "RateLimitPolicy": {"description": "The limit: `\"name\";q=calls;w=seconds`.", "schema": {"type": "string"}},
        "IdempotentReplayed": {"description": "`true` when this is the first answer again.",
            "schema": {"type": "string", "enum": ["true"]}},
    })
}

/// Writes into an operation what its row says.
fn describe(operation: &mut Value, rule: &Rule, responses: &mut BTreeMap<String, Value>) {
    let mut about = vec![operation["description"].as_str().unwrap_or_default().to_owned()];
    if let Access::Key(scopes) = rule.access {
        operation["security"] = json!([{"api_key": []}]);
        operation["x-scopes"] = scopes.iter().map(|scope| scope.code()).collect();
        let names = scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" or ");
        about.push(format!("Needs a key with the scope {names}."));
    } else {
        operation["security"] = json!([]);
    }
    about.retain(|part| !part.is_empty());
    if !about.is_empty() {
        operation["description"] = json!(about.join("\n\n"));
    }
    let common = if rule.path.starts_with("/v1/") {
        vec!["#/components/parameters/AcceptLanguage", "#/components/parameters/RequestId"]
    } else {
        Vec::new()
    };
    let once = (rule.once == Once::Needed).then_some("#/components/parameters/IdempotencyKey");
    let mut named = operation["parameters"].as_array().cloned().unwrap_or_default();
    named.extend(once.into_iter().chain(common).map(|reference| json!({"$ref": reference})));
    if !named.is_empty() {
        operation["parameters"] = json!(named);
    }
    let Some(told) = operation["responses"].as_object_mut() else { return };
    for response in told.values_mut() {
        response["headers"] = success_headers(rule);
    }
    for (status, codes) in refusals(rule) {
        let words: Vec<&str> = codes.iter().map(|code| code.name()).collect();
        let name = format!("{status}.{}", words.join("."));
        told.entry(status.to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/{name}")}));
        responses.entry(name).or_insert_with(|| problem(&codes));
    }
}

fn limited(rule: &Rule) -> bool {
    match rule.access {
        Access::Open | Access::Quotes | Access::Key(_) => true,
        Access::Provider | Access::Operator => false,
    }
}

fn header_reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn success_headers(rule: &Rule) -> Value {
    let mut told = Map::new();
    told.insert("X-Request-Id".to_owned(), header_reference("RequestId"));
    if limited(rule) {
        told.insert("RateLimit".to_owned(), header_reference("RateLimit"));
        told.insert("RateLimit-Policy".to_owned(), header_reference("RateLimitPolicy"));
    }
    if rule.once == Once::Needed {
        told.insert("Idempotent-Replayed".to_owned(), header_reference("IdempotentReplayed"));
    }
    Value::Object(told)
}

/// Every code that a call can be refused by, by status.
pub fn refusals(rule: &Rule) -> BTreeMap<u16, Vec<Code>> {
    let mut codes = vec![Code::Internal];
    match rule.access {
        Access::Key(_) => codes.extend([Code::Unauthorized, Code::Forbidden, Code::RateLimited]),
        Access::Open | Access::Quotes => codes.push(Code::RateLimited),
        Access::Provider => codes.extend([Code::NotFound, Code::TooLarge]),
        Access::Operator => {}
    }
    if rule.path.starts_with("/v1/") {
        codes.push(Code::InvalidRequest);
        if rule.path.contains('{') {
            codes.push(Code::NotFound);
        }
    }
    if !rule.gives.contains(&Media::Any) {
        codes.push(Code::NotAcceptable);
    }
    if rule.method == axum::http::Method::POST && rule.access != Access::Provider {
        codes.extend([Code::MalformedJson, Code::TooLarge, Code::UnsupportedMediaType]);
    }
    if rule.once == Once::Needed {
        codes.extend([Code::IdempotencyKeyMissing, Code::IdempotencyKeyReused, Code::IdempotencyInProgress]);
    }
    codes.extend(rule.refuses);
    codes.sort_unstable();
    codes.dedup();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    by_status
}

fn problem(codes: &[Code]) -> Value {
    let about: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.name(), code.title().en)).collect();
    let examples: Map<String, Value> = codes
        .iter()
        .map(|code| {
            let view =
                super::problem::Problem::from(*code).view(Language::En, "https://pay.example", "req_1");
            (code.name().to_owned(), json!({"value": view}))
        })
        .collect();
    let mut headers = Map::from_iter([("X-Request-Id".to_owned(), header_reference("RequestId"))]);
    let waits = [Code::RateLimited, Code::Overloaded, Code::IdempotencyInProgress, Code::PaymentInProgress];
    if codes.iter().any(|code| waits.contains(code) || code.status().as_u16() == 503) {
        headers.insert("Retry-After".to_owned(), header_reference("RetryAfter"));
    }
    json!({
        "description": about.join(" "),
        "headers": headers,
        "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": examples,
        }},
    })
}

/// Puts the examples of an operation into it.
fn illustrate(operation: &mut Value, examples: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let example = &examples[id.as_str()];
    if let Some(body) = example.get("request")
        && let Some(media) = operation["requestBody"]["content"].get_mut("application/json")
    {
        media["example"] = body.clone();
    }
    let Some(answer) = example.get("answer") else { return };
    let Some(told) = operation["responses"].as_object_mut() else { return };
    for (status, response) in told {
        if status.starts_with('2')
            && let Some(media) = response["content"].get_mut("application/json")
        {
            media["example"] = answer.clone();
        }
    }
}

/// The rule of an operation in the document.
#[cfg(test)]
fn rule_of(path: &str, verb: &str) -> Option<&'static Rule> {
    let method = axum::http::Method::from_bytes(verb.to_ascii_uppercase().as_bytes()).ok()?;
    super::access::find(&method, path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn document() -> Value {
        super::super::openapi("https://pay.example")
    }

    fn operations(document: &Value) -> Vec<(String, String, Value)> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (verb, operation) in item.as_object().unwrap() {
                all.push((path.clone(), verb.clone(), operation.clone()));
            }
        }
        all
    }

    #[test]
    fn routes_and_rules_are_the_same() {
        let document = document();
        let routes: BTreeSet<String> =
            operations(&document).iter().map(|(path, verb, _)| format!("{verb} {path}")).collect();
        let rules: BTreeSet<String> = RULES
            .iter()
            .map(|rule| format!("{} {}", rule.method.as_str().to_ascii_lowercase(), rule.path))
            .collect();
        assert_eq!(routes, rules);
    }

    #[test]
    fn every_operation_is_told_in_full() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (path, verb, operation) in operations(&document) {
            let name = format!("{verb} {path}");
            let rule = rule_of(&path, &verb).unwrap();
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}: operationId");
            assert!(operation["summary"].is_string(), "{name}: summary");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}: tag");
            let protected = !operation["security"].as_array().unwrap().is_empty();
            assert_eq!(protected, matches!(rule.access, Access::Key(_)), "{name}: security");
            for status in refusals(rule).keys() {
                assert!(operation["responses"].get(status.to_string()).is_some(), "{name}: {status}");
            }
            let needs_key = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|parameter| parameter["$ref"] == "#/components/parameters/IdempotencyKey");
            assert_eq!(needs_key, rule.once == Once::Needed, "{name}: Idempotency-Key");
            if rule.access == Access::Provider {
                continue;
            }
            for variable in path.split('/').filter_map(|part| part.strip_prefix('{')) {
                let variable = variable.trim_end_matches('}');
                let told = operation["parameters"].as_array().unwrap().iter().any(|p| p["name"] == variable);
                assert!(told, "{name}: {variable}");
            }
        }
    }

    #[test]
    fn references_lead_somewhere() {
        let document = document();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn every_code_is_told_by_some_operation_or_by_the_router() {
        let told: BTreeSet<Code> =
            RULES.iter().flat_map(|rule| refusals(rule).into_values().flatten()).collect();
        for code in Code::ALL {
            assert!(told.contains(code) || *code == Code::MethodNotAllowed, "{}", code.name());
        }
    }

    #[test]
    fn examples_belong_to_operations() {
        let document = document();
        let ids: BTreeSet<String> = operations(&document)
            .iter()
            .map(|(.., operation)| operation["operationId"].as_str().unwrap().to_owned())
            .collect();
        let examples: Value = serde_json::from_str(EXAMPLES).unwrap();
        for name in examples.as_object().unwrap().keys() {
            assert!(ids.contains(name), "{name} is no operation");
        }
    }
}
