//! `kill -9` at random moments under load: what was acknowledged is there, and nothing hangs.
//!
//! A real server process is killed without warning round after round while clients make payments
//! and pay them at the simulated counter. The simulator and the portal's webhook receiver live in
//! the test's own process and survive. After the last round everything must come to rest: the
//! simulator's books and ours agree payment by payment, the ledger verifies, each paid payment's
//! event was delivered.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use rusum::{
    cli::simulators::{Merchant, Setup, Simulators},
    switch::{
        Clock,
        clock::{fresh, random},
    },
};

use crate::{
    store::{Backend, backends},
    support::{self, MERCHANT, SECURE_KEY},
};

const ROUNDS: usize = 20;
const CLIENTS: usize = 8;
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What clients were told.
#[derive(Default)]
struct Acknowledged {
    payments: BTreeSet<String>,
    attempts: BTreeMap<String, String>,
    paid: BTreeSet<String>,
}

/// A server process; killed when it is dropped.
struct Server(Child);

impl Server {
    /// `kill -9`, and waits until it is gone.
    fn kill(&mut self) {
        // One that ended by itself is as dead.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

struct World {
    folder: PathBuf,
    config: PathBuf,
    database: String,
    base_url: String,
    simulators_url: String,
    api_key: String,
    client: reqwest::Client,
    acknowledged: Mutex<Acknowledged>,
    delivered: Arc<Mutex<BTreeSet<String>>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed_on_sqlite() {
    run(&Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed_on_postgres() {
    for backend in backends().iter().filter(|backend| !matches!(backend, Backend::Sqlite)) {
        run(backend).await;
    }
}

async fn run(backend: &Backend) {
    support::install_tls();
    let folder = tempfile::tempdir().unwrap();
    let database = backend.fresh().await;
    let world = Arc::new(World::make(folder.path(), database.url.clone()).await);
    for _ in 0..ROUNDS {
        let mut server = world.start().await;
        let load: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(world.clone().make_payments())).collect();
        let alive = Duration::from_millis(250 + u64::from(u16::from_le_bytes(random())) % 1_000);
        // The moment of the kill is what is random here: this is no wait for something to happen.
        tokio::time::sleep(alive).await;
        server.kill();
        for client in load {
            client.abort();
            let _ = client.await;
        }
    }
    let mut server = world.start().await;
    world.comes_to_rest().await;
    world.agrees_with_what_was_acknowledged().await;
    server.kill();
    world.verifies();
}

impl World {
    async fn make(folder: &Path, database: String) -> Self {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let delivered = Arc::new(Mutex::new(BTreeSet::new()));
        let simulators_url = serve(simulators().router()).await;
        let receiver = serve(receiver(delivered.clone())).await;
        let port = free_port().await;
        let base_url = format!("http://127.0.0.1:{port}");
        let config = folder.join("rusum.toml");
        let text = format!(
            r#"
            mode = "demo"
            database_url = "{database}"
            listen = "127.0.0.1:{port}"
            base_url = "{base_url}"
            [keys]
            active = "k1"
            encryption = {{ k1 = "{KEY}" }}
            hash = "{KEY}"
            checkout = "{KEY}"
            [providers.fawry]
            merchant_code = "{MERCHANT}"
            secure_key = "{SECURE_KEY}"
            base_url = "{simulators_url}/fawry"
            [limits]
            lease_secs = 2
            quotes_per_minute = 0
            calls_per_minute = 0
            [webhooks]
            allow_loopback_http = true
            "#,
        );
        std::fs::write(&config, text).unwrap();
        let mut world = Self {
            folder: folder.to_owned(),
            config,
            database,
            base_url,
            simulators_url,
            api_key: String::new(),
            client,
            acknowledged: Mutex::default(),
            delivered,
        };
        world.prepare(&receiver).await;
        world
    }

    /// Schedules in force, a key, and the portal's endpoint: by the commands a new user would run.
    async fn prepare(&mut self, receiver: &str) {
        self.command(&["migrate", "--database-url", &self.database]);
        self.command(&["schedules", "publish", "--database-url", &self.database, "--by", "test"]);
        let scopes = ["payments:read", "payments:write", "webhooks", "ledger:read"];
        let mut arguments = vec!["keys", "create", "portal", "--owner", "portal", "--database-url"];
        let database = self.database.clone();
        arguments.push(&database);
        for scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        let printed = self.command(&arguments);
        let secret = printed.split_whitespace().find(|word| word.starts_with("rsk_"));
        secret.expect("the secret is printed").clone_into(&mut self.api_key);
        let mut server = self.start().await;
        let endpoint = json!({"url": receiver, "events": ["payment.paid"]});
        let answer = self.post("/v1/webhook-endpoints", None, &endpoint).await.unwrap();
        assert!(answer["secret"].as_str().unwrap().starts_with("whsec_"));
        server.kill();
    }

    fn command(&self, arguments: &[&str]) -> String {
        let mut command = rusum();
        command.args(arguments).current_dir(&self.folder);
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "rusum {arguments:?}: {out}{err}");
        out.into_owned()
    }

    async fn start(&self) -> Server {
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.join("server.log")).unwrap();
        let server = rusum()
            .arg("serve")
            .arg("--config")
            .arg(&self.config)
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let mut server = Server(server);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Ok(answer) = self.client.get(format!("{}/healthz", self.base_url)).send().await
                && answer.status().is_success()
            {
                return server;
            }
            assert!(server.0.try_wait().unwrap().is_none(), "the server ended: {}", self.log());
            assert!(Instant::now() < deadline, "the server does not answer: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    async fn post(&self, path: &str, key: Option<String>, body: &Value) -> Option<Value> {
        let mut request =
            self.client.post(format!("{}{path}", self.base_url)).bearer_auth(&self.api_key).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let body: Value = answer.json().await.ok()?;
        assert!(status.as_u16() < 500 || status.as_u16() == 503, "{path}: {status} {body}");
        status.is_success().then_some(body)
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.api_key);
        let answer = request.send().await.ok()?;
        if answer.status().is_success() { answer.json().await.ok() } else { None }
    }

    /// A client that makes payments until it is stopped.
    async fn make_payments(self: Arc<Self>) {
        loop {
            if self.make_payment().await.is_none() {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn make_payment(&self) -> Option<()> {
        let quote = self.post("/v1/quotes", None, &birth_certificate()).await?;
        let order = json!({"quote": quote["id"], "payer": {"mobile": "01001234567"}});
        let payment = self.post("/v1/payments", Some(unique()), &order).await?;
        let id = payment["id"].as_str()?.to_owned();
        self.acknowledged.lock().unwrap().payments.insert(id.clone());
        let path = format!("/v1/payments/{id}/attempts");
        let order = json!({"method": "epayment"});
        let attempt = self.post(&path, Some(unique()), &order).await?;
        let attempt_id = attempt["id"].as_str()?.to_owned();
        self.acknowledged.lock().unwrap().attempts.insert(attempt_id, id.clone());
        let reference = attempt["provider_reference"].as_str()?;
        self.pay(reference).await?;
        while self.get(&format!("/v1/payments/{id}")).await?["status"] != "paid" {
            tokio::task::yield_now().await;
        }
        self.acknowledged.lock().unwrap().paid.insert(id);
        Some(())
    }

    async fn pay(&self, reference: &str) -> Option<()> {
        let url = format!("{}/fawry/_control/pay", self.simulators_url);
        let answer = self.client.post(url).json(&json!({"reference": reference})).send().await.ok()?;
        answer.status().is_success().then_some(())
    }

    async fn charges(&self) -> Vec<Value> {
        let url = format!("{}/fawry/_control/state", self.simulators_url);
        let state: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        state["charges"].as_array().unwrap().clone()
    }

    /// Everything that the simulator collected is credited here, every attempt has an answer, and
    /// every paid payment's event was delivered.
    async fn comes_to_rest(&self) {
        let deadline = Instant::now() + Duration::from_mins(3);
        loop {
            let restless = self.restless().await;
            if restless.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "still not at rest: {restless:?}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn restless(&self) -> Vec<String> {
        let mut restless = Vec::new();
        for status in ["created", "unknown"] {
            let page = self.get(&format!("/v1/attempts?status={status}&limit=10")).await.unwrap();
            for attempt in page["data"].as_array().unwrap() {
                restless.push(format!("attempt {} is {status}", attempt["id"]));
            }
        }
        for charge in self.charges().await {
            if charge["paid"] == "0.00" {
                continue;
            }
            let reference = charge["reference"].as_str().unwrap();
            let path = format!("/v1/payments?provider_reference={reference}");
            let page = self.get(&path).await.unwrap();
            let payment = &page["data"][0];
            if payment["status"] != "paid" {
                restless.push(format!("{reference} was collected and its payment is {}", payment["status"]));
            } else if !self.delivered.lock().unwrap().contains(payment["id"].as_str().unwrap()) {
                restless.push(format!("{} is paid and its event was not delivered", payment["id"]));
            }
        }
        restless
    }

    async fn agrees_with_what_was_acknowledged(&self) {
        let (payments, attempts, paid) = {
            let acknowledged = self.acknowledged.lock().unwrap();
            (acknowledged.payments.clone(), acknowledged.attempts.clone(), acknowledged.paid.clone())
        };
        println!(
            "{} payments, {} attempts, {} paid acknowledged",
            payments.len(),
            attempts.len(),
            paid.len()
        );
        assert!(!paid.is_empty(), "the load paid something");
        let mut collected = 0;
        for id in &payments {
            let payment =
                self.get(&format!("/v1/payments/{id}")).await.expect("acknowledged, so it is there");
            assert!(!paid.contains(id) || payment["status"] == "paid", "{id} was acknowledged as paid");
            for attempt in payment["attempts"].as_array().unwrap() {
                assert_ne!(attempt["status"], "created", "{id} hangs");
            }
        }
        for (attempt, payment) in &attempts {
            let payment = self.get(&format!("/v1/payments/{payment}")).await.unwrap();
            let known =
                payment["attempts"].as_array().unwrap().iter().any(|one| one["id"] == attempt.as_str());
            assert!(known, "{attempt} was acknowledged");
        }
        for charge in self.charges().await {
            collected += piastres(charge["paid"].as_str().unwrap());
        }
        let receivable = self.get("/v1/ledger/accounts/provider:fawry:receivable").await.unwrap();
        assert_eq!(piastres(receivable["balance"].as_str().unwrap()), collected);
        let suspense = self.get("/v1/ledger/accounts/suspense:fawry").await;
        assert!(suspense.is_none_or(|account| account["balance"] == "0.00"), "nothing is unexplained");
    }

    fn verifies(&self) {
        self.command(&["ledger", "verify", "--database-url", &self.database]);
    }
}

/// The portal: keeps the ids of the payments whose `payment.paid` it was told.
fn receiver(delivered: Arc<Mutex<BTreeSet<String>>>) -> Router {
    async fn take(State(delivered): State<Arc<Mutex<BTreeSet<String>>>>, body: String) -> &'static str {
        let event: Value = serde_json::from_str(&body).unwrap();
        delivered.lock().unwrap().insert(event["data"]["id"].as_str().unwrap().to_owned());
        "thanks"
    }
    Router::new().route("/", post(take)).with_state(delivered)
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The program, told nothing by the environment of the tests.
fn rusum() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rusum"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RUSUM_")) {
        command.env_remove(name);
    }
    command
}

fn simulators() -> Simulators {
    let fawry = Merchant { code: MERCHANT.to_owned(), secure_key: SECURE_KEY.to_owned() };
    Simulators::open(Setup { fawry, books: None, switch_url: None, clock: Clock::system() }).unwrap()
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

fn unique() -> String {
    fresh().simple().to_string()
}

fn birth_certificate() -> Value {
    let item = json!({"service": "civil-status.birth-certificate", "quantity": 1});
    json!({"channel": "portal", "governorate": "03", "items": [item]})
}

fn piastres(amount: &str) -> i64 {
    rusum::money::Piastres::parse(amount).unwrap().get()
}
