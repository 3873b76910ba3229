//! Checks register code before it is run without checks: one pass over the instructions, one over the branches. Also for
//! tests, which ask what instructions there are.
//!
//! What holds of verified code: from its first instruction on there stand nothing but instructions and the tables of
//! `br_table`; every branch goes to an instruction; what is last never goes on; slots are the frame's. So a mistake of the
//! translator is an error, and nothing worse.

use super::{Field, INSTRUCTIONS, InstructionInfo, PAIRS, number};
use crate::translate::{ENTRY, PADDING};
use alloc::vec::Vec;

/// Register code is not what the translator should make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Unsound;

type Outcome = Result<(), Unsound>;

/// What is known of sound code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verified {
    /// Where each instruction begins, and its number.
    pub starts: Vec<(u32, u16)>,
    /// Every branch, in the order of the instructions.
    #[cfg_attr(
        not(all(feature = "optimize", tail_calls)),
        allow(dead_code, reason = "only unchecked handlers repeat")
    )]
    pub branches: Vec<Branch>,
}

/// A branch: where the instruction begins that branches, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Branch {
    pub source: u32,
    pub target: u32,
}

/// Checks the code of a function whose frame has slots up to `frame`.
pub(super) fn verify(code: &[u8], frame: u32) -> Result<Verified, Unsound> {
    let size = code.len().checked_sub(PADDING).ok_or(Unsound)?;
    let code = code.get(..size).ok_or(Unsound)?;
    // Most instructions are longer than that.
    let starts = Vec::with_capacity(size / 16);
    let mut verifier = Verifier { code, frame, position: ENTRY, starts, branches: Vec::new() };
    let mut goes_on = true;
    while verifier.position < size {
        goes_on = verifier.instruction()?;
    }
    if goes_on { Err(Unsound) } else { verifier.finish() }
}

struct Verifier<'c> {
    code: &'c [u8],
    frame: u32,
    position: usize,
    starts: Vec<(u32, u16)>,
    branches: Vec<Branch>,
}

impl Verifier<'_> {
    /// Checks the next instruction. Says whether it may go on to what follows.
    fn instruction(&mut self) -> Result<bool, Unsound> {
        let start = u32::try_from(self.position).map_err(|_| Unsound)?;
        let number = u16::try_from(u64::from_le_bytes(self.take()?)).map_err(|_| Unsound)?;
        self.starts.push((start, number));
        if let Some(info) = INSTRUCTIONS.get(number as usize) {
            return self.fields(number, info);
        }
        let place = (number as usize).wrapping_sub(INSTRUCTIONS.len());
        let (first, second) = *PAIRS.get(place).ok_or(Unsound)?;
        let info = |number: u16| INSTRUCTIONS.get(number as usize).ok_or(Unsound);
        self.fields(first, info(first)?)?;
        self.fields(second, info(second)?)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unsound> {
        let rest = self.code.get(self.position..).ok_or(Unsound)?;
        self.position = self.position.wrapping_add(N);
        rest.first_chunk().copied().ok_or(Unsound)
    }

    fn fields(&mut self, number: u16, info: &InstructionInfo) -> Result<bool, Unsound> {
        let mut word = 0;
        for field in info.fields {
            match field {
                Field::Source | Field::Target => {
                    let slot = u16::from_le_bytes(self.take()?);
                    if u32::from(slot) > self.frame {
                        return Err(Unsound);
                    }
                }
                Field::Height => _ = self.take::<2>()?,
                Field::Word => word = u32::from_le_bytes(self.take()?),
                Field::Long => _ = self.take::<8>()?,
                Field::Branch => self.branch(self.position.wrapping_add(8))?,
            }
        }
        if [number::BR_TABLE_S, number::BR_TABLE_A].contains(&number) {
            self.table(word)?;
        }
        Ok(!info.ends)
    }

    /// Notes where a branch goes, relative to `base`.
    fn branch(&mut self, base: usize) -> Outcome {
        let distance = i32::from_le_bytes(self.take()?);
        self.take::<4>()?;
        let target = base.checked_add_signed(distance as isize).ok_or(Unsound)?;
        let (source, _) = *self.starts.last().ok_or(Unsound)?;
        self.branches.push(Branch { source, target: u32::try_from(target).map_err(|_| Unsound)? });
        Ok(())
    }

    /// The `count` targets of a `br_table`, all relative to the first.
    fn table(&mut self, count: u32) -> Outcome {
        let base = self.position;
        if count == 0 {
            return Err(Unsound);
        }
        (0..count).try_for_each(|_| self.branch(base))
    }

    /// Every branch goes to an instruction: marks these, so that time does not grow faster than the code.
    fn finish(self) -> Result<Verified, Unsound> {
        let mut is_start = alloc::vec![false; self.code.len()];
        for (start, _) in &self.starts {
            *is_start.get_mut(*start as usize).ok_or(Unsound)? = true;
        }
        let goes_to_start = |branch: &Branch| is_start.get(branch.target as usize).is_some_and(|is_start| *is_start);
        let is_sound = self.branches.iter().all(goes_to_start);
        if is_sound { Ok(Verified { starts: self.starts, branches: self.branches }) } else { Err(Unsound) }
    }
}

#[cfg(test)]
mod tests {
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

    fn is_sound(instructions: &[Insn<'_>]) -> bool {
        verify(&code(instructions), 5).is_ok()
    }

    /// A branch by `distance` bytes.
    fn branch(distance: i32) -> [u8; 8] {
        (u64::from(distance as u32)).to_le_bytes()
    }

    #[test]
    fn gives_places_numbers_and_branches() {
        let code = code(&[(number::COPY, &[5, 0, 0, 0]), (number::BR, &branch(0)), RETURN]);
        let starts = alloc::vec![(4, number::COPY), (16, number::BR), (32, number::RETURN_NOTHING)];
        let branches = alloc::vec![Branch { source: 16, target: 32 }];
        assert_eq!(verify(&code, 5), Ok(Verified { starts, branches }));
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
        assert_eq!(verify(&wide, 5), Err(Unsound));
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
        assert_eq!(verify(&[], 5), Err(Unsound));
        assert_eq!(verify(&[0; PADDING], 5), Err(Unsound));
    }

    #[test]
    fn code_that_is_cut_or_damaged_is_refused_or_sound() {
        let whole = code(&[(number::COPY, &[1, 0, 2, 0]), (number::BR_UNLESS_A, &branch(-28)), RETURN]);
        for end in 0..whole.len() {
            assert_eq!(verify(&whole[..end], 5), Err(Unsound), "cut at {end}");
        }
        for place in 0..whole.len() {
            for value in 0..=u8::MAX {
                let mut damaged = whole.clone();
                damaged[place] = value;
                if let Ok(verified) = verify(&damaged, 5) {
                    assert!(verified.starts.iter().all(|(at, _)| (*at as usize) < whole.len() - PADDING));
                }
            }
        }
    }
}
