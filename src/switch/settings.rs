//! The settings of a node: a TOML file, then the environment (`RUSUM_*`), nothing else.
//!
//! Promises: an unknown or malformed setting stops the start with its name and what to write; there
//! is no default for what matters (keys, credentials, addresses); secrets are never printed.
//!
//! `RUSUM_DATABASE_URL` sets `database_url`; a double underscore goes into a table:
//! `RUSUM_PROVIDERS__FAWRY__SECURE_KEY` sets `providers.fawry.secure_key`.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use chrono::{NaiveDate, NaiveTime};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::vault::{Vault, VaultError};

/// Everything that a node is told when it starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How strict the node is.
    pub mode: Mode,
    /// `sqlite:PATH` or `postgres://...`.
    pub database_url: String,
    /// Where it listens.
    #[serde(default = "defaults::listen")]
    pub listen: SocketAddr,
    /// The address by which the outside reaches it, without a slash at its end.
    pub base_url: String,
    /// The node's name in lanes, leases and logs.
    #[serde(default = "defaults::node")]
    pub node: String,
    /// The folder of the fee schedules; those built into the binary unless given.
    #[serde(default)]
    pub schedules: Option<PathBuf>,
    /// The keys.
    pub keys: KeySettings,
    /// The providers' credentials.
    #[serde(default)]
    pub providers: ProviderSettings,
    /// Bounds of the Committer.
    #[serde(default)]
    pub committer: CommitterSettings,
    /// Bounds on callers.
    #[serde(default)]
    pub limits: LimitSettings,
    /// Webhook delivery.
    #[serde(default)]
    pub webhooks: WebhookSettings,
    /// How long personal data is kept.
    #[serde(default)]
    pub retention: RetentionSettings,
    /// The business day.
    #[serde(default)]
    pub day: DaySettings,
    /// Logging.
    #[serde(default)]
    pub log: LogSettings,
    /// The names of fee waivers in force now, such as `electronic-outage`.
    #[serde(default)]
    pub waivers: Vec<String>,
    /// Holidays that replace the built-in expectation, once they are announced.
    #[serde(default)]
    pub holidays: Option<Vec<NaiveDate>>,
}

/// How strict a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Simulated providers; days may be ended by hand at any time.
    Demo,
    /// Real providers' test systems; illustrative figures are still allowed.
    Development,
    /// Illustrative figures are refused; days end at their hour.
    Production,
}

/// The keys of a deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySettings {
    /// Which of `encryption` seals new rows.
    pub active: String,
    /// Encryption keys by id: 64 hexadecimal digits each.
    pub encryption: BTreeMap<String, SecretString>,
    /// The key of hashes of national ids: 64 hexadecimal digits. It cannot be changed.
    pub hash: SecretString,
    /// The key of checkout links: 64 hexadecimal digits.
    pub checkout: SecretString,
}

/// The providers' credentials; a provider that is not named is not offered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// FawryPay.
    pub fawry: Option<FawrySettings>,
}

/// FawryPay's credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FawrySettings {
    /// The merchant code.
    pub merchant_code: String,
    /// The secure key.
    pub secure_key: SecretString,
    /// Its address, without a slash at its end.
    pub base_url: String,
}

/// Bounds of the Committer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CommitterSettings {
    /// How many committers run beside one another; SQLite always has one.
    pub lanes: usize,
    /// How many Changes may wait; past it callers get 503.
    pub queue: usize,
    /// How many Changes one commit carries at most.
    pub batch: usize,
}

/// Bounds on callers.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Quotes per minute and address; 0 for no limit.
    pub quotes_per_minute: u32,
    /// Calls per minute and key; 0 for no limit.
    pub calls_per_minute: u32,
    /// For how long a node has to itself what it took up, in seconds; longer than any exchange with
    /// a provider should take. What a dead node held is taken up by others after it.
    pub lease_secs: u64,
}

/// Webhook delivery.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Whether `http` addresses on the loopback interface may be told (demonstrations and tests).
    pub allow_loopback_http: bool,
    /// How long a receiver has to answer, in seconds.
    pub timeout_secs: u64,
}

/// How long personal data is kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Payers' names, mobiles and national ids, in days after the payment was made.
    pub payers_days: u32,
    /// Providers' raw messages, in days after they came.
    pub messages_days: u32,
}

/// The business day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DaySettings {
    /// The Cairo time at which a business day ends.
    pub ends_at: NaiveTime,
}

/// Logging.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// `json` or `text`.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    Text,
}

impl Default for CommitterSettings {
    fn default() -> Self {
        Self { lanes: 2, queue: 4096, batch: 512 }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { quotes_per_minute: 600, calls_per_minute: 60_000, lease_secs: 60 }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { allow_loopback_http: false, timeout_secs: 15 }
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { payers_days: 400, messages_days: 100 }
    }
}

impl Default for DaySettings {
    fn default() -> Self {
        Self { ends_at: NaiveTime::MIN }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Json }
    }
}

mod defaults {
    use std::net::{Ipv4Addr, SocketAddr};

