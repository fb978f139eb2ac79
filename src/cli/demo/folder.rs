//! The demo's folder: its secrets, its database, the simulators' books, and `demo.json`.
//!
//! Promises: the secrets are made once, at random, and found again at every start, also after the
//! process was killed: a file is written beside its place, synced, and renamed. Nobody but its owner
//! can read it. Two demos never share a folder at the same time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    cli::{failure::Failure, simulators::Merchant},
    switch::{clock::random, keys, webhooks},
};

/// The folder, locked.
pub struct Folder {
    /// Its path, absolute.
    pub path: PathBuf,
    /// What it was given at its first start.
    pub secrets: Secrets,
    /// The ports of the last start, if there was one.
    pub ports: Option<Ports>,
    _lock: File,
}

/// What is made up at the first start.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The maker's key: every scope but the approving ones.
    pub api_key: String,
    /// The checker's key: every scope, another owner.
    pub approver_key: String,
    /// What the portal's webhooks are signed with.
    pub webhook_secret: String,
    /// Fawry's credentials.
    pub fawry_merchant_code: String,
    /// See `fawry_merchant_code`.
    pub fawry_secure_key: String,
    /// The id of the encryption key.
    pub encryption_key_id: String,
    /// The encryption key.
    pub encryption_key: String,
    /// The key of hashes.
    pub hash_key: String,
    /// The key of checkout links.
    pub checkout_key: String,
}

/// Where a demo listened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// The switch.
    pub switch: u16,
    /// The simulators.
    pub simulators: u16,
}

impl Secrets {
    fn new() -> Self {
        let key = || keys::fresh_secret().0.expose_secret().to_owned();
        let hex = || hex::encode(random::<32>());
        Self {
            api_key: key(),
            approver_key: key(),
            webhook_secret: webhooks::new_secret(),
            fawry_merchant_code: format!("demo-{}", hex::encode(random::<4>())),
            fawry_secure_key: hex::encode(random::<16>()),
            encryption_key_id: format!("demo-{}", hex::encode(random::<4>())),
            encryption_key: hex(),
            hash_key: hex(),
            checkout_key: hex(),
        }
    }

    /// Fawry's credentials.
    pub fn fawry(&self) -> Merchant {
        Merchant { code: self.fawry_merchant_code.clone(), secure_key: self.fawry_secure_key.clone() }
    }
}

impl Folder {
    /// Opens the folder, making it and its secrets where they are missing.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| Failure::file(path, "made", &error))?;
        let path = path.canonicalize().map_err(|error| Failure::file(path, "read", &error))?;
        let lock = lock(&path)?;
        let secrets = if let Some(secrets) = read(&path.join("secrets.json"))? {
            secrets
        } else {
            let secrets = Secrets::new();
            write_private(&path.join("secrets.json"), &secrets)?;
            secrets
        };
        let ports = read(&path.join("ports.json"))?;
        Ok(Self { path, secrets, ports, _lock: lock })
    }

    /// Remembers where this demo listens, so that the next one takes the same ports if it may choose.
    pub fn remember(&self, ports: Ports) -> Result<(), Failure> {
        write_private(&self.path.join("ports.json"), &ports)
    }

    /// The address of the database in the folder.
    pub fn sqlite_url(&self) -> String {
        format!("sqlite:{}", self.path.join("rusum.db").display())
    }

    /// Writes `demo.json`.
    pub fn write_demo_json(&self, demo: &impl Serialize) -> Result<PathBuf, Failure> {
        let path = self.path.join("demo.json");
        write_private(&path, demo)?;
        Ok(path)
    }
}

fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| Failure::file(&path, "opened", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::unreachable(format!(
            "another demo runs in {}: stop it, or choose another folder with --data-dir",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Failure::file(&path, "locked", &error)),
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file(path, "read", &error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        Failure::refused(format!(
            "{} is not what a demo wrote ({error}): choose another folder with --data-dir, or remove \
             this one to begin anew",
            path.display()
        ))
    })
}

/// Writes a file that only its owner can read: whole or not at all.
fn write_private(path: &Path, content: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(content)
        .map_err(|error| Failure::broken(format!("{}: {error}", path.display())))?;
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| Failure::file(path, "written", &error))
}

/// A folder of its own that is removed when it is dropped.
pub struct Temporary(pub PathBuf);

impl Temporary {
    /// A new one.
    pub fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("rusum-demo-{}", hex::encode(random::<8>())));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| Failure::file(&path, "made", &error))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::failure::Kind;

    #[test]
    fn secrets_are_made_once_and_are_private() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/b");
        let first = Folder::open(&path).unwrap();
        first.remember(Ports { switch: 1, simulators: 2 }).unwrap();
        let api_key = first.secrets.api_key.clone();
        assert!(Folder::open(&path).is_err_and(|failure| failure.text.contains("another demo")));
        drop(first);
        let again = Folder::open(&path).unwrap();
        assert_eq!(again.secrets.api_key, api_key);
        assert_eq!(again.ports, Some(Ports { switch: 1, simulators: 2 }));
        for name in ["secrets.json", "ports.json", "lock"] {
            let mode = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("secrets.json"), "{\"mine\": 1}").unwrap();
        let refused = Folder::open(temporary.path()).err().unwrap();
        assert_eq!(refused.kind, Kind::Refused);
        assert!(refused.text.contains("--data-dir"), "{refused}");
    }
}
