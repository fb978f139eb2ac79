//! What a command cannot do it says in one paragraph, with cause and remedy, and by its exit code.

use crate::support::command::{run, rusum};

/// Arguments, the exit code, and what the paragraph must name.
const BAD: [(&[&str], i32, &[&str]); 29] = [
    (&[], 2, &["Usage"]),
    (&["pay"], 2, &["pay", "Usage"]),
    (&["quote", "civil-status.passport"], 2, &["civil-status.passport", "schedules price-list"]),
    (&["quote", "civil-status.national-id", "--option", "speed=now"], 2, &["speed", "\"now\"", "urgent"]),
    (&["quote", "civil-status.national-id", "--option", "speed"], 2, &["\"speed\"", "speed=urgent"]),
    (&["quote", "civil-status.national-id", "--option", "a=1", "--option", "a=2"], 2, &["twice"]),
    (&["quote", "civil-status.national-id", "--option", "colour=red"], 2, &["colour", "speed ="]),
    (&["quote", "civil-status.birth-certificate", "--quantity", "0"], 2, &["--quantity", "1"]),
    (&["quote", "civil-status.birth-certificate", "--quantity", "1e3"], 2, &["--quantity", "1e3"]),
    (&["quote", "civil-status.birth-certificate", "--delivery", "drone"], 2, &["--delivery", "home"]),
    (&["quote", "civil-status.birth-certificate", "--channel", "fax"], 2, &["--channel", "portal"]),
    (&["quote", "civil-status.birth-certificate", "--governorate", "99"], 2, &["--governorate", "99"]),
    (&["quote", "civil-status.birth-certificate", "--on", "21/11/2026"], 2, &["--on", "2026-11-21"]),
    (&["quote", "civil-status.birth-certificate", "--on", "1999-01-01"], 2, &["1999-01-01"]),
    (&["quote", "civil-status.birth-certificate", "--waiver", "rain"], 2, &["--waiver", "rain"]),
    (&["quote", "civil-status.birth-certificate", "--schedules", "nowhere"], 3, &["nowhere"]),
    (&["schedules", "check", "nowhere"], 3, &["nowhere"]),
    (&["schedules", "price-list", "--on", "today"], 2, &["\"today\"", "2026-11-21"]),
    (&["schedules", "diff", "nowhere.toml", "nowhere.toml"], 3, &["nowhere.toml"]),
    (&["schedules", "diff", "2026-01-01", "fee-schedules"], 2, &["two files", "two dates"]),
    (&["schedules", "publish", "--by", "me"], 2, &["--database-url", "RUSUM_DATABASE_URL"]),
    (&["ledger", "verify"], 2, &["--database-url", "RUSUM_DATABASE_URL"]),
    (&["ledger", "verify", "--database-url", "mysql://x"], 2, &["mysql://x", "sqlite:PATH"]),
    (&["ledger", "verify", "--database-url", "sqlite:nowhere/rusum.db"], 3, &["nowhere/rusum.db"]),
    (&["ledger", "verify", "--database-url", "postgres://127.0.0.1:1/none"], 3, &["127.0.0.1:1"]),
    (&["ledger", "trial-balance", "--on", "2026-02-30", "--database-url", "sqlite:x"], 2, &["2026-02-30"]),
    (&["keys", "create", "k", "--owner", "o", "--scope", "payments"], 2, &["\"payments\"", "payments:read"]),
    (&["keys", "revoke", "pay_1", "--database-url", "sqlite:x"], 2, &["pay_1", "key_"]),
    (&["serve", "--config", "nowhere.toml"], 3, &["nowhere.toml", "check the path"]),
];

#[test]
fn bad_input_is_refused_with_cause_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("fee-schedules")).unwrap();
    for file in std::fs::read_dir("fee-schedules").unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join("fee-schedules").join(file.file_name())).unwrap();
    }
    for (arguments, code, named) in BAD {
        let output = rusum(arguments).current_dir(folder.path()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        for word in named {
            assert!(told.contains(word), "{arguments:?} does not name {word}: {told}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let paragraphs = told.trim_end().lines().filter(|line| line.is_empty()).count();
        assert!(code == 2 && told.contains("Usage") || paragraphs == 0, "{arguments:?}: {told}");
    }
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["fee-schedules"], "a refused command leaves nothing behind");
}

#[test]
fn settings_that_are_wrong_stop_the_start_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(folder.path().join("rusum.toml"), text).unwrap();
        let mut command = rusum(&["serve"]);
        let output = command.current_dir(folder.path()).envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let key = "00".repeat(32);
    let good = format!(
        "mode = \"development\"\ndatabase_url = \"sqlite:rusum.db\"\nbase_url = \"http://localhost:8080\"\n\
         listen = \"127.0.0.1:0\"\n[keys]\nactive = \"a\"\nencryption = {{ a = \"{key}\" }}\n\
         hash = \"{key}\"\ncheckout = \"{key}\"\n"
    );
    for (text, variables, named) in [
        ("mode = ", &[][..], "line 1"),
        ("", &[][..], "mode"),
        (good.as_str(), &[("RUSUM_PORT", "80")][..], "port"),
        (&good, &[("RUSUM_KEYS__HASH", "12")][..], "keys.hash"),
        (&good, &[("RUSUM_LOG__LEVEL", "loud")][..], "loud"),
        (&good, &[("RUSUM_SCHEDULES", "nowhere")][..], "nowhere"),
        (&good, &[("RUSUM_MODE", "production")][..], "https"),
        (&good, &[("RUSUM_LISTEN", "here")][..], "listen"),
    ] {
        let (code, told) = serve(text, variables);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(named), "{named} is not named: {told}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (code, told) = serve(&good, &[("RUSUM_LISTEN", &address)]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("in use") && told.contains("RUSUM_LISTEN"), "{told}");
    let (code, told) = serve(&good, &[("RUSUM_DATABASE_URL", "postgres://127.0.0.1:1/none")]);
    assert_eq!(code, Some(3), "{told}");
}

#[test]
fn a_fault_in_a_schedule_is_found_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir("fee-schedules").unwrap() {
        let file = file.unwrap();
        let text =
            std::fs::read_to_string(file.path()).unwrap().replacen("amount = \"25.00\"", "amount = 25.00", 1);
        std::fs::write(folder.path().join(file.file_name()), text).unwrap();
    }
    let checked = run(&["schedules", "check", folder.path().to_str().unwrap()]).expect(1);
    assert!(checked.err.contains("civil-status-2026.1.toml:"), "{}", checked.err);
    run(&["schedules", "check"]).expect(0);
    run(&["schedules", "check", "fee-schedules"]).expect(0);
}
