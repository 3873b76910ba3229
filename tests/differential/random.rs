//! Numbers that look random, and are the same again for the same seed.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// Whether something happens that happens once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; nothing if there are none.
    pub fn one_of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        if list.is_empty() { None } else { list.get(self.below(list.len())) }
    }

    /// A number as programs have them: a small one, one at which something changes, or any.
    pub fn integer(&mut self) -> i64 {
        let one = 1_u64 << self.below(64);
        let number = match self.below(8) {
            0 => 0,
            1 | 2 => self.bits() % 16,
            3 => self.bits() % 0x1_0000,
            4 => one,
            5 => one.wrapping_sub(1),
            6 => one.wrapping_neg(),
            _ => self.bits(),
        };
        number as i64
    }
}
