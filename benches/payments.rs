//! Whole payments over HTTP: quote, payment, attempt with the provider's charge call, notification,
//! ledger, events; against a bare durable one-row POST ([`bare`]) in the same minutes.
//!
//! The switch is `rusum serve` in a process of its own with its settings as they come, but for the
//! limits on callers. Fawry's simulator runs in this process and is called over real loopback HTTP;
//! the notification is signed here as it signs. A payment counts when its money is in the books: a
//! round ends when the last of its payments is, and its time ends then too.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rusum::{
    store::{self, Store},
    switch::{Clock, clock::random},
};
use rusum_fawry::{
    sign::{Signed, notification},
    simulator,
};

use crate::{
    Failed, bare,
    load::{Connection, Numbers, Work, drive, text},
    options::Options,
    posting::verified_row,
    process::{self, Running},
    report::{Rates, Report, Round, Row, grouped},
};

const RUSUM: &str = env!("CARGO_BIN_EXE_rusum");
const MERCHANT: &str = "bench-merchant";
const SECURE_KEY: &str = "bench-secure-key";
/// Callers at once.
const CALLERS: [usize; 2] = [64, 512];
/// What hundredths of the bare rate are wanted.
const HUNDREDTHS: u64 = 10;
/// The most memory that the serving process may hold, in kilobytes.
const RESIDENT_KB: u64 = 150_000;
/// How long to wait for a server to begin, or for the last payment to be posted.
const PATIENCE: Duration = Duration::from_mins(1);

const QUOTE: &str = r#"{"channel": "portal", "governorate": "03", "items": [
    {"service": "civil-status.birth-certificate", "delivery": "home",
     "options": {"speed": "normal"}, "quantity": 2}]}"#;

/// A switch and the address it listens on.
struct Served {
    process: Running,
    address: String,
    api_key: String,
    database_url: String,
}

/// A portal whose citizens pay one payment after another at a counter.
struct Portal {
    switch: Connection,
    headers: Arc<str>,
    numbers: Numbers,
}

/// A caller of the bare server.
struct Bare {
    server: Connection,
    path: &'static str,
}

/// Measures it.
pub fn measure(options: &Options, report: &mut Report) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let fawry = simulate().await?;
        let switch = serve(options, folder.path(), &fawry).await?;
        let (_bare_process, bare) = serve_bare(options)?;
        let (mut paid, mut cpu) = (0, Cpu::default());
        for callers in CALLERS {
            let mut portals = portals(&switch, callers).await?;
            let [mut ours, mut single, mut grouped] = [(); 3].map(|()| Rates::default());
            for _ in 0..options.rounds {
                single.add(bare_round(options, &bare, bare::SINGLE, callers).await?);
                grouped.add(bare_round(options, &bare, bare::GROUPED, callers).await?);
                options.checkpoint()?;
                let before = Cpu::spent(options, &switch.process)?;
                let (back, round) = round(options, portals, &mut paid).await?;
                cpu.add_difference(&before, &Cpu::spent(options, &switch.process)?);
                portals = back;
                ours.add(round);
            }
            let fastest = if single.median() > grouped.median() { single } else { grouped };
            let measure = format!("whole payments over HTTP, {callers} callers");
            report.push(Row::at_least(&measure, &ours, ("bare POST", fastest.median()), HUNDREDTHS));
            report.push(Row::plain(&format!("bare POST, {callers} callers"), fastest.to_string()));
        }
        report.push(Row::plain("CPU time of one whole payment", cpu.each(paid)));
        let resident = switch.process.peak_resident()?;
        report.push(Row::at_most("memory of the serving process, peak", resident, RESIDENT_KB, "kB"));
        let Served { process, database_url, .. } = switch;
        drop(process);
        let store = Store::open(&database_url, store::Options::new("bench")).await?;
        report.push(verified_row("books after it", &store.verify(&mut |_| ()).await?));
        store.drain().await;
        Ok(())
    })
}

/// Time spent on cores, in microseconds.
#[derive(Default)]
struct Cpu {
    switch: u64,
    postgres: u64,
    ours: u64,
}

impl Cpu {
    fn spent(options: &Options, switch: &Running) -> Result<Self, Failed> {
        let own = |process: &str| process::family_micros(process);
        Ok(Self {
            switch: own(&switch.0.id().to_string())?,
            postgres: own(&options.postgres_process()?)?,
            ours: process::own_micros()?,
        })
    }

