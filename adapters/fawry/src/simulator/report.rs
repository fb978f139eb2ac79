//! The settlement file of one day: comma-separated text, a documented shape of our own, because
//! Fawry publishes none. UTF-8, lines end in a line feed, amounts have two decimals and no sign.
//!
//! ```text
//! HEADER,settlement_id,merchant_code,period_from,period_to,revision,currency,lines,opening,gross,refunds,chargebacks,fee,tax,net,closing
//! PAYMENT,fawry_reference,merchant_reference,transaction,amount,fee,tax,time
//! REFUND,fawry_reference,merchant_reference,,amount,0.00,0.00,time
//! CHARGEBACK,fawry_reference,merchant_reference,,amount,0.00,0.00,time
//! TRAILER,settlement_id,lines,net
//! ```
//!
//! The day is a Cairo date, of the time of collection (refund, chargeback); `time` is RFC 3339 in
//! UTC. `net = gross − refunds − chargebacks − fee − tax` and may be negative (the one signed field,
//! with `opening` and `closing`): what `opening + net` is short of nothing is carried forward as
//! `closing`, and nothing is paid out. A day without lines has a file too. `lines` counts the lines
//! between header and trailer. Amounts are what was collected for the merchant, without what the
//! citizen paid on top.

use std::{collections::BTreeMap, fmt::Write, str::FromStr};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Africa::Cairo;
use rusum_kit::Piastres;

use super::{Commission, Simulator};

/// What is wrong with a file on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The first line is left out, sums follow.
    MissingLine,
    /// The first line comes twice, sums follow.
    DuplicateLine,
    /// The first line has a pound too much, sums follow.
    WrongAmount,
    /// The first line has a fee of a pound too much, sums follow.
    WrongFee,
    /// There is a line of an order that nobody made, sums follow.
    UnknownReference,
    /// The header's gross is a pound too much.
    WrongTotal,
    /// The file ends in the middle.
    Truncated,
}

