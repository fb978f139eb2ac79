//! The switch and the simulators as the story meets them: over HTTP, from outside, with a key.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    money::Piastres,
    switch::{clock::fresh, keys},
};

/// How long the story waits for something to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it rests before it asks again.
const REST: Duration = Duration::from_millis(20);

/// Why the story cannot go on.
pub struct Stop(pub String);

/// What the story calls.
pub struct Outside {
    client: reqwest::Client,
    base_url: String,
    simulators_url: String,
    key: String,
}

/// What was answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// Whether an earlier call made it.
    pub replayed: bool,
    /// The body.
    pub body: String,
    what: String,
}

impl Answer {
    /// Stops the story unless the status is this one.
    pub fn expect(self, status: u16) -> Result<Self, Stop> {
        if self.status == status {
            return Ok(self);
        }
        let body: String = self.body.chars().take(400).collect();
        Err(Stop(format!("{} was answered {} instead of {status}: {body}", self.what, self.status)))
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, Stop> {
        serde_json::from_str(&self.body)
            .map_err(|error| Stop(format!("{} was not answered with JSON ({error})", self.what)))
    }
}

impl Outside {
    /// Calls these addresses with this key.
    pub fn new(base_url: &str, simulators_url: &str, key: &str) -> Result<Self, Stop> {
        debug_assert!(keys::digest(key).is_some());
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Stop(format!("no HTTP client: {error}")))?;
        let (base_url, simulators_url) = (base_url.to_owned(), simulators_url.to_owned());
        Ok(Self { client, base_url, simulators_url, key: key.to_owned() })
    }

    async fn send(&self, what: String, request: reqwest::RequestBuilder) -> Result<Answer, Stop> {
        let failed = |error: reqwest::Error| Stop(format!("{what} was not answered: {error}"));
        let answer = request.send().await.map_err(failed)?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let (status, content_type, replayed) = (
            answer.status().as_u16(),
            header("content-type").unwrap_or_default().to_owned(),
            header("idempotent-replayed") == Some("true"),
        );
        let body = answer.text().await.map_err(failed)?;
        Ok(Answer { status, content_type, replayed, body, what })
    }

    /// GET a path of the API.
    pub async fn get(&self, path: &str) -> Result<Answer, Stop> {
        self.get_as(path, "application/json").await
    }

    /// GET a path of the API in this form.
    pub async fn get_as(&self, path: &str, accept: &str) -> Result<Answer, Stop> {
        let request = self.client.get(format!("{}{path}", self.base_url));
        let request = request.bearer_auth(&self.key).header("accept", accept);
        self.send(format!("GET {path}"), request).await
    }