    const fn add_difference(&mut self, before: &Self, after: &Self) {
        self.switch += after.switch - before.switch;
        self.postgres += after.postgres.saturating_sub(before.postgres);
        self.ours += after.ours - before.ours;
    }

    fn each(&self, payments: u64) -> String {
        let each = |micros: u64| grouped(micros / payments.max(1));
        let (switch, postgres, ours) = (each(self.switch), each(self.postgres), each(self.ours));
        format!("switch {switch} µs, PostgreSQL {postgres} µs, load and simulator {ours} µs")
    }
}

/// One round; it ends when every payment that was notified is in the books.
async fn round(
    options: &Options,
    portals: Vec<Portal>,
    paid: &mut u64,
) -> Result<(Vec<Portal>, Round), Failed> {
    let began = Instant::now();
    let (portals, mut round) = drive(portals, options.round).await?;
    *paid += round.done;
    loop {
        let posted: u64 =
            options.psql(DATABASE, "SELECT count(*) FROM payments WHERE status = 'paid'")?.parse()?;
        if posted == *paid {
            break;
        }
        if began.elapsed() > options.round + PATIENCE {
            return Err(format!("{posted} payments are posted of {paid} that were notified").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    round.took = began.elapsed();
    Ok((portals, round))
}

const DATABASE: &str = "bench_payments";

/// Starts Fawry's simulator; gives its address.
async fn simulate() -> Result<String, Failed> {
    let clock = Clock::system();
    let settings = simulator::Settings::new(
        MERCHANT,
        SECURE_KEY,
        Arc::new(move || clock.now()),
        reqwest::Client::builder().no_proxy().build()?,
    );
    let routes = simulator::Simulator::open(settings)?.router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().nest("/fawry", routes)).await });
    Ok(format!("http://{address}/fawry"))
}

/// The switch, told nothing by the variables of this bench: it refuses settings that it does not know.
fn serving() -> Command {
    let mut command = Command::new(RUSUM);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RUSUM_")) {
        command.env_remove(name);
    }
    command
}

/// Starts the switch on an empty database.
async fn serve(options: &Options, folder: &Path, fawry: &str) -> Result<Served, Failed> {
    let database_url = options.fresh_database(DATABASE)?;
    let on_database = |arguments: &[&str]| {
        process::output(Command::new(RUSUM).args(arguments).env("RUSUM_DATABASE_URL", &database_url))
    };
    on_database(&["migrate"])?;
    on_database(&["schedules", "publish"])?;
    let scopes = ["--scope", "payments:read", "payments:write"];
    let key =
        on_database(&[&["keys", "create", "bench", "--owner", "bench", "--json"], &scopes[..]].concat())?;
    let port = free_port()?;
    let address = format!("127.0.0.1:{port}");
    let secret = hex::encode(random::<32>());
    let settings = [
        ("RUSUM_MODE", "development"),
        ("RUSUM_DATABASE_URL", &database_url),
        ("RUSUM_LISTEN", &address),
        ("RUSUM_BASE_URL", &format!("http://{address}")),
        ("RUSUM_KEYS__ACTIVE", "k1"),
        ("RUSUM_KEYS__ENCRYPTION__K1", &secret),
        ("RUSUM_KEYS__HASH", &secret),
        ("RUSUM_KEYS__CHECKOUT", &secret),
        ("RUSUM_PROVIDERS__FAWRY__MERCHANT_CODE", MERCHANT),
        ("RUSUM_PROVIDERS__FAWRY__SECURE_KEY", SECURE_KEY),
        ("RUSUM_PROVIDERS__FAWRY__BASE_URL", fawry),
        ("RUSUM_LIMITS__QUOTES_PER_MINUTE", "0"),
        ("RUSUM_LIMITS__CALLS_PER_MINUTE", "0"),
    ];
    let log = File::create(folder.join("switch.log"))?;
    let process = Running::start(serving().arg("serve").envs(settings).stdout(log.try_clone()?).stderr(log))?;
    until_ready(&address).await?;
    Ok(Served {
        process,
        address,
        api_key: text(&key.replace("\": \"", "\":\""), "secret")?.to_owned(),
        database_url,
    })
}

