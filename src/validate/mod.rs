//! Validation (specification: validation, and the algorithm of its appendix) in one linear pass over the code, which
//! also makes the side table of branches for the in-place engine.
//!
//! What an ordinary opcode pops and pushes is generated from its row; blocks, branches and the rows' `check`s are here.

mod checks;
mod control;
#[cfg(feature = "alloc")]
mod lazy;
mod lookup;
mod operands;
mod side_table;
#[cfg(feature = "alloc")]
mod types_at;

pub use control::ControlFrame;
#[cfg(feature = "alloc")]
pub(crate) use lazy::LazyBodies;
#[cfg(tail_calls)]
use side_table::MARK_DISTANCE;
pub(crate) use side_table::SideTable;
#[cfg(tail_calls)]
pub(crate) use side_table::{Mark, PricedEntry};
pub use side_table::{SideEntry, WideBranch};
#[cfg(feature = "alloc")]
pub(crate) use types_at::types_at;

use crate::binary::immediates::{BlockType, HeapType, Labels, MemArg, ValTypes};
#[cfg(tail_calls)]
use crate::binary::parts::TotalCost;
use crate::binary::parts::{Body, Parts};
use crate::binary::{ErrorKind, ModuleError, Reader};
use crate::buf::Buf;
use crate::decode;
#[cfg(tail_calls)]
use crate::exec::Prices;
use crate::limits::ModuleLimits;
use crate::opcode::Opcode;
#[cfg(tail_calls)]
use crate::opcode::enters_or_leaves;
use crate::proposal::Proposal;
use crate::types::{Signature, Type};
use core::cell::Cell;
use decode::Visitor;
use side_table::Cost;

/// The stacks of the validator, kept from one function to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch<'a> {
    pub locals: Buf<'a, Type>,
    pub operands: Buf<'a, Type>,
    pub control: Buf<'a, ControlFrame>,
    /// The greatest lengths that these lists have had.
    pub most: ScratchSizes,
}

impl Scratch<'_> {
    /// Remembers how long the lists of one function became.
    fn note(&mut self, locals: usize, operands: usize) {
        self.most.locals = self.most.locals.max(locals);
        self.most.operands = self.most.operands.max(operands);
    }
}

/// Lengths of the lists that validation needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ScratchSizes {
    pub locals: usize,
    pub operands: usize,
    pub control: usize,
}

/// Where a walk through a function ends early, for `types_at`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StopAt(pub usize);

/// The state of validating one function or constant expression.
pub(crate) struct Validator<'v, 'a, 's> {
    parts: &'v Parts<'v>,
    scratch: &'v mut Scratch<'s>,
    limits: &'v ModuleLimits,
    side: &'v mut SideTable<'a>,
    /// The types of the current function's results.
    signature: Signature<'v>,
    /// Whether this is a constant expression.
    constant: bool,
    features: crate::features::Features,
    /// The module's bytes up to the end of the function or constant expression.
    code: &'v [u8],
    /// The last run of delimiters that was found for branches to pass over: where it begins and where it ends.
    delimiters: (usize, usize),
    /// How many delimiters followed each other up to the last one, and where that ends.
    in_a_row: (u32, usize),
    /// Offset of the instruction that is being validated.
    offset: usize,
    /// Height of the operand stack where the innermost block begins.
    floor: usize,
    /// Whether control cannot reach here.
    unreachable: bool,
    /// Whether the last `end` is still to come.
    is_open: bool,
    max_height: usize,
    /// What the function's instructions cost, up to the one that is being validated.
    cost: Cost,
    /// What instructions cost, where fuel is counted by sums.
    #[cfg(tail_calls)]
    prices: Option<&'v Prices>,
    /// Where the next mark of the side table belongs.
    #[cfg(tail_calls)]
    next_mark: usize,
    /// What the last [`Invalid`] was.
    complaint: Cell<ModuleError>,
}

/// The function is invalid; [`Validator::complaint`] says how. An error with its place is so large that giving it back from
/// step to step, also where there is none, would take as long as all the rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invalid;

