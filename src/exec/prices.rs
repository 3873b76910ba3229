//! The price list in the form that engines read.

use crate::fuel::{FuelClass, FuelCosts};
#[cfg(any(not(feature = "alloc"), tail_calls))]
use crate::opcode::BYTE_CLASSES;
use crate::opcode::Opcode;
#[cfg(tail_calls)]
use crate::{binary::Reader, decode, decode::NameOpcode};

/// Units of fuel of every opcode.
#[derive(Debug, Clone)]
pub(crate) struct Prices {
    /// By the byte of an opcode without a prefix; a prefix itself costs nothing. A small build looks the class up instead.
    #[cfg(feature = "alloc")]
    bytes: [u32; 256],
    costs: FuelCosts,
}

impl Prices {
    pub(crate) fn new(costs: &FuelCosts) -> Self {
        #[cfg(feature = "alloc")]
        let bytes = crate::opcode::BYTE_CLASSES.map(|class| class.map_or(0, |class| costs.base(class)));
        Self {
            #[cfg(feature = "alloc")]
            bytes,
            costs: costs.clone(),
        }
    }

    /// The price of the opcode without a prefix whose byte is `byte`.
    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "256 prices for the 256 values of a byte")]
    pub(crate) fn of_byte(&self, byte: u8) -> u32 {
        #[cfg(feature = "alloc")]
        {
            self.bytes[byte as usize]
        }
        #[cfg(not(feature = "alloc"))]
        {
            BYTE_CLASSES[byte as usize].map_or(0, |class| self.costs.base(class))
        }
    }

    /// The price of the valid instruction at `reader`.
    #[cfg(tail_calls)]
    #[inline]
    pub(crate) fn of_instruction(&self, reader: Reader<'_>) -> u32 {
        match reader.peek() {
            Some(byte) if BYTE_CLASSES.get(byte as usize).copied().flatten().is_some() => self.of_byte(byte),
            _ => self.of_prefixed(reader),
        }
    }

    /// The same of one with a prefix; of what is none, nothing.
    #[cfg(tail_calls)]
    #[cold]
    fn of_prefixed(&self, mut reader: Reader<'_>) -> u32 {
        decode::instruction(&mut reader, &mut NameOpcode).map_or(0, |opcode| self.of(opcode))
    }

    /// The price of `opcode`.
    #[inline]
    pub(crate) fn of(&self, opcode: Opcode) -> u32 {
        self.costs.base(opcode.fuel_class())
    }

    /// What `amount` of variable work of the opcode costs.
    pub(crate) fn variable(&self, opcode: Opcode, amount: u64) -> u64 {
        self.of_amount(opcode.fuel_class(), amount)
    }

    /// What `amount` of variable work of a class costs.
    pub(crate) fn of_amount(&self, class: FuelClass, amount: u64) -> u64 {
        self.costs.of_amount(class, amount)
    }
}
