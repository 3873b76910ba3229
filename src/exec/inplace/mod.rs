//! The in-place engine: interprets the module's bytes where they lie (Titzer, "A fast in-place interpreter for
//! WebAssembly", OOPSLA 2022). The loop and the functions of ordinary rows are generated; control flow is in `control`.

mod control;

use super::exit::Stop;
use super::machine::{Machine, Registers, operand_units};
use crate::opcode::{Opcode, code};
use crate::semantics::{self, Reference, Slot, SlotValue};

include!(concat!(env!("OUT_DIR"), "/inplace.rs"));
