//! The counter: a person types a code and pays, in Arabic or English, without scripts.

use chrono::TimeDelta;

use crate::world::World;

async fn page(world: &World, query: &str) -> (u16, String) {
    let answer = world.client.get(format!("{}/fawry/counter{query}", world.address)).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn pay(world: &World, form: &str) -> (u16, String) {
    let request = world.client.post(format!("{}/fawry/counter", world.address));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (status, location.unwrap_or_default())
}

#[tokio::test]
async fn a_person_types_the_code_and_pays_once() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4510)).await;
    let (status, empty) = page(&world, "").await;
    assert!(status == 200 && empty.contains(r#"<html lang="ar" dir="rtl">"#), "{empty}");
    let (_, due) = page(&world, &format!("?code={code}")).await;
    assert!(due.contains("45.10") && due.contains("شهادة ميلاد") && due.contains("ادفع نقدًا"), "{due}");
    let (status, to) = pay(&world, &format!("code={code}&lang=ar")).await;
    assert_eq!((status, to.as_str()), (303, &*format!("counter?code={code}&lang=ar")));
    let (_, receipt) = page(&world, &format!("?code={code}&lang=en")).await;
    assert!(receipt.contains("Paid.") && receipt.contains(&format!("{code}001")), "{receipt}");
    assert!(receipt.contains(r#"<html lang="en" dir="ltr">"#), "{receipt}");
    assert_eq!(pay(&world, &format!("code={code}")).await.0, 409);
    assert_eq!(world.state().await["charges"][0]["paid"], "45.10");
}

#[tokio::test]
async fn what_cannot_be_paid_says_so() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4510)).await;
    assert_eq!(page(&world, "?code=931215518").await.0, 404);
    assert_eq!(pay(&world, "code=931215518").await.0, 404);
    assert_eq!(pay(&world, "").await.0, 404);
    world.fault("outage", None).await;
    assert_eq!(page(&world, "").await.0, 503);
    assert_eq!(pay(&world, &format!("code={code}")).await.0, 503);
    world.fault("none", None).await;
    world.pass(TimeDelta::hours(24));
    let (_, closed) = page(&world, &format!("?code={code}")).await;
    assert!(closed.contains("EXPIRED") && !closed.contains("ادفع نقدًا"), "{closed}");
    assert_eq!(pay(&world, &format!("code={code}")).await.0, 409);
    world.fault("late_success", Some(1)).await;
    assert_eq!(pay(&world, &format!("code={code}")).await.0, 303);
}

#[tokio::test]
async fn nothing_that_a_merchant_writes_becomes_markup() {
    let world = World::new().await;
    let mut charge = world.charge_of("1", 4510);
    charge.description = "<script>alert(1)</script>&\"'".into();
    let code = world.charge(&charge).await;
    let (_, due) = page(&world, &format!("?code={code}")).await;
    assert!(!due.contains("<script>"), "{due}");
}
