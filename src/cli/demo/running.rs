//! A running demo: the switch, its jobs, the simulators and the portal, in one process on two ports.
//!
//! Started in an order in which nothing is told before it can be heard; stopped in the other: first
//! the switch takes nothing new, then its jobs finish what they hold, then the simulators go.

use std::io;

use rusum_kit::sign;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinHandle},
};

use super::{
    folder::{Folder, Ports},
    portal::Portal,
};
use crate::{
    cli::{
        failure::Failure,
        http,
        simulators::{Setup, Simulators},
    },
    ids::{KeyId, WebhookId},
    store::{Endpoint, Store, StoreError, StoredKey},
    switch::{
        Clock, Jobs, Settings, Switch,
        clock::fresh,
        keys::{self, Scope},
        schedules,
    },
};

/// Whose the maker's key is, and its payments.
pub const MAKER: &str = "demo-portal";
/// Whose the checker's key is.
pub const CHECKER: &str = "demo-checker";
/// By this, and a digest of its secret, the portal's own endpoint is known.
const ENDPOINT: &str = "the demo's portal";
/// The option that changes the ports.
const PORT_OPTION: &str = "--port (0 picks free ones)";

/// The listeners of the switch and of the simulators.
pub struct Listeners {
    /// The switch's.
    pub switch: TcpListener,
    /// The simulators' and the portal's.
    pub simulators: TcpListener,
    /// Their ports.
    pub ports: Ports,
}

impl Listeners {
    /// On this port and the tenth after it; 0 takes those of the time before if they are still free,
    /// else any.
    pub async fn open(port: u16, before: Option<Ports>) -> Result<Self, Failure> {
        if port == 0 {
            if let Some(before) = before
                && let Ok(switch) = http::listen(http::loopback(before.switch), PORT_OPTION).await
                && let Ok(simulators) = http::listen(http::loopback(before.simulators), PORT_OPTION).await
            {
                return Self::of(switch, simulators);
            }
            let switch = http::listen(http::loopback(0), PORT_OPTION).await?;
            return Self::of(switch, http::listen(http::loopback(0), PORT_OPTION).await?);
        }
        let other = port.checked_add(10).ok_or_else(|| {
            Failure::refused(format!(
                "--port {port} leaves no room for the simulators ten ports above it: choose one up to 65525"
            ))
        })?;
        let switch = http::listen(http::loopback(port), PORT_OPTION).await?;
        Self::of(switch, http::listen(http::loopback(other), PORT_OPTION).await?)
    }

    fn of(switch: TcpListener, simulators: TcpListener) -> Result<Self, Failure> {
        let port = |listener: &TcpListener| {
            let address = listener.local_addr();
            address.map(|address| address.port()).map_err(|error| {
                Failure::broken(format!("the address that is listened on is not known: {error}"))
            })
        };
        let ports = Ports { switch: port(&switch)?, simulators: port(&simulators)? };
        Ok(Self { switch, simulators, ports })
    }
}

/// A demo that runs.
pub struct Running {
    /// The switch.
    pub switch: Switch,
    /// Its address.
    pub base_url: String,
    /// The simulators' and the portal's address.
    pub simulators_url: String,
    jobs: Jobs,
    stop_switch: watch::Sender<bool>,
    stop_simulators: watch::Sender<bool>,
    switch_server: JoinHandle<io::Result<()>>,
    simulators_server: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Starts everything: publishes the schedules, makes the keys and the portal's endpoint.
    pub async fn start(
        folder: &Folder,
        settings: Settings,
        listeners: Listeners,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let base_url = settings.base_url.clone();
        let simulators_url = format!("http://127.0.0.1:{}", listeners.ports.simulators);
        let switch = Switch::start(settings, clock.clone()).await?;
        publish(&switch).await?;
        make_key(switch.store(), &folder.secrets.api_key, MAKER, &makers_scopes(), &clock).await?;
        make_key(switch.store(), &folder.secrets.approver_key, CHECKER, &Scope::ALL, &clock).await?;
        let url = format!("{simulators_url}/portal/webhooks");
        make_endpoint(&switch, &url, &folder.secrets.webhook_secret).await?;

        let (stop_switch, switch_stops) = watch::channel(false);
        let (stop_simulators, simulators_stop) = watch::channel(false);
        let router = http::router(&switch);
        let switch_server = tokio::spawn(http::serve(listeners.switch, router, switch_stops));
        let simulators = Simulators::open(Setup {
            fawry: folder.secrets.fawry(),
            books: Some(&folder.path),
            switch_url: Some(&base_url),
            clock: clock.clone(),
        })?;
        let portal = Portal::new(&folder.secrets.webhook_secret, clock);
        let also = portal.router();
        let simulators_server =
            tokio::spawn(async move { simulators.serve(listeners.simulators, also, simulators_stop).await });
        let jobs = switch.run();
        Ok(Self {
            switch,
            base_url,
            simulators_url,
            jobs,
            stop_switch,
            stop_simulators,
            switch_server,
            simulators_server,
        })
    }

    /// Drains: what runs is finished, what waits is kept for the next start.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop_switch.send_replace(true);
        let switch = ended(self.switch_server.await);
        self.jobs.stop().await;
        self.stop_simulators.send_replace(true);
        ended(self.simulators_server.await).and(switch)
    }
}

