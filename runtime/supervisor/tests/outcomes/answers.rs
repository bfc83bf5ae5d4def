//! The answers to orders, by name.

use std::collections::BTreeMap;

use hedgerow_supervisor::{AddError, DeleteError, Exit, OperateError};

/// How often each answer came.
pub(crate) type Answers = BTreeMap<&'static str, usize>;

pub(crate) fn of_add(answer: &Result<(), AddError>) -> &'static str {
    match answer {
        Ok(()) => "added",
        Err(AddError::Invalid { .. }) => "add: name taken",
        Err(AddError::Ended { .. }) => "add: ended before it was ready",
        Err(AddError::Stopping { .. }) => "add: stopping",
        Err(AddError::Down { .. }) => "add: down",
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn of_delete(answer: &Result<(), DeleteError>) -> &'static str {
    match answer {
        Ok(()) => "deleted",
        Err(DeleteError::NotFound { .. }) => "delete: not found",
        Err(DeleteError::Down { .. }) => "delete: down",
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn of_operate(answer: &Result<(), OperateError>) -> &'static str {
    match answer {
        Ok(()) => "order taken",
        Err(OperateError::NotFound { .. }) => "order: not found",
        Err(OperateError::SupervisorDown { .. }) => "order: down",
        Err(other) => panic!("{other}"),
    }
}

pub(crate) fn of_stop(exit: &Exit) -> &'static str {
    assert!(matches!(exit, Exit::Shutdown), "{exit}");
    "stopped"
}
