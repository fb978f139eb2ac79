//! Paying as it should go: by a code at a counter, for nothing, and in cash above the threshold.

use serde_json::{Value, json};

use super::{
    Story,
    outside::{Stop, amount, text},
};
use crate::{money::Piastres, switch::clock::fresh};

impl Story<'_> {
    /// The citizen's way from the price to the receipt, and what the portal hears of it.
    pub(super) async fn pay_a_birth_certificate(&mut self) -> Result<(), Stop> {
        self.step("The portal asks for the price of two birth certificates, delivered at home");
        let quote = self
            .outside
            .quote(json!({"service": "civil-status.birth-certificate", "delivery": "home", "quantity": 2}))
            .await?;
        self.is("EGP", text(&quote, "total")?, "50.00");
        let lines =
            quote["items"].as_array().into_iter().flatten().filter_map(|item| item["lines"].as_array());
        let sum = lines.flatten().map(|line| amount(line, "amount")).sum::<Result<Piastres, Stop>>()?;
        self.is("Σ lines", sum, amount(&quote, "total")?);

        self.step("It makes a payment, twice under one idempotency key");
        let (order, once) = (
            json!({"quote": quote["id"], "client_reference": "STORY-1", "language": "ar",
                   "payer": {"name": "منى السيد", "mobile": "01001234567"}}),
            fresh().simple().to_string(),
        );
        let first = self.outside.post_once("/v1/payments", &order, &once).await?.expect(201)?;
        let again = self.outside.post_once("/v1/payments", &order, &once).await?.expect(201)?;
        self.holds("answered the same, byte for byte", again.replayed && first.body == again.body);
        let payment = first.json()?;
        self.is("status", text(&payment, "status")?, "open");

        self.step("The citizen takes a code of an e-payment company");
        let code = self.outside.code(&payment).await?;
        self.note(format!("Fawry code {code}"), true);
        self.is("status", text(&self.outside.read(&payment).await?, "status")?, "processing");

        self.step("The checkout page shows the code, in Arabic and in English");
        let checkout = text(&payment["_links"], "checkout")?;
        for (language, direction) in [("ar", "rtl"), ("en", "ltr")] {
            let page = self.outside.page(&format!("{checkout}?lang={language}")).await?.expect(200)?;
            let speaks = page.body.contains(&format!("lang=\"{language}\""))
                && page.body.contains(&format!("dir=\"{direction}\""));
            let shows = digits(&page.body).contains(&code);
            self.holds(&format!("{language}, {direction}"), speaks && shows);
        }

        self.step("The code is paid at the provider's counter");
        let form = format!("lang=ar&code={code}");
        let counter = self.outside.form("/fawry/counter", &form).await?;
        self.holds("the counter takes the money", counter.status < 400);
        let paid = self.outside.paid(&payment).await?;
        self.is("paid EGP", text(&paid, "amount_paid")?, "50.00");

        self.receipts(&payment, checkout).await?;
        self.webhook(&payment).await?;
        self.tell_again(&paid, &code).await
    }

    async fn receipts(&mut self, payment: &Value, checkout: &str) -> Result<(), Stop> {
        self.step("There is a receipt, for programs and for people");
        let path = format!("/v1/payments/{}/receipt", text(payment, "id")?);
        let receipt = self.outside.get(&path).await?.expect(200)?.json()?;
        self.is("EGP", text(&receipt, "amount")?, "50.00");
        let named = text(&receipt, "reference")? == text(payment, "reference")?;
        self.holds("it names the payment", named);
        let reference = text(payment, "reference")?;
        let html = self.outside.get_as(&path, "text/html").await?.expect(200)?;
        let page = self.outside.page(&format!("{checkout}/receipt?lang=en")).await?.expect(200)?;
        for (what, page) in [("HTML of the API", html), ("the citizen's page", page)] {
            let shows = page.content_type.starts_with("text/html") && digits(&page.body).contains(reference);
            self.holds(what, shows);
        }
        Ok(())
    }

    async fn webhook(&mut self, payment: &Value) -> Result<(), Stop> {
        self.step("The portal has its signed webhook");
        let id = text(payment, "id")?;
        let received = self
            .outside
            .until("payment.paid reached the portal", async || {
                let inbox = self.outside.simulator("/portal/webhooks").await?.expect(200)?.json()?;
                let received = inbox["data"].as_array().into_iter().flatten().find(|received| {
                    received["type"] == "payment.paid" && received["payload"]["data"]["id"] == id
                });
                Ok(received.cloned())
            })
            .await?;
        self.holds("payment.paid, signature verified", received["verified"] == true);
        self.is("EGP", text(&received["payload"]["data"], "amount_paid")?, "50.00");
        Ok(())
    }

    /// The provider tells the same collection again, word for word and in other words.
    async fn tell_again(&mut self, paid: &Value, code: &str) -> Result<(), Stop> {
        self.step("The provider tells it twenty times more; somebody else tells it with a wrong signature");
        let books = self.outside.simulator("/fawry/_control/state").await?.expect(200)?.json()?;
        let facts = books["notifications"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|told| &told["facts"])
            .find(|facts| facts["reference"] == code && facts["status"] == "PAID")
            .ok_or_else(|| Stop(format!("the provider's books tell no notification of {code}")))?;
        let receivable = self.outside.balance("provider:fawry:receivable").await?;
        let message = notification(facts, &self.secrets.fawry_secure_key)?;
        let mut taken = 0;
        for _ in 0..20 {
            let answer = self.outside.notify("/providers/fawry/notification", &message).await?;
            taken += u32::from(answer.status == 200);
        }
        self.is("acknowledged", taken, 20);
        let forged = notification(facts, "not the key")?;
        let refused = self.outside.notify("/providers/fawry/notification", &forged).await?;
        self.is("the forged one is answered", refused.status, 401);
        let now = self.outside.read(paid).await?;
        self.is("the payment's version stays", now["version"].to_string(), paid["version"].to_string());
        let after = self.outside.balance("provider:fawry:receivable").await?;
        self.is("receivable grew by", after - receivable, Piastres::ZERO);
        Ok(())
    }

    /// The first birth certificate is free.
    pub(super) async fn pay_nothing_for_a_free_service(&mut self) -> Result<(), Stop> {
        self.step("A free service is paid at once: the first birth certificate");
        let payment =
            self.outside.payment(json!({"service": "civil-status.first-birth-certificate"})).await?;
        self.is("EGP", text(&payment, "total")?, "0.00");
        self.is("status", text(&payment, "status")?, "paid");
        self.is("method", text(&payment, "method")?, "none");
        let path = format!("/v1/payments/{}/receipt", text(&payment, "id")?);
        let receipt = self.outside.get(&path).await?.expect(200)?.json()?;
        self.is("receipt EGP", text(&receipt, "amount")?, "0.00");
        Ok(())
    }

    /// Cash above 500 pounds bears 5 %, which is owed to the ministry of finance.
    pub(super) async fn pay_in_cash_with_a_surcharge(&mut self) -> Result<(), Stop> {
        self.step("A first driving licence is paid in cash: above EGP 500 cash bears 5 %");
        let payment = self.outside.payment(json!({"service": "traffic.driving-licence-first"})).await?;
        self.is("fee EGP", text(&payment, "total")?, "1140.00");
        let owed = "beneficiary:mof-treasury:1422:payable";
        let before = self.outside.balance(owed).await?;
        let code = self.outside.code(&payment).await?;
        let pay = json!({"reference": code, "tender": "cash"});
        self.outside.control("/fawry/_control/pay", &pay).await?.expect(200)?;
        let paid = self.outside.paid(&payment).await?;
        self.is("paid EGP", text(&paid, "amount_paid")?, "1197.00");
        let after = self.outside.balance(owed).await?;
        self.is("owed to the ministry EGP", after - before, Piastres::new(5_700));
        Ok(())
    }
}

