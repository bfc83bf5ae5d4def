//! The admin listener: health, API, event stream and the page.
