//! Several nodes on one PostgreSQL under load, a day ending meanwhile: the laws hold as on one.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;

use crate::{
    store::{Backend, backends},
    support::{Rig, text, until},
};

const CLIENTS: usize = 6;
const EACH: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_one_database_while_a_day_ends() {
    for backend in backends().iter().filter(|backend| !matches!(backend, Backend::Sqlite)) {
        let rig = Arc::new(Rig::start(backend).await);
        let other = rig.another_node().await;
        let first_day = rig.store().open_day().await.unwrap().unwrap();
        let addresses = [rig.base_url().to_owned(), other.url.clone()];
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (rig, addresses) = (rig.clone(), addresses.clone());
            clients.spawn(async move {
                for number in 0..EACH {
                    // Each call of a payment goes to the node that the last one did not go to.
                    let node = |call: usize| rig.http.at(&addresses[(client + number + call) % 2]);
                    let item = json!({"service": "civil-status.birth-certificate", "quantity": 1});
                    let ask = json!({"channel": "portal", "governorate": "01", "items": [item]});
                    let quote = node(0).post("/v1/quotes", &ask).await.expect(201).json();
                    let order = json!({"quote": quote["id"]});
                    let payment = node(1).post("/v1/payments", &order).await.expect(201).json();
                    let path = format!("/v1/payments/{}/attempts", text(&payment, "id"));
                    let attempt =
                        node(2).post(&path, &json!({"method": "epayment"})).await.expect(201).json();
                    rig.pay(text(&attempt, "provider_reference")).await;
                    if client == 0 && number == EACH / 2 {
                        let path = format!("/v1/settlement/days/{first_day}/end");
                        node(3).post(&path, &json!({})).await.expect(200);
                    }
                }
            });
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        let total = CLIENTS * EACH;
        until("every payment is paid", async || {
            let receivable = rig.account("provider:fawry:receivable").await.0;
            (receivable == format!("{}.00", 25 * total)).then_some(())
        })
        .await;
        let days = journal_days(&rig).await;
        assert_eq!(days, BTreeSet::from([first_day.to_string(), first_day.next().to_string()]));
        rig.verify().await;
        other.stop().await;
    }
}

/// The days of all transfers, paged to the end: each journal's transfers are in one day.
async fn journal_days(rig: &Rig) -> BTreeSet<String> {
    let mut days = BTreeSet::new();
    let mut of_journal = std::collections::BTreeMap::new();
    let mut path = "/v1/ledger/transfers?limit=50".to_owned();
    loop {
        let page = rig.http.get(&path).await.expect(200).json();
        for transfer in page["data"].as_array().unwrap() {
            let day = text(transfer, "day").to_owned();
            let first = of_journal.entry(text(transfer, "journal").to_owned()).or_insert_with(|| day.clone());
            assert_eq!(*first, day, "a journal is in one day");
            days.insert(day);
        }
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/ledger/transfers?limit=50&cursor={cursor}");
    }
    days
}
