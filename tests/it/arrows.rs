//! The arrows run one way: `cli, api, web -> switch -> store -> core -> adapters/kit`, and
//! `switch -> adapters/* -> adapters/kit`.
//!
//! Read off the code: every path that begins with `crate::` (in `use` groups too), or climbs there
//! by `super::`. Comments and unit tests are free to name what they like.

use std::collections::BTreeSet;

use crate::tree::{self, none};

/// The floors of the house, lowest first: a module sees its own floor and those below.
const FLOORS: [(&str, &[&str]); 5] = [
    (
        "core",
        &[
            "calendar",
            "change",
            "fees",
            "ids",
            "ledger",
            "money",
            "payments",
            "reconciliation",
            "reference",
            "routing",
            "words",
        ],
    ),
    ("store", &["store"]),
    ("switch", &["switch"]),
    ("outside", &["api", "web"]),
    ("command line", &["cli", "demo", "main"]),
];

/// What the core may not touch: engines, networks, clocks, chance, files.
const OUTSIDE_THE_CORE: [&str; 17] = [
    "tokio",
    "sqlx",
    "axum",
    "reqwest",
    "rustls",
    "tower",
    "governor",
    "clap",
    "Utc::now",
    "Local::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "SystemTime",
    "Instant",
    "getrandom",
    "std::fs",
    "std::net",
];

/// What an adapter's own half may not touch; its simulator is a server of its own.
const OUTSIDE_AN_ADAPTER: [&str; 9] =
    ["tokio", "sqlx", "axum", "reqwest", "rustls", "Utc::now", "SystemTime", "std::fs", "std::net"];

/// Where a provider may be called by its name: what registers and configures it, and the commands.
const KNOWS_PROVIDERS: [&str; 4] =
    ["src/switch/settings", "src/switch/registry", "src/switch/providers", "src/cli/"];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, modules)| modules.contains(&module))
}

/// The module at the top that a file belongs to, and how deep in it the file is.
fn place(path: &str) -> Option<(&str, usize)> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    let top = inside.split('/').next()?;
    (top != "lib").then_some((top, inside.split('/').count()))
}

/// The names that follow a path's beginning: one, or those of a group.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut names, mut start) = (0_usize, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

/// The modules at the top that the code of a file names.
fn named(code: &str, depth: usize) -> Vec<String> {
    let mut found: Vec<String> =
        code.match_indices("crate::").flat_map(|(at, text)| heads(&code[at + text.len()..])).collect();
    let climb = "super::".repeat(depth);
    for (at, _) in code.match_indices(&climb) {
        if !code[..at].ends_with("super::") && !code[at + climb.len()..].starts_with("super::") {
            found.extend(heads(&code[at + climb.len()..]));
        }
    }
    found
}

#[test]
fn paths_are_read_in_every_form() {
    let read = |code: &str, depth| named(code, depth).join(" ");
    assert_eq!(read("use crate::store::Db;", 1), "store");
    assert_eq!(read("use crate::{\n  fees::{Bill, quote},\n  money,\n};", 2), "fees money ");
    assert_eq!(read("let x = crate::api::problem();", 3), "api");
    assert_eq!(read("use super::super::web::Page;", 2), "web");
    assert_eq!(read("use super::web::Page;", 2), "");
}

#[test]
fn every_module_has_a_floor() {
    let lib = tree::read("src/lib.rs");
    let faults: Vec<String> = lib
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .filter(|module| floor(module).is_none())
        .collect();
    none(&faults, "say on which floor of the house these modules stand");
}

#[test]
fn arrows_run_one_way() {
    let mut faults = Vec::new();
    for file in tree::product() {
        let Some((top, depth)) = place(&file.path) else { continue };
        let Some(here) = floor(top) else { continue };
        for target in named(&tree::code(&file.text), depth) {
            if floor(&target).is_some_and(|there| there > here) {
                faults.push(format!("{}: {} does not see {target}", file.path, FLOORS[here].0));
            }
        }
    }
    none(&faults, "arrows that run back");
}

#[test]
fn the_core_touches_nothing_outside_itself() {
    let mut faults = Vec::new();
    for file in tree::product() {
        let core = place(&file.path).is_some_and(|(top, _)| floor(top) == Some(0));
        let kit = file.path.starts_with("adapters/kit/src/");
        let adapter = file.path.starts_with("adapters/")
            && file.path.contains("/src/")
            && !file.path.contains("simulator");
        let banned: &[&str] = match (core || kit, adapter) {
            (true, _) => &OUTSIDE_THE_CORE,
            (false, true) => &OUTSIDE_AN_ADAPTER,
            (false, false) => continue,
        };
        let source = tree::code(&file.text);
        for word in banned.iter().filter(|word| tree::has_word(&source, word)) {
            faults.push(format!("{}: {word}", file.path));
        }
    }
    none(&faults, "the core and the adapters do no I/O, read no clock and make no ids");
}

#[test]
fn only_the_store_knows_sql() {
    let faults: Vec<String> = tree::product()
        .into_iter()
        .filter(|file| file.path.starts_with("src/") && !file.path.starts_with("src/store/"))
        .filter(|file| tree::has_word(&tree::code(&file.text), "sqlx"))
        .map(|file| file.path)
        .collect();
    none(&faults, "sqlx is named outside src/store");
}

#[test]
fn providers_have_no_names_above_their_adapters() {
    let providers: BTreeSet<String> = std::fs::read_dir(tree::root().join("adapters"))
        .expect("the folder of the adapters")
        .map(|entry| entry.expect("an adapter's folder").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "kit")
        .flat_map(|name| [name.replace('-', "_"), name])
        .collect();
    let mut faults = Vec::new();
    for file in tree::product() {
        let knows = KNOWS_PROVIDERS.iter().any(|path| file.path.starts_with(path));
        if !file.path.starts_with("src/") || knows {
            continue;
        }
        // Attributes hold the examples of the OpenAPI document.
        let code = tree::code(&file.text).to_lowercase();
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("#[")).collect();
        for provider in providers.iter().filter(|provider| code.contains(provider.as_str())) {
            faults.push(format!("{}: {provider}", file.path));
        }
    }
    none(&faults, "a provider is data to the switch: no branch on its name");
}
