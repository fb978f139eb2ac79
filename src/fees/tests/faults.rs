//! Every kind of fault that stands in one service is found, with its file, its line and a remedy.

use super::sample::{OFFICE, expect, faulty, files, findings};
use crate::fees::{Figures, check};

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
