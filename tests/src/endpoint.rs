//! What stands behind the gateway.

use std::io::{self, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::patience::{PATIENCE, until};
use crate::wire::{Body, Framing, Head};

/// How an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// With this status, and its name as the body.
    Answer(u16),
    /// With what it was sent, while it is being sent.
    Echo,
    /// Not, until its mood changes; then as that one says.
    Hang,
    /// By closing the connection.
    Close,
    /// By resetting the connection, with the request unread.
    Reset,
    /// With the beginning of a body, and then by closing the connection.
    BreakOff,
    /// With something that is no HTTP.
    Babble,
}

/// A scripted HTTP server on a free port. It goes on across restarts of the gateway.
#[derive(Debug)]
pub struct Endpoint {
    addr: SocketAddr,
    script: Arc<Script>,
}

#[derive(Debug)]
struct Script {
    name: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    /// Fields of its answers, each with its line's end.
    fields: String,
    connections: usize,
    open: usize,
    heads: Vec<Head>,
}

impl Endpoint {
    /// Starts one that answers 200 with its name.
    pub fn start(name: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let script = Arc::new(Script {
            name: name.to_owned(),
            state: Mutex::new(State {
                mood: Mood::Answer(200),
                fields: String::new(),
                connections: 0,
                open: 0,
                heads: Vec::new(),
            }),
            changed: Condvar::new(),
        });
        let shared = script.clone();
        // It accepts until the test's process ends.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = shared.clone();
                let mut state = script.lock();
                state.open += 1;
                drop(state);
                thread::spawn(move || {
                    // A connection that breaks is the gateway's doing, and what the test looks at from the other side.
                    drop(script.serve(stream));
                    script.lock().open -= 1;
                });
            }
        });
        Self { addr, script }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes how it answers; requests that hang are answered so too.
    pub fn set(&self, mood: Mood) {
        self.script.lock().mood = mood;
        self.script.changed.notify_all();
    }

    /// Adds this field to each answer from now on, in place of what was added before; nothing adds none.
    pub fn add(&self, field: Option<(&str, &str)>) {
        let line = field.map(|(name, value)| format!("{name}: {value}\r\n"));
        self.script.lock().fields = line.unwrap_or_default();
    }

    /// Requests that have reached it.
    pub fn calls(&self) -> usize {
        self.script.lock().heads.len()
    }

    /// Connections over which it was asked something. Who only looks whether it is there is not counted.
    pub fn connections(&self) -> usize {
        self.script.lock().connections
    }

    /// Those of them that neither side has closed.
    pub fn open_connections(&self) -> usize {
        self.script.lock().open
    }

    /// The heads of all requests that have reached it.
    pub fn heads(&self) -> Vec<Head> {
        self.script.lock().heads.clone()
    }

    /// Waits until this many requests have reached it in all.
    ///
    /// # Panics
    /// Where they do not.
    pub fn reached_by(&self, calls: usize) {
        until("requests at the endpoint", || self.calls(), |seen| *seen >= calls);
    }
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        let mut is_new = true;
        loop {
            // Closed with something unread in it, a connection is reset.
            let is_asked = !reader.buffer().is_empty() || reader.get_ref().peek(&mut [0])? > 0;
            if is_asked && std::mem::take(&mut is_new) {
                self.lock().connections += 1;
            }
            if is_asked && self.lock().mood == Mood::Reset {
                return Ok(());
            }
            let Some(head) = Head::read(&mut reader)? else {
                return Ok(());
            };
            self.lock().heads.push(head.clone());
            match self.mood() {
                Mood::Echo => echo(&mut reader, &head, &mut writer)?,
                Mood::Answer(status) => {
                    io::copy(&mut Body::new(&mut reader, head.framing()), &mut io::sink())?;
                    let (name, length) = (&self.name, self.name.len());
                    let fields = self.lock().fields.clone();
                    let answer =
                        format!("HTTP/1.1 {status} Told\r\n{fields}content-length: {length}\r\n\r\n{name}");
                    writer.write_all(answer.as_bytes())?;
                }
                Mood::Babble => writer.write_all(b"good morning\r\n\r\n")?,
                Mood::BreakOff => {
                    let begun = "HTTP/1.1 200 Told\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n";
                    return writer.write_all(begun.as_bytes());
                }
                Mood::Hang | Mood::Close | Mood::Reset => return Ok(()),
            }
        }
    }

    /// How to answer now; waits while it hangs.
    fn mood(&self) -> Mood {
        let hanging = |state: &mut State| state.mood == Mood::Hang;
        let changed = self.changed.wait_while(self.lock(), hanging);
        changed.unwrap_or_else(PoisonError::into_inner).mood
    }
}

/// Sends back each piece as it comes.
fn echo(reader: &mut BufReader<TcpStream>, head: &Head, writer: &mut TcpStream) -> io::Result<()> {
    let framing = head.framing();
    let how = match framing {
        Framing::Chunked => "transfer-encoding: chunked".to_owned(),
        Framing::Length(length) => format!("content-length: {length}"),
        Framing::None => "content-length: 0".to_owned(),
    };
    writer.write_all(format!("HTTP/1.1 200 Told\r\n{how}\r\n\r\n").as_bytes())?;
    let mut body = Body::new(reader, framing);
    let mut piece = [0; 16 * 1024];
    loop {
        let read = body.read(&mut piece)?;
        if framing == Framing::Chunked {
            write!(writer, "{read:x}\r\n")?;
        }
        writer.write_all(&piece[..read])?;
        if framing == Framing::Chunked {
            writer.write_all(b"\r\n")?;
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// A port at which nobody listens, and which nobody else is given, as a socket is bound to it.
#[derive(Debug)]
pub struct ClosedPort {
    socket: Socket,
    addr: SocketAddr,
}

impl ClosedPort {
    /// Takes one.
    #[allow(
        clippy::new_without_default,
        reason = "it opens sockets, which no default should"
    )]
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).unwrap();
        let addr = socket.local_addr().unwrap().as_socket().unwrap();
        Self { socket, addr }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Somebody listens there from now on.
    pub fn open(self) -> TcpListener {
        self.socket.listen(128).unwrap();
        self.socket.into()
    }
}

/// A port that lets nobody in: who listens there accepts nothing, and as many wait as may.
#[derive(Debug)]
pub struct FullPort {
    listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl FullPort {
    /// Fills one.
    ///
    /// # Panics
    /// Where it cannot be filled.
    #[allow(
        clippy::new_without_default,
        reason = "it opens sockets, which no default should"
    )]
    pub fn new() -> Self {
        /// Loopback answers within microseconds where there is room.
        const NO_ROOM: Duration = Duration::from_millis(300);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        let begun = crate::patience::now();
        while let Ok(stream) = TcpStream::connect_timeout(&addr, NO_ROOM) {
            waiting.push(stream);
            assert!(
                begun.elapsed() < PATIENCE,
                "{addr} is not full after {}",
                waiting.len()
            );
        }
        Self {
            listener,
            _waiting: waiting,
        }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}