type Result<T, E = Invalid> = core::result::Result<T, E>;

/// Validates the body of function `index`: locals, then instructions up to the end of `reader`, or up to `stop`.
pub(crate) fn validate_function(
    parts: &Parts<'_>,
    scratch: &mut Scratch<'_>,
    limits: &ModuleLimits,
    side: &mut SideTable<'_>,
    mut reader: Reader<'_>,
    index: u32,
    stop: Option<StopAt>,
) -> Result<Body, ModuleError> {
    let signature = parts.function_signature(index).unwrap_or_default();
    let mut validator = Validator::new(parts, scratch, limits, side, signature, reader);
    let declarations = reader.offset() as u32;
    validator.declare_locals(&mut reader)?;
    let start = reader.offset() as u32;
    let first_entry = validator.side.len();
    let reader = validator.run(reader, stop)?;
    if validator.is_open {
        return Ok(Body::default());
    }
    if !reader.is_at_end() {
        return Err(reader.error(ErrorKind::FunctionSize));
    }
    let (locals, operands) = (validator.scratch.locals.len(), validator.max_height);
    #[cfg(tail_calls)]
    let cost = validator.total_cost(first_entry, start);
    validator.scratch.note(locals, operands);
    Ok(Body {
        declarations,
        start,
        end: reader.offset().wrapping_sub(1) as u32,
        side: first_entry,
        params: signature.params.len() as u32,
        locals: locals as u32,
        results: signature.results.len() as u32,
        frame: locals.saturating_add(validator.max_height) as u32,
        #[cfg(tail_calls)]
        cost,
    })
}

/// Validates a constant expression of type `expected`, from `reader` up to its `end`; gives its height in operands.
pub(crate) fn validate_constant(
    parts: &Parts<'_>,
    scratch: &mut Scratch<'_>,
    limits: &ModuleLimits,
    reader: &mut Reader<'_>,
    expected: Type,
) -> Result<u32, ModuleError> {
    let results = [expected];
    let signature = Signature { params: &[], results: &results };
    let mut side = SideTable::default();
    let mut validator = Validator::new(parts, scratch, limits, &mut side, signature, *reader);
    validator.constant = true;
    *reader = validator.run(*reader, None)?;
    let height = validator.max_height;
    scratch.note(0, height);
    Ok(height as u32)
}

/// The next instruction may be part of a constant expression.
#[cold]
fn require_constant(reader: Reader<'_>) -> Result<(), ModuleError> {
    let opcode = decode::instruction(&mut { reader }, &mut decode::NameOpcode)?;
    let is_allowed = opcode.constant().is_some_and(|proposal| reader.features.contains(proposal));
    if is_allowed || opcode == Opcode::End { Ok(()) } else { Err(reader.error(ErrorKind::ConstantRequired(opcode))) }
}

impl<'v, 'a, 's> Validator<'v, 'a, 's> {
    fn new(
        parts: &'v Parts<'v>,
        scratch: &'v mut Scratch<'s>,
        limits: &'v ModuleLimits,
        side: &'v mut SideTable<'a>,
        signature: Signature<'v>,
        reader: Reader<'v>,
    ) -> Self {
        scratch.locals.truncate(0);
        scratch.operands.truncate(0);
        scratch.control.truncate(0);
        #[cfg(tail_calls)]
        let is_priced = side.is_priced();
        Self {
            parts,
            scratch,
            limits,
            side,
            signature,
            constant: false,
            features: reader.features,
            code: reader.all(),
            delimiters: (0, 0),
            in_a_row: (0, 0),
            offset: reader.offset(),
            floor: 0,
            unreachable: false,
            is_open: true,
            max_height: 0,
            cost: Cost::default(),
            #[cfg(tail_calls)]
            prices: parts.prices.as_deref().filter(|_| is_priced),
            #[cfg(tail_calls)]
            next_mark: reader.offset().saturating_add(MARK_DISTANCE),
            complaint: Cell::new(reader.error(ErrorKind::UnexpectedEnd)),
        }
    }

