//! Checks register code before it is run without checks: one pass over the instructions, one over the branches. Also for
//! tests, which ask what instructions there are.
//!
//! What holds of verified code: from its first instruction on there stand nothing but instructions and the tables of
//! `br_table`; every branch goes to an instruction; what is last never goes on; slots are the frame's. So a mistake of the
//! translator is an error, and nothing worse.

use super::Shape;
use crate::translate::{ENTRY, PADDING};
use alloc::vec::Vec;

/// Register code is not what the translator should make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Unsound;

type Outcome = Result<(), Unsound>;

/// Bytes of an opcode and of its fields at most.
const WINDOW: usize = 8 + PADDING;

/// What is known of sound code beside its instructions. Its lists are used for one function after the other.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Verified {
    /// Every branch, in the order of the instructions.
    pub(super) branches: Vec<Branch>,
    /// The instructions where execution can begin anew, in their order. Those where loops begin also set the register for
    /// the head of the innermost loop.
    #[cfg_attr(
        not(all(feature = "optimize", tail_calls)),
        allow(dead_code, reason = "only unchecked handlers repeat")
    )]
    pub(super) entries: Vec<Entry>,
    /// A bit for every second byte: whether an instruction begins there. All instructions have even sizes.
    starts: Vec<u64>,
}

/// A branch: where the instruction begins that branches, which it is, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Branch {
    pub source: u32,
    pub number: u16,
    pub target: u32,
}

/// An instruction where execution can begin anew, as it can behind calls and where loops begin: where the instruction
/// begins, which it is, and where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub start: u32,
    pub number: u16,
    pub next: u32,
}

/// The word and the bit of a position, in a list of bits for every second byte.
#[inline(always)]
pub(super) const fn bit_of(position: usize) -> (usize, u64) {
    (position >> 7, 1 << (position >> 1 & 63))
}

impl Verified {
    /// Checks the code of a function whose frame has slots up to `frame`. Each instruction's place, number and opcode are
    /// shown to `visit` on the way, which may write another opcode: what follows may still turn out to be unsound, and then
    /// nobody may run the code.
    #[inline(always)]
    pub(super) fn verify(
        &mut self,
        code: &mut [u8],
        frame: u32,
        mut visit: impl FnMut(u32, u16, &mut [u8; 8]) -> Outcome,
    ) -> Outcome {
        let size = code.len().checked_sub(PADDING).ok_or(Unsound)?;
        self.clear(size);
        let (mut position, mut goes_on) = (ENTRY, true);
        while position < size {
            // The padding is as long as fields can be, so this is there where the opcode is.
            let window: &mut [u8; WINDOW] =
                code.get_mut(position..).and_then(<[u8]>::first_chunk_mut).ok_or(Unsound)?;
            let (opcode, fields) = window.split_first_chunk_mut().ok_or(Unsound)?;
            let number = u16::try_from(u64::from_le_bytes(*opcode)).map_err(|_| Unsound)?;
            let shape = Shape::of(number).ok_or(Unsound)?;
            let start = Start { position, number };
            let mut end = self.fields(start, shape, frame, fields)?;
            visit(position as u32, number, opcode)?;
            if let Some(place) = shape.table() {
                let count = u32::from_le_bytes(*at(fields, place)?);
                end = self.table(start, count, end, code.get(end..size).ok_or(Unsound)?)?;
            }
            if shape.makes_entry {
                self.entries.push(Entry { start: position as u32, number, next: end as u32 });
            }
            if end > size {
                return Err(Unsound);
            }
            goes_on = !shape.ends;
            position = end;
        }
        if goes_on { Err(Unsound) } else { self.branches_go_to_starts() }
    }

    fn clear(&mut self, size: usize) {
        self.branches.clear();
        self.entries.clear();
        self.starts.clear();
        self.starts.resize(bit_of(size).0.saturating_add(1), 0);
    }

