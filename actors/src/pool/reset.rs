//! What an object must be able to do to be used again.

/// A value that can be brought back to what [`Default`] makes, so that its next user finds nothing of its last.
///
/// The provided [`reset`](Self::reset) is always right and keeps no memory. One of your own may keep it; then builds with
/// debug assertions compare the value with a fresh one each time, and say which type was not reset.
///
/// ```
/// use hedgerow_actors::pool::Reset;
///
/// #[derive(Default, PartialEq)]
/// struct Seen {
///     tenant: String,
///     calls: u32,
/// }
///
/// impl Reset for Seen {
///     fn reset(&mut self) {
///         let Self { tenant, calls } = self; // a new field does not compile until it is reset
///         tenant.reset();
///         calls.reset();
///     }
/// }
/// ```
pub trait Reset: Default + PartialEq {
    /// Brings it back to what `Default` makes. What is equal may keep its memory.
    fn reset(&mut self) {
        *self = Self::default();
    }

    /// The bytes on the heap that it keeps when it is reset. Default: 0. An object that keeps more than its pool allows is
    /// dropped.
    fn kept_bytes(&self) -> usize {
        0
    }
}

/// What a [`Pool`](super::Pool) holds. Everything that is [`Reset`] is.
pub trait Pooled: Send + 'static {
    /// Makes it fit for its next user.
    fn reset(&mut self);

    /// The bytes on the heap that it keeps.
    fn kept_bytes(&self) -> usize;

    /// What it was made for, as a number that grows: [`Pool::retire`](super::Pool::retire) drops the older ones. Default: 0, for
    /// what does not age. Below [`u64::MAX`]: a pool that is gone keeps none below that.
    fn edition(&self) -> u64 {
        0
    }

    /// The type of what its last user has left behind in it, although it was reset. Only asked with debug assertions on.
    fn leftover(&self) -> Option<&'static str>;
}

impl<T: Reset + Send + 'static> Pooled for T {
    fn reset(&mut self) {
        Reset::reset(self);
    }

    fn kept_bytes(&self) -> usize {
        Reset::kept_bytes(self)
    }

    fn leftover(&self) -> Option<&'static str> {
        leftover(self)
    }
}

/// The type's name, where the value is not what `Default` makes.
pub(crate) fn leftover<T: Reset>(value: &T) -> Option<&'static str> {
    (*value != T::default()).then(std::any::type_name::<T>)
}

macro_rules! by_default {
    ($($type:ty),*) => { $(impl Reset for $type {})* };
}

by_default!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    std::time::Duration
);

impl<T: PartialEq> Reset for Option<T> {}

impl Reset for String {
    fn reset(&mut self) {
        self.clear();
    }

    fn kept_bytes(&self) -> usize {
        self.capacity()
    }
}

/// Its memory is kept; what the items own is not.
impl<T: PartialEq> Reset for Vec<T> {
    fn reset(&mut self) {
        self.clear();
    }

    fn kept_bytes(&self) -> usize {
        self.capacity().saturating_mul(size_of::<T>())
    }
}

impl<A: Reset, B: Reset> Reset for (A, B) {
    fn reset(&mut self) {
        self.0.reset();
        self.1.reset();
    }

    fn kept_bytes(&self) -> usize {
        self.0.kept_bytes().saturating_add(self.1.kept_bytes())
    }
}
