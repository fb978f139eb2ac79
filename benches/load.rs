//! Load: callers that each do one thing after another for a while, and a lean HTTP client for them.
//!
//! The load generator runs on the cores of what it measures, so it is as lean as it can be: one
//! request is one write of ready bytes and one read, and of an answer only its length is parsed.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{Failed, report::Round};

/// What a caller does again and again.
pub trait Work: Send + 'static {
    /// Does it once.
    fn once(&mut self) -> impl Future<Output = Result<(), Failed>> + Send;
}

/// Lets all callers work for so long; each finishes what it began.
pub async fn drive<W: Work>(callers: Vec<W>, lasts: Duration) -> Result<(Vec<W>, Round), Failed> {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while began.elapsed() < lasts {
                let before = Instant::now();
                caller.once().await?;
                latencies.push(u32::try_from(before.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            Ok::<_, Failed>((caller, latencies))
        });
    }
    let (mut callers, mut round) = (Vec::new(), Round::default());
    while let Some(ended) = tasks.join_next().await {
        let (caller, latencies) = ended??;
        callers.push(caller);
        round.latencies.extend(latencies);
    }
    round.done = round.latencies.len() as u64;
    round.took = began.elapsed();
    Ok((callers, round))
}

/// A kept-alive connection to a server on this machine.
pub struct Connection {
    stream: TcpStream,
    host: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// An answer.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a str,
}

impl Connection {
    /// Connects to `address:port`.
    pub async fn open(address: &str) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: address.to_owned(), request: Vec::new(), answer: vec![0; 64 * 1024] })
    }

    /// Posts a JSON body; `headers` are whole lines that end in CR and LF.
    pub async fn post(&mut self, path: &str, headers: &str, body: &str) -> Result<Answer<'_>, Failed> {
        self.request.clear();
        let head = [
            "POST ",
            path,
            " HTTP/1.1\r\nhost: ",
            &self.host,
            "\r\ncontent-type: application/json\r\ncontent-length: ",
            &body.len().to_string(),
            "\r\n",
            headers,
            "\r\n",
            body,
        ];
        for part in head {
            self.request.extend_from_slice(part.as_bytes());
        }
        self.exchange().await
    }

    /// Gets a page.
    pub async fn get(&mut self, path: &str) -> Result<Answer<'_>, Failed> {
        self.request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host).into_bytes();
        self.exchange().await
    }

    async fn exchange(&mut self) -> Result<Answer<'_>, Failed> {
        self.stream.write_all(&self.request).await?;
        let mut filled = 0;
        let (head, length) = loop {
            let read = self.stream.read(&mut self.answer[filled..]).await?;
            if read == 0 {
                return Err("the server hung up, or its answer is too large".into());
            }
            filled += read;
            if let Some(end) = self.answer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break (end + 4, content_length(&self.answer[..end])?);
            }
        };
        let whole = head + length;
        if whole > self.answer.len() {
            return Err(format!("an answer of {whole} bytes is too large").into());
        }
        if filled < whole {
            self.stream.read_exact(&mut self.answer[filled..whole]).await?;
        }
        let status = std::str::from_utf8(self.answer.get(9..12).ok_or("no status")?)?.parse()?;
        Ok(Answer { status, body: std::str::from_utf8(&self.answer[head..whole])? })
    }
}

fn content_length(head: &[u8]) -> Result<usize, Failed> {
    for line in std::str::from_utf8(head)?.split("\r\n") {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(value.trim().parse()?);
        }
    }
    Err("an answer without a content-length".into())
}

impl<'a> Answer<'a> {
    /// The body of an answer with this status.
    pub fn expect(self, status: u16) -> Result<&'a str, Failed> {
        if self.status == status {
            Ok(self.body)
        } else {
            Err(format!("answered {} instead of {status}: {}", self.status, self.body).into())
        }
    }
}

/// The first text under a name in a JSON document, where it holds no escapes.
pub fn text<'a>(json: &'a str, name: &str) -> Result<&'a str, Failed> {
    let after = |mark: &str| json.find(mark).map(|at| &json[at + mark.len()..]);
    let rest = after(&format!("\"{name}\":\"")).ok_or_else(|| format!("no {name} in {json}"))?;
    Ok(rest.split('"').next().unwrap_or_default())
}

/// Numbers that look random, the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next one below a bound.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
