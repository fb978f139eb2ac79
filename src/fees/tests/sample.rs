//! Two small sound files, and the way to break them: a case replaces one text by another, and says
//! by what stands there on which line the fault must be found.

use crate::fees::{Figures, Finding, SourceFile, check};

/// A register.
pub(super) const REGISTERS: &str = r#"authority = "registers"
version = "2020.1"
title = { ar = "سجل", en = "Register" }
effective_from = 2020-01-01

[[revenue_code]]
code = "1422"
title = { ar = "رسوم", en = "Fees" }

[[beneficiary]]
code = "unit"
title = { ar = "وحدة", en = "Unit" }
single_account = "inside"
accounting_unit = "U-1"

[[beneficiary]]
code = "pool"
title = { ar = "مجمعة", en = "Pool" }
single_account = "outside"
accounting_unit = "U-2"
iban = "EG380019000500000000263180002"
"#;

/// A schedule with one of everything.
pub(super) const OFFICE: &str = r#"authority = "office"
version = "2026.1"
title = { ar = "مكتب", en = "Office" }
effective_from = 2026-01-01
channels = ["portal", "kiosk"]
methods = ["card/card", "post/cash"]
quote_valid_secs = 3600
governorates = { "03" = 2020-01-01, "01" = 2021-01-01 }

[[service]]
code = "paper"
title = { ar = "ورقة", en = "Paper" }

[[service.delivery]]
code = "home"
title = { ar = "منزل", en = "Home" }

[[service.option]]
code = "speed"
title = { ar = "سرعة", en = "Speed" }
kind = "choice"
default = "slow"
choice = [{ code = "slow", title = { ar = "ب", en = "Slow" } }, { code = "fast", title = { ar = "س", en = "Fast" } }]

[[service.option]]
code = "area"
title = { ar = "مساحة", en = "Area" }
kind = "integer"
min = 1
max = 300
default = 10

[[service.option]]
code = "value"
title = { ar = "قيمة", en = "Value" }
kind = "amount"
min = "1.00"
max = "1000.00"
attested = true
when = { speed = ["fast"] }

[service.quantity]
unit = { ar = "نسخة", en = "copy" }
max = 9

[[service.line]]
code = "base"
title = { ar = "أساس", en = "Base" }
kind = "per-unit"
amount = "8.85"
first_units = 2
further = { code = "more", title = { ar = "زيادة", en = "More" }, amount = "5.00" }
beneficiary = "unit"
revenue_code = "1422"
legal_basis = "Law 1"
source = "Gazette 1"

[[service.line]]
code = "area"
title = { ar = "مساحة", en = "Area" }
kind = "bands"
of = "area"
band = [{ from = 1, to = 100, amount = "500.00" }, { from = 101, amount = "900.00" }]
beneficiary = "pool"
revenue_code = "1422"
legal_basis = "Law 1"
source = "Gazette 1"

[[service.line]]
code = "share"
title = { ar = "نسبة", en = "Share" }
kind = "percentage"
of = "value"
rate = "2.5"
floor = "1.00"
cap = "20.00"
rounding = "half-up"
when = { channel = ["portal"] }
beneficiary = "unit"
revenue_code = "1422"
legal_basis = "Law 1"
illustrative = true

[[service.exemption]]
code = "poor"
title = { ar = "غير قادر", en = "Poor" }
evidence = { ar = "شهادة", en = "Certificate" }
lines = ["base"]
legal_basis = "Law 2"
source = "Gazette 2"

[[incentive]]
code = "bonus"
title = { ar = "حافز", en = "Bonus" }
methods = ["card/card"]
rate = "5"
rounding = "down"
effective_from = 2026-02-01
effective_to = 2026-12-31
legal_basis = "Law 3"
source = "Gazette 3"

[[surcharge]]
code = "extra"
title = { ar = "إضافة", en = "Extra" }
methods = ["post/cash"]
amount = "1.00"
services = ["office.paper"]
beneficiary = "unit"
revenue_code = "1422"
legal_basis = "Law 3"
source = "Gazette 3"
"#;

/// Both files, the schedule with this text.
pub(super) fn files(office: &str) -> Vec<SourceFile> {
    let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
    vec![file("registers-2020.1.toml", REGISTERS), file("office-2026.1.toml", office)]
}

/// What is found, if the files are refused.
pub(super) fn findings(files: &[SourceFile]) -> Vec<Finding> {
    check(files, &[], Figures::Any).err().unwrap_or_default()
}

/// Replaces `from` by `to` and expects a finding of these words on the line where `at` stands.
#[track_caller]
pub(super) fn faulty(from: &str, to: &str, at: &str, words: &str) {
    assert!(OFFICE.contains(from), "the case replaces {from:?}, which is not there");
    let text = OFFICE.replacen(from, to, 1);
    expect(&files(&text), "office-2026.1.toml", at, words);
}

/// Expects a finding of these words in this file on the line where `at` stands.
#[track_caller]
pub(super) fn expect(files: &[SourceFile], name: &str, at: &str, words: &str) {
    let text = &files.iter().find(|file| file.name == name).unwrap().text;
    let byte = text.find(at).unwrap_or_else(|| panic!("{at:?} is not in the file"));
    let line = u32::try_from(text[..byte].matches('\n').count() + 1).unwrap();
    let found = findings(files);
    let hit = found.iter().find(|one| one.message.contains(words));
    let Some(hit) = hit else {
        panic!("no finding of {words:?} among:\n{}", super::support::shown(&found));
    };
    assert_eq!((hit.file.as_str(), hit.line), (name, line), "{hit}");
    assert!(hit.column > 0 && !hit.remedy.is_empty(), "{hit}");
    assert!(hit.to_string().starts_with(&format!("{name}:{line}:")), "{hit}");
}