fn ended(server: Result<io::Result<()>, JoinError>) -> Result<(), Failure> {
    match server {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::broken(format!("a server ended: {error}"))),
        Err(error) => Err(Failure::broken(format!("a server ended abnormally: {error}"))),
    }
}

/// The settings of a demo; the environment may change what is in the tables of settings (logging,
/// limits), not who and where it is.
pub fn settings(
    folder: &Folder,
    database_url: &str,
    ports: Ports,
    log_level: &str,
) -> Result<Settings, Failure> {
    let secrets = &folder.secrets;
    let table = json!({
        "mode": "demo",
        "database_url": database_url,
        "listen": format!("127.0.0.1:{}", ports.switch),
        "base_url": format!("http://127.0.0.1:{}", ports.switch),
        "keys": {
            "active": secrets.encryption_key_id,
            "encryption": {secrets.encryption_key_id.as_str(): secrets.encryption_key},
            "hash": secrets.hash_key,
            "checkout": secrets.checkout_key,
        },
        "providers": {"fawry": {
            "merchant_code": secrets.fawry_merchant_code,
            "secure_key": secrets.fawry_secure_key,
            "base_url": format!("http://127.0.0.1:{}/fawry", ports.simulators),
        }},
        "webhooks": {"allow_loopback_http": true},
        "log": {"level": log_level, "format": "text"},
    });
    let text = toml::to_string(&table)
        .map_err(|error| Failure::broken(format!("the demo's settings cannot be written: {error}")))?;
    let environment = std::env::vars().filter(|(name, _)| {
        let table = name.strip_prefix("RUSUM_").and_then(|rest| rest.split_once("__"));
        table.is_some_and(|(table, _)| matches!(table, "LOG" | "LIMITS" | "COMMITTER" | "DAY" | "WEBHOOKS"))
    });
    Settings::parse(&text, environment).map_err(|error| Failure::refused(error.to_string()))
}

/// Puts the schedules in force. A database that knows others is of another version of the demo.
async fn publish(switch: &Switch) -> Result<(), Failure> {
    let now = switch.clock().now();
    let published = schedules::publish(switch.store(), &switch.catalogue(), "demo", now).await;
    switch.compare_schedules().await?;
    let why = match (published, switch.schedules_in_force()) {
        (Ok(_), Ok(())) => return Ok(()),
        (Err(error @ StoreError::AlreadyPublished { .. }), _) => error.to_string(),
        (Err(error), _) => return Err(error.into()),
        (Ok(_), Err(why)) => why,
    };
    Err(Failure::refused(format!(
        "this database was made with other fee schedules ({why}): begin anew with another --data-dir, or \
         another --database-url"
    )))
}

/// Every scope but the approving ones.
fn makers_scopes() -> Vec<Scope> {
    let approves = |scope: &Scope| matches!(scope, Scope::RefundsApprove | Scope::SettlementApprove);
    Scope::ALL.into_iter().filter(|scope| !approves(scope)).collect()
}

/// Stores a key unless it is there.
async fn make_key(
    store: &Store,
    secret: &str,
    owner: &str,
    scopes: &[Scope],
    clock: &Clock,
) -> Result<(), Failure> {
    let hash = keys::digest(secret).ok_or_else(|| {
        Failure::refused(format!("the key of {owner} in secrets.json has not the form of one"))
    })?;
    if store.key_by_hash(&hash).await?.is_some() {
        return Ok(());
    }
    let key = StoredKey {
        id: KeyId::new(fresh()),
        hash,
        name: owner.to_owned(),
        owner: owner.to_owned(),
        scopes: scopes.iter().map(|scope| scope.code().to_owned()).collect(),
        services: Vec::new(),
        authorities: Vec::new(),
        provider: None,
        created_at: clock.now(),
        revoked_at: None,
    };
    Ok(store.insert_key(&key).await?)
}

/// Registers the portal's address unless it is. What this folder registered at an earlier port, or
/// another folder at this one, is taken away.
async fn make_endpoint(switch: &Switch, url: &str, secret: &str) -> Result<(), Failure> {
    let description = format!("{ENDPOINT} {}", &sign::sha256_hex([secret])[..8]);
    let mut is_there = false;
    for endpoint in switch.store().endpoints(Some(MAKER)).await? {
        let told = endpoint.description.as_deref().unwrap_or_default();
        let (same_place, same_secret) = (endpoint.url == url, told == description);
        if same_place && same_secret && endpoint.disabled.is_none() {
            is_there = true;
        } else if same_secret || (same_place && told.starts_with(ENDPOINT)) {
            switch.store().delete_endpoint(endpoint.id).await?;
        }
    }
    if is_there {
        return Ok(());
    }
    let id = WebhookId::new(fresh());
    let endpoint = Endpoint {
        id,
        owner: MAKER.to_owned(),
        url: url.to_owned(),
        events: vec!["*".to_owned()],
        description: Some(description),
        secret: switch.seal_secret(id, secret),
        previous_secret: None,
        created_at: switch.clock().now(),
        disabled: None,
    };
    Ok(switch.store().insert_endpoint(&endpoint).await?)
}
