//! `rusum ledger` and `rusum keys` beside a running node, on every engine.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    store::backends,
    support::{
        Http, Rig,
        command::{Ended, run},
        payment_id, text, until,
    },
};

fn on(rig: &Rig, arguments: &[&str]) -> Ended {
    run(&[arguments, &["--database-url", &rig.database.url]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_summed_proved_and_written_out_beside_a_running_node() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (first, second) = (rig.paid().await, rig.paid().await);

        let told: Value =
            serde_json::from_str(&on(&rig, &["ledger", "trial-balance", "--json"]).expect(0).out).unwrap();
        let served = rig.http.get("/v1/ledger/trial-balance").await.expect(200).json();
        for field in ["total_debits", "total_credits"] {
            assert_eq!((text(&told, field), text(&served, field)), ("50.00", "50.00"));
        }
        let account = |of: &Value| {
            let accounts = of["accounts"].as_array().unwrap().clone();
            accounts.into_iter().find(|one| one["code"] == "provider:fawry:receivable").unwrap()
        };
        for field in ["debits", "credits", "balance"] {
            assert_eq!(account(&told)[field], account(&served)[field], "{field}");
        }
        let shown = on(&rig, &["ledger", "trial-balance"]).expect(0).out;
        assert!(shown.contains("provider:fawry:receivable") && shown.contains("50.00"), "{shown}");
        let before = on(&rig, &["ledger", "trial-balance", "--on", "2020-01-01", "--json"]).expect(0).out;
        assert_eq!(serde_json::from_str::<Value>(&before).unwrap()["total_debits"], "0.00");

        let verified = on(&rig, &["ledger", "verify"]).expect(0);
        assert!(verified.out.contains("2 payments") && verified.err.is_empty(), "{}", verified.out);

        let exported = on(&rig, &["ledger", "export"]).expect(0).out;
        let journals: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // Journals of different lanes have no order among one another.
        let payments: BTreeSet<&str> = journals.iter().map(|journal| text(journal, "payment")).collect();
        assert_eq!(payments, BTreeSet::from([text(&first, "id"), text(&second, "id")]));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journals.jsonl");
        let written = on(&rig, &["ledger", "export", "--output", file.to_str().unwrap()]).expect(0).out;
        assert!(written.starts_with("2 journals written"), "{written}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), exported);
        let nowhere = on(&rig, &["ledger", "export", "--output", "nowhere/journals.jsonl"]).expect(3);
        assert!(nowhere.err.contains("nowhere/journals.jsonl"), "{}", nowhere.err);
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_listed_and_ends_with_one() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let paid = rig.paid().await;
        rig.database.tamper("UPDATE payments SET amount_paid = amount_paid + 100").await.unwrap();
        let found = on(&rig, &["ledger", "verify"]).expect(1);
        assert!(found.out.contains("payment: ") && found.out.contains("26.00"), "{}", found.out);
        assert!(found.out.contains(&payment_id(&paid).to_string()), "{}", found.out);
        assert!(found.err.contains("1 difference;"), "{}", found.err);
        let found: Value =
            serde_json::from_str(&on(&rig, &["ledger", "verify", "--json"]).expect(1).out).unwrap();
        assert_eq!(found["differences"], 1);
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_works_once_it_is_made_and_no_more_once_it_is_revoked() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let create = ["keys", "create", "books", "--owner", "auditor", "--scope", "ledger:read"];
        let made = on(&rig, &create).expect(0).out;
        let secret = made.split_whitespace().find(|word| word.starts_with("rsk_")).unwrap();
        let http = Http::new(rig.base_url(), Some(secret));
        http.get("/v1/ledger/trial-balance").await.expect(200);
        http.post("/v1/payments", &json!({})).await.expect(403);

        let listed = on(&rig, &["keys", "list"]).expect(0).out;
        assert!(listed.contains("auditor") && listed.contains("ledger:read"), "{listed}");
        let all = on(&rig, &["keys", "list", "--json"]).expect(0).out;
        assert!(!listed.contains("rsk_") && !all.contains("rsk_"), "no secret is shown again");
        let all: Value = serde_json::from_str(&all).unwrap();
        let key = all.as_array().unwrap().iter().find(|key| key["owner"] == "auditor").unwrap();
        assert_eq!(key["scopes"], json!(["ledger:read"]));

        on(&rig, &["keys", "revoke", text(key, "id")]).expect(0);
        until("the key is worth nothing", async || {
            (http.get("/v1/ledger/trial-balance").await.status == 401).then_some(())
        })
        .await;
        let again = on(&rig, &["keys", "revoke", text(key, "id")]).expect(2);
        assert!(again.err.contains(text(key, "id")), "{}", again.err);
        rig.stop().await;
    }
}
