//! What the bodies of one request read: what was kept of it, then the client.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use hyper::body::Incoming;

use super::request::BrokenOff;

type Read = Poll<Option<Result<Frame<Bytes>, BrokenOff>>>;

/// What a client sends behind the head of one request.
pub(super) struct Source {
    /// `None` where there is no use for the rest of it.
    stream: RefCell<Option<Incoming>>,
    kept: RefCell<Kept>,
    /// Who goes on reading from the client.
    reader: Cell<u32>,
    /// How long the client says that it is.
    length: Option<u64>,
    /// Bytes that may still come.
    left: Cell<u64>,
    /// Whether the client is waited for.
    awaited: Cell<bool>,
    given_up: Cell<bool>,
    /// Whether more has come than may.
    is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What was read so far.
enum Kept {
    /// Nothing is kept, or not all of what was read.
    Not,
    /// All that was read, and room for so many bytes more.
    So { frames: Vec<Bytes>, room: u64 },
    /// All of it.
    Whole {
        frames: Vec<Bytes>,
        trailers: Option<HeaderMap>,
    },
}

impl Source {
    pub(super) fn new(body: Incoming, limit: u64) -> Self {
        Self {
            length: body.size_hint().exact(),
            stream: RefCell::new(Some(body)),
            kept: RefCell::new(Kept::Not),
            reader: Cell::new(0),
            left: Cell::new(limit),
            awaited: Cell::default(),
            given_up: Cell::default(),
            is_over: Cell::default(),
            waker: RefCell::default(),
        }
    }

    /// Keeps what is read from now on, where it is no longer than that.
    pub(super) fn keep(&self, most: u64) {
        if self.length.is_none_or(|length| length <= most) {
            let frames = Vec::new();
            self.kept.replace(Kept::So { frames, room: most });
        }
    }

    /// What is kept, where that is all of it, for readers of their own.
    pub(super) fn detached(&self) -> Option<Self> {
        let Kept::Whole { frames, trailers } = &*self.kept.borrow() else {
            return None;
        };
        Some(Self {
            stream: RefCell::new(None),
            kept: RefCell::new(Kept::Whole {
                frames: frames.clone(),
                trailers: trailers.clone(),
            }),
            reader: Cell::new(0),
            length: self.length,
            left: Cell::new(0),
            awaited: Cell::default(),
            given_up: Cell::default(),
            is_over: Cell::default(),
            waker: RefCell::default(),
        })
    }

    pub(super) fn is_kept(&self) -> bool {
        !matches!(*self.kept.borrow(), Kept::Not) && !self.given_up.get() && !self.is_over.get()
    }

    pub(super) fn is_whole(&self) -> bool {
        matches!(*self.kept.borrow(), Kept::Whole { .. })
    }

    /// Who reads from the beginning, and goes on from where those before have come to; `None` where the beginning is gone.
    pub(super) fn next_reader(&self) -> Option<u32> {
        if !self.is_kept() {
            return None;
        }
        self.reader.set(self.reader.get() + 1);
        // Whoever waited for the client does so no more.
        self.awaited.set(false);
        Some(self.reader.get())
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.awaited.get()
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    pub(super) fn give_up(&self) {
        self.given_up.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether nothing comes behind this many frames.
    pub(super) fn is_at_end(&self, next: usize) -> bool {
        match &*self.kept.borrow() {
            Kept::Whole { frames, trailers } => next >= frames.len() + usize::from(trailers.is_some()),
            Kept::So { frames, .. } if next < frames.len() => false,
            Kept::So { .. } | Kept::Not => self.stream.borrow().as_ref().is_none_or(Body::is_end_stream),
        }
    }

    /// What comes behind the first `next` frames, which grows by those that are kept.
    pub(super) fn poll_frame(&self, reader: u32, next: &mut usize, task: &mut Context<'_>) -> Read {
        if self.given_up.get() {
            self.stream.take();
            return Poll::Ready(Some(Err(BrokenOff::ByAnswer)));
        }
        match &*self.kept.borrow() {
            Kept::So { frames, .. } | Kept::Whole { frames, .. } if *next < frames.len() => {
                let frame = Frame::data(frames[*next].clone());
                *next += 1;
                return Poll::Ready(Some(Ok(frame)));
            }
            Kept::Whole { frames, trailers } => {
                let is_next = *next == frames.len();
                *next += 1;
                let trailers = trailers.as_ref().filter(|_| is_next);
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers.clone()))));
            }
            Kept::So { .. } | Kept::Not => {}
        }
        if reader != self.reader.get() {
            return Poll::Ready(Some(Err(BrokenOff::Superseded)));
        }
        self.poll_stream(next, task)
    }

    fn poll_stream(&self, next: &mut usize, task: &mut Context<'_>) -> Read {
        let mut stream = self.stream.borrow_mut();
        let Some(body) = stream.as_mut() else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(&mut *body).poll_frame(task);
        self.awaited.set(frame.is_pending());
        if frame.is_pending() {
            self.waker.replace(Some(task.waker().clone()));
        }
        match frame {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    match self.left.get().checked_sub(data.len() as u64) {
                        Some(left) => self.left.set(left),
                        None => {
                            self.is_over.set(true);
                            *stream = None;
                            return Poll::Ready(Some(Err(BrokenOff::TooLarge)));
                        }
                    }
                }
                let ends = body.is_end_stream();
                self.kept.borrow_mut().add(&frame, next);
                if ends {
                    self.kept.borrow_mut().end();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                self.kept.borrow_mut().end();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                // Half a request is not sent again.
                self.kept.replace(Kept::Not);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Kept {
    /// A frame has been read, by who has passed all that are kept.
    fn add(&mut self, frame: &Frame<Bytes>, next: &mut usize) {
        let Self::So { frames, room } = self else {
            return;
        };
        if let Some(trailers) = frame.trailers_ref() {
            // Nothing comes behind them.
            *next = frames.len() + 1;
            *self = Self::Whole {
                frames: std::mem::take(frames),
                trailers: Some(trailers.clone()),
            };
        } else if let Some(data) = frame.data_ref() {
            match room.checked_sub(data.len() as u64) {
                Some(left) => {
                    *room = left;
                    frames.push(data.clone());
                    *next = frames.len();
                }
                None => *self = Self::Not,
            }
        }
    }

    fn end(&mut self) {
        if let Self::So { frames, .. } = self {
            *self = Self::Whole {
                frames: std::mem::take(frames),
                trailers: None,
            };
        }
    }
}
