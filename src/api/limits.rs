//! Limits on what the instances of a store may take.

use super::{Error, Result};
use alloc::format;

/// Decides what a store's instances may take: see [`Store::limiter`](super::Store::limiter).
///
/// Sizes are in bytes for memories and in entries for tables. What the embedder makes or grows itself is asked for,
/// too.
pub trait ResourceLimiter {
    /// Whether a memory may grow from `current` to `desired` bytes; `maximum` is what its type allows.
    ///
    /// A new memory grows from 0. Refused growth is -1 for a guest's `memory.grow`, and an error everywhere else.
    ///
    /// # Errors
    /// An error ends the execution.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// Is told when a memory could not grow although it was allowed to.
    ///
    /// # Errors
    /// An error ends the execution; otherwise `memory.grow` gives -1.
    fn memory_grow_failed(&mut self, error: &Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// Whether a table may grow from `current` to `desired` entries; `maximum` is what its type allows.
    ///
    /// A new table grows from 0. Refused growth is -1 for a guest's `table.grow`, and an error everywhere else.
    ///
    /// # Errors
    /// An error ends the execution.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// Is told when a table could not grow although it was allowed to.
    ///
    /// # Errors
    /// An error ends the execution; otherwise `table.grow` gives -1.
    fn table_grow_failed(&mut self, error: &Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// How many instances the store may have.
    fn instances(&self) -> usize {
        10_000
    }

    /// How many tables the store may have.
    fn tables(&self) -> usize {
        10_000
    }

    /// How many memories the store may have.
    fn memories(&self) -> usize {
        10_000
    }
}

/// A [`ResourceLimiter`] of fixed limits.
///
/// ```
/// use tablature::{Engine, Memory, MemoryType, Store, StoreLimits, StoreLimitsBuilder};
///
/// let limits = StoreLimitsBuilder::new().memory_size(3 * 65_536).build();
/// let mut store = Store::new(&Engine::default(), limits);
/// store.limiter(|limits| limits);
///
/// let memory = Memory::new(&mut store, MemoryType::new(2, None))?;
/// assert_eq!(memory.grow(&mut store, 1)?, 2);
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), tablature::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

/// Makes [`StoreLimits`].
#[derive(Debug, Clone, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_size: None,
            table_elements: None,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimitsBuilder {
    /// No limits but for 10,000 instances, tables and memories each.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most bytes that each memory may have.
    #[must_use]
    pub fn memory_size(mut self, bytes: usize) -> Self {
        self.0.memory_size = Some(bytes);
        self
    }

    /// The most entries that each table may have.
    #[must_use]
    pub fn table_elements(mut self, entries: usize) -> Self {
        self.0.table_elements = Some(entries);
        self
    }

    /// The most instances that the store may have.
    #[must_use]
    pub fn instances(mut self, count: usize) -> Self {
        self.0.instances = count;
        self
    }

    /// The most tables that the store may have.
    #[must_use]
    pub fn tables(mut self, count: usize) -> Self {
        self.0.tables = count;
        self
    }

    /// The most memories that the store may have.
    #[must_use]
    pub fn memories(mut self, count: usize) -> Self {
        self.0.memories = count;
        self
    }

    /// Whether growth beyond a limit ends the guest with an error instead of giving -1. Off if nothing is said.
    #[must_use]
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    #[must_use]
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    /// The answer to growth of `what` to `desired` with this `limit`.
    fn decide(&self, what: &str, unit: &str, desired: usize, limit: Option<usize>) -> Result<bool> {
        match limit {
            Some(limit) if desired > limit => {
                self.refuse(Error::msg(format!("a {what} of {desired} {unit} is beyond the store's limit of {limit}")))
            }
            _ => Ok(true),
        }
    }

    fn refuse(&self, error: Error) -> Result<bool> {
        if self.trap_on_grow_failure { Err(error) } else { Ok(false) }
    }

    fn failed(&self, error: &Error) -> Result<()> {
        self.refuse(Error::msg(format!("{error}"))).map(|_| ())
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.decide("memory", "bytes", desired, self.memory_size)
    }

    fn memory_grow_failed(&mut self, error: &Error) -> Result<()> {
        self.failed(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.decide("table", "entries", desired, self.table_elements)
    }

    fn table_grow_failed(&mut self, error: &Error) -> Result<()> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