impl Fault {
    const ALL: [(&str, Self); 8] = [
        ("none", Self::None),
        ("missing_line", Self::MissingLine),
        ("duplicate_line", Self::DuplicateLine),
        ("wrong_amount", Self::WrongAmount),
        ("wrong_fee", Self::WrongFee),
        ("unknown_reference", Self::UnknownReference),
        ("wrong_total", Self::WrongTotal),
        ("truncated", Self::Truncated),
    ];
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|(word, _)| *word == text).map(|(_, fault)| fault).ok_or_else(|| {
            let known = Self::ALL.map(|(word, _)| word).join(", ");
            format!("{text:?} is no fault of a file: write one of {known}")
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Payment,
    Refund,
    Chargeback,
}

#[derive(Clone)]
struct Line {
    kind: Kind,
    reference: String,
    merchant_reference: String,
    transaction: String,
    amount: Piastres,
    fee: Piastres,
    tax: Piastres,
    at: DateTime<Utc>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    gross: Piastres,
    refunds: Piastres,
    chargebacks: Piastres,
    fee: Piastres,
    tax: Piastres,
}

impl Sums {
    fn of(lines: &[Line]) -> Self {
        let mut sums = Self::default();
        for line in lines {
            match line.kind {
                Kind::Payment => sums.gross += line.amount,
                Kind::Refund => sums.refunds += line.amount,
                Kind::Chargeback => sums.chargebacks += line.amount,
            }
            sums.fee += line.fee;
            sums.tax += line.tax;
        }
        sums
    }

    fn net(&self) -> Piastres {
        self.gross - self.refunds - self.chargebacks - self.fee - self.tax
    }
}

/// Writes the file of a day.
pub fn write(simulator: &Simulator, day: NaiveDate, fault: Fault) -> String {
    let mut days = lines(simulator);
    let mut lines = days.remove(&day).unwrap_or_default();
    let earlier = days.range(..day).map(|(_, lines)| Sums::of(lines).net());
    let opening = earlier.fold(Piastres::ZERO, |carried, net| (carried + net).min(Piastres::ZERO));
    spoil(&mut lines, fault, simulator.settings().commission);
    let mut sums = Sums::of(&lines);
    let net = sums.net();
    let closing = (opening + net).min(Piastres::ZERO);
    if fault == Fault::WrongTotal {
        sums.gross += Piastres::new(100);
    }
    let merchant = &simulator.settings().merchant_code;
    let (id, count) = (format!("FWR-{}-1", day.format("%Y%m%d")), lines.len());
    let Sums { gross, refunds, chargebacks, fee, tax } = sums;
    let mut file = format!(
        "HEADER,{id},{merchant},{day},{day},1,EGP,{count},{opening},{gross},{refunds},{chargebacks},{fee},{tax},{net},{closing}\n"
    );
    for line in &lines {
        let kind = match line.kind {
            Kind::Payment => "PAYMENT",
            Kind::Refund => "REFUND",
            Kind::Chargeback => "CHARGEBACK",
        };
        let Line { reference, merchant_reference, transaction, amount, fee, tax, at, .. } = line;
        let time = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        writeln!(file, "{kind},{reference},{merchant_reference},{transaction},{amount},{fee},{tax},{time}")
            .expect("writing to a string cannot fail");
    }
    if fault == Fault::Truncated {
        file.truncate(file.len() / 2);
        return file;
    }
    writeln!(file, "TRAILER,{id},{count},{net}").expect("writing to a string cannot fail");
    file
}

/// Every line there is, by Cairo day and time.
fn lines(simulator: &Simulator) -> BTreeMap<NaiveDate, Vec<Line>> {
    let commission = simulator.settings().commission;
    let books = simulator.books();
    let mut all = Vec::new();
    for order in books.orders() {
        all.extend(order.collections.iter().map(|collection| {
            let fee = share(collection.amount, commission.basis_points);
            Line {
                kind: Kind::Payment,
                reference: order.reference.clone(),
                merchant_reference: order.merchant_reference.clone(),
                transaction: collection.transaction.clone(),
                amount: collection.amount,
                fee,
                tax: share(fee, commission.tax_basis_points),
                at: collection.at,
            }
        }));
    }
    let refunds = books.refunds.iter().map(|refund| {
        plain(Kind::Refund, &refund.reference, &refund.merchant_reference, refund.amount, refund.at)
    });
    all.extend(refunds);
    let chargebacks = books
        .chargebacks
        .iter()
        .map(|one| plain(Kind::Chargeback, &one.reference, &one.merchant_reference, one.amount, one.at));
    all.extend(chargebacks);
    drop(books);
    all.sort_by_key(|line| line.at);
    let mut days: BTreeMap<NaiveDate, Vec<Line>> = BTreeMap::new();
    for line in all {
        days.entry(line.at.with_timezone(&Cairo).date_naive()).or_default().push(line);
    }
    days
}

fn plain(kind: Kind, reference: &str, merchant_reference: &str, amount: Piastres, at: DateTime<Utc>) -> Line {
    Line {
        kind,
        reference: reference.to_owned(),
        merchant_reference: merchant_reference.to_owned(),
        transaction: String::new(),
        amount,
        fee: Piastres::ZERO,
        tax: Piastres::ZERO,
        at,
    }
}

/// So many hundredths of a percent, to the piastre, half up.
fn share(amount: Piastres, basis_points: i64) -> Piastres {
    Piastres::new((amount.get() * basis_points + 5_000) / 10_000)
}

fn spoil(lines: &mut Vec<Line>, fault: Fault, commission: Commission) {
    let pound = Piastres::new(100);
    match (fault, lines.first().cloned()) {
        (Fault::MissingLine, Some(_)) => drop(lines.remove(0)),
        (Fault::DuplicateLine, Some(first)) => lines.insert(1, first),
        (Fault::WrongAmount, Some(_)) => lines[0].amount += pound,
        (Fault::WrongFee, Some(_)) => lines[0].fee += pound,
        (Fault::UnknownReference, first) => {
            let at = first.map_or(DateTime::UNIX_EPOCH, |line| line.at);
            let mut line = plain(Kind::Payment, "999999999", "9999999999999999", pound, at);
            "999999999001".clone_into(&mut line.transaction);
            line.fee = share(line.amount, commission.basis_points);
            line.tax = share(line.fee, commission.tax_basis_points);
            lines.push(line);
        }
        (Fault::None | Fault::WrongTotal | Fault::Truncated, _) | (_, None) => {}
    }
}
