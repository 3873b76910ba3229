//! What stands behind the opcode of each instruction and each pair: where its slots are, and where it branches.
//!
//! The verifier, and translation, look at every instruction of every function. So what they ask is worked out when this
//! crate is compiled.

use super::{Field, INSTRUCTIONS, PAIRS, number};
use crate::translate::PADDING;

/// How many numbers there are: of instructions, and then of pairs.
const COUNT: usize = INSTRUCTIONS.len() + PAIRS.len();

/// The shape of each instruction and each pair, by its number.
static SHAPES: [Shape; COUNT] = shapes();

/// What stands behind an opcode, and what the instruction does to control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// A bit for each two bytes, from the lowest on: whether a slot stands there.
    pub slots: u32,
    /// How many bytes of fields there are.
    pub size: u8,
    /// Where the slot stands that the instruction writes; of a pair, the second one.
    target: u8,
    /// Where its branch stands.
    branch: u8,
    /// Where the number of targets stands that follow it.
    table: u8,
    /// Whether what stands behind it is never executed after it.
    pub ends: bool,
    /// Whether the register for the head of the innermost loop is set behind it, or execution can begin anew there.
    pub makes_entry: bool,
}

/// No field is so far away.
const NOWHERE: u8 = u8::MAX;

impl Shape {
    const EMPTY: Self =
        Self { slots: 0, size: 0, target: NOWHERE, branch: NOWHERE, table: NOWHERE, ends: false, makes_entry: false };

    /// That of an instruction or a pair.
    #[inline(always)]
    pub(crate) fn of(number: u16) -> Option<&'static Self> {
        SHAPES.get(number as usize)
    }

    /// Where in its fields the slot stands that it writes.
    #[inline(always)]
    pub(crate) fn target(&self) -> Option<usize> {
        place(self.target)
    }

    /// Where in its fields its branch stands.
    #[inline(always)]
    pub(crate) fn branch(&self) -> Option<usize> {
        place(self.branch)
    }

    /// Where in its fields the number of targets stands that follow it.
    #[inline(always)]
    pub(super) fn table(&self) -> Option<usize> {
        place(self.table)
    }

    /// This shape with the fields of an instruction behind it.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler executes it, once")]
    const fn then(mut self, number: u16) -> Self {
        let info = &INSTRUCTIONS[number as usize];
        let mut place = 0;
        while place < info.fields.len() {
            let field = info.fields[place];
            assert!(self.branch == NOWHERE, "a branch comes last");
            match field {
                Field::Source | Field::Target => self.slots |= 1 << (self.size / 2),
                Field::Height | Field::Word | Field::Long | Field::Branch => {}
            }
            match field {
                Field::Target => self.target = self.size,
                Field::Word if is_table(number) => self.table = self.size,
                Field::Branch => self.branch = self.size,
                _ => {}
            }
            self.size += field.size() as u8;
            place += 1;
        }
        assert!(self.size as usize <= PADDING, "fields are no longer than the padding");
        assert!(!(info.ends && info.comes_back), "what comes back goes on to the next instruction");
        self.ends = info.ends;
        self.makes_entry = info.comes_back || number == number::LOOP_HEAD;
        self
    }
}

fn place(place: u8) -> Option<usize> {
    (place != NOWHERE).then_some(place as usize)
}