    /// Checks the slots behind an opcode, and notes its branch. Says where the fields end.
    #[inline(always)]
    fn fields(&mut self, start: Start, shape: &Shape, frame: u32, fields: &[u8]) -> Result<usize, Unsound> {
        let mut slots = shape.slots;
        while slots != 0 {
            let slot = u16::from_le_bytes(*at(fields, (slots.trailing_zeros() as usize) << 1)?);
            if u32::from(slot) > frame {
                return Err(Unsound);
            }
            slots &= slots.wrapping_sub(1);
        }
        let behind = start.position.wrapping_add(8);
        if let Some(place) = shape.branch() {
            let base = behind.wrapping_add(place).wrapping_add(8);
            self.branch(start, base, *at(fields, place)?)?;
        }
        let (word, bit) = bit_of(start.position);
        *self.starts.get_mut(word).ok_or(Unsound)? |= bit;
        Ok(behind.wrapping_add(shape.size as usize))
    }

    /// Notes where a branch goes, relative to `base`.
    fn branch(&mut self, start: Start, base: usize, distance: [u8; 4]) -> Outcome {
        let target = base.checked_add_signed(i32::from_le_bytes(distance) as isize).ok_or(Unsound)?;
        let target = u32::try_from(target).map_err(|_| Unsound)?;
        self.branches.push(Branch { source: start.position as u32, number: start.number, target });
        Ok(())
    }

    /// The `count` targets of a `br_table`, all relative to `base`, where they begin. Says where they end.
    fn table(&mut self, start: Start, count: u32, base: usize, rest: &[u8]) -> Result<usize, Unsound> {
        let size = (count as usize).checked_mul(8).filter(|size| *size > 0).ok_or(Unsound)?;
        let targets = rest.get(..size).ok_or(Unsound)?;
        targets.chunks_exact(8).try_for_each(|target| self.branch(start, base, *at(target, 0)?))?;
        Ok(base.wrapping_add(size))
    }

    /// Every branch goes to an instruction.
    fn branches_go_to_starts(&self) -> Outcome {
        let is_start = |position: u32| {
            let (word, bit) = bit_of(position as usize);
            position & 1 == 0 && self.starts.get(word).is_some_and(|bits| bits & bit != 0)
        };
        if self.branches.iter().all(|branch| is_start(branch.target)) { Ok(()) } else { Err(Unsound) }
    }
}

/// Where an instruction begins, and which it is.
#[derive(Clone, Copy)]
struct Start {
    position: usize,
    number: u16,
}

/// The `N` bytes at `place`.
#[inline(always)]
fn at<const N: usize>(bytes: &[u8], place: usize) -> Result<&[u8; N], Unsound> {
    bytes.get(place..).and_then(<[u8]>::first_chunk).ok_or(Unsound)
}

#[cfg(test)]
mod tests {
    use super::super::{INSTRUCTIONS, PAIRS, number};
    use super::*;

