//! A simulator, a receiver and a transport.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use chrono::{DateTime, TimeDelta, Utc};
use rusum_fawry::{
    Config, Fawry,
    simulator::{Redelivery, Settings, Simulator},
};
use rusum_kit::{
    Currency, Method, Piastres, Tender,
    provider::{
        Answer, Charge, ChargeRef, ChargeState, Charged, Evidence, Fault, Message, NextAction, Notice,
        Outcome, Provider, RefundOrder, Refunded, Request, Step, Verb, Verdict,
    },
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

pub const MERCHANT: &str = "is0N+YQzlE4=";
pub const KEY: &str = "a key for tests";

/// No answer came: timed out, or never connected.
#[derive(Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// What the receiver was told, and what it answered.
#[derive(Debug)]
pub struct Received {
    pub result: Result<Vec<Notice>, Fault>,
    pub body: String,
    pub status: u16,
}

struct Receiver {
    fawry: Fawry,
    received: Mutex<Vec<Received>>,
    /// Statuses to answer with, before it answers as the switch would.
    refusals: Mutex<VecDeque<u16>>,
}

pub struct World {
    pub fawry: Fawry,
    pub simulator: Simulator,
    pub address: String,
    pub client: reqwest::Client,
    pub call_timeout: Duration,
    clock: Arc<AtomicI64>,
    receiver: Arc<Receiver>,
    notification_url: String,
    servers: Vec<JoinHandle<()>>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

pub fn client() -> reqwest::Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn serve(router: Router) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (address, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

async fn receive(State(receiver): State<Arc<Receiver>>, body: Bytes) -> impl IntoResponse {
    let message = Message {
        operation: "notification".into(),
        query: String::new(),
        headers: Vec::new(),
        body: body.to_vec(),
    };
    let result = receiver.fawry.receive(&message);
    let verdict = match &result {
        Ok(_) => Verdict::Stored,
        Err(Fault::Unverified(_)) => Verdict::Unverified,
        Err(_) => Verdict::Unreadable,
    };
    let refusal = receiver.refusals.lock().unwrap().pop_front();
    let status = refusal.unwrap_or_else(|| receiver.fawry.reply(&verdict).status);
    let body = String::from_utf8(body.to_vec()).unwrap();
    receiver.received.lock().unwrap().push(Received { result, body, status });
    StatusCode::from_u16(status).unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::with(None, |_| {}).await
    }

    pub async fn with(books: Option<PathBuf>, change: impl FnOnce(&mut Settings)) -> Self {
        let client = client();
        let start: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.timestamp_millis()));
        let hands = Arc::clone(&clock);
        let now = move || DateTime::from_timestamp_millis(hands.load(Ordering::SeqCst)).unwrap();
        let mut settings = Settings::new(MERCHANT, KEY, Arc::new(now), client.clone());
        settings.books = books;
        settings.redelivery = Redelivery {
            first: Duration::from_millis(5),
            longest: Duration::from_millis(20),
            attempts: 20,
            timeout: Duration::from_secs(5),
        };
        change(&mut settings);
        let simulator = Simulator::open(settings).unwrap();
        let (address, simulating) = serve(Router::new().nest("/fawry", simulator.router())).await;
        let base_url = format!("{address}/fawry");
        let config = Config { merchant_code: MERCHANT.into(), secure_key: KEY.into(), base_url };
        let fawry = Fawry::try_new(config).unwrap();
        let receiver = Arc::new(Receiver {
            fawry: fawry.clone(),
            received: Mutex::default(),
            refusals: Mutex::default(),
        });
        let path = "/providers/fawry/notification";
        let (switch, receiving) =
            serve(Router::new().route(path, post(receive)).with_state(Arc::clone(&receiver))).await;
        Self {
            fawry,
            simulator,
            address,
            client,
            call_timeout: Duration::from_secs(10),
            clock,
            receiver,
            notification_url: format!("{switch}{path}"),
            servers: vec![simulating, receiving],
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Has the next notifications answered with these.
    pub fn refuse(&self, statuses: &[u16]) {
        self.receiver.refusals.lock().unwrap().extend(statuses);
    }

    pub fn charge_of(&self, reference: &str, piastres: i64) -> Charge {
        Charge {
            merchant_reference: reference.into(),
            method: Method::Epayment,
            tender: Tender::Cash,
            amount: Piastres::new(piastres),
            currency: Currency::Egp,
            description: "شهادة ميلاد".into(),
            language: "ar",
            expires_at: self.now() + TimeDelta::hours(24),
            notification_url: self.notification_url.clone(),
            return_url: "https://portal.example/done".into(),
            wallet_mobile: None,
            now: self.now(),
        }
    }

    pub fn charge_ref(&self, charge: &Charge, code: &str) -> ChargeRef {
        ChargeRef {
            merchant_reference: charge.merchant_reference.clone(),
            provider_reference: Some(code.into()),
            amount: charge.amount,
            created_at: charge.now,
            now: self.now(),
        }
    }

    /// Carries one request, as the switch's transport does.
    async fn send(&self, request: Request) -> Result<Answer, NoAnswer> {
        let mut sending = match request.verb {
            Verb::Get => self.client.get(&request.url),
            Verb::Post => self.client.post(&request.url),
            Verb::Put => self.client.put(&request.url),
        };
        if let Some(body) = request.body {
            sending = sending.header("content-type", "application/json").body(body);
        }
        let answer = sending.timeout(self.call_timeout).send().await.map_err(|_| NoAnswer)?;
        let status = answer.status().as_u16();
        Ok(Answer { status, body: answer.text().await.map_err(|_| NoAnswer)? })
    }

    async fn carry<T>(
        &self,
        ask: impl Fn(Option<&Answer>) -> Result<Step<T>, Fault>,
    ) -> Result<Result<T, Fault>, NoAnswer> {
        let mut last = None;
        loop {
            match ask(last.as_ref()) {
                Ok(Step::Send(request)) => last = Some(self.send(request).await?),
                Ok(Step::Done(done)) => return Ok(Ok(done)),
                Err(fault) => return Ok(Err(fault)),
            }
        }
    }

    pub async fn try_charge(&self, charge: &Charge) -> Result<Charged, NoAnswer> {
        self.carry(|last| self.fawry.charge(charge, last)).await.map(Result::unwrap)
    }

    /// Charges and tells the code.
    pub async fn charge(&self, charge: &Charge) -> String {
        let charged = self.try_charge(charge).await.unwrap();
        match charged.state {
            ChargeState::Waiting(NextAction::PayAtCounter { code, .. }) => code,
            other => panic!("{other:?}"),
        }
    }

    pub async fn try_query(&self, charge: &ChargeRef) -> Result<Outcome, NoAnswer> {
        self.carry(|last| self.fawry.query(charge, last)).await.map(Result::unwrap)
    }

    pub async fn query(&self, charge: &Charge, code: &str) -> Outcome {
        self.try_query(&self.charge_ref(charge, code)).await.unwrap()
    }

    pub async fn cancel(&self, charge: &Charge, code: &str) -> Outcome {
        let charge = self.charge_ref(charge, code);
        self.carry(|last| self.fawry.cancel(&charge, last)).await.unwrap().unwrap()
    }

    pub async fn try_refund(&self, charge: &Charge, code: &str, piastres: i64) -> Result<Refunded, NoAnswer> {
        let order = RefundOrder {
            charge: self.charge_ref(charge, code),
            refund_reference: "rfd".into(),
            amount: Piastres::new(piastres),
            reason: "duplicate".into(),
        };
        self.carry(|last| self.fawry.refund(&order, last)).await.map(Result::unwrap)
    }

    /// Calls `_control`; what it answered.
    pub async fn control(&self, call: &str, body: &str) -> (u16, Value) {
        let url = format!("{}/fawry/_control/{call}", self.address);
        let answer = self.client.post(url).body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn fault(&self, kind: &str, times: Option<u32>) {
        let body = serde_json::json!({"kind": kind, "times": times}).to_string();
        assert_eq!(self.control("fault", &body).await.0, 200);
    }

    pub async fn pay(&self, code: &str) {
        let (status, told) = self.control("pay", &format!(r#"{{"reference":"{code}"}}"#)).await;
        assert_eq!(status, 200, "{told}");
    }

    pub async fn state(&self) -> Value {
        self.client
            .get(format!("{}/fawry/_control/state", self.address))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Waits until so many notifications have come, and tells them.
    pub async fn received(&self, count: usize) -> Vec<Received> {
        self.until(|| self.receiver.received.lock().unwrap().len() >= count).await;
        std::mem::take(&mut *self.receiver.received.lock().unwrap())
    }

    pub fn received_so_far(&self) -> usize {
        self.receiver.received.lock().unwrap().len()
    }

    pub async fn until(&self, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !condition() {
            assert!(Instant::now() < deadline, "it did not happen in time");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until a notification stands so in the books.
    pub async fn until_notification(&self, id: usize, delivery: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.state().await["notifications"][id]["delivery"] != delivery {
            assert!(Instant::now() < deadline, "notification {id} did not become {delivery}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Received {
    /// The one outcome of a notification that verified.
    pub fn outcome(&self) -> &Outcome {
        &self.result.as_ref().unwrap()[0].outcome
    }

    pub fn evidence(&self) -> &Evidence {
        evidence(self.outcome())
    }
}

pub fn evidence(outcome: &Outcome) -> &Evidence {
    match outcome {
        Outcome::Approved(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}
