//! The habits of the tree: what a reader can rely on in every file.

use crate::tree::{self, none};

/// Words that are left behind, and what is to be done instead.
const LEFTOVERS: [(&str, &str); 7] = [
    (concat!("FIX", "ME"), "fix it, or say what holds as it is"),
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("todo", "!("), "do it"),
    (concat!("unimplemented", "!("), "implement it"),
    (concat!("dbg", "!("), "remove it, or log it"),
    (concat!("#[ig", "nore"), "make it run, or remove it"),
    (concat!("#[al", "low("), "use #[expect(lint, reason = \"...\")]"),
];

const LONGEST_LINE: usize = 110;

#[test]
fn every_module_says_what_it_promises() {
    let faults: Vec<String> = tree::ending(".rs")
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    none(&faults, "these modules do not begin with //!");
}

#[test]
fn nothing_is_left_behind() {
    let mut faults = Vec::new();
    for file in tree::ending(".rs").into_iter().chain(tree::ending(".sql")).chain(tree::ending(".toml")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            for (word, remedy) in LEFTOVERS.iter().filter(|(word, _)| line.contains(word)) {
                faults.push(format!("{}:{number}: {word} - {remedy}", file.path));
            }
        }
    }
    none(&faults, "left behind");
}

/// The characters of a line but for what cannot be broken: texts, rows of tables, single words.
/// A line may begin inside a text that the line before continues.
fn length(line: &str, inside: bool) -> usize {
    let comment = line.trim_start().strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!']).trim());
    if comment.is_some_and(|comment| comment.starts_with('|') || !comment.contains(' ')) {
        return 0;
    }
    let code = line.split("r#\"").next().unwrap_or_default().replace("\\\"", "");
    code.split('"').skip(usize::from(inside)).step_by(2).map(|part| part.chars().count()).sum()
}

#[test]
fn lines_can_be_read_side_by_side() {
    let mut faults = Vec::new();
    for file in tree::ending(".rs") {
        let mut inside = false;
        for (number, line) in (1..).zip(file.text.lines()) {
            let long = length(line, inside);
            inside = line.ends_with('\\');
            if long > LONGEST_LINE {
                faults.push(format!("{}:{number}: {long} characters", file.path));
            }
        }
    }
    none(&faults, &format!("lines have at most {LONGEST_LINE} characters"));
}

#[test]
fn every_source_file_is_reachable() {
    let files = tree::ending(".rs");
    let declared = |parents: &[String], module: &str| {
        files.iter().filter(|file| parents.contains(&file.path)).any(|parent| {
            let ends = format!("mod {module};");
            parent.text.lines().any(|line| {
                let line = line.trim();
                line == ends || line.strip_suffix(&ends).is_some_and(|before| before.starts_with("pub"))
            })
        })
    };
    let mut faults = Vec::new();
    for file in &files {
        let Some((folder, name)) = file.path.trim_end_matches(".rs").rsplit_once('/') else { continue };
        let root = folder.ends_with("src") || folder.ends_with("tests/it");
        let top = folder.ends_with("/bin")
            || matches!(folder, "benches" | "examples")
            || folder.ends_with("/tests");
        if top || (root && matches!(name, "lib" | "main")) {
            continue;
        }
        let (module, home) = match name {
            "mod" => {
                let (above, module) = folder.rsplit_once('/').expect("a module's folder is in a folder");
                (module, above)
            }
            _ => (name, folder),
        };
        let parents: Vec<String> = [
            format!("{home}/mod.rs"),
            format!("{home}.rs"),
            format!("{home}/lib.rs"),
            format!("{home}/main.rs"),
        ]
        .into();
        if !declared(&parents, module) {
            faults.push(file.path.clone());
        }
    }
    none(&faults, "no module declares these files");
}

#[test]
fn nothing_names_a_place_on_somebodys_machine() {
    let places =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("sha", "red/")];
    let mut faults = Vec::new();
    for file in tree::files().into_iter().filter(|file| file.path != "Cargo.lock") {
        for (number, line) in (1..).zip(file.text.lines()) {
            for place in places.iter().filter(|place| line.contains(*place)) {
                faults.push(format!("{}:{number}: {place}", file.path));
            }
        }
    }
    none(&faults, "paths that exist on one machine only");
}

#[test]
fn migrations_have_the_same_names_on_both_engines() {
    let names = |engine: &str| -> Vec<String> {
        let folder = format!("migrations/{engine}/");
        tree::files().iter().filter_map(|file| file.path.strip_prefix(&folder).map(str::to_owned)).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn engines_differ_in_few_places() {
    let picks: usize = tree::ending(".rs")
        .iter()
        .filter(|file| file.path.starts_with("src/store/"))
        .map(|file| tree::code(&file.text).matches(".pick(").count())
        .sum();
    assert!(picks <= 10, "{picks} statements have one text per engine: find one that serves both");
}

#[test]
fn every_sample_has_an_origin_and_a_licence() {
    let note = tree::read("tests/data/README.md");
    let rows: Vec<Vec<&str>> = note
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut faults = Vec::new();
    for row in &rows {
        if row.len() != 4 || row.iter().any(|cell| cell.is_empty()) {
            faults.push(format!("a row without path, what, origin and licence: {row:?}"));
        }
    }
    let patterns: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let covers =
        |pattern: &str, path: &str| path == pattern || (pattern.ends_with('/') && path.starts_with(pattern));
    let samples: Vec<String> = tree::files()
        .iter()
        .filter_map(|file| file.path.strip_prefix("tests/data/").map(str::to_owned))
        .filter(|path| path != "README.md")
        .collect();
    for sample in &samples {
        if !patterns.iter().any(|pattern| covers(pattern, sample)) {
            faults.push(format!("{sample} has no row"));
        }
    }
    for pattern in patterns {
        if !samples.iter().any(|sample| covers(pattern, sample)) {
            faults.push(format!("{pattern} is not there"));
        }
    }
    none(&faults, "tests/data/README.md");
}
