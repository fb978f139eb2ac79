//! One node: a switch, its jobs, and its server.

use std::io;

use rusum::{
    cli::http,
    switch::{Clock, Jobs, Settings, Switch},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A node that runs.
pub struct Node {
    /// Its switch.
    pub switch: Switch,
    /// Where it listens.
    pub url: String,
    jobs: Jobs,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

impl Node {
    /// Starts a node on this listener.
    pub async fn start(settings: Settings, clock: Clock, listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let switch = Switch::start(settings, clock).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = http::router(&switch);
        let server = tokio::spawn(http::serve(listener, router, stopped));
        Self { jobs: switch.run(), switch, url, stop, server }
    }

    /// Drains it as SIGTERM does.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.server.await.unwrap().unwrap();
        self.jobs.stop().await;
    }
}
