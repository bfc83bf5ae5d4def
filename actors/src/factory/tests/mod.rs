//! Factories: the machine and the record by themselves, the actor under paused time, many threads at once.

mod actor;
mod crowd;
mod edge;
mod machine;
mod record;
mod site;
