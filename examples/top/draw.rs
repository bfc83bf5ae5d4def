//! The model on a screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Row as Shown, Table, TableState};

use crate::model::{Link, Mode, Model};
use crate::plain::printable;
use crate::rows::{Mood, View};

const KEYS: &str = "1-6 Tab view  arrows move  s sort  r reverse  / filter  Enter orders  q leave";

/// Draws all of it.
pub(crate) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let [head, table, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(3), Constraint::Length(2)])
            .areas(frame.area());
    frame.render_widget(Paragraph::new(vec![views(model), link(model)]), head);
    rows(model, frame, table);
    frame.render_widget(
        Paragraph::new(vec![Line::raw(printable(&model.said)), last_line(model)]),
        foot,
    );
    question(model, frame);
}

fn views(model: &Model) -> Line<'static> {
    let named = View::ALL.iter().enumerate().map(|(at, view)| {
        let style = if *view == model.view {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new()
        };
        Span::styled(format!(" {} {} ", at + 1, view.name()), style)
    });
    Line::from_iter(named)
}

fn link(model: &Model) -> Line<'static> {
    let authority = &model.authority;
    match &model.link {
        Link::Waiting => Line::raw(format!("asking {authority}")),
        Link::Up => Line::raw(authority.clone()),
        Link::Lost { tries, why } => Line::styled(
            format!("lost for {tries} tries, what is shown is old: {}", printable(why)),
            Style::new().fg(Color::Red),
        ),
    }
}

fn last_line(model: &Model) -> Line<'static> {
    match &model.mode {
        Mode::Filtering => Line::raw(format!("/{}_", printable(&model.filter))),
        _ if model.filter.is_empty() => Line::raw(KEYS),
        _ => Line::raw(format!("/{} (Esc clears)  {KEYS}", printable(&model.filter))),
    }
}

fn rows(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let columns = model.view.columns();
    let rows = model.rows();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().map(|row| row.cells[column].chars().count());
            cells.max().unwrap_or(0).clamp(columns[column].len() + 1, 48)
        })
        .collect();
    let head = columns.iter().enumerate().map(|(at, name)| {
        let mark = match (model.sorted_by == Some(at), model.descending) {
            (true, false) => "^",
            (true, true) => "v",
            (false, _) => "",
        };
        format!("{name}{mark}")
    });
    let head = Shown::new(head).style(Style::new().add_modifier(Modifier::BOLD));
    let shown = rows.iter().map(|row| {
        let colour = match row.mood {
            Mood::Well => Color::Reset,
            Mood::Odd => Color::Yellow,
            Mood::Bad => Color::Red,
        };
        Shown::new(row.cells.iter().map(|cell| printable(cell))).style(Style::new().fg(colour))
    });
    let last = columns.len() - 1;
    let widths = widths.iter().enumerate().map(|(at, width)| {
        let width = u16::try_from(*width).unwrap_or(u16::MAX);
        // The last column tells why: it takes what is left.
        if at == last {
            Constraint::Min(width.min(20))
        } else {
            Constraint::Length(width)
        }
    });
    let table = Table::new(shown, widths)
        .header(head)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(Some(model.place(&rows)));
    frame.render_stateful_widget(table, area, &mut state);
}

/// What is asked before an order is given.
fn question(model: &Model, frame: &mut Frame<'_>) {
    let (title, lines): (String, Vec<Line<'_>>) = match &model.mode {
        Mode::Choosing { of, orders, at } => {
            let lines = orders.iter().enumerate().map(|(place, (action, _))| {
                let mark = if place == *at { "> " } else { "  " };
                Line::raw(format!("{mark}{action}"))
            });
            (format!("order of {of}"), lines.collect())
        }
        Mode::Confirming { of, action, .. } => {
            let asked = Line::raw(format!("{action} {of}? y orders it, any other key does not"));
            ("is it meant".to_owned(), vec![asked])
        }
        Mode::Looking | Mode::Filtering => return,
    };
    let widest = lines.iter().map(Line::width).max().unwrap_or(0).max(title.len());
    let area = middle(frame.area(), widest + 4, lines.len() + 2);
    frame.render_widget(Clear, area);
    frame.render_widget(
        Paragraph::new(lines).block(Block::bordered().title(printable(&title))),
        area,
    );
}

fn middle(whole: Rect, width: usize, height: usize) -> Rect {
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(whole.width);
    let height = u16::try_from(height).unwrap_or(u16::MAX).min(whole.height);
    Rect {
        x: whole.x + (whole.width - width) / 2,
        y: whole.y + (whole.height - height) / 2,
        width,
        height,
    }
}