    pub fn listen() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))
    }

    pub fn node() -> String {
        let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
        format!("{}-{}", host.as_deref().unwrap_or("node"), std::process::id())
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file or a variable is malformed; toml says where.
    #[error("the settings cannot be read: {0}")]
    Malformed(String),
    /// A key has the wrong form.
    #[error("{0} must be 64 hexadecimal digits (32 bytes); make one with `openssl rand -hex 32`")]
    Key(String),
    /// The vault refuses the keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// `base_url` has the wrong form.
    #[error("base_url {0:?} must begin with http:// or https:// and have no slash at its end")]
    BaseUrl(String),
    /// Production asks for more.
    #[error("mode \"production\" refuses {0}")]
    NotForProduction(&'static str),
}

impl Settings {
    /// Reads a settings file's text and the environment's `RUSUM_*` over it.
    pub fn parse(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        // A first reading of the text alone, so that a fault is told with line and column.
        let mut table: toml::Table =
            toml::from_str(text).map_err(|error| SettingsError::Malformed(error.to_string()))?;
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix("RUSUM_") {
                let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
                set(&mut table, &path, &value).map_err(|fault| {
                    SettingsError::Malformed(format!("environment variable {name}: {fault}"))
                })?;
            }
        }
        let settings: Self =
            table.try_into().map_err(|error: toml::de::Error| SettingsError::Malformed(error.to_string()))?;
        settings.check()
    }

    fn check(self) -> Result<Self, SettingsError> {
        let web = self.base_url.starts_with("http://") || self.base_url.starts_with("https://");
        if !web || self.base_url.ends_with('/') {
            return Err(SettingsError::BaseUrl(self.base_url));
        }
        if self.mode == Mode::Production {
            if self.webhooks.allow_loopback_http {
                return Err(SettingsError::NotForProduction("webhooks.allow_loopback_http"));
            }
            if self.base_url.starts_with("http://") {
                return Err(SettingsError::NotForProduction("a base_url without https"));
            }
        }
        self.vault()?;
        self.checkout_key()?;
        Ok(self)
    }

    /// The vault with the configured keys.
    pub fn vault(&self) -> Result<Vault, SettingsError> {
        let mut keys = BTreeMap::new();
        for (id, key) in &self.keys.encryption {
            keys.insert(id.clone(), key_bytes(&format!("keys.encryption.{id}"), key)?);
        }
        Ok(Vault::try_new(self.keys.active.clone(), keys, key_bytes("keys.hash", &self.keys.hash)?)?)
    }

    /// The key of checkout links.
    pub fn checkout_key(&self) -> Result<[u8; 32], SettingsError> {
        key_bytes("keys.checkout", &self.keys.checkout)
    }
}

fn key_bytes(name: &str, key: &SecretString) -> Result<[u8; 32], SettingsError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(key.expose_secret(), &mut bytes).map_err(|_| SettingsError::Key(name.to_owned()))?;
    Ok(bytes)
}

/// Puts a variable's value where its path says: as a number or a boolean where it is one and the
/// setting is no text.
fn set(table: &mut toml::Table, path: &[String], value: &str) -> Result<(), String> {
    match path {
        [] => Err("it names no setting".to_owned()),
        [name] => {
            let text_settings = ["database_url", "base_url", "node", "secure_key", "merchant_code", "active"];
            let plain = if text_settings.contains(&name.as_str()) {
                None
            } else {
                value
                    .parse::<i64>()
                    .map(toml::Value::Integer)
                    .ok()
                    .or_else(|| value.parse::<bool>().map(toml::Value::Boolean).ok())
            };
            table.insert(name.clone(), plain.unwrap_or_else(|| toml::Value::String(value.to_owned())));
            Ok(())
        }
        [name, rest @ ..] => {
            let inner = table.entry(name.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            match inner {
                toml::Value::Table(inner) => set(inner, rest, value),
                _ => Err(format!("{name} is not a table")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn text() -> String {
        format!(
            r#"
            mode = "development"
            database_url = "sqlite:rusum.db"
            base_url = "http://localhost:8080"
            [keys]
            active = "k1"
            encryption = {{ k1 = "{KEY}" }}
            hash = "{KEY}"
            checkout = "{KEY}"
            "#
        )
    }

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let settings = Settings::parse(
            &text(),
            variables(&[
                ("RUSUM_DATABASE_URL", "postgres://localhost/rusum"),
                ("RUSUM_COMMITTER__QUEUE", "9"),
                ("RUSUM_PROVIDERS__FAWRY__MERCHANT_CODE", "123"),
                ("RUSUM_PROVIDERS__FAWRY__SECURE_KEY", "456"),
                ("RUSUM_PROVIDERS__FAWRY__BASE_URL", "https://fawry.example"),
                ("HOME", "/"),
            ]),
        )
        .unwrap();
        assert_eq!(settings.database_url, "postgres://localhost/rusum");
        assert_eq!(settings.committer.queue, 9);
        assert_eq!(settings.committer.batch, CommitterSettings::default().batch);
        assert_eq!(settings.providers.fawry.unwrap().merchant_code, "123");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fault =
            |pairs: &[(&str, &str)]| Settings::parse(&text(), variables(pairs)).unwrap_err().to_string();
        assert!(fault(&[("RUSUM_LISTENS", "1")]).contains("listens"));
        assert!(fault(&[("RUSUM_KEYS__HASH", "12")]).contains("keys.hash"));
        assert!(fault(&[("RUSUM_BASE_URL", "localhost/")]).contains("base_url"));
        assert!(fault(&[("RUSUM_MODE", "production")]).contains("https"));
        assert!(fault(&[("RUSUM_KEYS__ACTIVE", "k2")]).contains("k2"));
        let broken = Settings::parse("mode = ", Vec::new()).unwrap_err().to_string();
        assert!(broken.contains("line 1"), "{broken}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let printed = format!("{:?}", Settings::parse(&text(), Vec::new()).unwrap());
        assert!(!printed.contains(KEY), "{printed}");
    }
}
