//! The stack of an execution: values, return records, and where it stands.

use crate::buf::{Buf, Full, List};

/// The function index of a frame that evaluates a constant expression.
pub(crate) const EXPRESSION: u32 = u32::MAX;

/// A return record, and the form of the current position: only indices, so that stacks can grow and move.
///
/// What calls change does not stand beside what they only copy: the compiler would copy both at once, and a processor waits
/// where it reads together what was written apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frame {
    /// The store's instance index, and perhaps the mark of a frame of register code.
    pub(crate) instance: u32,
    /// The next entry of the side table. It follows from `ip`; kept because finding it takes a search.
    pub(crate) side: u32,
    /// The function's index in its module.
    pub(crate) function: u32,
    /// The offset of the next instruction in the module's bytes.
    pub(crate) ip: u32,
    /// The slot of the function's first parameter. At least 1: the slot below belongs to whoever called.
    pub(crate) base: u32,
}

/// What marks a frame of register code, in its instance: so a function that returns sees with the comparison that it makes
/// anyhow whether its caller runs in the same instance and in the same engine.
#[cfg(feature = "register")]
const REGISTER: u32 = 1 << 31;

impl Frame {
    /// The store's instance index.
    pub(crate) const fn instance_index(&self) -> u32 {
        #[cfg(feature = "register")]
        {
            self.instance & !REGISTER
        }
        #[cfg(not(feature = "register"))]
        {
            self.instance
        }
    }

    /// Whether it runs register code: then `ip` is a position there, and `side` says nothing.
    #[cfg(feature = "register")]
    pub(crate) const fn is_register(&self) -> bool {
        self.instance & REGISTER != 0
    }

    /// The same frame in register code, at `position`.
    #[cfg(feature = "register")]
    pub(crate) const fn in_register_code(self, position: u32) -> Self {
        Self { instance: self.instance | REGISTER, ip: position, side: 0, ..self }
    }

    /// The same frame in the module's code.
    #[cfg(feature = "register")]
    pub(crate) const fn in_place(self, ip: u32, side: u32) -> Self {
        Self { instance: self.instance & !REGISTER, ip, side, ..self }
    }

    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { instance: 0, function: 0, ip: 0, side: 0, base: 0 };
}

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// The current function and instruction.
    pub frame: Frame,
    /// How many slots from the frame's base on are in use: parameters, locals and operands.
    pub height: u32,
    /// How many return records lie below this execution: at that depth it is finished.
    pub floor: u32,
    /// How many return records there are.
    pub depth: u32,
}

/// Values and return records.
#[derive(Debug)]
pub(crate) struct Stack<'a> {
    /// Slots of 64 bits. Slot 0 is never used by a frame.
    pub values: Buf<'a, u64>,
    /// Room for return records; `position.depth` of them are in use.
    pub frames: Buf<'a, Frame>,
    /// Where the execution stands.
    pub position: Position,
    /// The most slots that it may have.
    pub max_values: usize,
    /// The most return records that it may have.
    pub max_frames: usize,
    /// Slots behind those that frames may use.
    pub slack: usize,
}

impl Default for Stack<'_> {
    fn default() -> Self {
        Self {
            values: Buf::default(),
            frames: Buf::default(),
            position: Position::default(),
            max_values: 0,
            max_frames: 0,
            slack: SLACK,
        }
    }
}

/// What a stack has room for at first, in slots and in records.
const FIRST_VALUES: usize = 256;
const FIRST_FRAMES: usize = 16;

/// Slots behind those that frames may use, so that a window of fixed size can begin at every frame of handlers that jump to
/// each other. The loop needs one, for a function without parameters, locals and operands.
pub const SLACK: usize = if cfg!(tail_calls) { 1024 } else { 1 };

impl Stack<'_> {
    /// Makes room for `slots` slots in all.
    pub(crate) fn reserve_values(&mut self, slots: usize) -> Result<(), Full> {
        if slots > self.max_values {
            return Err(Full { list: List::Values, needed: slots.saturating_add(self.slack) });
        }
        let usable = self.usable_values();
        if slots > usable || self.values.is_empty() {
            let doubled = usable.saturating_mul(2).max(FIRST_VALUES);
            let wanted = slots.max(doubled).min(self.max_values);
            self.grow_values(wanted)?;
        }
        Ok(())
    }

    /// Makes room for `slots` slots and the slack, of which nothing is touched before it is used.
    fn grow_values(&mut self, slots: usize) -> Result<(), Full> {
        let wanted = slots.saturating_add(self.slack);
        if matches!(self.values, Buf::Lent { .. }) {
            return self.values.extend_to(wanted, 0);
        }
        let mut values = Buf::filled(wanted, 0)?;
        let used = self.values.as_slice().get(..self.usable_values()).unwrap_or_default();
        crate::buf::copy(values.as_mut_slice().get_mut(..used.len()).unwrap_or_default(), used);
        self.values = values;
        Ok(())
    }

    /// How many slots frames may use without making room.
    pub(crate) fn usable_values(&self) -> usize {
        self.values.len().saturating_sub(self.slack)
    }

    /// Makes room for one more return record.
    pub(crate) fn reserve_frame(&mut self) -> Result<(), Full> {
        let depth = self.position.depth as usize;
        if depth >= self.max_frames {
            return Err(Full::HEAP);
        }
        if depth >= self.frames.len() {
            let wanted = self.frames.len().saturating_mul(2).max(FIRST_FRAMES).min(self.max_frames);
            self.frames.extend_to(wanted, Frame::default())?;
        }
        Ok(())
    }

    /// The slot after those in use.
    pub(crate) fn end(&self) -> usize {
        (self.position.frame.base as usize).saturating_add(self.position.height as usize)
    }

    /// The `count` slots on top.
    pub(crate) fn top(&mut self, count: usize) -> Option<&mut [u64]> {
        let end = self.end();
        self.values.as_mut_slice().get_mut(end.checked_sub(count)?..end)
    }

    /// The return records in use, outermost first.
    pub(crate) fn records(&self) -> &[Frame] {
        self.frames.as_slice().get(..self.position.depth as usize).unwrap_or_default()
    }
}
