//! The fee schedules of a node: loaded once at the start, and compared with what is in force.
//!
//! Promises: a node never quotes from files that are not those in force, so two nodes never quote
//! two prices. What is in force is what was published into the database, version by version with
//! its digest; the comparison is made at the start and again every few seconds.

use std::path::Path;

use rust_embed::RustEmbed;

use super::{
    Switch, SwitchError,
    settings::{Mode, Settings},
};
use crate::{
    fees::{self, Catalogue, Figures, Finding, ScheduleRef, SourceFile},
    store::{Published, Store, StoreError},
};

/// The schedules that are built into the binary.
#[derive(RustEmbed)]
#[folder = "fee-schedules"]
#[include = "*.toml"]
struct BuiltIn;

/// The schedule files of a folder, or those built in, by name.
pub fn files(folder: Option<&Path>) -> Result<Vec<SourceFile>, String> {
    let mut files = match folder {
        Some(folder) => read_folder(folder)?,
        None => BuiltIn::iter()
            .filter_map(|name| {
                let file = BuiltIn::get(&name)?;
                let text = String::from_utf8(file.data.into_owned()).ok()?;
                Some(SourceFile { name: format!("fee-schedules/{name}"), text })
            })
            .collect(),
    };
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn read_folder(folder: &Path) -> Result<Vec<SourceFile>, String> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("the folder of fee schedules {shown} cannot be read: {error}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{shown}: {error}"))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            files.push(SourceFile { name: path.display().to_string(), text });
        }
    }
    if files.is_empty() {
        return Err(format!("the folder {shown} holds no fee schedule (*.toml)"));
    }
    Ok(files)
}

/// Which figures a mode may use.
pub fn figures(mode: Mode) -> Figures {
    match mode {
        Mode::Demo | Mode::Development => Figures::Any,
        Mode::Production => Figures::Sourced,
    }
}

/// The catalogue of the configured files.
pub(super) fn load(settings: &Settings) -> Result<Catalogue, SwitchError> {
    let files = files(settings.schedules.as_deref()).map_err(SwitchError::Broken)?;
    let checked = fees::check(&files, &[], figures(settings.mode));
    checked.map(|checked| checked.catalogue).map_err(|findings| SwitchError::Broken(told(&findings)))
}

/// Findings as lines of text.
pub fn told(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    format!("the fee schedules have faults:\n{}", lines.join("\n"))
}

/// Puts every version of a catalogue in force that is not yet; gives those that were new.
pub async fn publish(
    store: &Store,
    catalogue: &Catalogue,
    by: &str,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Published>, StoreError> {
    let before = store.published().await?;
    let known = |schedule: &ScheduleRef| {
        before.iter().any(|one| {
            one.authority == schedule.authority
                && one.version == schedule.version
                && one.digest == schedule.digest
        })
    };
    let new: Vec<Published> = catalogue
        .schedules()
        .iter()
        .filter(|schedule| !known(schedule))
        .map(|schedule| Published {
            authority: schedule.authority.clone(),
            version: schedule.version.clone(),
            digest: schedule.digest.clone(),
            effective_from: schedule.effective_from,
            published_by: by.to_owned(),
            published_at: at,
        })
        .collect();
    if !new.is_empty() {
        store.publish(&new).await?;
    }
    Ok(new)
}

impl Switch {
    /// Whether this node's schedules are those in force; why not otherwise.
    pub fn schedules_in_force(&self) -> Result<(), String> {
        self.in_force.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Compares this node's schedules with those in force. One at a time, so that what was read
    /// before a publication never goes over what was read after it.
    pub async fn compare_schedules(&self) -> Result<(), SwitchError> {
        let _turn = self.comparing.lock().await;
        let published = self.store.published().await?;
        let verdict = compare(self.catalogue.schedules(), &published);
        *self.in_force.write().unwrap_or_else(std::sync::PoisonError::into_inner) = verdict;
        Ok(())
    }
}

fn compare(held: &[ScheduleRef], published: &[Published]) -> Result<(), String> {
    if published.is_empty() {
        return Err("no schedule is in force: run `rusum schedules publish`".to_owned());
    }
    for one in published {
        let same = held.iter().find(|h| h.authority == one.authority && h.version == one.version);
        let name = format!("{} {}", one.authority, one.version);
        match same {
            None => return Err(format!("{name} is in force and this node does not hold it")),
            Some(held) if held.digest != one.digest => {
                return Err(format!(
                    "{name} is in force with {}, this node holds {}",
                    one.digest, held.digest
                ));
            }
            Some(_) => {}
        }
    }
    for one in held {
        if !published.iter().any(|p| p.authority == one.authority && p.version == one.version) {
            return Err(format!(
                "{} {} is held by this node and not in force: run `rusum schedules publish`",
                one.authority, one.version
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(version: &str, digest: &str) -> ScheduleRef {
        ScheduleRef {
            authority: "a".to_owned(),
            version: version.to_owned(),
            digest: digest.to_owned(),
            effective_from: chrono::NaiveDate::default(),
        }
    }

    fn published(version: &str, digest: &str) -> Published {
        Published {
            authority: "a".to_owned(),
            version: version.to_owned(),
            digest: digest.to_owned(),
            effective_from: chrono::NaiveDate::default(),
            published_by: "x".to_owned(),
            published_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn any_difference_refuses_and_is_named() {
        let told = |held: &[ScheduleRef], published: &[Published]| compare(held, published).unwrap_err();
        assert_eq!(compare(&[held("1", "x")], &[published("1", "x")]), Ok(()));
        assert!(told(&[held("1", "x")], &[]).contains("schedules publish"));
        assert!(told(&[held("1", "x")], &[published("1", "y")]).contains("in force with y"));
        assert!(told(&[held("1", "x")], &[published("1", "x"), published("2", "z")]).contains("a 2"));
        assert!(told(&[held("1", "x"), held("2", "z")], &[published("1", "x")]).contains("not in force"));
    }
}
