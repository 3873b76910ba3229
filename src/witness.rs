//! One typed witness a row: that the function which its `sem` names exists, and takes and gives what the row says.

#![allow(dead_code, reason = "that it compiles is what it is for")]

use crate::semantics::{self, Dropped, Pair, Reference, Slot};
use crate::trap::Trap;

include!(concat!(env!("OUT_DIR"), "/semantics.rs"));
