//! The contestants, each in the words of its own users.

pub(crate) mod actix_actor;
pub(crate) mod cell;
pub(crate) mod channel;
pub(crate) mod kameo_actor;
pub(crate) mod ractor_actor;

pub(crate) use actix_actor::Actix;
pub(crate) use cell::Hedgerow;
pub(crate) use channel::Channel;
pub(crate) use kameo_actor::Kameo;
pub(crate) use ractor_actor::Ractor;
