//! A whole node for tests: a switch on a fresh database, its API on loopback, and a simulated provider
//! beside it. All over real HTTP.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use rusum::{
    ids::KeyId,
    store::StoredKey,
    switch::{
        Clock, Jobs, Settings, Switch,
        clock::fresh,
        keys::{Scope, digest, fresh_secret},
        schedules,
    },
};
use rusum_fawry::simulator::{self, Simulator};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::store::Database;

/// Made-up credentials, recognisable in logs and files.
pub const MERCHANT_CODE: &str = "merchant-7731";
pub const SECURE_KEY: &str = "canary-secure-key-4d0b";

/// A running node.
pub struct Node {
    pub switch: Switch,
    pub base_url: String,
    pub simulator_url: String,
    pub clock: Clock,
    pub client: reqwest::Client,
    pub database: Database,
    jobs: Option<Jobs>,
    servers: Vec<JoinHandle<()>>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The status and the problem's code, after what every problem has was checked.
    pub fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        for member in ["type", "title", "detail", "code", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
        }
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert!(
            problem["type"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/docs#{}", problem["code"].as_str().unwrap()))
        );
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    }

    /// The pointers of the problem's errors.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

fn install_tls() {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn serve(listener: TcpListener, router: Router) -> JoinHandle<()> {
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await.unwrap();
    })
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn settings(database_url: &str, base_url: &str, simulator_url: &str) -> Settings {
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let text = format!(
        r#"
        mode = "demo"
        database_url = "{database_url}"
        base_url = "{base_url}"
        node = "test"
        [keys]
        active = "k1"
        encryption = {{ k1 = "{key}" }}
        hash = "{key}"
        checkout = "{key}"
        [limits]
        quotes_per_minute = 0
        calls_per_minute = 0
        [webhooks]
        allow_loopback_http = true
        timeout_secs = 5
        [providers.fawry]
        merchant_code = "{MERCHANT_CODE}"
        secure_key = "{SECURE_KEY}"
        base_url = "{simulator_url}/fawry"
        "#
    );
    Settings::parse(&text, Vec::new()).unwrap()
}

impl Node {
    /// A node on this database.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, |_| ()).await
    }

    /// A node with settings of its own.
    pub async fn start_with(database: Database, adjust: impl FnOnce(&mut Settings)) -> Self {
        install_tls();
        let clock = Clock::adjustable();
        let (listener, base_url) = listen().await;
        let (simulator_listener, simulator_url) = listen().await;
        let mut settings = settings(&database.url, &base_url, &simulator_url);
        adjust(&mut settings);

        let time = clock.clone();
        let simulated = simulator::Settings {
            hang: Duration::from_secs(2),
            ..simulator::Settings::new(
                MERCHANT_CODE,
                SECURE_KEY,
                Arc::new(move || time.now()),
                reqwest::Client::new(),
            )
        };
        let simulator = Simulator::open(simulated).unwrap();
        let simulated = Router::new().nest("/fawry", simulator.router());

        let switch = Switch::start(settings, clock.clone()).await.unwrap();
        schedules::publish(switch.store(), &switch.catalogue(), "test", clock.now()).await.unwrap();
        switch.compare_schedules().await.unwrap();
        let jobs = switch.run();
        let router = rusum::api::router(switch.clone());
        let servers = vec![serve(simulator_listener, simulated), serve(listener, router)];
        Self {
            switch,
            base_url,
            simulator_url,
            clock,
            client: reqwest::Client::new(),
            database,
            jobs: Some(jobs),
            servers,
        }
    }

    /// Ends the node: jobs are drained, the store is closed.
    pub async fn stop(mut self) {
        for server in &self.servers {
            server.abort();
        }
        if let Some(jobs) = self.jobs.take() {
            jobs.stop().await;
        }
    }

    /// A key with these scopes.
    pub async fn key(&self, owner: &str, scopes: &[Scope]) -> String {
        self.bound_key(owner, scopes, |_| ()).await
    }

    /// A key that is bound to something.
    pub async fn bound_key(
        &self,
        owner: &str,
        scopes: &[Scope],
        bind: impl FnOnce(&mut StoredKey),
    ) -> String {
        let (secret, hash) = fresh_secret();
        let mut stored = StoredKey {
            id: KeyId::new(fresh()),
            hash,
            name: format!("{owner}'s key"),
            owner: owner.to_owned(),
            scopes: scopes.iter().map(|scope| scope.code().to_owned()).collect(),
            services: Vec::new(),
            authorities: Vec::new(),
            provider: None,
            created_at: self.clock.now(),
            revoked_at: None,
        };
        bind(&mut stored);
        self.switch.store().insert_key(&stored).await.unwrap();
        secret.expose_secret().to_owned()
    }

    /// The id of a key.
    pub async fn key_id(&self, secret: &str) -> KeyId {
        let stored = self.switch.store().key_by_hash(&digest(secret).unwrap()).await.unwrap();
        stored.unwrap().id
    }

    /// A call of the API.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url))
    }

    /// Reads with a key.
    pub async fn get(&self, key: &str, path: &str) -> Answer {
        send(self.call(Method::GET, path).bearer_auth(key)).await
    }

    /// Posts JSON with a key and an idempotency key of its own.
    pub async fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        let once = fresh().simple().to_string();
        self.post_once(key, path, &once, body.to_string()).await
    }

    /// Posts with a key and this idempotency key.
    pub async fn post_once(&self, key: &str, path: &str, once: &str, body: String) -> Answer {
        let call = self.call(Method::POST, path).bearer_auth(key).header("idempotency-key", once);
        send(call.header("content-type", "application/json").body(body)).await
    }

    /// A quote of the contract's example.
    pub async fn quote(&self) -> String {
        let answer = send(self.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// A payment of a new quote.
    pub async fn payment(&self, key: &str) -> Value {
        let quote = self.quote().await;
        let answer = self.post(key, "/v1/payments", &json!({"quote": quote})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Does something at the simulated provider.
    pub async fn simulate(&self, act: &str, body: &Value) -> Value {
        let url = format!("{}/fawry/_control/{act}", self.simulator_url);
        let answer = self.client.post(url).json(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{act}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

/// Sends a call and reads its whole answer.
pub async fn send(call: RequestBuilder) -> Answer {
    let answer = call.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Answer { status, headers, body: answer.text().await.unwrap() }
}

/// The body of a quote that costs something and can be paid in every way.
pub fn quote_request() -> Value {
    json!({
        "channel": "portal", "governorate": "03",
        "items": [{"service": "civil-status.birth-certificate", "delivery": "home", "quantity": 2}],
    })
}

/// Asks again until something is so; fails after ten seconds.
pub async fn until<F: Future<Output = Option<T>>, T>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::task::yield_now().await;
    }
}
