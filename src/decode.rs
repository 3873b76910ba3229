//! The decoder: from an instruction's bytes to the call of a visitor's method. Generated, one method a row.

use crate::binary::immediates::{BlockType, HeapType, Labels, MemArg, ValTypes};
use crate::binary::{ErrorKind, ModuleError, Reader};
use crate::opcode::{Opcode, code};

include!(concat!(env!("OUT_DIR"), "/decode.rs"));
