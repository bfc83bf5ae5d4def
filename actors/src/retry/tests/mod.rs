#![allow(clippy::unwrap_used)]

mod budget;
mod model;
mod request;
mod storm;
mod tries;

use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
