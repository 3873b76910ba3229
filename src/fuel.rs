//! Fuel: what instructions cost.

include!(concat!(env!("OUT_DIR"), "/fuel.rs"));

const CLASSES: usize = FuelClass::ALL.len();

/// A price list: for each class of opcodes, what an instruction costs, and each unit of its variable work.
///
/// ```
/// use tablature::{FuelClass, FuelCosts};
///
/// let mut costs = FuelCosts::default();
/// costs.set_base(FuelClass::Div, 10);
/// assert_eq!(costs.base(FuelClass::Div), 10);
/// // With the unit price list, fuel counts instructions.
/// assert_eq!(FuelCosts::unit().base(FuelClass::Div), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuelCosts {
    base: [u32; CLASSES],
    rate: [u32; CLASSES],
}

impl FuelCosts {
    /// The list in which every instruction costs one unit, but for those that only delimit blocks, which cost nothing.
    #[must_use]
    pub fn unit() -> Self {
        Self { base: FuelClass::ALL.map(|class| u32::from(!class.is_free())), rate: [0; CLASSES] }
    }

    /// What each instruction of `class` costs, in units of fuel.
    #[must_use]
    pub fn base(&self, class: FuelClass) -> u32 {
        self.base.get(class as usize).copied().unwrap_or_default()
    }

    /// What each unit of variable work of `class` costs, in units of fuel.
    #[must_use]
    pub fn rate(&self, class: FuelClass) -> u32 {
        self.rate.get(class as usize).copied().unwrap_or_default()
    }

    /// What `amount` of variable work of `class` costs.
    pub(crate) fn of_amount(&self, class: FuelClass, amount: u64) -> u64 {
        let units = amount.checked_div(u64::from(class.every())).unwrap_or(0);
        units.saturating_mul(u64::from(self.rate(class)))
    }

    /// Sets what each instruction of `class` costs. A class whose opcodes can make endless loops costs at least 1; one
    /// whose opcodes only delimit blocks stays free.
    pub fn set_base(&mut self, class: FuelClass, price: u32) -> &mut Self {
        let least = u32::from(class.must_cost());
        if let Some(place) = self.base.get_mut(class as usize).filter(|_| !class.is_free()) {
            *place = price.max(least);
        }
        self
    }

    /// Sets what each unit of variable work of `class` costs.
    pub fn set_rate(&mut self, class: FuelClass, price: u32) -> &mut Self {
        if let Some(place) = self.rate.get_mut(class as usize) {
            *place = price;
        }
        self
    }
}

impl Default for FuelCosts {
    /// The prices of the table.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FuelCosts {
    /// The prices of the table, as a constant.
    pub const DEFAULT: Self = {
        let (mut base, mut rate) = ([0; CLASSES], [0; CLASSES]);
        let mut place = 0;
        while place < CLASSES {
            base[place] = FuelClass::ALL[place].default_base();
            rate[place] = FuelClass::ALL[place].default_rate();
            place += 1;
        }
        Self { base, rate }
    };
}
