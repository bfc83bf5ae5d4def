//! From the tree to a revision: types and keys are checked, and every mistake is collected.
//!
//! What cannot be read is reported and replaced by a stand-in, so that the rest can be read and checked too. A
//! revision with stand-ins in it never leaves the crate.

mod breaker;
mod chain;
mod field;
mod keys;
mod listener;
mod node;
mod pool;
mod quarantine;
mod root;
mod scalar;
mod section;
mod telemetry;
mod upstream;

pub(crate) use pool::contract as pool_contract;
pub(crate) use root::{node, revision};

use field::Field;
use keys::Keys;
use section::Section;
