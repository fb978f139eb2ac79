//! What the store promises, on every engine at hand. `PostgreSQL` takes part when `TEST_POSTGRES_URL`
//! names a server on which databases may be made (`scripts/postgres start` prints such a URL).

mod batch;
mod books;
mod databases;
mod days;
mod due;
mod lost_commit;
mod schema;
mod shop;
mod webhooks;

pub use databases::{Backend, Database, backends};
pub use shop::Shop;
