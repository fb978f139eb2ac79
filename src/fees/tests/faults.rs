//! Every kind of fault in a schedule file is found, with its file, its line and a remedy.
//!
//! A case replaces one text of two small sound files; a line that the fault stands on is marked in
//! the case by what stands there, so that the line number itself is checked.

use crate::fees::{Figures, Finding, Published, Severity, SourceFile, check};

const REGISTERS: &str = r#"authority = "registers"
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

const OFFICE: &str = r#"authority = "office"
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

fn files(office: &str) -> Vec<SourceFile> {
    let file = |name: &str, text: &str| SourceFile { name: name.to_owned(), text: text.to_owned() };
    vec![file("registers-2020.1.toml", REGISTERS), file("office-2026.1.toml", office)]
}

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    check(files, &[], Figures::Any).err().unwrap_or_default()
}

/// Replaces `from` by `to` and expects a finding of these words on the line where `at` stands.
#[track_caller]
fn faulty(from: &str, to: &str, at: &str, words: &str) {
    assert!(OFFICE.contains(from), "the case replaces {from:?}, which is not there");
    let text = OFFICE.replacen(from, to, 1);
    expect(&files(&text), "office-2026.1.toml", at, words);
}

#[track_caller]
fn expect(files: &[SourceFile], name: &str, at: &str, words: &str) {
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

#[test]
fn the_sound_files_pass() {
    let checked = check(&files(OFFICE), &[], Figures::Any);
    assert!(checked.is_ok(), "{:#?}", checked.err());
    assert_eq!(checked.unwrap().warnings, []);
}

#[test]
fn money_is_exact_or_refused() {
    let amount = "amount = \"8.85\"";
    faulty(amount, "amount = 8.85", "amount = 8.85", "floating-point number 8.85, which is not exact money");
    faulty(amount, "amount = 9", "amount = 9", "the number 9, which is not exact money");
    faulty(amount, "amount = \"8.855\"", "amount = \"8.855\"", "not a whole number of piastres");
    faulty(amount, "amount = \"8,85\"", "amount = \"8,85\"", "is not an amount");
    faulty(amount, "amount = \"-8.85\"", "amount = \"-8.85\"", "is not an amount");
    faulty(amount, "amount = \"٨.٨٥\"", "amount = \"٨.٨٥\"", "is not an amount");
    faulty(amount, "amount = \"99999999999999.00\"", "amount = \"999", "larger than the largest");
    let text = OFFICE.replacen(amount, "amount = 1500.10", 1);
    let remedy = &findings(&files(&text))[0].remedy;
    assert!(remedy.contains("amount = \"1500.10\""), "the remedy keeps every digit: {remedy}");
    faulty("rate = \"2.5\"", "rate = 2.5", "rate = 2.5", "not an exact percentage");
    faulty("rate = \"2.5\"", "rate = \"250\"", "rate = \"250\"", "not an exact percentage");
    faulty("min = \"1.00\"", "min = 1", "min = 1\nmax = \"1000.00\"", "not exact money");
}

#[test]
fn what_is_missing_unknown_or_of_another_kind_is_found() {
    faulty("version = \"2026.1\"", "version = \"26\"", "version =", "\"26\" is no version");
    faulty(
        "effective_from = 2026-01-01",
        "effective_from = \"soon\"",
        "effective_from = \"soon\"",
        "not a date",
    );
    faulty(
        "effective_from = 2026-01-01",
        "effective_from = 2026-01-01T00:00:00",
        "effective_from = 2026-01-01T",
        "not a date",
    );
    faulty(
        "title = { ar = \"ورقة\", en = \"Paper\" }",
        "title = { ar = \"ورقة\" }",
        "title = { ar = \"ورقة\" }",
        "lacks `en`",
    );
    faulty("legal_basis = \"Law 2\"\n", "", "[[service.exemption]]", "lacks `legal_basis`");
    faulty("source = \"Gazette 2\"\n", "", "[[service.exemption]]", "names no source");
    faulty(
        "source = \"Gazette 2\"",
        "source = \"x\"\nillustrative = true",
        "illustrative = true\n\n[[incentive]]",
        "has a source and is illustrative",
    );
    faulty("quote_valid_secs = 3600\n", "", "[[service]]", "says `quote_valid_secs`");
    faulty(
        "quote_valid_secs = 3600",
        "quote_valid_secs = 1",
        "quote_valid_secs = 1",
        "`quote_valid_secs` is 1",
    );
    faulty("[\"portal\", \"kiosk\"]", "[\"portal\", \"fax\"]", "channels =", "\"fax\" is no channel");
    faulty("\"post/cash\"]\nquote", "\"post/gold\"]\nquote", "methods =", "\"post/gold\" is no way to pay");
    faulty("\"03\" = 2020", "\"05\" = 2020", "governorates =", "\"05\" is no governorate");
    faulty("kind = \"bands\"", "kind = \"ladder\"", "kind = \"ladder\"", "of kind \"ladder\"");
    faulty("code = \"poor\"", "code = \"Poor!\"", "code = \"Poor!\"", "is not a code");
    faulty("cap = \"20.00\"", "caps = \"20.00\"", "caps =", "knows no `caps`");
    faulty("[[incentive]]", "[[bonus]]", "[[bonus]]", "knows no `bonus`");
    faulty("max = 9", "max = 9\nmax = 10", "max = 10", "not TOML");
    faulty("max = 9", "max = ", "max = \n", "not TOML");
}

#[test]
fn options_and_conditions_must_agree_with_what_is_declared() {
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { colour = [\"red\"] }",
        "when = { colour",
        "refers to \"colour\"",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { speed = [\"flying\"] }",
        "when = { speed = [\"flying",
        "\"flying\" is not declared",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { channel = [\"mobile\"] }",
        "when = { channel = [\"mobile",
        "can never apply: its conditions leave nothing of \"channel\"",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { governorate = [\"35\"] }",
        "when = { governorate",
        "leave nothing of \"governorate\"",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { quantity = { min = 10 } }",
        "when = { quantity",
        "leave nothing of \"quantity\"",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { area = { min = 301 } }",
        "when = { area",
        "the range of `area` is outside its bounds",
    );
    // The share needs `value`, which is asked for only with fast speed.
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { speed = [\"slow\"] }",
        "when = { speed = [\"slow",
        "leave nothing of \"speed\"",
    );
    faulty(
        "when = { channel = [\"portal\"] }",
        "when = { area = { min = 9, max = 8 } }",
        "when = { area",
        "ends before it begins",
    );
    faulty("default = \"slow\"", "default = \"warp\"", "default = \"warp\"", "none of the choices");
    faulty("default = 10", "default = 301", "default = 301", "outside the option's bounds");
    faulty(
        "attested = true",
        "attested = true\ndefault = \"5.00\"",
        "default = \"5.00\"",
        "an attested option has a default",
    );
    faulty("min = 1\nmax = 300", "min = 301\nmax = 300", "min = 301", "a `min` above its `max`");
    faulty(
        "code = \"area\"\ntitle = { ar = \"مساحة\", en = \"Area\" }\nkind = \"integer\"",
        "code = \"quantity\"\ntitle = { ar = \"م\", en = \"A\" }\nkind = \"integer\"",
        "[[service.option]]\ncode = \"quantity\"",
        "cannot be named \"quantity\"",
    );
    faulty("of = \"value\"", "of = \"area\"", "of = \"area\"\nrate", "which is not an amount option");
    faulty("max = 9", "max = 9\ndefault = 10", "[service.quantity]", "a quantity of 10 by default");
    faulty("lines = [\"base\"]", "lines = [\"basis\"]", "lines = [\"basis\"]", "no line of this service");
}

#[test]
fn codes_stand_once() {
    faulty(
        "code = \"share\"",
        "code = \"more\"",
        "[[service.line]]\ncode = \"more\"",
        "\"more\" of office.paper is declared twice",
    );
    faulty("{ code = \"fast\"", "{ code = \"slow\"", "choice = [", "choice \"slow\" is declared twice");
    faulty(
        "code = \"area\"\ntitle = { ar = \"مساحة\", en = \"Area\" }\nkind = \"integer\"",
        "code = \"speed\"\ntitle = { ar = \"م\", en = \"A\" }\nkind = \"integer\"",
        "[[service.option]]\ncode = \"speed\"\ntitle = { ar = \"م\"",
        "option \"speed\" is declared twice",
    );
    let twice = OFFICE.to_owned()
        + &OFFICE[OFFICE.find("[[service]]").unwrap()..OFFICE.find("[[incentive]]").unwrap()];
    assert!(
        findings(&files(&twice))
            .iter()
            .any(|one| one.message.contains("is declared twice, first at office-2026.1.toml:10"))
    );
}

#[test]
fn bands_cover_their_ground_once() {
    let bands = "band = [{ from = 1, to = 100, amount = \"500.00\" }, { from = 101, amount = \"900.00\" }]";
    let with = |rows: &str| format!("band = [{rows}]");
    faulty(
        bands,
        &with("{ from = 1, to = 100, amount = \"5.00\" }, { from = 102, amount = \"9.00\" }"),
        "band =",
        "gap: no price for \"area\" from 101 to 101",
    );
    faulty(
        bands,
        &with("{ from = 1, to = 100, amount = \"5.00\" }, { from = 100, amount = \"9.00\" }"),
        "band =",
        "overlap or are out of order at 100",
    );
    faulty(
        bands,
        &with("{ from = 2, amount = \"5.00\" }"),
        "band =",
        "gap: no price for \"area\" from 1 to 1",
    );
    faulty(
        bands,
        &with("{ from = 1, to = 299, amount = \"5.00\" }"),
        "[[service.line]]\ncode = \"area\"",
        "from 300 to 300",
    );
    faulty(
        bands,
        &with("{ from = 1, to = 300, amount = \"5.00\" }, { from = 301, to = 400, amount = \"9.00\" }"),
        "band =",
        "can never apply: \"area\" is from 1 to 300",
    );
    faulty(bands, &with("{ from = 9, to = 8, amount = \"5.00\" }"), "band =", "ends before it begins");
    faulty(bands, "", "[[service.line]]\ncode = \"area\"", "has no bands");
}

#[test]
fn shares_say_how_they_are_rounded_and_bounded() {
    faulty(
        "rounding = \"half-up\"\nwhen",
        "when",
        "[[service.line]]\ncode = \"share\"",
        "does not say how it is rounded",
    );
    faulty(
        "rounding = \"half-up\"",
        "rounding = \"nearest\"",
        "rounding = \"nearest\"",
        "\"nearest\" is no rounding",
    );
    faulty(
        "rounding = \"half-up\"",
        "rounding = \"half-up\"\nround_to = \"0.00\"",
        "round_to =",
        "`round_to` is nothing",
    );
    faulty("floor = \"1.00\"", "floor = \"21.00\"", "cap = \"20.00\"", "is below its floor");
    faulty("first_units = 2\n", "", "further =", "one of `first_units` and `further` without the other");
    faulty(
        "first_units = 2",
        "first_units = 9",
        "[[service.line]]\ncode = \"base\"",
        "line \"more\" can never apply",
    );
    let text = OFFICE.replace("max = 9", "max = 10000").replace("\"8.85\"", "\"9999999999.00\"");
    expect(&files(&text), "office-2026.1.toml", "[[service.line]]\ncode = \"base\"", "can exceed");
}

#[test]
fn beneficiaries_and_revenue_codes_are_registered() {
    faulty(
        "beneficiary = \"pool\"",
        "beneficiary = \"pond\"",
        "beneficiary = \"pond\"",
        "beneficiary \"pond\" is not registered",
    );
    faulty(
        "revenue_code = \"1422\"",
        "revenue_code = \"9999\"",
        "revenue_code = \"9999\"",
        "revenue code \"9999\" is not registered",
    );
    faulty(
        "effective_from = 2026-01-01",
        "effective_from = 2019-01-01",
        "effective_from = 2019",
        "no register of beneficiaries",
    );
    faulty(
        "[[incentive]]",
        "[[beneficiary]]\ncode = \"me\"\ntitle = { ar = \"م\", en = \"M\" }\nsingle_account = \"inside\"\naccounting_unit = \"1\"\n\n[[incentive]]",
        "[[beneficiary]]",
        "stands in a file of office",
    );
    let registers = |from: &str, to: &str, at: &str, words: &str| {
        let mut files = files(OFFICE);
        files[0].text = REGISTERS.replacen(from, to, 1);
        expect(&files, "registers-2020.1.toml", at, words);
    };
    registers("263180002", "263180003", "iban =", "is no Egyptian IBAN");
    registers(
        "iban = \"EG380019000500000000263180002\"\n",
        "",
        "[[beneficiary]]\ncode = \"pool\"",
        "has no iban",
    );
    registers("\"outside\"", "\"inside\"", "iban =", "is inside the single account and has an iban");
    registers(
        "\"outside\"",
        "\"beside\"",
        "[[beneficiary]]\ncode = \"pool\"",
        "`single_account` of beneficiary \"pool\" is \"beside\"",
    );
    registers(
        "code = \"pool\"",
        "code = \"unit\"",
        "[[beneficiary]]\ncode = \"unit\"\ntitle = { ar = \"مجمعة",
        "is registered twice",
    );
}

#[test]
fn rules_have_their_time_and_their_ground() {
    faulty(
        "effective_to = 2026-12-31",
        "effective_to = 2026-01-31",
        "[[incentive]]",
        "ends before it begins",
    );
    faulty(
        "effective_from = 2026-02-01\neffective_to = 2026-12-31",
        "effective_to = 2025-12-31",
        "[[incentive]]",
        "can never apply: its dates are outside",
    );
    faulty(
        "services = [\"office.paper\"]",
        "services = [\"office.stone\"]",
        "services =",
        "no schedule declares a service \"office.stone\"",
    );
    faulty(
        "services = [\"office.paper\"]",
        "exempt_services = [\"office.paper\"]",
        "[[surcharge]]",
        "no service it holds for is paid this way",
    );
    faulty(
        "services = [\"office.paper\"]",
        "exempt_authorities = [\"palace\"]",
        "exempt_authorities =",
        "no schedule is of an authority \"palace\"",
    );
    faulty(
        "methods = [\"post/cash\"]",
        "methods = [\"wallet/wallet\"]",
        "[[surcharge]]",
        "no service it holds for is paid this way",
    );
    faulty(
        "amount = \"1.00\"",
        "amount = \"1.00\"\nrate = \"5\"",
        "amount = \"1.00\"\nrate",
        "has an amount and a rate",
    );
    faulty("amount = \"1.00\"\n", "", "[[surcharge]]", "has neither an amount nor a rate");
    faulty(
        "[[surcharge]]",
        "[[rounding]]\ncode = \"coins\"\ntitle = { ar = \"ن\", en = \"C\" }\nmethods = [\"post/cash\"]\nto = \"0.25\"\nrounding = \"up\"\nlegal_basis = \"L\"\nsource = \"S\"\n\n[[surcharge]]",
        "[[rounding]]",
        "rounding \"coins\" stands in a file of office",
    );
    let bonus = &OFFICE[OFFICE.find("[[incentive]]").unwrap()..OFFICE.find("[[surcharge]]").unwrap()];
    let again = |from: &str, to: &str, words: &str| {
        let second = bonus.replace("2026-12-31", to).replace("2026-02-01", from).replace("Bonus", "Second");
        let text = OFFICE.replacen("[[surcharge]]", &format!("{second}[[surcharge]]"), 1);
        let found = findings(&files(&text));
        assert!(found.iter().any(|one| one.message.contains(words)), "{found:#?}");
    };
    again("2026-12-31", "2027-12-31", "overlaps from 2026-12-31 to 2026-12-31");
    again("2027-01-02", "2027-12-31", "has a gap: nothing is in force after 2026-12-31");
}

#[test]
fn versions_follow_one_another_without_gap_or_overlap() {
    let next = |head: &str, change: &dyn Fn(&str) -> String, words: &str, name: &str, at: &str| {
        let mut all = files(&OFFICE.replacen("effective_from = 2026-01-01", head, 1));
        let text = change(&OFFICE.replacen("2026.1", "2026.2", 1));
        all.push(SourceFile { name: "office-2026.2.toml".to_owned(), text });
        expect(&all, name, at, words);
    };
    let later = |from: &'static str| move |text: &str| text.replacen("effective_from = 2026-01-01", from, 1);
    let first = "effective_from = 2026-01-01\neffective_to = 2026-06-30";
    let july = "effective_from = 2026-07-02\n";
    next(
        first,
        &later("effective_from = 2026-06-30"),
        "overlap from 2026-06-30 to 2026-06-30",
        "office-2026.1.toml",
        "effective_to = 2026-06-30",
    );
    next(
        first,
        &later(july),
        "no price is in force after 2026-06-30 and before 2026-07-02",
        "office-2026.1.toml",
        "effective_to = 2026-06-30",
    );
    next(
        "effective_from = 2026-01-01",
        &str::to_owned,
        "both begin on 2026-01-01",
        "office-2026.2.toml",
        "2026-01-01",
    );
    next(
        "effective_from = 2026-01-01",
        &|text: &str| text.replacen("2026.2", "2026.1", 1).replacen("2026-01-01", "2026-07-01", 1),
        "also stands in office-2026.1.toml:4",
        "office-2026.2.toml",
        "2026-07-01",
    );
    faulty(
        "effective_from = 2026-01-01",
        "effective_from = 2026-01-01\neffective_to = 2025-01-01",
        "effective_to = 2025",
        "the schedule ends before it begins",
    );
}

#[test]
fn a_published_version_never_changes_or_goes() {
    let files = files(OFFICE);
    let known = |version: &str, digest: String| Published {
        authority: "office".to_owned(),
        version: version.to_owned(),
        digest,
    };
    let found = |published: &[Published]| check(&files, published, Figures::Any).err().unwrap_or_default();
    assert_eq!(found(&[known("2026.1", files[1].digest())]), []);
    let changed = found(&[known("2026.1", "sha256:00".to_owned())]);
    assert!(changed[0].message.contains("was published with another content"));
    assert_eq!((changed[0].file.as_str(), changed[0].line), ("office-2026.1.toml", 1));
    let gone = found(&[known("2025.1", "sha256:00".to_owned())]);
    assert!(gone[0].message.contains("was published but has no file"));
}

#[test]
fn production_takes_no_illustrative_figure() {
    let found = check(&files(OFFICE), &[], Figures::Sourced).unwrap_err();
    let [one] = found.as_slice() else { panic!("{found:#?}") };
    let line = OFFICE.lines().position(|line| line == "illustrative = true").unwrap() + 1;
    assert_eq!((one.line as usize, one.severity), (line, Severity::Error));
}

#[test]
fn all_faults_of_all_files_come_at_once() {
    let mut all =
        files(&OFFICE.replace("\"8.85\"", "8.85").replace("\"kiosk\"", "\"fax\"").replace("cap =", "caps ="));
    all[0].text = REGISTERS.replace("263180002", "263180003");
    let found = findings(&all);
    for words in ["not exact money", "\"fax\" is no channel", "knows no `caps`", "no Egyptian IBAN"] {
        assert!(found.iter().any(|one| one.message.contains(words)), "{words}: {found:#?}");
    }
    assert!(found.is_sorted_by_key(|one| (&one.file, one.line)));
}

#[test]
fn a_combination_without_a_price_and_a_misnamed_file_are_warnings() {
    let only_fast = OFFICE
        .replace("amount = \"8.85\"", "amount = \"8.85\"\nwhen = { speed = [\"fast\"] }")
        .replace("of = \"area\"", "of = \"area\"\nwhen = { speed = [\"fast\"] }");
    let mut all = files(&only_fast);
    all[1].name = "somewhere/else.toml".to_owned();
    let warnings = check(&all, &[], Figures::Any).unwrap().warnings;
    assert!(warnings.iter().all(|one| one.severity == Severity::Warning));
    assert!(
        warnings.iter().any(|one| one
            .message
            .contains("publishes no price for channel portal, delivery home, speed slow"))
    );
    assert!(warnings.iter().any(|one| one.remedy.contains("office-2026.1.toml")));
}
