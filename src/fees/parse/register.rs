//! The registers: `[[beneficiary]]` and `[[revenue_code]]`.

use super::table::Table;
use crate::fees::{
    Beneficiary, Place, RevenueCode,
    notes::{Notes, Spot},
};

/// Entries of a register, at most.
const LIMIT_ENTRIES: usize = 10_000;

pub(super) fn beneficiaries(notes: &mut Notes<'_>, file: &mut Table<'_>) -> Option<Vec<(Spot, Beneficiary)>> {
    let rows = file.tables(notes, "beneficiary", LIMIT_ENTRIES);
    let read: Vec<_> = rows.into_iter().map(|row| beneficiary(notes, row)).collect();
    read.into_iter().collect()
}

fn beneficiary(notes: &mut Notes<'_>, mut row: Table<'_>) -> Option<(Spot, Beneficiary)> {
    let code = row.code(notes, "code");
    if let Some(code) = &code {
        row.what = format!("beneficiary {code:?}");
    }
    let title = row.title(notes, "title");
    let accounting_unit = row.text(notes, "accounting_unit", "\"04-0101\"");
    let illustrative = row.flag(notes, "illustrative");
    let place = row.text(notes, "single_account", "\"inside\"").and_then(|word| match &*word {
        "inside" => Some(Place::Inside),
        "outside" => Some(Place::Outside),
        other => {
            let message = format!("`single_account` of {} is {other:?}", row.what);
            notes.error(row.spot, message, "write inside or outside");
            None
        }
    });
    let iban = match (row.get("iban"), place) {
        (Some(found), Some(Place::Inside)) => {
            let message = format!("{} is inside the single account and has an iban", row.what);
            notes.error(found.spot, message, "remove the iban, or write `single_account = \"outside\"`");
            None
        }
        (Some(found), _) => found.text(notes, "iban").and_then(|text| {
            if is_egyptian_iban(&text) {
                return Some(Some(text.to_string()));
            }
            let remedy = "write EG and 27 digits without blanks, as the bank gives it";
            notes.error(found.spot, format!("{text:?} is no Egyptian IBAN (length or check digits)"), remedy);
            None
        }),
        (None, Some(Place::Outside)) => {
            let message = format!("{} is outside the single account and has no iban", row.what);
            notes.error(row.spot, message, "write `iban = \"EG...\"`, or `single_account = \"inside\"`");
            None
        }
        (None, _) => Some(None),
    };
    row.finish(notes);
    let beneficiary = Beneficiary {
        code: code?.to_string(),
        title: (*title?).clone(),
        single_account: place?,
        accounting_unit: accounting_unit?.to_string(),
        iban: iban?,
        illustrative,
    };
    Some((row.spot, beneficiary))
}

pub(super) fn revenue_codes(notes: &mut Notes<'_>, file: &mut Table<'_>) -> Option<Vec<(Spot, RevenueCode)>> {
    let rows = file.tables(notes, "revenue_code", LIMIT_ENTRIES);
    let read: Vec<_> = rows
        .into_iter()
        .map(|mut row| {
            let (code, title) = (row.code(notes, "code"), row.title(notes, "title"));
            row.finish(notes);
            Some((row.spot, RevenueCode { code: code?.to_string(), title: (*title?).clone() }))
        })
        .collect();
    read.into_iter().collect()
}

/// EG, two check digits and 25 digits, of which ISO 13616's remainder is one.
fn is_egyptian_iban(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("EG") else { return false };
    if digits.len() != 27 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (check, account) = digits.split_at(2);
    // E is 14 and G is 16 in the standard's count of letters.
    let rearranged = format!("{account}1416{check}");
    rearranged.bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_checked() {
        // The example of the ISO 13616 registry.
        assert!(is_egyptian_iban("EG380019000500000000263180002"));
        assert!(!is_egyptian_iban("EG380019000500000000263180003"));
        assert!(!is_egyptian_iban("EG38 0019 0005 0000 0000 2631 8000 2"));
        assert!(!is_egyptian_iban("GB82WEST12345698765432"));
    }
}
