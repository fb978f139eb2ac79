//! A whole switch for behaviour tests: started in this process on free ports, on any engine, with a
//! simulated provider, keys, and a clock whose hands tests move.
//!
//! Nothing here sleeps for a time: [`until`] asks again until it is so, or fails at a deadline.

#![expect(dead_code, reason = "each promise needs a part of it")]

pub mod command;
mod http;
mod node;

use std::{
    sync::Once,
    time::{Duration, Instant},
};

pub use http::{Answer, Http};
pub use node::Node;
use rusum::{
    cli::simulators::{Merchant, Setup, Simulators},
    ids::{KeyId, PaymentId},
    store::{Store, StoredKey},
    switch::{
        Clock, Settings, Switch,
        clock::fresh,
        keys::{self, Scope},
        schedules,
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::store::{Backend, Database};

/// How long anything may take that tests wait for.
const DEADLINE: Duration = Duration::from_secs(30);
/// Whose the payments of [`Rig::http`] are.
pub const MAKER: &str = "portal";
/// Whose key [`Rig::checker`] has.
pub const CHECKER: &str = "treasury";
/// The simulated Fawry's merchant code.
pub const MERCHANT: &str = "test-merchant";
/// The simulated Fawry's secure key.
pub const SECURE_KEY: &str = "a key for tests";
/// What encrypts, hashes and signs links.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A switch with all that is around it.
pub struct Rig {
    /// Calls the first node with every scope but the approving ones.
    pub http: Http,
    /// Calls the first node with every scope, as another owner.
    pub checker: Http,
    /// The first node.
    pub node: Node,
    /// Moves the time of the switch, its nodes and the simulators.
    pub clock: Clock,
    /// Where the simulators are.
    pub simulators_url: String,
    /// The database.
    pub database: Database,
    /// What new nodes are told.
    settings: Settings,
    stop_simulators: watch::Sender<bool>,
}

/// Lets clients be built in this process.
pub fn install_tls() {
    static TLS: Once = Once::new();
    // Another part of the tests may have been first.
    TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

impl Rig {
    /// A switch on a fresh database.
    pub async fn start(backend: &Backend) -> Self {
        Self::with(backend, |_| {}).await
    }

    /// A switch with other settings.
    pub async fn with(backend: &Backend, change: impl FnOnce(&mut Settings)) -> Self {
        install_tls();
        let clock = Clock::adjustable();
        let database = backend.fresh().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulating = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let simulators_url = format!("http://{}", simulating.local_addr().unwrap());
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = settings(&database.url, &base_url, &simulators_url);
        change(&mut settings);
        let node = Node::start(settings.clone(), clock.clone(), listener).await;
        let stop_simulators = simulate(simulating, &clock, &base_url);
        let switch = &node.switch;
        schedules::publish(switch.store(), &switch.catalogue(), "test", clock.now()).await.unwrap();
        switch.compare_schedules().await.unwrap();
        let approving = [Scope::RefundsApprove, Scope::SettlementApprove];
        let making: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| !approving.contains(scope)).collect();
        let maker = insert_key(switch.store(), &clock, MAKER, &making).await;
        let checker = insert_key(switch.store(), &clock, CHECKER, &Scope::ALL).await;
        Self {
            http: Http::new(&base_url, Some(&maker)),
            checker: Http::new(&base_url, Some(&checker)),
            node,
            clock,
            simulators_url,
            database,
            settings,
            stop_simulators,
        }
    }

    /// The first node's switch.
    pub fn switch(&self) -> &Switch {
        &self.node.switch
    }

    /// The store.
    pub fn store(&self) -> &Store {
        self.node.switch.store()
    }

    /// Where the first node is.
    pub fn base_url(&self) -> &str {
        &self.settings.base_url
    }

    /// Another node on the same database, with an address of its own.
    pub async fn another_node(&self) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = self.settings.clone();
        settings.node = format!("test-{}", fresh().simple());
        settings.listen = listener.local_addr().unwrap();
        Node::start(settings, self.clock.clone(), listener).await
    }

    /// A client with a new key of this owner.
    pub async fn client(&self, owner: &str, scopes: &[Scope]) -> Http {
        let key = insert_key(self.store(), &self.clock, owner, scopes).await;
        Http::new(self.base_url(), Some(&key))
    }

    /// A client without a key.
    pub fn anonymous(&self) -> Http {
        Http::new(self.base_url(), None)
    }

    /// A quote of one item asked by the portal in Cairo; `item` is its JSON.
    pub async fn quote(&self, item: Value) -> Value {
        let body = json!({"channel": "portal", "governorate": "01", "items": [item]});
        self.http.post("/v1/quotes", &body).await.expect(201).json()
    }

    /// An open payment of one item.
    pub async fn payment(&self, item: Value) -> Value {
        let quote = self.quote(item).await;
        self.http.post("/v1/payments", &json!({"quote": quote["id"]})).await.expect(201).json()
    }

    /// An open payment of 25.00: one birth certificate.
    pub async fn birth_certificate(&self) -> Value {
        self.payment(json!({"service": "civil-status.birth-certificate", "quantity": 1})).await
    }

    /// An attempt at the simulated provider; its code is the answer's `provider_reference`.
    pub async fn attempt(&self, payment: &Value) -> Value {
        let path = format!("/v1/payments/{}/attempts", text(payment, "id"));
        self.http.post(&path, &json!({"method": "epayment"})).await.expect(201).json()
    }

    /// A payment of 25.00 and an attempt that waits for the counter.
    pub async fn attempted(&self) -> (Value, Value) {
        let payment = self.birth_certificate().await;
        let attempt = self.attempt(&payment).await;
        (payment, attempt)
    }

    /// A payment of 25.00 that was paid at the counter.
    pub async fn paid(&self) -> Value {
        let (payment, attempt) = self.attempted().await;
        self.pay(text(&attempt, "provider_reference")).await;
        self.until_status(&payment, "paid").await
    }

    /// The payment as it is now.
    pub async fn read(&self, payment: &Value) -> Value {
        self.http.get(&format!("/v1/payments/{}", text(payment, "id"))).await.expect(200).json()
    }

    /// Waits until the payment stands so, and gives it.
    pub async fn until_status(&self, payment: &Value, status: &str) -> Value {
        until(&format!("{} {status}", text(payment, "id")), async || {
            let now = self.read(payment).await;
            (now["status"] == status).then_some(now)
        })
        .await
    }

    /// Calls the simulated provider's `_control`.
    pub async fn control(&self, call: &str, body: &Value) -> Value {
        let path = format!("/fawry/_control/{call}");
        Http::new(&self.simulators_url, None).post(&path, body).await.expect(200).json()
    }

    /// Pays a code at the simulated provider, in cash, with what is due.
    pub async fn pay(&self, code: &str) {
        self.control("pay", &json!({"reference": code})).await;
    }

    /// Makes the simulated provider misbehave so many times.
    pub async fn fault(&self, kind: &str, times: u32) {
        self.control("fault", &json!({"kind": kind, "times": times})).await;
    }

    /// The simulated provider's own books.
    pub async fn provider_books(&self) -> Value {
        let http = Http::new(&self.simulators_url, None);
        http.get("/fawry/_control/state").await.expect(200).json()
    }

    /// Sends a provider's message as the provider would: a body signed by whoever calls this.
    pub async fn notify(&self, body: &Value) -> Answer {
        self.anonymous().post("/providers/fawry/notification", body).await
    }

    /// What an account moved, as `(debits, credits)`; zeros where it is not there.
    pub async fn account(&self, code: &str) -> (String, String) {
        let totals = self.store().account(&code.parse().unwrap(), None).await.unwrap();
        totals.map_or(("0.00".into(), "0.00".into()), |totals| {
            (totals.debits.to_string(), totals.credits.to_string())
        })
    }

    /// Fails unless the books are right.
    pub async fn verify(&self) {
        let report = self.store().verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
        let balance = self.store().trial_balance(None).await.unwrap();
        assert_eq!(balance.total_debits, balance.total_credits);
    }

    /// Drains the node as SIGTERM does, and ends the simulators.
    pub async fn stop(self) {
        self.node.stop().await;
        self.stop_simulators.send_replace(true);
    }
}

/// Asks until there is an answer, or fails at the deadline.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "it did not come to this in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A text field of an object.
#[track_caller]
pub fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {object}"))
}