/// Fawry's notification V2 of what its books say, signed with this key.
fn notification(facts: &Value, key: &str) -> Result<Value, Stop> {
    let field = |name: &str| facts[name].as_str().unwrap_or_default();
    let (paid, ordered) = (amount(facts, "paid")?.to_string(), amount(facts, "ordered")?.to_string());
    let signed = [
        field("reference"),
        field("merchant_reference"),
        &paid,
        &ordered,
        field("status"),
        field("method"),
        field("transaction"),
        key,
    ];
    let number = |text: &str| {
        text.parse::<serde_json::Number>().map_err(|error| Stop(format!("{text} is no number: {error}")))
    };
    Ok(json!({
        "requestId": fresh().to_string(),
        "fawryRefNumber": field("reference"),
        "merchantRefNumber": field("merchant_reference"),
        "paymentAmount": number(&paid)?,
        "orderAmount": number(&ordered)?,
        "fawryFees": number(&amount(facts, "fees")?.to_string())?,
        "orderStatus": field("status"),
        "paymentMethod": field("method"),
        "paymentRefrenceNumber": field("transaction"),
        "messageSignature": rusum_kit::sign::sha256_hex(signed),
    }))
}

/// A page's text without the blanks that group long numbers.
fn digits(page: &str) -> String {
    page.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')).collect()
}
