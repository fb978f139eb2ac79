//! The API's documents: the OpenAPI document is what the snapshot says, and `docs/API.md` is drawn from
//! the same tables.

use std::fmt::Write as _;

use rusum::api::{
    access::{Access, Once, RULES},
    codes::Code,
};

use crate::drawn;

#[test]
fn the_openapi_document_changes_only_knowingly() {
    insta::assert_json_snapshot!("openapi", rusum::api::openapi("https://pay.example"));
}

#[test]
fn the_page_of_the_api_is_drawn_from_its_tables() {
    drawn::compare("docs/API.md", &[("calls", calls()), ("codes", codes())]);
}

fn calls() -> String {
    let mut drawn = "| call | who | `Idempotency-Key` |\n|---|---|---|\n".to_owned();
    for rule in RULES {
        let who = match rule.access {
            Access::Open => "anybody".to_owned(),
            Access::Quotes => "anybody (limited as quotes)".to_owned(),
            Access::Provider => "providers, by their signature".to_owned(),
            Access::Operator => "operators, no key".to_owned(),
            Access::Key(scopes) => {
                scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" or ")
            }
        };
        let once = if rule.once == Once::Needed { "needed" } else { "" };
        let _ = writeln!(drawn, "| `{} {}` | {who} | {once} |", rule.method, rule.path);
    }
    drawn
}

fn codes() -> String {
    let mut drawn = "| code | status | meaning | what to do |\n|---|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let (name, status) = (code.name(), code.status().as_u16());
        let _ = writeln!(drawn, "| `{name}` | {status} | {} | {} |", code.title().en, code.remedy());
    }
    drawn
}