/// The id of a payment.
#[track_caller]
pub fn payment_id(payment: &Value) -> PaymentId {
    text(payment, "id").parse().unwrap()
}

/// Fawry's notification V2 of this collection, signed with this key.
pub fn notification(
    code: &str,
    merchant_reference: &str,
    amounts: (&str, &str),
    status: &str,
    transaction: &str,
    key: &str,
) -> Value {
    let (paid, ordered) = amounts;
    let method = "PAYATFAWRY";
    let signed = [code, merchant_reference, paid, ordered, status, method, transaction, key];
    json!({
        "requestId": fresh().to_string(),
        "fawryRefNumber": code,
        "merchantRefNumber": merchant_reference,
        "paymentAmount": number(paid),
        "orderAmount": number(ordered),
        "fawryFees": 0,
        "orderStatus": status,
        "paymentMethod": method,
        "paymentRefrenceNumber": transaction,
        "messageSignature": rusum_kit::sign::sha256_hex(signed),
    })
}

/// An amount as Fawry sends it: a JSON number with the digits of the text.
fn number(amount: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(amount.to_owned()).unwrap()
}

/// Stores a new key and gives its secret.
async fn insert_key(store: &Store, clock: &Clock, owner: &str, scopes: &[Scope]) -> String {
    let (secret, hash) = keys::fresh_secret();
    let key = StoredKey {
        id: KeyId::new(fresh()),
        hash,
        name: format!("{owner}'s key"),
        owner: owner.to_owned(),
        scopes: scopes.iter().map(|scope| scope.code().to_owned()).collect(),
        services: Vec::new(),
        authorities: Vec::new(),
        provider: None,
        created_at: clock.now(),
        revoked_at: None,
    };
    store.insert_key(&key).await.unwrap();
    secret.expose_secret().to_owned()
}

fn simulate(listener: TcpListener, clock: &Clock, base_url: &str) -> watch::Sender<bool> {
    let simulators = Simulators::open(Setup {
        fawry: Merchant { code: MERCHANT.to_owned(), secure_key: SECURE_KEY.to_owned() },
        books: None,
        switch_url: Some(base_url),
        clock: clock.clone(),
    })
    .unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move { simulators.serve(listener, axum::Router::new(), stopped).await.unwrap() });
    stop
}

fn settings(database_url: &str, base_url: &str, simulators_url: &str) -> Settings {
    let text = format!(
        r#"
        mode = "demo"
        database_url = "{database_url}"
        base_url = "{base_url}"
        node = "test-{node}"
        [keys]
        active = "k1"
        encryption = {{ k1 = "{KEY}" }}
        hash = "{KEY}"
        checkout = "{KEY}"
        [providers.fawry]
        merchant_code = "{MERCHANT}"
        secure_key = "{SECURE_KEY}"
        base_url = "{simulators_url}/fawry"
        [webhooks]
        allow_loopback_http = true
        [limits]
        quotes_per_minute = 0
        calls_per_minute = 0
        "#,
        node = fresh().simple()
    );
    Settings::parse(&text, Vec::new()).unwrap()
}
