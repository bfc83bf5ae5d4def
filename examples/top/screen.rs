//! The terminal: keys in, frames out.

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::channel;
use tokio::time::sleep;

use crate::EVERY;
use crate::draw::draw;
use crate::fetch::{Admin, FetchError, Snapshot};
use crate::model::{Key, Model, Wish};

/// What may wait to be shown: who has more to tell waits itself.
const WAITING: usize = 64;

/// What happens to the model.
enum Happening {
    Pressed(Key),
    /// The terminal has another size, or is gone where this is an error.
    Resized(std::io::Result<()>),
    Looked(Result<Snapshot, FetchError>),
    Ordered(Result<(), FetchError>),
    Interrupted,
}

/// Shows the mesh until it is left.
///
/// # Errors
/// Those of the terminal.
pub(crate) async fn run(admin: Admin) -> Result<(), FetchError> {
    let mut terminal = ratatui::try_init().map_err(FetchError::Output)?;
    let ended = show(&admin, &mut terminal).await;
    ratatui::restore();
    ended
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is no actor in this program, and its tasks end with it"
)]
async fn show(admin: &Admin, terminal: &mut ratatui::DefaultTerminal) -> Result<(), FetchError> {
    let mut model = Model::new(admin.authority());
    let (tell, mut happenings) = channel(WAITING);
    let keys = tell.clone();
    // The thread ends with the process: a read of the terminal cannot be broken off.
    std::thread::spawn(move || while keys.blocking_send(pressed()).is_ok() {});
    let (looks, looker) = (tell.clone(), admin.clone());
    tokio::spawn(async move {
        while looks
            .send(Happening::Looked(looker.snapshot().await))
            .await
            .is_ok()
        {
            sleep(EVERY).await;
        }
    });
    loop {
        terminal
            .draw(|frame| draw(&model, frame))
            .map_err(FetchError::Output)?;
        let Some(happening) = happenings.recv().await else {
            return Ok(());
        };
        match happening {
            Happening::Interrupted => return Ok(()),
            Happening::Resized(resized) => resized.map_err(FetchError::Output)?,
            Happening::Looked(seen) => model.looked(seen),
            Happening::Ordered(Ok(())) => model.said += ": it was taken",
            Happening::Ordered(Err(error)) => model.said = error.to_string(),
            Happening::Pressed(key) => match model.press(key) {
                Some(Wish::Leave) => return Ok(()),
                Some(Wish::Order(order)) => {
                    let (tell, admin) = (tell.clone(), admin.clone());
                    tokio::spawn(async move {
                        let done = admin.order(&order).await.map(|_| ());
                        // Who has left does not want to know.
                        let _ = tell.send(Happening::Ordered(done)).await;
                    });
                }
                None => {}
            },
        }
    }
}

/// Waits for a key, or for another size.
fn pressed() -> Happening {
    loop {
        let key = match event::read() {
            Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => key,
            Ok(Event::Resize(..)) => return Happening::Resized(Ok(())),
            Ok(_) => continue,
            Err(error) => return Happening::Resized(Err(error)),
        };
        return Happening::Pressed(match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Happening::Interrupted;
            }
            KeyCode::Char(letter) => Key::Char(letter),
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::Tab => Key::Tab,
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Escape,
            KeyCode::Backspace => Key::Backspace,
            _ => continue,
        });
    }
}
