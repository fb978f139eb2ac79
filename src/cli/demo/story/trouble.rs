//! What goes wrong in a day: wrong amounts, unknown references, money that comes late or twice.
//! None of it is lost, none is taken for what it is not, and all of it is shown.

use serde_json::{Value, json};

use super::{
    Story,
    outside::{Outside, Stop, amount, text},
};
use crate::{money::Piastres, switch::clock::fresh};

const RECEIVABLE: &str = "provider:fawry:receivable";
const SUSPENSE: &str = "suspense:fawry";

/// One birth certificate: 25.00.
fn certificate() -> Value {
    json!({"service": "civil-status.birth-certificate", "quantity": 1})
}

impl Story<'_> {
    /// Less than was due: all of it goes into suspense.
    pub(super) async fn collect_a_wrong_amount(&mut self) -> Result<(), Stop> {
        self.step("The provider collects 20.00 where 25.00 are due: suspense, and a break");
        let payment = self.outside.payment(certificate()).await?;
        let code = self.outside.code(&payment).await?;
        let before = self.outside.balance(SUSPENSE).await?;
        let pay = json!({"reference": code, "amount": "20.00"});
        self.outside.control("/fawry/_control/pay", &pay).await?.expect(200)?;
        let id = text(&payment, "id")?;
        let found = self.a_break("P04", |one| one["payment"] == id).await?;
        let short = Piastres::new(amount(&found, "amount")?.get().abs());
        self.is("break P04 of EGP", short, Piastres::new(500));
        self.is("suspense EGP", self.outside.balance(SUSPENSE).await? - before, Piastres::new(2_000));
        let now = self.outside.read(&payment).await?;
        self.is("paid EGP", text(&now, "amount_paid")?, "0.00");
        self.holds("the payment is not paid", now["status"] != "paid");
        Ok(())
    }

    /// An order that the provider has of somebody, not of us.
    pub(super) async fn collect_for_an_unknown_reference(&mut self) -> Result<(), Stop> {
        self.step("It collects 75.00 for a reference that nobody here knows: suspense, and a break");
        let before = self.outside.balance(SUSPENSE).await?;
        let reference = format!("unknown-{}", fresh().simple());
        let code = self.foreign_order(&reference, "75.00").await?;
        self.outside.control("/fawry/_control/pay", &json!({"reference": code})).await?.expect(200)?;
        let named = |one: &Value| {
            one["note"].as_str().is_some_and(|note| note.contains(&code) || note.contains(&reference))
        };
        let found = self.a_break("P02", named).await?;
        self.is("break P02 of EGP", text(&found, "amount")?, "75.00");
        self.is("suspense EGP", self.outside.balance(SUSPENSE).await? - before, Piastres::new(7_500));
        Ok(())
    }

    /// Cancelled while the money is on its way.
    pub(super) async fn cancel_too_late(&mut self) -> Result<(), Stop> {
        self.step("A payment is cancelled while its money is on the way");
        let payment = self.outside.payment(certificate()).await?;
        let code = self.outside.code(&payment).await?;
        let before = self.outside.balance(RECEIVABLE).await?;
        let pay = json!({"reference": code, "delay_ms": 400});
        self.outside.control("/fawry/_control/pay", &pay).await?.expect(200)?;
        let cancel = self.outside.order(&format!("/v1/payments/{}/cancel", text(&payment, "id")?)).await?;
        self.note(format!("cancel answered {}", cancel.status), matches!(cancel.status, 200 | 409));
        let now = self
            .outside
            .until("the late money is booked", async || {
                let now = self.outside.read(&payment).await?;
                let booked = now["status"] == "paid" || amount(&now, "amount_excess")?.is_positive();
                Ok(booked.then_some(now))
            })
            .await?;
        let grown = self.outside.balance(RECEIVABLE).await? - before;
        self.is("receivable EGP", grown, Piastres::new(2_500));
        let kept = amount(&now, "amount_paid")? + amount(&now, "amount_excess")?;
        self.is("paid or to give back EGP", kept, Piastres::new(2_500));
        self.note(format!("status {}", text(&now, "status")?), true);
        Ok(())
    }

    /// The same code is paid twice.
    pub(super) async fn pay_twice(&mut self) -> Result<(), Stop> {
        self.step("A code is paid twice: what is too much is to be given back");
        let payment = self.outside.payment(certificate()).await?;
        let code = self.outside.code(&payment).await?;
        let before = self.outside.balance("payer:excess").await?;
        let pay = json!({"reference": code, "times": 2});
        self.outside.control("/fawry/_control/pay", &pay).await?.expect(200)?;
        let now = self
            .outside
            .until("the second payment is booked", async || {
                let now = self.outside.read(&payment).await?;
                Ok(amount(&now, "amount_excess")?.is_positive().then_some(now))
            })
            .await?;
        self.is("status", text(&now, "status")?, "paid");
        self.is("paid EGP", text(&now, "amount_paid")?, "25.00");
        self.is("excess EGP", text(&now, "amount_excess")?, "25.00");
        let after = self.outside.balance("payer:excess").await?;
        self.is("owed to payers EGP", after - before, Piastres::new(2_500));
        Ok(())
    }

    /// Waits for a break of this class that fits.
    async fn a_break(&self, code: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, Stop> {
        let list = format!("/v1/settlement/breaks?code={code}&provider=fawry&limit=200");
        self.outside
            .until(&format!("a break {code} is listed"), async || {
                let breaks = all(&self.outside, &list).await?;
                Ok(breaks.into_iter().find(&fits))
            })
            .await
    }

    /// Makes an order at the provider behind the switch's back; its code.
    async fn foreign_order(&self, reference: &str, price: &str) -> Result<String, Stop> {
        let secrets = self.secrets;
        let (merchant, key) = (&secrets.fawry_merchant_code, &secrets.fawry_secure_key);
        let signature =
            rusum_kit::sign::sha256_hex([merchant, reference, "", "PAYATFAWRY", price, key.as_str()]);
        let expires_at = self.running.switch.clock().now() + chrono::TimeDelta::hours(1);
        let order = json!({
            "merchantCode": merchant, "merchantRefNum": reference, "paymentMethod": "PAYATFAWRY",
            "amount": price, "currencyCode": "EGP", "description": "another merchant's order",
            "paymentExpiry": expires_at.timestamp_millis(),
            "chargeItems": [{"itemId": "1", "price": price, "quantity": 1}],
            "signature": signature,
        });
        let path = "/fawry/ECommerceWeb/Fawry/payments/charge";
        let made = self.outside.control(path, &order).await?.expect(200)?.json()?;
        text(&made, "referenceNumber").map(str::to_owned)
    }
}

/// All entries of a list, page by page.
pub(super) async fn all(outside: &Outside, list: &str) -> Result<Vec<Value>, Stop> {
    let mut entries = Vec::new();
    let mut path = list.to_owned();
    loop {
        let page = outside.get(&path).await?.expect(200)?.json()?;
        entries.extend(page["data"].as_array().into_iter().flatten().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{list}&cursor={cursor}"),
            None => return Ok(entries),
        }
    }
}
