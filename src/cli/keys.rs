//! `rusum keys`: makes, lists and revokes API keys.
//!
//! The secret is printed once, when the key is made; the database keeps its digest only.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::{database::Database, failure::Failure, screen};
use crate::{
    ids::KeyId,
    store::{Store, StoredKey},
    switch::{
        Clock,
        clock::fresh,
        keys::{self, Scope},
    },
};

const EXAMPLES: &str = "\
Scopes: payments:read payments:write assist refunds:write refunds:approve assessments ledger:read
        settlement:read settlement:write settlement:approve webhooks admin

What one owner proposes another must approve: give the maker's and the checker's keys different
owners.

Examples:
  rusum keys create portal --owner portal --scope payments:read payments:write webhooks
  rusum keys create desk-7 --owner amina --scope settlement:read --scope settlement:write
  rusum keys list
  rusum keys revoke key_019a...";

/// Makes, lists and revokes API keys
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
    #[command(flatten)]
    database: Database,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Makes a key and prints its secret once
    Create(Create),
    /// Lists all keys, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Makes a key worthless
    Revoke {
        /// The key's id, key_...
        id: String,
    },
}

#[derive(Args)]
struct Create {
    /// What it is called
    name: String,
    /// The person or system behind it: maker and checker compare owners
    #[arg(long)]
    owner: String,
    /// What it may do; several, or the option several times
    #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1..)]
    scopes: Vec<String>,
    /// A service that it is bound to; all unless given
    #[arg(long = "service", value_name = "CODE")]
    services: Vec<String>,
    /// An authority that it is bound to; all unless given
    #[arg(long = "authority", value_name = "CODE")]
    authorities: Vec<String>,
    /// The provider that it is bound to
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Keys {
    /// Carries it out.
    pub async fn run(self) -> Result<(), Failure> {
        // What can be refused without the database is.
        match self.command {
            KeysCommand::Create(create) => {
                let (key, secret) = create.key()?;
                create.store(&self.database.open().await?, &key, &secret).await
            }
            KeysCommand::List { json } => list(&self.database.open().await?, json).await,
            KeysCommand::Revoke { id } => {
                let id: KeyId = id.parse().map_err(|error| Failure::refused(format!("{error}")))?;
                revoke(&self.database.open().await?, id).await
            }
        }
    }
}

impl Create {
    fn key(&self) -> Result<(StoredKey, String), Failure> {
        for (what, text) in [("the name", &self.name), ("--owner", &self.owner)] {
            if text.trim().is_empty() || text.chars().count() > 100 {
                return Err(Failure::refused(format!("{what} {text:?} must have 1 to 100 characters")));
            }
        }
        let mut scopes = Vec::new();
        // "a b", "a,b" and the option several times mean the same.
        for word in self.scopes.iter().flat_map(|scopes| scopes.split([',', ' '])).filter(|w| !w.is_empty()) {
            let scope: Scope = word.parse().map_err(|_| {
                let known = Scope::ALL.map(Scope::code).join(", ");
                Failure::refused(format!("--scope {word:?} is unknown: write one of {known}"))
            })?;
            scopes.push(scope.code().to_owned());
        }
        scopes.sort();
        scopes.dedup();
        let (secret, hash) = keys::fresh_secret();
        let key = StoredKey {
            id: KeyId::new(fresh()),
            hash,
            name: self.name.clone(),
            owner: self.owner.clone(),
            scopes,
            services: self.services.clone(),
            authorities: self.authorities.clone(),
            provider: self.provider.clone(),
            created_at: Clock::system().now(),
            revoked_at: None,
        };
        Ok((key, secret.expose_secret().to_owned()))
    }

    async fn store(&self, store: &Store, key: &StoredKey, secret: &str) -> Result<(), Failure> {
        store.insert_key(key).await?;
        store.drain().await;
        if self.json {
            let shown = serde_json::json!({
                "id": key.id, "name": key.name, "owner": key.owner, "scopes": key.scopes, "secret": secret,
            });
            return screen::print_json(&shown);
        }
        screen::print(&format!(
            "{}  {} of {}: {}\n\n{secret}\n\nThis is the only time the secret is shown.\n",
            key.id,
            key.name,
            key.owner,
            key.scopes.join(" ")
        ))
    }
}

async fn list(store: &Store, json: bool) -> Result<(), Failure> {
    let keys = store.keys().await?;
    store.drain().await;
    if json {
        let shown: Vec<serde_json::Value> = keys.iter().map(shown).collect();
        return screen::print_json(&shown);
    }
    let mut table = screen::table(["id", "name", "owner", "scopes", "bound to", "made", "revoked"]);
    for key in &keys {
        let bound: Vec<&str> =
            key.services.iter().chain(&key.authorities).chain(&key.provider).map(String::as_str).collect();
        let at = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M").to_string();
        table.add_row([
            screen::text(&key.id.to_string()),
            screen::text(&key.name),
            screen::text(&key.owner),
            screen::text(&key.scopes.join(" ")),
            screen::text(&bound.join(" ")),
            screen::text(&at(key.created_at)),
            screen::text(&key.revoked_at.map(at).unwrap_or_default()),
        ]);
    }
    screen::print_line(&table.to_string())
}

fn shown(key: &StoredKey) -> serde_json::Value {
    serde_json::json!({
        "id": key.id, "name": key.name, "owner": key.owner, "scopes": key.scopes,
        "services": key.services, "authorities": key.authorities, "provider": key.provider,
        "created_at": key.created_at, "revoked_at": key.revoked_at,
    })
}

async fn revoke(store: &Store, id: KeyId) -> Result<(), Failure> {
    let revoked = store.revoke_key(id, Clock::system().now()).await?;
    store.drain().await;
    if !revoked {
        return Err(Failure::refused(format!(
            "there is no key {id} that is still worth something: `rusum keys list` shows all"
        )));
    }
    screen::print_line(&format!("{id} is revoked"))
}
