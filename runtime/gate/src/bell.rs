/// The owner's doorbell: tells it to look at its gate soon.
///
/// # Contract
///
/// - `ring` is called from the data plane: it must not block, allocate, panic or refuse.
/// - It may be called often in a row; it *coalesces*: one look answers every ring before it.
/// - The owner clears the mark that coalesces **before** it looks, never after, so that a ring during the look
///   causes another one.
/// - What was written before `ring` is visible to the look that answers it (any waker or channel does this).
pub trait Bell: Send + Sync {
    /// Asks the owner to look.
    fn ring(&self);
}
