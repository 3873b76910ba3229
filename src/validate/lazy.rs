//! Functions that are validated when they are first needed, once for all instances and threads of a module.
//!
//! Each has a side table of its own, because nobody knows where in a common one its entries would begin.

use super::{Scratch, SideTable, validate_function};
use crate::binary::parts::{Body, Span};
use crate::binary::{ModuleError, Parts, Reader};
use crate::buf::{Buf, Full};
use crate::features::Features;
use crate::limits::ModuleLimits;
use alloc::boxed::Box;
use once_cell::race::OnceBox;

/// The functions that a module defines, where they are validated when they are first needed.
#[derive(Debug)]
pub(crate) struct LazyBodies {
    limits: ModuleLimits,
    list: Buf<'static, LazyBody>,
}

/// A function that was perhaps validated.
#[derive(Debug)]
struct LazyBody {
    span: Span,
    /// What came of it. An error is kept, too: nobody can have a module look at the same bytes again and again.
    outcome: OnceBox<Result<Validated, ModuleError>>,
}

/// What is known of a valid function.
#[derive(Debug)]
pub(crate) struct Validated {
    /// Its first entry of the side table is the first of its own.
    pub body: Body,
    pub side_table: SideTable<'static>,
}

impl LazyBodies {
    /// Of no functions yet.
    pub(crate) fn new(limits: ModuleLimits) -> Self {
        Self { limits, list: Buf::default() }
    }

    /// Adds the function whose body is all that `reader` reads.
    pub(crate) fn push(&mut self, reader: &Reader<'_>) -> Result<(), Full> {
        let start = reader.offset();
        let span = Span { start: start as u32, end: start.saturating_add(reader.remaining()) as u32 };
        self.list.push(LazyBody { span, outcome: OnceBox::new() })
    }

    pub(crate) fn shrink(&mut self) {
        self.list.shrink();
    }

    /// How many functions there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The bytes of the body of function `own`: the declarations of its locals, and its code.
    pub(crate) fn span(&self, own: u32) -> Option<Span> {
        Some(self.list.as_slice().get(own as usize)?.span)
    }

    /// The function whose body holds the byte at `offset`.
    pub(crate) fn at(&self, offset: u32) -> Option<u32> {
        let list = self.list.as_slice();
        let place = list.partition_point(|one| one.span.start <= offset).checked_sub(1)?;
        list.get(place).filter(|one| offset < one.span.end).map(|_| place as u32)
    }

    /// What is known of function `own`, if it was found to be valid.
    pub(crate) fn known(&self, own: u32) -> Option<&Validated> {
        self.list.as_slice().get(own as usize)?.outcome.get()?.as_ref().ok()
    }

    /// What is known of function `own` of the module of `parts`, which is validated now if it was not.
    pub(crate) fn validated(
        &self,
        parts: &Parts<'_>,
        bytes: &[u8],
        features: Features,
        own: u32,
    ) -> Option<Result<&Validated, ModuleError>> {
        let one = self.list.as_slice().get(own as usize)?;
        let outcome = one.outcome.get_or_init(|| {
            let code = bytes.get(..one.span.end as usize).unwrap_or_default();
            let reader = Reader::new(code, features).at(one.span.start as usize);
            Box::new(self.validate(parts, reader, own))
        });
        Some(outcome.as_ref().map_err(|error| *error))
    }

    fn validate(&self, parts: &Parts<'_>, reader: Reader<'_>, own: u32) -> Result<Validated, ModuleError> {
        let (mut scratch, mut side_table) = (Scratch::default(), SideTable::default());
        #[cfg(tail_calls)]
        if parts.is_priced() {
            side_table = SideTable::priced();
        }
        let function = parts.imported_functions.wrapping_add(own);
        let body = validate_function(parts, &mut scratch, &self.limits, &mut side_table, reader, function, None)?;
        side_table.shrink();
        Ok(Validated { body, side_table })
    }

    /// Bytes that the side tables take which were made.
    pub(crate) fn side_table_size(&self) -> usize {
        let known = (0..self.len() as u32).filter_map(|own| self.known(own));
        known.fold(0, |size, one| size.saturating_add(one.side_table.size()))
    }
}
