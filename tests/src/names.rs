//! A name server that answers as a test says.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The most bytes that an answer over UDP has; longer ones are cut, and the asker comes back over TCP.
const LONGEST: usize = 1_232;

/// Kinds of records (RFC 1035, 3596, 2782).
const A: u16 = 1;
const SOA: u16 = 6;
const AAAA: u16 = 28;
const SRV: u16 = 33;

/// Codes of answers (RFC 1035).
const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

/// One record of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An address, and how many seconds it lives.
    Address(IpAddr, u32),
    /// A service.
    Service {
        /// How many seconds it lives.
        ttl: u32,
        /// The lowest number comes first.
        priority: u16,
        /// Among those of one priority.
        weight: u16,
        /// Where it listens.
        port: u16,
        /// Its name; empty says that there is none.
        target: String,
    },
}

/// What becomes of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// They are answered by what is known.
    Helpful,
    /// All names are said not to exist.
    Denying,
    /// They are answered by a failure.
    Failing,
    /// They are not answered.
    Silent,
}

/// A name server on a free port, for UDP and TCP.
#[derive(Debug)]
pub struct NameServer {
    addr: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

#[derive(Debug)]
struct Zone {
    names: HashMap<String, Vec<Record>>,
    temper: Temper,
    /// How many seconds it is said that there is nothing.
    nothing_for: u32,
    asked: usize,
    asked_over_tcp: usize,
}

impl NameServer {
    /// Starts one that knows no name.
    pub fn start() -> Self {
        // The same port must be free for both.
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
                break (udp, tcp);
            }
        };
        let addr = udp.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(Zone {
            names: HashMap::new(),
            temper: Temper::Helpful,
            nothing_for: 1,
            asked: 0,
            asked_over_tcp: 0,
        }));
        let shared = zone.clone();
        // They answer until the test's process ends.
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                let answer = lock(&shared).answer(&buffer[..length], LONGEST);
                if let Some(answer) = answer {
                    // Who has gone away does not wait for it.
                    let _ = udp.send_to(&answer, from);
                }
            }
        });
        let shared = zone.clone();
        thread::spawn(move || {
            for stream in tcp.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Self { addr, zone }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Gives a name these records, in place of those that it had.
    pub fn set(&self, name: &str, records: impl IntoIterator<Item = Record>) {
        let mut zone = lock(&self.zone);
        zone.names.insert(name.to_owned(), records.into_iter().collect());
    }

    /// Gives a name these addresses, which live so many seconds.
    pub fn set_addresses(&self, name: &str, ttl: u32, addresses: &[&str]) {
        let record = |address: &&str| Record::Address(address.parse().unwrap(), ttl);
        self.set(name, addresses.iter().map(record));
    }

    /// Changes what becomes of questions.
    pub fn turn(&self, temper: Temper) {
        lock(&self.zone).temper = temper;
    }

    /// From now on it is said for so many seconds that there is nothing.
    pub fn nothing_for(&self, seconds: u32) {
        lock(&self.zone).nothing_for = seconds;
    }

    /// Questions that have reached it.
    pub fn asked(&self) -> usize {
        lock(&self.zone).asked
    }

    /// Those of them that came over TCP.
    pub fn asked_over_tcp(&self) -> usize {
        lock(&self.zone).asked_over_tcp
    }
}

fn lock(zone: &Mutex<Zone>) -> MutexGuard<'_, Zone> {
    zone.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, zone: &Mutex<Zone>) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question)?;
        let answer = {
            let mut zone = lock(zone);
            zone.asked_over_tcp += 1;
            zone.answer(&question, usize::from(u16::MAX))
        };
        if let Some(answer) = answer {
            let length = u16::try_from(answer.len()).unwrap();
            stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat())?;
        }
    }
}

impl Zone {
    /// The answer to a question, of at most so many bytes; `None` where there is to be none, or it is no question.
    fn answer(&mut self, question: &[u8], longest: usize) -> Option<Vec<u8>> {
        self.asked += 1;
        let (name, kind, end) = asked(question)?;
        let known = self.names.get(&name).filter(|_| self.temper != Temper::Denying);
        let (code, records) = match (self.temper, known) {
            (Temper::Silent, _) => return None,
            (Temper::Failing, _) => (SERVER_FAILURE, Vec::new()),
            (Temper::Helpful | Temper::Denying, None) => (NO_SUCH_NAME, Vec::new()),
            (Temper::Helpful | Temper::Denying, Some(records)) => {
                let of_kind = records.iter().filter_map(|record| record.encoded(kind));
                (0, of_kind.collect())
            }
        };
        let nothing = records.is_empty() && code != SERVER_FAILURE;
        let authority = if nothing {
            vec![self.authority()]
        } else {
            Vec::new()
        };
        let answer = message(question, end, code, &records, &authority);
        if answer.len() <= longest {
            return Some(answer);
        }
        let mut cut = message(question, end, code, &[], &[]);
        // It was cut: ask again over TCP.
        cut[2] |= 0b10;
        Some(cut)
    }

    /// Says how long it holds that there is nothing (RFC 2308).
    fn authority(&self) -> Vec<u8> {
        let ttl = self.nothing_for.to_be_bytes();
        let numbers = [1_u32, 3_600, 600, 86_400].map(u32::to_be_bytes).concat();
        // Of the root, by the root.
        let data = [&[0, 0], numbers.as_slice(), &ttl].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = [&[0], &SOA.to_be_bytes()[..], &[0, 1], &ttl, &length].concat();
        [head, data].concat()
    }
}

/// The name that is asked for in lower case, the kind of record, and where the question ends.
fn asked(message: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        let label = message.get(at..at + length)?;
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
    message.get(at + 3)?;
    Some((labels.join("."), kind, at + 4))
}

fn message(question: &[u8], end: usize, code: u8, answers: &[Vec<u8>], authority: &[Vec<u8>]) -> Vec<u8> {
    let count = |records: &[Vec<u8>]| u16::try_from(records.len()).unwrap().to_be_bytes();
    // An authoritative answer, and recursion was asked for and is there.
    let flags = [0b1000_0101, 0b1000_0000 | code];
    let head = [
        &question[..2],
        &flags,
        &[0, 1],
        &count(answers),
        &count(authority),
        &[0, 0],
    ]
    .concat();
    [&head, &question[12..end], &answers.concat(), &authority.concat()].concat()
}

impl Record {
    /// As it stands in an answer to a question for this kind, where it is of that.
    fn encoded(&self, kind: u16) -> Option<Vec<u8>> {
        let (own, ttl, data) = match self {
            Self::Address(IpAddr::V4(v4), ttl) => (A, ttl, v4.octets().to_vec()),
            Self::Address(IpAddr::V6(v6), ttl) => (AAAA, ttl, v6.octets().to_vec()),
            Self::Service {
                ttl,
                priority,
                weight,
                port,
                target,
            } => {
                let numbers = [*priority, *weight, *port].map(u16::to_be_bytes).concat();
                (SRV, ttl, [numbers, name(target)].concat())
            }
        };
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        // The name is that of the question.
        let head = [
            &[0xc0, 12],
            &own.to_be_bytes()[..],
            &[0, 1],
            &ttl.to_be_bytes(),
            &length,
        ]
        .concat();
        (own == kind).then(|| [head, data].concat())
    }
}

fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').filter(|label| !label.is_empty());
    let mut encoded: Vec<u8> = labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .collect();
    encoded.push(0);
    encoded
}