fn free_port() -> Result<u16, Failed> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn until_ready(address: &str) -> Result<(), Failed> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let said = match Connection::open(address).await {
            Ok(mut connection) => match connection.get("/readyz").await?.expect(200) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        if Instant::now() > give_up {
            return Err(format!("the switch is not ready: {said}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn portals(switch: &Served, callers: usize) -> Result<Vec<Portal>, Failed> {
    let mut portals = Vec::new();
    for _ in 0..callers {
        portals.push(Portal {
            switch: Connection::open(&switch.address).await?,
            headers: format!("authorization: Bearer {}\r\n", switch.api_key).into(),
            numbers: Numbers(u64::from_le_bytes(random())),
        });
    }
    Ok(portals)
}

impl Work for Portal {
    async fn once(&mut self) -> Result<(), Failed> {
        let quote = text(self.switch.post("/v1/quotes", "", QUOTE).await?.expect(201)?, "id")?.to_owned();
        let order = format!(
            r#"{{"quote": "{quote}", "client_reference": "PORTAL-{:012}", "language": "ar",
                "payer": {{"name": "منى حسن علي", "mobile": "01001234567",
                           "national_id": "29801011234567"}}}}"#,
            self.numbers.below(1_000_000_000_000)
        );
        let headers = self.once_headers();
        let payment = self.switch.post("/v1/payments", &headers, &order).await?.expect(201)?;
        let (payment, reference) = (text(payment, "id")?.to_owned(), text(payment, "reference")?.to_owned());
        let headers = self.once_headers();
        let path = format!("/v1/payments/{payment}/attempts");
        let attempt = self.switch.post(&path, &headers, r#"{"method":"epayment"}"#).await?.expect(201)?;
        let message = paid(&reference, text(attempt, "provider_reference")?, text(attempt, "amount")?);
        self.switch.post("/providers/fawry/notification", "", &message).await?.expect(200)?;
        Ok(())
    }
}

impl Portal {
    fn once_headers(&mut self) -> String {
        format!(
            "{}idempotency-key: {:016x}{:016x}\r\n",
            self.headers,
            self.numbers.next(),
            self.numbers.next()
        )
    }
}

/// Fawry's notification that a code was paid.
fn paid(reference: &str, code: &str, amount: &str) -> String {
    let signed = Signed {
        reference: code.to_owned(),
        merchant_reference: format!("{reference}01"),
        paid: amount.to_string(),
        ordered: amount.to_string(),
        status: "PAID".to_owned(),
        method: "PAYATFAWRY".to_owned(),
        transaction: format!("{code}001"),
    };
    let now = Clock::system().now().timestamp_millis();
    format!(
        r#"{{"requestId": "{code}", "fawryRefNumber": "{code}", "merchantRefNumber": "{reference}01",
            "paymentAmount": {amount}, "orderAmount": {amount}, "fawryFees": 0.00,
            "orderStatus": "PAID", "paymentMethod": "PAYATFAWRY", "paymentTime": {now},
            "paymentRefrenceNumber": "{code}001", "orderExpiryDate": {now},
            "messageSignature": "{}"}}"#,
        notification(&signed, SECURE_KEY)
    )
}

/// Starts the bare server: this program in its other role.
fn serve_bare(options: &Options) -> Result<(Running, String), Failed> {
    let database_url = options.fresh_database("bench_bare")?;
    let mut process = Running::start(
        Command::new(std::env::current_exe()?).args(["--bare", &database_url]).stdout(Stdio::piped()),
    )?;
    let said = process.0.stdout.take().ok_or("the bare server has no output")?;
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    let address =
        line.trim().strip_prefix(bare::LISTENS).ok_or("the bare server did not say where it listens")?;
    Ok((process, address.to_owned()))
}

async fn bare_round(
    options: &Options,
    address: &str,
    path: &'static str,
    callers: usize,
) -> Result<Round, Failed> {
    options.checkpoint()?;
    let mut all = Vec::new();
    for _ in 0..callers {
        all.push(Bare { server: Connection::open(address).await?, path });
    }
    Ok(drive(all, options.round / 2).await?.1)
}

impl Work for Bare {
    async fn once(&mut self) -> Result<(), Failed> {
        self.server.post(self.path, "", QUOTE).await?.expect(201)?;
        Ok(())
    }
}
