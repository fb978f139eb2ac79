//! The files of the project as tests read them.
//!
//! What git ignores is not looked at; what is not UTF-8 (fonts, pictures) has no text.

use std::{fs, path::Path};

/// A file of the project.
pub struct File {
    /// Its path from the root, with slashes.
    pub path: String,
    /// What stands in it; nothing where it is not text.
    pub text: String,
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands in this file.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files, in the order of their paths.
pub fn files() -> Vec<File> {
    let ignored: Vec<String> = read(".gitignore").lines().map(str::to_owned).collect();
    let mut found = Vec::new();
    walk(root(), &ignored, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// All files whose name ends so.
pub fn ending(suffix: &str) -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(suffix)).collect()
}

/// The modules that make up the product: without those that are compiled for tests only.
pub fn product() -> Vec<File> {
    let modules: Vec<File> = ending(".rs")
        .into_iter()
        .filter(|file| file.path.starts_with("src/") || file.path.contains("/src/"))
        .collect();
    let tests: Vec<String> = modules
        .iter()
        .flat_map(|file| {
            let home = file.path.trim_end_matches(".rs");
            let home =
                ["/mod", "/lib", "/main"].iter().find_map(|end| home.strip_suffix(end)).unwrap_or(home);
            file.text
                .split("#[cfg(test)]\nmod ")
                .skip(1)
                .filter_map(move |rest| rest.split_once(';').map(|(name, _)| format!("{home}/{name}")))
        })
        .collect();
    let is_test = |path: &str| {
        tests.iter().any(|test| path.strip_prefix(test).is_some_and(|rest| rest.starts_with(['/', '.'])))
    };
    modules.into_iter().filter(|file| !is_test(&file.path)).collect()
}

fn walk(folder: &Path, ignored: &[String], found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder that can be listed").path();
        let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
        let matches = |pattern: &String| match pattern.strip_prefix('/') {
            Some(whole) => name == whole.trim_end_matches('/'),
            None => name.ends_with(pattern.trim_start_matches('*')),
        };
        if name == ".git" || ignored.iter().filter(|pattern| !pattern.is_empty()).any(matches) {
            continue;
        }
        if path.is_dir() {
            walk(&path, ignored, found);
        } else {
            let text = fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            found.push(File { path: name, text: text.unwrap_or_default() });
        }
    }
}

/// The code of a Rust file: without comments, and without the unit tests at its end.
pub fn code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let without_comment = |line: &str| {
        if line.trim_start().starts_with("//") {
            String::new()
        } else {
            line.split(" // ").next().unwrap_or_default().to_owned()
        }
    };
    code.lines().map(without_comment).collect::<Vec<_>>().join("\n")
}

/// Whether the word stands in the text by itself, not as a part of a longer name.
pub fn has_word(text: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(letter) && !text[at + word.len()..].starts_with(letter))
}

/// Fails with every fault at once.
pub fn none(faults: &[String], rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}
