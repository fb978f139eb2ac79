//! Faults between services, rules, registers, versions and what was published are found.

use proptest::prelude::*;

use super::sample::{OFFICE, REGISTERS, expect, faulty, files, findings};
use crate::fees::{Figures, Published, Severity, SourceFile, check};

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any part of a file cut out, doubled or overwritten: findings or none, never a panic.
    #[test]
    fn no_damage_to_a_file_breaks_the_check(
        from in 0..OFFICE.len(),
        length in 0..400_usize,
        text in "[ -~\n]{0,12}",
        doubled: bool,
    ) {
        let boundary = |at: usize| {
            let mut places = at.min(OFFICE.len())..=OFFICE.len();
            places.find(|at| OFFICE.is_char_boundary(*at)).unwrap()
        };
        let (start, end) = (boundary(from), boundary(from + length));
        let middle = if doubled { OFFICE[start..end].repeat(2) } else { text };
        let damaged = format!("{}{middle}{}", &OFFICE[..start], &OFFICE[end..]);
        for finding in findings(&files(&damaged)) {
            prop_assert!(finding.line >= 1 && !finding.message.is_empty() && !finding.remedy.is_empty());
        }
    }
}
