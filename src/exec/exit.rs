//! Why execution left a loop: for the loop's caller, and for the owner of the core.

#[cfg(feature = "alloc")]
use crate::binary::ModuleError;
use crate::trap::Trap;

/// Why the in-place loop stopped. Except at `Finished`, the position stands at the instruction that stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The function that was entered first has returned: its results stand at its frame's base.
    Finished,
    /// The instruction trapped.
    Trap(Trap),
    /// What is left cannot pay for the instruction.
    OutOfFuel,
    /// A call of a function that is not of this instance: `Machine::request` says which.
    Call,
    /// A `memory.grow` or `table.grow`: `Machine::request` says which.
    Grow,
    /// The frame or the value stack has no room for a call.
    StackSpace,
    /// A function was entered or left that this engine does not run: to be gone on with by the other.
    Reenter,
    /// The function returned to one of another instance, or one that is executed in another way; the position is that one's
    /// already.
    Instance,
    /// What is left cannot pay for the run that begins here, or there is an interruption: the in-place engine goes on.
    #[cfg(feature = "register")]
    HandOver,
    /// A loop has gone round so often that it had better go on in register code; the position is that of its first
    /// instruction.
    #[cfg(feature = "register")]
    Hot,
    /// A function returns to a caller that its handlers know nothing of: another handler goes on, nobody else sees this. The
    /// position's height is the number of results.
    #[cfg(all(feature = "optimize", tail_calls))]
    Return,
    /// A function is called that these handlers cannot enter: it has no code, there is no room for it or not enough fuel, or
    /// there is an interruption. A handler that has the owner do it goes on, nobody else sees this.
    #[cfg(all(feature = "optimize", tail_calls))]
    Outside,
    /// An immediate is longer than this form of the instruction reads: a longer form goes on, nobody else sees this.
    Long,
    /// The instruction goes elsewhere than to the next: a form for that goes on, nobody else sees this.
    Elsewhere,
    /// The state contradicts validation: a mistake of this crate, contained.
    Corrupt,
}

impl Stop {
    /// Whether the registers have moved: a function was entered or left, or a loop begins again.
    #[inline(always)]
    pub(super) const fn moves_registers(self) -> bool {
        #[cfg(feature = "register")]
        if matches!(self, Self::Hot) {
            return true;
        }
        matches!(self, Self::Reenter | Self::Finished)
    }

    /// Whether the position goes back to the opcode that stopped. It does not where execution has gone on from there, and
    /// does not matter where the state is corrupt.
    #[inline(always)]
    pub(super) const fn is_at_opcode(self) -> bool {
        #[cfg(feature = "register")]
        if matches!(self, Self::Hot) {
            return false;
        }
        !matches!(self, Self::Reenter | Self::Instance | Self::Corrupt)
    }
}

impl From<Trap> for Stop {
    #[inline(always)]
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// Why a call cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no room for its frame.
    Trap(Trap),
    /// The function turned out invalid.
    #[cfg(feature = "alloc")]
    Invalid(ModuleError),
}

impl From<Refusal> for Exit {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Trap(trap) => Self::Trap(trap),
            #[cfg(feature = "alloc")]
            Refusal::Invalid(error) => Self::Invalid(error),
        }
    }
}

/// What the owner of the core must do before execution can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The call is done; its results stand on the stack.
    Finished,
    /// The guest trapped. The frames still stand, for a backtrace.
    Trap(Trap),
    /// A function was to be called that turned out invalid. The frames still stand, as after a trap.
    #[cfg(feature = "alloc")]
    Invalid(ModuleError),
    /// Add fuel and run again, or give up.
    OutOfFuel,
    /// A slice of fuel is used up, or register code has found an interruption: run again, unless the execution is to be
    /// interrupted.
    Paused,
    /// Call the host function of this number with the arguments on top of the stack, then complete the call.
    Host {
        /// The store's function index.
        function: u32,
    },
    /// Grow this memory by so many pages, or refuse, then complete the instruction.
    GrowMemory {
        /// The store's memory index.
        memory: u32,
        /// Pages.
        delta: u64,
    },
    /// Grow this table by so many entries, or refuse, then complete the instruction.
    GrowTable {
        /// The store's table index.
        table: u32,
        /// Entries.
        delta: u64,
    },
}
