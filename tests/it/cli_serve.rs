//! `rusum serve` and `rusum simulate`: processes that start, serve, and drain.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{
    store::{Database, backends},
    support::{
        Http,
        command::{Process, run, rusum},
        text, until,
    },
};

/// A server whose log is read for the address that it got.
struct Serving {
    process: Child,
    log: BufReader<std::process::ChildStderr>,
    url: String,
}

impl Serving {
    fn start(folder: &Path, database: &Database) -> Self {
        let key = "00".repeat(32);
        let settings = format!(
            "mode = \"development\"\ndatabase_url = \"{}\"\nbase_url = \"http://localhost:8080\"\n\
             listen = \"127.0.0.1:0\"\n[keys]\nactive = \"a\"\nencryption = {{ a = \"{key}\" }}\n\
             hash = \"{key}\"\ncheckout = \"{key}\"\n",
            database.url
        );
        let config = folder.join("rusum.toml");
        std::fs::write(&config, settings).unwrap();
        let mut process = rusum(&["serve", "--config"]).arg(&config).stderr(Stdio::piped()).spawn().unwrap();
        let mut serving =
            Self { log: BufReader::new(process.stderr.take().unwrap()), process, url: String::new() };
        let line = serving.line("serving");
        serving.url = format!("http://{}", text(&line, "address"));
        serving
    }

    /// The next line of the log whose message begins so; every line is JSON.
    fn line(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "the log ended before {message:?}");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"].as_str().is_some_and(|told| told.starts_with(message)) {
                return line;
            }
        }
    }

    fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
    }

    /// Waits for the end, reading on what is logged.
    fn ended(mut self) -> (i32, String) {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code().unwrap_or(-1), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_drains_what_runs_and_ends_with_success() {
    for backend in backends() {
        let (folder, database) = (tempfile::tempdir().unwrap(), backend.fresh().await);
        run(&["migrate", "--database-url", &database.url]).expect(0);
        let mut serving = Serving::start(folder.path(), &database);
        let http = Http::new(&serving.url, None);
        assert_eq!(http.get("/healthz").await.status, 200);
        // It refuses to quote before anything is in force, and says what to do.
        let ready = http.get("/readyz").await;
        assert_eq!(ready.status, 503);
        assert!(ready.body.contains("rusum schedules publish"), "{}", ready.body);
        run(&["schedules", "publish", "--by", "a test", "--database-url", &database.url]).expect(0);
        until("the node sees what is in force", async || {
            (http.get("/readyz").await.status == 200).then_some(())
        })
        .await;

        // A request whose body is still on its way when the signal comes.
        let body = json!({"channel": "portal", "governorate": "01",
                          "items": [{"service": "civil-status.birth-certificate"}]})
        .to_string();
        let address = serving.url.strip_prefix("http://").unwrap().to_owned();
        let mut caller = TcpStream::connect(&address).unwrap();
        write!(
            caller,
            "POST /v1/quotes HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .unwrap();
        let mut go_on = [0; 25];
        caller.read_exact(&mut go_on).unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100"));
        serving.terminate();
        serving.line("asked to stop");
        until("nobody new is let in", async || TcpStream::connect(&address).is_err().then_some(())).await;
        caller.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        caller.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (code, log) = serving.ended();
        assert_eq!(code, 0, "{log}");
        assert!(log.contains("drained"), "{log}");
        run(&["ledger", "verify", "--database-url", &database.url]).expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulators_alone_keep_their_books() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = rusum(&["simulate", "--port", "0", "--fawry-secure-key", "k", "--books"]);
        let mut process = Process::start(command.arg(folder.path()).stderr(Stdio::null()));
        let said = process.said("Ctrl-C");
        assert!(said.contains("rusum-simulated"), "{said}");
        let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        (process, Http::new(&url, None))
    };
    let (process, http) = start();
    let signature = rusum_kit::sign::sha256_hex(["rusum-simulated", "r-1", "", "PAYATFAWRY", "20.00", "k"]);
    let order = json!({
        "merchantCode": "rusum-simulated", "merchantRefNum": "r-1", "paymentMethod": "PAYATFAWRY",
        "amount": "20.00", "currencyCode": "EGP", "signature": signature,
        "paymentExpiry": 4_000_000_000_000_i64,
        "chargeItems": [{"itemId": "1", "price": "20.00", "quantity": 1}],
    });
    let made = http.post("/fawry/ECommerceWeb/Fawry/payments/charge", &order).await.expect(200).json();
    let code = text(&made, "referenceNumber").to_owned();
    http.post("/fawry/_control/pay", &json!({"reference": code})).await.expect(200);
    process.kill();
    let (process, http) = start();
    let books = http.get("/fawry/_control/state").await.expect(200).json();
    assert_eq!(
        (text(&books["charges"][0], "reference"), text(&books["charges"][0], "paid")),
        (&*code, "20.00")
    );
    assert!(process.terminate().success());
}

#[test]
fn the_simulators_name_the_port_that_is_in_use() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let refused = run(&["simulate", "--port", &port]).expect(3);
    assert!(refused.err.contains(&port) && refused.err.contains("--port"), "{}", refused.err);
}
