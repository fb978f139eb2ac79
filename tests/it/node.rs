//! The API as its tests call it: a thin hand over the rig, with requests built call by call and
//! every problem checked for what problems have.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Response,
};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use rusum::{
    ids::KeyId,
    store::StoredKey,
    switch::{
        Settings,
        clock::fresh,
        keys::{Scope, digest, fresh_secret},
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::{store::Backend, support::Rig};

/// A running node, its rig, and a client.
pub struct Node {
    client: reqwest::Client,
    rig: Rig,
}

impl Deref for Node {
    type Target = Rig;
    fn deref(&self) -> &Rig {
        &self.rig
    }
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
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The status and the problem's code, after what every problem has was checked.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        for member in ["type", "title", "detail", "code", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
        }
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        let code = problem["code"].as_str().unwrap();
        assert!(problem["type"].as_str().unwrap().ends_with(&format!("/docs#{code}")));
        (self.status.as_u16(), code.to_owned())
    }

    /// The pointers of the problem's errors.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl Node {
    /// A node on a fresh database.
    pub async fn start(backend: &Backend) -> Self {
        Self::start_with(backend, |_| ()).await
    }

    /// A node with settings of its own.
    pub async fn start_with(backend: &Backend, adjust: impl FnOnce(&mut Settings)) -> Self {
        let rig = Rig::with(backend, adjust).await;
        Self { client: reqwest::Client::new(), rig }
    }

    /// A node whose calls to the provider wait at a gate until it is opened.
    pub async fn start_gated(backend: &Backend) -> (Self, Gate) {
        let gate = Gate::build().await;
        let url = gate.url.clone();
        let node = Self::start_with(backend, |settings| {
            if let Some(provider) = &mut settings.providers.fawry {
                provider.base_url = format!("{url}/fawry");
            }
        })
        .await;
        gate.beyond.set(node.simulators_url.clone()).unwrap();
        (node, gate)
    }

    /// Drains the node.
    pub async fn stop(self) {
        self.rig.stop().await;
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
        self.store().insert_key(&stored).await.unwrap();
        secret.expose_secret().to_owned()
    }

    /// The id of a key.
    pub async fn key_id(&self, secret: &str) -> KeyId {
        self.store().key_by_hash(&digest(secret).unwrap()).await.unwrap().unwrap().id
    }

    /// A call of the API.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base_url()))
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

    /// The id of a new quote.
    pub async fn priced(&self) -> String {
        let answer = send(self.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// A payment of a new quote, made with this key.
    pub async fn ordered(&self, key: &str) -> Value {
        let answer = self.post(key, "/v1/payments", &json!({"quote": self.priced().await})).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
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

/// A gate before the provider: what comes waits until it is opened, and then goes through.
pub struct Gate {
    url: String,
    beyond: Arc<OnceLock<String>>,
    open: watch::Sender<bool>,
}

type Passage = (Arc<OnceLock<String>>, watch::Receiver<bool>, reqwest::Client);

impl Gate {
    async fn build() -> Self {
        crate::support::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let beyond = Arc::new(OnceLock::new());
        let (open, opened) = watch::channel(false);
        let passage: Passage = (beyond.clone(), opened, reqwest::Client::new());
        let router = Router::new().fallback(pass).with_state(passage);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, beyond, open }
    }

    /// Lets through what waits and what comes.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pass(State((beyond, mut opened, client)): State<Passage>, request: Request) -> Response<Body> {
    opened.wait_for(|open| *open).await.unwrap();
    let (parts, body) = request.into_parts();
    let url = format!("{}{}", beyond.get().unwrap(), parts.uri);
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let call = client.request(parts.method, url).headers(parts.headers).body(body);
    let answer = call.send().await.unwrap();
    let status = answer.status();
    Response::builder().status(status).body(Body::from(answer.bytes().await.unwrap())).unwrap()
}
