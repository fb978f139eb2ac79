//! The rival of whole payments: a server whose POST inserts one row durably and answers.
//!
//! The same HTTP server and the same database; nothing else. Two ways of writing are tried side by
//! side, one INSERT per request and a writer that puts whatever waits into one INSERT, and the faster
//! one is the yardstick.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use rusum::switch::clock::fresh;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::Failed;

/// Where one INSERT per request is served.
pub const SINGLE: &str = "/single";
/// Where the writer is behind.
pub const GROUPED: &str = "/grouped";
/// What the process prints before its address.
pub const LISTENS: &str = "listens on ";

/// Rows in one INSERT, at most.
const BATCH: usize = 512;
/// Connections for one INSERT per request.
const CONNECTIONS: u32 = 16;

type Job = (Uuid, Bytes, oneshot::Sender<bool>);

#[derive(Clone)]
struct Shared {
    pool: PgPool,
    writer: Arc<mpsc::Sender<Job>>,
}

/// Serves until the process is ended; prints where.
pub fn serve(database_url: &str) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(database_url).await?;
        sqlx::query("CREATE TABLE bare (id UUID PRIMARY KEY, body TEXT NOT NULL)").execute(&pool).await?;
        let (writer, jobs) = mpsc::channel(4096);
        tokio::spawn(write(pool.clone(), jobs));
        let shared = Shared { pool, writer: Arc::new(writer) };
        let routes =
            Router::new().route(SINGLE, post(single)).route(GROUPED, post(grouped)).with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{LISTENS}{}", listener.local_addr()?);
        axum::serve(listener, routes).await?;
        Ok(())
    })
}

async fn single(State(shared): State<Shared>, body: Bytes) -> impl IntoResponse {
    let Ok(text) = std::str::from_utf8(&body) else { return answer(None) };
    let id = fresh();
    let inserted = sqlx::query("INSERT INTO bare (id, body) VALUES ($1, $2)")
        .bind(id)
        .bind(text)
        .execute(&shared.pool)
        .await;
    answer(inserted.is_ok().then_some(id))
}

async fn grouped(State(shared): State<Shared>, body: Bytes) -> impl IntoResponse {
    let id = fresh();
    let (done, written) = oneshot::channel();
    if shared.writer.send((id, body, done)).await.is_err() {
        return answer(None);
    }
    answer(matches!(written.await, Ok(true)).then_some(id))
}

fn answer(id: Option<Uuid>) -> impl IntoResponse {
    match id {
        Some(id) => (
            StatusCode::CREATED,
            [(header::CONTENT_TYPE, "application/json")],
            format!("{{\"id\":\"{id}\"}}"),
        ),
        None => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "application/json")], "{}".to_owned())
        }
    }
}

async fn write(pool: PgPool, mut jobs: mpsc::Receiver<Job>) {
    let mut waiting = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut waiting, BATCH).await > 0 {
        let ids: Vec<Uuid> = waiting.iter().map(|(id, ..)| *id).collect();
        let bodies: Vec<&str> =
            waiting.iter().map(|(_, body, _)| std::str::from_utf8(body).unwrap_or_default()).collect();
        let inserted =
            sqlx::query("INSERT INTO bare (id, body) SELECT * FROM unnest($1::uuid[], $2::text[])")
                .bind(&ids)
                .bind(&bodies)
                .execute(&pool)
                .await;
        let is_written = inserted.is_ok();
        for (_, _, done) in waiting.drain(..) {
            // Whoever asked may have hung up.
            let _ = done.send(is_written);
        }
    }
}