    /// An instruction: its number, and the bytes of its fields.
    type Insn<'i> = (u16, &'i [u8]);

    const RETURN: Insn<'static> = (number::RETURN_NOTHING, &[]);

    fn code(instructions: &[Insn<'_>]) -> Vec<u8> {
        let mut code = alloc::vec![0; ENTRY];
        for (number, fields) in instructions {
            code.extend_from_slice(&u64::from(*number).to_le_bytes());
            code.extend_from_slice(fields);
        }
        code.resize(code.len() + PADDING, 0);
        code
    }

    /// Where each instruction begins, and its number, in sound code for slots up to 5.
    fn verify(code: &[u8]) -> Result<Vec<(u32, u16)>, Unsound> {
        let mut starts = Vec::new();
        Verified::default().verify(&mut code.to_vec(), 5, |start, number, _| {
            starts.push((start, number));
            Ok(())
        })?;
        Ok(starts)
    }

    fn is_sound(instructions: &[Insn<'_>]) -> bool {
        verify(&code(instructions)).is_ok()
    }

    /// A branch by `distance` bytes.
    fn branch(distance: i32) -> [u8; 8] {
        (u64::from(distance as u32)).to_le_bytes()
    }

    #[test]
    fn gives_places_numbers_and_branches() {
        let call = (number::CALL, &[0; 12][..]);
        let mut code = code(&[(number::COPY, &[5, 0, 0, 0]), (number::BR, &branch(0)), call, RETURN]);
        let mut verified = Verified::default();
        for _ in 0..2 {
            let mut starts = Vec::new();
            let outcome = verified.verify(&mut code, 5, |start, number, opcode| {
                assert_eq!(u64::from_le_bytes(*opcode), u64::from(number));
                starts.push((start, number));
                Ok(())
            });
            assert_eq!(outcome, Ok(()));
            let numbers = [number::COPY, number::BR, number::CALL, number::RETURN_NOTHING];
            let places = [4, 16, 32, 52];
            assert_eq!(starts, places.into_iter().zip(numbers).collect::<Vec<_>>());
            assert_eq!(verified.branches, [Branch { source: 16, number: number::BR, target: 32 }]);
            let entry = Entry { start: 32, number: number::CALL, next: places[3] };
            assert_eq!(verified.entries, [entry], "and nothing is left of the function before");
        }
    }

    #[test]
    fn slots_are_the_frames() {
        assert!(is_sound(&[(number::COPY, &[5, 0, 5, 0]), RETURN]));
        assert!(!is_sound(&[(number::COPY, &[6, 0, 5, 0]), RETURN]));
        assert!(!is_sound(&[(number::COPY, &[5, 0, 0, 1]), RETURN]));
    }

    #[test]
    fn numbers_are_instructions_or_pairs() {
        let pairs = (INSTRUCTIONS.len() + PAIRS.len()) as u16;
        assert!(!is_sound(&[(pairs, &[0; 60]), RETURN]));
        assert!(!is_sound(&[(u16::MAX, &[]), RETURN]));
        let mut wide = code(&[RETURN]);
        wide[ENTRY + 2] = 1;
        assert_eq!(verify(&wide), Err(Unsound));
    }

    #[test]
    fn branches_go_to_instructions() {
        for (distance, expected) in
            [(0, true), (-16, true), (8, false), (-15, false), (1, false), (-20, false), (i32::MIN, false)]
        {
            assert_eq!(is_sound(&[(number::BR, &branch(distance)), RETURN]), expected, "{distance}");
        }
    }

    #[test]
    fn tables_belong_to_their_instruction() {
        let table = |count: u8, distances: &[i32]| {
            let mut fields = alloc::vec![count, 0, 0, 0];
            distances.iter().for_each(|distance| fields.extend_from_slice(&branch(*distance)));
            is_sound(&[(number::BR_TABLE_A, &fields), RETURN])
        };
        assert!(table(2, &[16, 16]));
        assert!(table(1, &[8]));
        assert!(!table(2, &[16, 8]), "into the table");
        assert!(!table(0, &[]), "not even the default");
        assert!(!table(100, &[16, 16]), "beyond the code");
    }

    #[test]
    fn what_is_last_does_not_go_on() {
        assert!(is_sound(&[RETURN]));
        assert!(!is_sound(&[RETURN, (number::COPY, &[0; 4])]));
        assert!(!is_sound(&[]));
        assert_eq!(verify(&[]), Err(Unsound));
        assert_eq!(verify(&[0; PADDING]), Err(Unsound));
    }

    #[test]
    fn code_that_is_cut_or_damaged_is_refused_or_sound() {
        let whole = code(&[(number::COPY, &[1, 0, 2, 0]), (number::BR_UNLESS_A, &branch(-28)), RETURN]);
        for end in 0..whole.len() {
            assert_eq!(verify(&whole[..end]), Err(Unsound), "cut at {end}");
        }
        for place in 0..whole.len() {
            for value in 0..=u8::MAX {
                let mut damaged = whole.clone();
                damaged[place] = value;
                if let Ok(starts) = verify(&damaged) {
                    assert!(starts.iter().all(|(at, _)| (*at as usize) < whole.len() - PADDING));
                }
            }
        }
    }
}
