//! What the binary is built of: few crates, under permissive licences, from one registry, and in the
//! directions of the house.
//!
//! Read from `cargo metadata` of this machine's platform, without the network; the lists stand in
//! `deny.toml`, so that `cargo deny` says the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

use crate::tree::{self, none};

/// A cold build has to stay affordable: as many crates, and not one more.
const MOST_CRATES: usize = 330;

static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("rustc prints text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc knows its host");
    let output = Command::new(cargo())
        .current_dir(tree::root())
        .args(["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
});

static POLICY: LazyLock<toml::Table> =
    LazyLock::new(|| tree::read("deny.toml").parse().expect("deny.toml is TOML"));

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn all_packages() -> impl Iterator<Item = &'static Value> {
    METADATA["packages"].as_array().expect("packages").iter()
}

fn words(list: &toml::Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(toml::Value::as_str).collect()
}

/// The crates that cargo builds along these edges, as `name vVERSION`: what features leave out is not
/// in it, though it stands in the lock file.
fn built(edges: &str, of: &[&str]) -> BTreeSet<String> {
    let output = Command::new(cargo())
        .current_dir(tree::root())
        .args(["tree", "--offline", "--locked", "--prefix=none", "--edges", edges])
        .args(of)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).expect("cargo prints text");
    let name = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    listed.lines().map(name).filter(|name| !name.is_empty()).collect()
}

/// What is known of the crates that a build or a test run compiles.
fn packages() -> Vec<&'static Value> {
    let built = built("normal,build,dev", &["--workspace"]);
    let label = |package: &Value| format!("{} v{}", text(package, "name"), text(package, "version"));
    all_packages().filter(|package| built.contains(&label(package))).collect()
}

#[test]
fn the_binary_is_built_of_few_crates() {
    let crates = built("normal,build", &["--package=rusum"]).len();
    assert!(
        crates <= MOST_CRATES,
        "{crates} crates, {MOST_CRATES} at most: look at `cargo tree -d -e normal,build`"
    );
}

#[test]
fn licences_are_permissive() {
    let allowed = words(&POLICY["licenses"]["allow"]);
    let faults: Vec<String> = packages()
        .into_iter()
        .filter(|package| !permits(text(package, "license"), &allowed))
        .map(|package| format!("{}: {:?}", text(package, "name"), text(package, "license")))
        .collect();
    none(&faults, "licences that deny.toml does not allow");
}

/// Whether an SPDX expression can be met by these licences alone. `/` is the older way to write OR.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = either(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words, allowed);
    }
    met
}

fn both(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => {
            let met = either(words, allowed);
            words.next_if_eq(&")").is_some() && met
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(&format!("{licence} WITH {exception}").as_str())
        }
        Some(licence) => allowed.contains(&licence),
        None => false,
    }
}

#[test]
fn licence_expressions_are_read() {
    let allowed = ["MIT", "Apache-2.0"];
    for met in
        ["MIT", "MIT/GPL-3.0", "GPL-2.0-only OR Apache-2.0", "(MIT OR X) AND Apache-2.0", "X AND Y OR MIT"]
    {
        assert!(permits(met, &allowed), "{met}");
    }
    for refused in ["", "GPL-3.0", "MIT AND X", "(MIT", "MIT MIT", "MIT AND (X OR Y)", "MIT WITH X"] {
        assert!(!permits(refused, &allowed), "{refused}");
    }
}

#[test]
fn banned_crates_do_not_come_in() {
    let banned: BTreeMap<&str, &str> = POLICY["bans"]["deny"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|ban| (ban["crate"].as_str().expect("a name"), ban["reason"].as_str().expect("a reason")))
        .collect();
    let faults: Vec<String> = packages()
        .into_iter()
        .filter_map(|package| banned.get_key_value(text(package, "name")))
        .map(|(name, reason)| format!("{name}: {reason}"))
        .collect();
    none(&faults, "crates that deny.toml bans");
}

#[test]
fn every_crate_comes_from_the_registry() {
    let allowed: Vec<String> =
        words(&POLICY["sources"]["allow-registry"]).iter().map(|url| format!("registry+{url}")).collect();
    let faults: Vec<String> = packages()
        .into_iter()
        .filter(|package| !package["source"].is_null())
        .filter(|package| !allowed.iter().any(|registry| registry == text(package, "source")))
        .map(|package| format!("{}: {}", text(package, "name"), text(package, "source")))
        .collect();
    none(&faults, "sources that deny.toml does not allow");
}

#[test]
fn adapters_depend_on_the_kit_alone() {
    let ours = |name: &str| name == "rusum" || name.starts_with("rusum-");
    let mut faults = Vec::new();
    for package in all_packages().filter(|package| ours(text(package, "name"))) {
        let name = text(package, "name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = text(dependency, "name");
            let normal = dependency["kind"].is_null();
            let optional = dependency["optional"] == true;
            let shell = matches!(target, "tokio" | "axum" | "reqwest" | "sqlx" | "rustls" | "tower-http");
            let fault = match name {
                "rusum" => false,
                "rusum-kit" => ours(target) || (shell && normal && !optional),
                // A simulator is a server of its own, behind a feature.
                _ => (ours(target) && target != "rusum-kit") || (shell && normal && !optional),
            };
            if fault {
                faults.push(format!("{name} -> {target}"));
            }
        }
    }
    none(&faults, "an adapter sees the kit, and the kit sees nothing of ours");
}