    /// POST to a path of the API under a key of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Stop> {
        self.post_once(path, body, &fresh().simple().to_string()).await
    }

    /// POST to a path of the API under this idempotency key.
    pub async fn post_once(&self, path: &str, body: &Value, once: &str) -> Result<Answer, Stop> {
        let request = self.client.post(format!("{}{path}", self.base_url));
        let request = request.bearer_auth(&self.key).header("idempotency-key", once).json(body);
        self.send(format!("POST {path}"), request).await
    }

    /// POST without a body.
    pub async fn order(&self, path: &str) -> Result<Answer, Stop> {
        let request = self.client.post(format!("{}{path}", self.base_url)).bearer_auth(&self.key);
        let request = request.header("idempotency-key", fresh().simple().to_string());
        self.send(format!("POST {path}"), request).await
    }

    /// What a browser gets from a whole address.
    pub async fn page(&self, url: &str) -> Result<Answer, Stop> {
        self.send(format!("the page {url}"), self.client.get(url).header("accept", "text/html")).await
    }

    /// What a provider sends: to this path, without a key.
    pub async fn notify(&self, path: &str, body: &Value) -> Result<Answer, Stop> {
        let request = self.client.post(format!("{}{path}", self.base_url)).json(body);
        self.send(format!("POST {path}"), request).await
    }

    /// GET a path of the simulators.
    pub async fn simulator(&self, path: &str) -> Result<Answer, Stop> {
        self.send(format!("GET {path}"), self.client.get(format!("{}{path}", self.simulators_url))).await
    }

    /// POST to a path of the simulators.
    pub async fn control(&self, path: &str, body: &Value) -> Result<Answer, Stop> {
        let request = self.client.post(format!("{}{path}", self.simulators_url)).json(body);
        self.send(format!("POST {path}"), request).await
    }

    /// Fills in a form of the simulators.
    pub async fn form(&self, path: &str, fields: &str) -> Result<Answer, Stop> {
        let request = self.client.post(format!("{}{path}", self.simulators_url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(format!("POST {path}"), request.body(fields.to_owned())).await
    }

    /// Asks until there is an answer.
    pub async fn until<T>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Result<Option<T>, Stop>,
    ) -> Result<T, Stop> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            if Instant::now() > deadline {
                return Err(Stop(format!("after {} s it had not come to this: {what}", PATIENCE.as_secs())));
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// A quote of one item by the portal.
    pub async fn quote(&self, item: Value) -> Result<Value, Stop> {
        let body = json!({"channel": "portal", "governorate": "01", "items": [item]});
        self.post("/v1/quotes", &body).await?.expect(201)?.json()
    }

    /// A payment of one item.
    pub async fn payment(&self, item: Value) -> Result<Value, Stop> {
        let quote = self.quote(item).await?;
        self.post("/v1/payments", &json!({"quote": quote["id"]})).await?.expect(201)?.json()
    }

    /// An attempt to pay at a counter; its code.
    pub async fn code(&self, payment: &Value) -> Result<String, Stop> {
        let path = format!("/v1/payments/{}/attempts", text(payment, "id")?);
        let attempt = self.post(&path, &json!({"method": "epayment"})).await?.expect(201)?.json()?;
        text(&attempt, "provider_reference").map(str::to_owned)
    }

    /// The payment as it is now.
    pub async fn read(&self, payment: &Value) -> Result<Value, Stop> {
        self.get(&format!("/v1/payments/{}", text(payment, "id")?)).await?.expect(200)?.json()
    }

    /// The payment once it is paid.
    pub async fn paid(&self, payment: &Value) -> Result<Value, Stop> {
        self.until("the payment is paid", async || {
            let now = self.read(payment).await?;
            Ok((now["status"] == "paid").then_some(now))
        })
        .await
    }

    /// What an account has moved by now: its balance; nothing where it does not stand yet.
    pub async fn balance(&self, account: &str) -> Result<Piastres, Stop> {
        let answer = self.get(&format!("/v1/ledger/accounts/{account}")).await?;
        if answer.status == 404 {
            return Ok(Piastres::ZERO);
        }
        amount(&answer.expect(200)?.json()?, "balance")
    }

    /// What the simulated provider says it has collected, less what it gave back.
    pub async fn collected(&self) -> Result<Piastres, Stop> {
        let books = self.simulator("/fawry/_control/state").await?.expect(200)?.json()?;
        let mut sum = Piastres::ZERO;
        for charge in books["charges"].as_array().into_iter().flatten() {
            sum = sum + amount(charge, "paid")? - amount(charge, "refunded")?;
        }
        Ok(sum)
    }
}

/// A text of an object.
pub fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, Stop> {
    object[field].as_str().ok_or_else(|| Stop(format!("{field} is missing in {object}")))
}

/// An amount of an object.
pub fn amount(object: &Value, field: &str) -> Result<Piastres, Stop> {
    let text = text(object, field)?;
    let failed = |error| Stop(format!("{field} {text:?}: {error}"));
    match text.strip_prefix('-') {
        Some(digits) => Piastres::parse(digits).map(|amount| -amount).map_err(failed),
        None => Piastres::parse(text).map_err(failed),
    }
}
