//! Every journal is in one business day, lanes have no gaps, and readers miss nothing.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusum::{
    calendar::BusinessDay,
    ids::EventId,
    payments::EventType,
    store::{Cursor, DayState, Ended, EventFilter, Options, Store, StoreError, TransferFilter},
};
use tokio::task::JoinSet;

use super::{Database, Shop, backends, shop::fresh};

/// Takes and pays payments until told to stop; says in which days they were committed, and whether
/// each was begun after the first day had ended.
async fn business(node: Arc<Shop>, over: Arc<AtomicBool>, stop: Arc<AtomicBool>) -> Vec<(bool, BusinessDay)> {
    let mut days = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let (payment, attempt) = node.pending().await;
        let after = over.load(Ordering::SeqCst);
        let committed = node.commit(node.paying(&payment, attempt, "T1")).await.unwrap();
        days.push((after, committed.day));
    }
    days
}

/// Reads events page by page while they are written.
async fn reader(store: Store, stop: Arc<AtomicBool>) -> Vec<EventId> {
    let (mut cursor, mut read) = (Cursor::START, Vec::new());
    loop {
        // Whether all is written is read before the last look.
        let last = stop.load(Ordering::SeqCst);
        loop {
            let page = store.events(&EventFilter::default(), &cursor, 7).await.unwrap();
            read.extend(page.items.iter().map(|stored| stored.event.id));
            cursor = page.position.to_string().parse().unwrap();
            if page.next.is_none() {
                break;
            }
        }
        if last {
            return read;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_ends_under_load_on_two_nodes() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = |node: &str| Options { lanes: 4, node: node.to_owned(), ..Database::options() };
        let nodes = [
            Arc::new(Shop::new(Store::open(&database.url, options("a")).await.unwrap()).await),
            Arc::new(Shop::new(Store::open(&database.url, options("b")).await.unwrap()).await),
        ];
        let first = nodes[0].today();
        let (over, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let read = tokio::spawn(reader(nodes[1].store.clone(), Arc::clone(&stop)));
        let mut work = JoinSet::new();
        for shop in nodes.iter().cycle().take(12) {
            work.spawn(business(Arc::clone(shop), Arc::clone(&over), Arc::clone(&stop)));
        }
        let mut day = first;
        for _ in 0..3 {
            while database.number("SELECT COUNT(*) FROM journals WHERE day IN (SELECT day FROM business_days WHERE status = 'open')").await < 10 {
                tokio::task::yield_now().await;
            }
            let event = EventId::new(fresh());
            let result = nodes[0].store.end_day(day, event, nodes[0].now).await.unwrap();
            assert_eq!(result, Ended::Now { open: day.next(), event });
            over.store(true, Ordering::SeqCst);
            day = day.next();
        }
        stop.store(true, Ordering::SeqCst);
        let mut committed: BTreeMap<BusinessDay, i64> = BTreeMap::new();
        while let Some(result) = work.join_next().await {
            for (after, day) in result.unwrap() {
                assert!(!(after && day == first), "{backend:?}: a journal went into {first} after its end");
                *committed.entry(day).or_default() += 1;
            }
        }
        for (day, count) in committed {
            let stored = format!("SELECT COUNT(*) FROM journals WHERE day = '{day}'");
            assert_eq!(database.number(&stored).await, count, "{backend:?}: {day}");
        }
        let report = nodes[0].store.verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{backend:?}: {:?}", report.findings);
        assert!(report.lanes >= 8, "{backend:?}: {} lanes", report.lanes);

        // The reader may have stopped before the last events were in: it goes on from where it was.
        let read = read.await.unwrap();
        let once: HashSet<EventId> = read.iter().copied().collect();
        assert_eq!(once.len(), read.len(), "{backend:?}: an event was read twice");
        let all = reader(nodes[0].store.clone(), stop).await;
        assert_eq!(i64::try_from(all.len()), Ok(database.number("SELECT COUNT(*) FROM events").await));
        assert!(once.iter().all(|id| all.contains(id)));
        for node in &nodes {
            node.store.drain().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_day_ends_once_and_says_so() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::before_the_day(database.store().await);
        let (today, event) = (shop.today(), EventId::new(fresh()));
        assert_eq!(shop.store.open_day().await.unwrap(), None);
        assert!(matches!(shop.store.end_day(today, event, shop.now).await, Err(StoreError::NoOpenDay)));
        assert_eq!(shop.store.ensure_open_day(today, shop.now).await.unwrap(), today);
        assert_eq!(shop.store.ensure_open_day(today.next(), shop.now).await.unwrap(), today);
        assert!(matches!(
            shop.store.end_day(today.next(), event, shop.now).await,
            Err(StoreError::DayNotBegun { .. })
        ));
        let open = today.next();
        assert_eq!(shop.store.end_day(today, event, shop.now).await.unwrap(), Ended::Now { open, event });
        let again = shop.store.end_day(today, EventId::new(fresh()), shop.now).await.unwrap();
        assert_eq!(again, Ended::Before { open });
        let days = shop.store.days(10).await.unwrap();
        let states: Vec<_> = days.iter().map(|day| (day.day, day.state)).collect();
        assert_eq!(states, [(open, DayState::Open), (today, DayState::Ended)]);
        assert_eq!(shop.store.day(today).await.unwrap().unwrap().ended_at, Some(shop.now));
        let told = shop.store.event(event).await.unwrap().unwrap();
        assert_eq!((told.event.kind, told.event.payment, told.seq), (EventType::DayEnded, None, 1));
        assert!(told.event.data.get().contains(&today.to_string()));
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_ending_a_day_keeps_nobody_waiting() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let frozen = database.frozen_process().await;
        let ending = shop.store.end_day(shop.today(), EventId::new(fresh()), shop.now);
        let given_up = tokio::time::timeout(Duration::from_millis(200), ending).await;
        assert!(given_up.is_err(), "{backend:?}: the day ended beside another process: {given_up:?}");
        frozen.go().await;
        let began = Instant::now();
        shop.paid().await;
        assert!(began.elapsed() < Duration::from_secs(8), "{backend:?}: {:?}", began.elapsed());
        assert_eq!(shop.store.open_day().await.unwrap(), Some(shop.today()));
        let (event, open) = (EventId::new(fresh()), shop.today().next());
        let ended = shop.store.end_day(shop.today(), event, shop.now).await.unwrap();
        assert_eq!(ended, Ended::Now { open, event });
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_read_as_of_the_end_of_a_day() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let store = &shop.store;
        let (first, receivable) = (shop.today(), "provider:fawry:receivable".parse().unwrap());
        let payment = shop.paid().await;
        store.end_day(first, EventId::new(fresh()), shop.now).await.unwrap();
        shop.paid().await;

        let then = store.account(&receivable, Some(first)).await.unwrap().unwrap();
        let now = store.account(&receivable, None).await.unwrap().unwrap();
        assert_eq!((then.balance().get(), now.balance().get()), (3500, 7000));
        let balance = store.trial_balance(None).await.unwrap();
        assert_eq!(balance.total_debits, balance.total_credits);
        assert_eq!(balance.accounts.len(), 5);
        assert!(store.account(&"losses".parse().unwrap(), None).await.unwrap().is_none());

        let of = |filter: TransferFilter| async move {
            let (mut cursor, mut all) = (Cursor::START, Vec::new());
            loop {
                let page = store.transfers(&filter, &cursor, 3).await.unwrap();
                assert!(page.items.len() <= 3 || filter.payment.is_some());
                all.extend(page.items);
                match page.next {
                    Some(next) => cursor = next,
                    None => return all,
                }
            }
        };
        assert_eq!(of(TransferFilter::default()).await.len(), 8);
        let of_day = of(TransferFilter { day: Some(first), ..TransferFilter::default() }).await;
        let of_payment = of(TransferFilter { payment: Some(payment.id), ..TransferFilter::default() }).await;
        assert_eq!(of_day, of_payment);
        assert_eq!(of_payment.iter().map(|t| t.leg).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(of_payment.iter().all(|t| t.payment == Some(payment.id) && t.day == first));
        let stamp = "beneficiary:tax-authority:1422:payable".parse().unwrap();
        let of_account = of(TransferFilter { account: Some(stamp), ..TransferFilter::default() }).await;
        assert_eq!(of_account.iter().map(|t| t.transfer.amount.get()).collect::<Vec<_>>(), [310, 310]);

        let mut lines = Vec::new();
        assert_eq!(store.export(None, &mut lines).await.unwrap(), 2);
        let lines = String::from_utf8(lines).unwrap();
        let journals: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(journals[0]["payment"], payment.id.to_string());
        assert_eq!(journals[0]["transfers"].as_array().unwrap().len(), 4);
        assert_eq!(journals[1]["day"], first.next().to_string());
        store.drain().await;
    }
}
