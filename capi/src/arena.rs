//! The arena: where lists go is planned with numbers first, and they are made when all of them fit.

use core::convert::Infallible;
use core::ffi::CStr;
use core::marker::PhantomData;
use core::slice;

/// What every module and instance is aligned to: `TABLATURE_ALIGNMENT` of the header.
pub const ALIGNMENT: usize = 8;

/// `tablature_arena` of the header.
#[derive(Debug)]
#[repr(C)]
pub struct Arena {
    pub bytes: *mut u8,
    pub size: usize,
    pub used: usize,
}

/// A list that does not fit.
#[derive(Debug, Clone, Copy)]
pub struct Short {
    pub list: &'static CStr,
    /// How many items it needs.
    pub items: usize,
    /// How many bytes the arena needs at least.
    pub arena_bytes: usize,
}

/// Where lists go in an arena, from its first free byte on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The address of the arena.
    base: usize,
    size: usize,
    end: usize,
    short: Option<(&'static CStr, usize)>,
}

/// The place of a list of `T`, in bytes from the arena's start.
#[derive(Debug)]
pub struct Place<T> {
    pub start: usize,
    pub count: usize,
    items: PhantomData<T>,
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<T> {}

impl Plan {
    /// A plan for what is free in an arena.
    pub fn new(arena: &Arena) -> Self {
        let mut plan = Self { base: arena.bytes.addr(), size: arena.size, end: arena.used, short: None };
        plan.align(ALIGNMENT);
        plan
    }

    /// A plan for an arena that is as large as needed.
    pub fn without_end() -> Self {
        Self { base: 0, size: usize::MAX, end: 0, short: None }
    }

    /// Passes over bytes up to the next address that is a multiple of `alignment`, a power of two.
    pub fn align(&mut self, alignment: usize) {
        let address = self.base.wrapping_add(self.end);
        let padding = address.wrapping_neg() & alignment.wrapping_sub(1);
        self.end = self.end.saturating_add(padding);
    }

    /// The next place, for `count` items of the list `name`.
    pub fn take<T>(&mut self, name: &'static CStr, count: usize) -> Place<T> {
        self.align(align_of::<T>());
        let start = self.end;
        self.end = start.saturating_add(count.saturating_mul(size_of::<T>()));
        if self.end > self.size && self.short.is_none() {
            self.short = Some((name, count));
        }
        Place { start, count, items: PhantomData }
    }

    /// The first byte after what was planned.
    pub fn end(&self) -> usize {
        self.end
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.size.saturating_sub(self.end)
    }

    /// Whether everything fits.
    pub fn check(&self) -> Result<(), Short> {
        match self.short {
            Some((list, items)) => Err(Short { list, items, arena_bytes: self.end }),
            None => Ok(()),
        }
    }
}

impl<T> Place<T> {
    /// The list, of items that `item` makes.
    ///
    /// # Safety
    /// The place is of a [`Plan`] for the arena at `base` whose check has succeeded; its bytes may be written to, and
    /// nothing else refers to them as long as the list is used.
    pub unsafe fn fill(self, base: *mut u8, item: impl Fn() -> T) -> &'static mut [T] {
        // SAFETY: the caller's promise.
        let list = unsafe { self.try_fill(base, || Ok::<_, Infallible>(item())) };
        list.unwrap_or_else(|never| match never {})
    }

    /// The list, of items that `item` makes in order, if it makes all of them.
    ///
    /// # Safety
    /// That of [`fill`](Self::fill).
    pub unsafe fn try_fill<E>(
        self,
        base: *mut u8,
        mut item: impl FnMut() -> Result<T, E>,
    ) -> Result<&'static mut [T], E> {
        if self.count == 0 {
            // An empty list refers to no bytes; an arena of size 0 may not even have an address.
            return Ok(&mut []);
        }
        // SAFETY: `start` lies inside the arena: the plan was checked.
        let first = unsafe { base.add(self.start) }.cast::<T>();
        for place in 0..self.count {
            let item = item()?;
            // SAFETY: the plan has `count` aligned items here, inside the arena, which nothing else refers to.
            unsafe { first.add(place).write(item) };
        }
        // SAFETY: all items have just been written; they are inside the arena, aligned, and only this list refers to
        // them, for as long as the caller promises.
        Ok(unsafe { slice::from_raw_parts_mut(first, self.count) })
    }
}
