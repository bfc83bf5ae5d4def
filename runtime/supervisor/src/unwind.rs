//! Refuses to compile where a panic ends the process: there would be nothing left to supervise.

#[cfg(panic = "abort")]
compile_error!(
    "Hedgerow keeps actors alive by catching their panics, and panic = \"abort\" leaves nothing to catch: \
     remove it from the profile in your workspace's Cargo.toml"
);
