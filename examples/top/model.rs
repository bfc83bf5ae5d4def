//! What is looked at, and what keys do to that; pure.

use crate::fetch::{Order, Snapshot};
use crate::rows::{Row, View};

/// A key, whatever terminal it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Tab,
    Enter,
    Escape,
    Backspace,
}

/// Rows that a page key moves by.
const PAGE: usize = 20;

/// What keys are taken for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mode {
    /// To move about.
    Looking,
    /// To write the filter.
    Filtering,
    /// To choose an order for this row.
    Choosing {
        of: String,
        orders: Vec<(String, Order)>,
        at: usize,
    },
    /// To say whether it is meant.
    Confirming {
        of: String,
        action: String,
        order: Order,
    },
}

/// How the admin side is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// It was not asked yet.
    Waiting,
    /// What is shown is of the last second.
    Up,
    /// What is shown is old: the last tries came to nothing.
    Lost { tries: u32, why: String },
}

/// What is to be done, beside drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wish {
    Leave,
    Order(Order),
}

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) authority: String,
    pub(crate) view: View,
    pub(crate) filter: String,
    /// The column that rows are sorted by; `None` is the order of the API.
    pub(crate) sorted_by: Option<usize>,
    pub(crate) descending: bool,
    pub(crate) mode: Mode,
    pub(crate) link: Link,
    /// What came of the last order.
    pub(crate) said: String,
    /// The first cell of the selected row: rows come and go, and it stays.
    selected: Option<String>,
    snapshot: Snapshot,
}

impl Model {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            view: View::Tree,
            filter: String::new(),
            sorted_by: None,
            descending: false,
            mode: Mode::Looking,
            link: Link::Waiting,
            said: String::new(),
            selected: None,
            snapshot: Snapshot::default(),
        }
    }

    /// What the admin side shows now, or why that is not known. What was known is shown meanwhile.
    pub(crate) fn looked<E: ToString>(&mut self, seen: Result<Snapshot, E>) {
        match seen {
            Ok(snapshot) => {
                self.snapshot = snapshot;
                self.link = Link::Up;
            }
            Err(error) => {
                let tries = match self.link {
                    Link::Lost { tries, .. } => tries + 1,
                    Link::Up | Link::Waiting => 1,
                };
                let why = error.to_string();
                self.link = Link::Lost { tries, why };
            }
        }
    }

    /// The rows that are shown, as they are sorted and filtered.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let wanted = self.filter.to_lowercase();
        let mut rows = self.view.rows(&self.snapshot);
        rows.retain(|row| row.cells.iter().any(|cell| cell.to_lowercase().contains(&wanted)));
        if let Some(column) = self.sorted_by {
            rows.sort_by(|one, other| {
                let order = compare(&one.cells[column], &other.cells[column]);
                if self.descending { order.reverse() } else { order }
            });
        }
        rows
    }

    /// The place of the selected row among these.
    pub(crate) fn place(&self, rows: &[Row]) -> usize {
        let selected = self.selected.as_deref();
        let place = selected.and_then(|selected| rows.iter().position(|row| row.cells[0] == selected));
        place.unwrap_or(0)
    }

    /// Takes a key.
    pub(crate) fn press(&mut self, key: Key) -> Option<Wish> {
        match std::mem::replace(&mut self.mode, Mode::Looking) {
            Mode::Looking => return self.look(key),
            Mode::Filtering => self.write(key),
            Mode::Choosing { of, orders, at } => self.choose(key, of, orders, at),
            Mode::Confirming { of, action, order } => return self.confirm(key, of, action, order),
        }
        None
    }

    fn look(&mut self, key: Key) -> Option<Wish> {
        match key {
            Key::Char('q') => return Some(Wish::Leave),
            Key::Char(digit @ '1'..='6') => self.switch(View::ALL[digit as usize - '1' as usize]),
            Key::Tab => {
                let at = View::ALL.iter().position(|view| *view == self.view).unwrap_or(0);
                self.switch(View::ALL[(at + 1) % View::ALL.len()]);
            }
            Key::Up | Key::Char('k') => self.step(|at| at.saturating_sub(1)),
            Key::Down | Key::Char('j') => self.step(|at| at + 1),
            Key::PageUp => self.step(|at| at.saturating_sub(PAGE)),
            Key::PageDown => self.step(|at| at + PAGE),
            Key::Char('s') => {
                let next = self.sorted_by.map_or(0, |column| column + 1);
                self.sorted_by = Some(next).filter(|next| *next < self.view.columns().len());
            }
            Key::Char('r') => self.descending = !self.descending,
            Key::Char('/') => self.mode = Mode::Filtering,
            Key::Escape => self.filter.clear(),
            Key::Enter => self.offer(),
            Key::Char(_) | Key::Backspace => {}
        }
        None
    }

    fn switch(&mut self, view: View) {
        self.view = view;
        self.sorted_by = None;
        self.selected = None;
    }

    fn step(&mut self, to: impl Fn(usize) -> usize) {
        let rows = self.rows();
        let next = to(self.place(&rows)).min(rows.len().saturating_sub(1));
        self.selected = rows.get(next).map(|row| row.cells[0].clone());
    }

    fn write(&mut self, key: Key) {
        match key {
            Key::Enter => return,
            Key::Escape => {
                self.filter.clear();
                return;
            }
            Key::Backspace => {
                self.filter.pop();
            }
            Key::Char(letter) => self.filter.push(letter),
            _ => {}
        }
        self.mode = Mode::Filtering;
    }

    fn offer(&mut self) {
        let rows = self.rows();
        let Some(row) = rows.get(self.place(&rows)) else {
            return;
        };
        let of = row.cells[0].clone();
        if row.orders.is_empty() {
            self.said = format!("nothing can be ordered of {of}");
            return;
        }
        self.selected = Some(of.clone());
        self.mode = Mode::Choosing {
            of,
            orders: row.orders.clone(),
            at: 0,
        };
    }

    fn choose(&mut self, key: Key, of: String, orders: Vec<(String, Order)>, at: usize) {
        let at = match key {
            Key::Escape | Key::Char('q') => return,
            Key::Up | Key::Char('k') => at.saturating_sub(1),
            Key::Down | Key::Char('j') => (at + 1).min(orders.len() - 1),
            Key::Enter => {
                let (action, order) = orders[at].clone();
                self.mode = Mode::Confirming { of, action, order };
                return;
            }
            _ => at,
        };
        self.mode = Mode::Choosing { of, orders, at };
    }

    /// Nothing but `y` is a yes.
    fn confirm(&mut self, key: Key, of: String, action: String, order: Order) -> Option<Wish> {
        if key == Key::Char('y') {
            self.said = format!("{action} of {of} is ordered");
            return Some(Wish::Order(order));
        }
        self.said = format!("{action} of {of} was not ordered");
        None
    }
}

/// Numbers by their worth and before texts, texts by their letters.
fn compare(one: &str, other: &str) -> std::cmp::Ordering {
    let number = |text: &str| {
        let digits = text.split(['/', '%']).next().unwrap_or(text);
        digits.parse::<f64>().ok()
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}
