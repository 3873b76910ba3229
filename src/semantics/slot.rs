//! How values stand in the 64-bit slots of the value stack.

/// A slot of the value stack: the bits of a value, zero-extended.
pub type Slot = u64;

/// A reference as guests hold it: relative to its store, never an address of the host. Null is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[repr(transparent)]
pub struct Reference(pub u64);

impl Reference {
    /// The null reference of every type.
    pub const NULL: Self = Self(0);

    /// A reference to item `index` of a store's list.
    #[must_use]
    pub const fn from_index(index: u32) -> Self {
        Self(index as u64 + 1)
    }

    /// The item of the store's list that it refers to; nothing for null.
    #[must_use]
    pub fn index(self) -> Option<u32> {
        u32::try_from(self.0.checked_sub(1)?).ok()
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
}

/// A Rust type whose values stand in one slot.
pub trait SlotValue: Copy {
    /// The value whose bits `slot` holds; bits above its width are ignored.
    fn from_slot(slot: Slot) -> Self;

    /// Its bits, zero-extended.
    fn into_slot(self) -> Slot;
}

impl SlotValue for i32 {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        slot as u32 as i32
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        u64::from(self as u32)
    }
}

impl SlotValue for i64 {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        slot as i64
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        self as u64
    }
}

impl SlotValue for u64 {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        slot
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        self
    }
}

#[cfg(feature = "floats")]
impl SlotValue for f32 {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        Self::from_bits(slot as u32)
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        u64::from(self.to_bits())
    }
}

#[cfg(feature = "floats")]
impl SlotValue for f64 {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        Self::from_bits(slot)
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        self.to_bits()
    }
}

impl SlotValue for Reference {
    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        Self(slot)
    }

    #[inline(always)]
    fn into_slot(self) -> Slot {
        self.0
    }
}
