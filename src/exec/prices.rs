//! The price list in the form that engines read.

use crate::fuel::{FuelClass, FuelCosts};
use crate::opcode::Opcode;

/// Units of fuel of every opcode.
#[derive(Debug, Clone)]
pub(crate) struct Prices {
    /// By the byte of an opcode without a prefix; a prefix itself costs nothing.
    bytes: [u32; 256],
    /// The same as floats, which hold them exactly.
    #[cfg(tail_calls)]
    bytes_exact: [f64; 256],
    /// By opcode.
    opcodes: [u32; Opcode::ALL.len()],
    /// Of each unit of variable work, by class.
    rates: [u32; FuelClass::ALL.len()],
}

impl Prices {
    pub(crate) fn new(costs: &FuelCosts) -> Self {
        let mut prices = Self {
            bytes: [0; 256],
            #[cfg(tail_calls)]
            bytes_exact: [0.0; 256],
            opcodes: [0; Opcode::ALL.len()],
            rates: [0; FuelClass::ALL.len()],
        };
        for (opcode, price) in Opcode::ALL.into_iter().zip(&mut prices.opcodes) {
            let info = opcode.info();
            *price = costs.base(info.fuel);
            if info.prefix.is_none()
                && let Some(place) = prices.bytes.get_mut(info.number as usize)
            {
                *place = *price;
            }
        }
        #[cfg(tail_calls)]
        {
            prices.bytes_exact = prices.bytes.map(f64::from);
        }
        for (class, rate) in FuelClass::ALL.into_iter().zip(&mut prices.rates) {
            *rate = costs.rate(class);
        }
        prices
    }

    /// The price of the opcode without a prefix whose byte is `byte`.
    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "256 prices for the 256 values of a byte")]
    pub(crate) const fn of_byte(&self, byte: u8) -> u32 {
        self.bytes[byte as usize]
    }

    /// The price of the opcode without a prefix whose byte is `byte`, as a float.
    #[cfg(tail_calls)]
    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "256 prices for the 256 values of a byte")]
    pub(crate) const fn of_byte_exact(&self, byte: u8) -> f64 {
        self.bytes_exact[byte as usize]
    }

    /// The price of `opcode`.
    #[inline]
    pub(crate) fn of(&self, opcode: Opcode) -> u32 {
        self.opcodes.get(opcode as usize).copied().unwrap_or(u32::MAX)
    }

    /// What `amount` of variable work of the opcode costs.
    pub(crate) fn variable(&self, opcode: Opcode, amount: u64) -> u64 {
        self.of_amount(opcode.info().fuel, amount)
    }

    /// What `amount` of variable work of a class costs.
    pub(crate) fn of_amount(&self, class: FuelClass, amount: u64) -> u64 {
        let units = amount.checked_div(u64::from(class.every())).unwrap_or(0);
        let rate = self.rates.get(class as usize).copied().unwrap_or(0);
        units.saturating_mul(u64::from(rate))
    }
}