const fn is_table(number: u16) -> bool {
    number == number::BR_TABLE_S || number == number::BR_TABLE_A
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler executes it, once")]
const fn shapes() -> [Shape; COUNT] {
    let mut shapes = [Shape::EMPTY; COUNT];
    let mut number = 0;
    while number < INSTRUCTIONS.len() {
        shapes[number] = Shape::EMPTY.then(number as u16);
        number += 1;
    }
    while number < COUNT {
        let (first, second) = PAIRS[number - INSTRUCTIONS.len()];
        let first = shapes[first as usize];
        assert!(!first.ends && !first.makes_entry, "the first of a pair goes on to the second");
        assert!(first.branch == NOWHERE && first.table == NOWHERE, "the first of a pair goes nowhere else");
        shapes[number] = first.then(second);
        number += 1;
    }
    shapes
}

/// Bytes of an instruction's fields at most, but for its branch.
pub(crate) const MOST_FIELDS: usize = most_fields();

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler executes it, once")]
const fn most_fields() -> usize {
    let (mut most, mut number) = (0, 0);
    while number < INSTRUCTIONS.len() {
        let shape = &SHAPES[number];
        let size = if shape.branch == NOWHERE { shape.size } else { shape.branch } as usize;
        most = if size > most { size } else { most };
        number += 1;
    }
    most
}

/// Places in the table of pairs: enough that most searches end at the first.
const SLOTS: usize = (2 * PAIRS.len() + 1).next_power_of_two();

/// Brings a number into the range of these places.
const MASK: usize = SLOTS - 1;

/// The numbers of the pairs, each at the place that its members say or behind it, and `NO_PAIR` elsewhere.
static PAIRS_BY_MEMBERS: [u16; SLOTS] = pairs_by_members();

const NO_PAIR: u16 = u16::MAX;

/// The number of the pair that does what two instructions do one after the other, if there is one.
#[inline]
pub(crate) fn pair_of(first: u16, second: u16) -> Option<u16> {
    let mut slot = slot_of(first, second);
    loop {
        let pair = *PAIRS_BY_MEMBERS.get(slot)?;
        let members = PAIRS.get((pair as usize).wrapping_sub(INSTRUCTIONS.len()))?;
        if *members == (first, second) {
            return Some(pair);
        }
        slot = next(slot);
    }
}

/// Where a pair stands if no other does.
const fn slot_of(first: u16, second: u16) -> usize {
    let members = (first as u32) << 16 | second as u32;
    // The golden ratio spreads neighbours.
    (members.wrapping_mul(0x9E37_79B9) >> 16) as usize & MASK
}

const fn next(slot: usize) -> usize {
    slot.wrapping_add(1) & MASK
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "the compiler executes it, once")]
const fn pairs_by_members() -> [u16; SLOTS] {
    let mut table = [NO_PAIR; SLOTS];
    let mut place = 0;
    while place < PAIRS.len() {
        let mut slot = slot_of(PAIRS[place].0, PAIRS[place].1);
        while table[slot] != NO_PAIR {
            slot = next(slot);
        }
        table[slot] = (INSTRUCTIONS.len() + place) as u16;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_what_the_fields_say() {
        let copy = Shape { slots: 0b11, size: 4, target: 2, ..Shape::EMPTY };
        assert_eq!(Shape::of(number::COPY), Some(&copy));
        let branch = Shape { slots: 1, size: 10, branch: 2, ..Shape::EMPTY };
        assert_eq!(Shape::of(number::BR_IF_S), Some(&branch));
        let table = Shape { slots: 1, size: 6, table: 2, ends: true, ..Shape::EMPTY };
        assert_eq!(Shape::of(number::BR_TABLE_S), Some(&table));
        assert!(Shape::of(number::LOOP_HEAD).is_some_and(|shape| shape.makes_entry && shape.size == 0));
        assert_eq!(Shape::of(COUNT as u16), None);
    }

    #[test]
    fn a_pair_has_the_fields_of_both() {
        for (place, (first, second)) in PAIRS.iter().enumerate() {
            let shape = |number: usize| *Shape::of(number as u16).unwrap();
            let (pair, first, second) =
                (shape(INSTRUCTIONS.len() + place), shape(*first as usize), shape(*second as usize));
            assert_eq!(pair.size, first.size + second.size);
            assert_eq!(pair.slots, first.slots | second.slots << (first.size / 2));
            let behind = |place: usize| first.size as usize + place;
            assert_eq!((pair.branch(), pair.table()), (second.branch().map(behind), second.table().map(behind)));
            assert_eq!((pair.ends, pair.makes_entry), (second.ends, second.makes_entry));
        }
    }

    #[test]
    fn finds_the_listed_pairs_and_no_others() {
        let listed: std::collections::BTreeMap<_, _> = PAIRS.iter().zip(INSTRUCTIONS.len()..).collect();
        assert!(!listed.is_empty());
        for first in 0..INSTRUCTIONS.len() as u16 {
            for second in 0..INSTRUCTIONS.len() as u16 {
                let number = listed.get(&(first, second)).map(|number| *number as u16);
                assert_eq!(pair_of(first, second), number);
            }
        }
    }
}