    /// Validates instructions up to the last `end`, or up to `stop`; gives a reader of what follows.
    fn run<'b>(&mut self, reader: Reader<'b>, stop: Option<StopAt>) -> Result<Reader<'b>, ModuleError> {
        self.enter_function().map_err(|_| self.complaint.get())?;
        // An argument stays in memory, a copy goes to the host's registers.
        let mut reader = reader;
        let stop = stop.map_or(usize::MAX, |stop| stop.0);
        while self.is_open && reader.offset() < stop {
            self.offset = reader.offset();
            if self.constant {
                require_constant(reader)?;
            }
            #[cfg(tail_calls)]
            self.pay(reader).map_err(|_| self.complaint.get())?;
            decode::instruction_in_loop(&mut reader, self)?.map_err(|_| self.complaint.get())?;
            #[cfg(tail_calls)]
            self.note_anchor(&reader).map_err(|_| self.complaint.get())?;
        }
        Ok(reader)
    }

    /// Adds the price of the instruction at `reader`, where fuel is counted by sums.
    #[cfg(tail_calls)]
    #[inline]
    fn pay(&mut self, reader: Reader<'_>) -> Result<()> {
        let Some(prices) = self.prices else { return Ok(()) };
        // Reading a `br_table` can take long, too.
        if self.offset >= self.next_mark || reader.peek() == Some(crate::opcode::code::BR_TABLE) {
            self.side.add_mark(self.offset as u32, self.cost).map_err(|full| self.error(full.into()))?;
            self.next_mark = self.offset.saturating_add(MARK_DISTANCE);
        }
        self.cost += f64::from(prices.of_instruction(reader));
        Ok(())
    }

    /// Adds the entry of the instruction before `next`, if that enters or leaves a function and fuel is counted by sums.
    #[cfg(tail_calls)]
    #[inline]
    fn note_anchor(&mut self, next: &Reader<'_>) -> Result<()> {
        if self.prices.is_none() || !self.code.get(self.offset).is_some_and(|byte| enters_or_leaves(*byte)) {
            return Ok(());
        }
        self.side.add_anchor(next.offset() as u32, self.cost).map_err(|full| self.error(full.into()))
    }

    /// What all of the function's instructions cost; it is validated, and all anchors of its side table are noted that begins
    /// at `first`.
    #[cfg(tail_calls)]
    fn total_cost(&mut self, first: u32, start: u32) -> TotalCost {
        let total = if self.prices.is_some() { TotalCost::new(self.cost) } else { TotalCost::default() };
        self.side.settle_sums(first, start, total.units());
        total
    }

    /// Something is wrong with the instruction that is being validated.
    #[cold]
    fn error(&self, kind: ErrorKind) -> Invalid {
        self.complain(ModuleError::new(self.offset, kind))
    }

    #[cold]
    fn complain(&self, error: ModuleError) -> Invalid {
        self.complaint.set(error);
        Invalid
    }

    /// An opcode of `proposal` stands here.
    #[inline]
    fn require(&self, proposal: Proposal) -> Result<()> {
        if self.features.contains(proposal) { Ok(()) } else { Err(self.error(ErrorKind::ProposalOff(proposal))) }
    }

    /// The parameters, then the locals that the body declares in runs of one type.
    fn declare_locals(&mut self, reader: &mut Reader<'_>) -> Result<(), ModuleError> {
        let full = |full: crate::buf::Full| reader.error(full.into());
        self.scratch.locals.extend_from_slice(self.signature.params).map_err(full)?;
        let runs = reader.var_u32()?;
        let limit = self.limits.locals as usize;
        for _ in 0..runs {
            let start = *reader;
            let count = reader.var_u32()?;
            let total = self.scratch.locals.len().saturating_add(count as usize);
            if total > limit {
                return Err(start.error(ErrorKind::TooMany { what: "locals", limit }));
            }
            let ty = reader.val_type()?;
            self.scratch.locals.extend_to(total, ty).map_err(|full| reader.error(full.into()))?;
        }
        Ok(())
    }
}

include!(concat!(env!("OUT_DIR"), "/validate.rs"));
