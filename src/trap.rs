//! The ways in which a guest fails.

use core::fmt;

include!(concat!(env!("OUT_DIR"), "/trap.rs"));

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Trap {}
