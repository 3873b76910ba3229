//! Which branches go back to the head of an innermost loop.
//!
//! The head of the loop that runs is kept in a register, so a branch back to it need not read from the code where it goes:
//! of all that a round of a short loop does, this is what the next round waits for longest.
//!
//! The register is set by the instruction `loop_head`, and where execution begins in the middle of a function, which is at a
//! loop's label, or behind a call. A label is behind `loop_head`, or before it where interruptions are looked for. So it holds the head everywhere in a loop that nothing enters but from its `loop_head`,
//! and in which nothing else sets it: without loops inside, and without calls.

use super::number;
use super::verify::{Branch, Entry, Verified};
use crate::translate::Stops;
use alloc::vec::Vec;

/// A stretch of code from a loop's head to its last branch back.
#[derive(Debug, Clone, Copy)]
struct Loop {
    /// Where branches back go.
    label: u32,
    /// What stands behind `loop_head`: the register holds this there.
    head: u32,
    /// Where the last instruction begins that branches back.
    last: u32,
    /// Where what may interrupt the loop begins.
    limit: u32,
    is_entered_elsewhere: bool,
}

/// The instructions that only branch back to the head of the innermost loop that they are in: a branch of each.
pub(super) fn repeating(code: &Verified, stops: Stops) -> Vec<Branch> {
    let mut loops = heads(&code.entries, stops);
    if loops.is_empty() {
        return Vec::new();
    }
    let back = || code.branches.iter().copied().filter(|branch| branch.target <= branch.source);
    for branch in back() {
        if let Some(this) = loop_at(&mut loops, branch.target).filter(|this| this.is_back(branch)) {
            this.last = this.last.max(branch.source);
        }
    }
    for branch in &code.branches {
        if let Some(this) = loop_at(&mut loops, branch.target) {
            let is_inside = (this.head..=this.last).contains(&branch.target);
            this.is_entered_elsewhere |= is_inside && !(this.label..=this.last).contains(&branch.source);
        }
    }
    let mut repeats = |branch: &Branch| {
        loop_at(&mut loops, branch.target).is_some_and(|this| !this.is_entered_elsewhere && this.is_back(*branch))
    };
    let mut repeating: Vec<Branch> = back().filter(|branch| repeats(branch)).collect();
    repeating.dedup_by_key(|branch| branch.source);
    repeating
}

impl Entry {
    /// Where branches back to a loop go that begins here.
    pub(super) fn label(&self, stops: Stops) -> u32 {
        if stops == Stops::ByInterruption { self.start } else { self.next }
    }
}

impl Loop {
    /// Whether a branch goes back to the head before anything interrupts the loop.
    fn is_back(&self, branch: Branch) -> bool {
        branch.target == self.label && (self.label..self.limit).contains(&branch.source)
    }
}

/// The loops that begin in this code, each up to what interrupts it.
fn heads(entries: &[Entry], stops: Stops) -> Vec<Loop> {
    let is_head = |at: &Entry| at.number == number::LOOP_HEAD;
    let limits = entries.iter().skip(1).map(|next| next.start).chain([u32::MAX]);
    let heads = entries.iter().zip(limits).filter(|(at, _)| is_head(at));
    heads
        .map(|(at, limit)| Loop { label: at.label(stops), head: at.next, last: 0, limit, is_entered_elsewhere: false })
        .collect()
}

/// The last loop that begins at `place` or before.
fn loop_at(loops: &mut [Loop], place: u32) -> Option<&mut Loop> {
    let after = loops.partition_point(|this| this.label <= place);
    loops.get_mut(after.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: u16 = number::LOOP_HEAD;
    const CALL: u16 = number::CALL;
    const OTHER: u16 = number::COPY;

    /// The instructions that repeat, of these, ten bytes each, with branches from one to another by their places in the list.
    fn repeating_of(numbers: &[u16], branches: &[(u32, u32)]) -> Vec<u32> {
        repeating_where(Stops::Never, numbers, branches)
    }

    fn repeating_where(stops: Stops, numbers: &[u16], branches: &[(u32, u32)]) -> Vec<u32> {
        let entries = (0..).zip(numbers).filter(|(_, number)| [HEAD, CALL].contains(number));
        let entries = entries.map(|(place, number)| {
            let (start, number) = (10 * place, *number);
            Entry { start, number, next: start + 10 }
        });
        let branches = branches.iter().map(|(source, target)| {
            let (source, target) = (10 * source, 10 * target);
            Branch { source, number: OTHER, target }
        });
        let mut code = Verified::default();
        (code.entries, code.branches) = (entries.collect(), branches.collect());
        repeating(&code, stops).iter().map(|branch| branch.source / 10).collect()
    }

    #[test]
    fn branches_back_repeat() {
        assert_eq!(repeating_of(&[HEAD, OTHER, OTHER], &[(2, 1)]), [2]);
        assert_eq!(
            repeating_of(&[HEAD, OTHER, OTHER, OTHER], &[(1, 3), (2, 1), (3, 1)]),
            [2, 3],
            "others inside do not"
        );
        assert_eq!(repeating_of(&[HEAD, OTHER], &[(1, 1)]), [1], "of a single instruction");
    }

    #[test]
    fn where_interruptions_are_looked_for_the_head_belongs_to_the_round() {
        let code = [OTHER, HEAD, OTHER, OTHER, CALL, OTHER];
        let repeating = |branches: &[(u32, u32)]| repeating_where(Stops::ByInterruption, &code, branches);
        assert_eq!(repeating(&[(2, 1), (3, 1)]), [2, 3]);
        assert_eq!(repeating(&[(3, 2)]), [], "behind the head");
        assert_eq!(repeating(&[(5, 1)]), [], "beyond a call");
        assert_eq!(repeating(&[(3, 1), (5, 1)]), [3], "a branch from there sets the register again");
        assert_eq!(repeating(&[(0, 1), (3, 1)]), [3], "and so does one from before");
        assert_eq!(repeating(&[(0, 2), (3, 1)]), [], "but not one into the loop");
    }

    #[test]
    fn only_innermost_loops_repeat() {
        assert_eq!(repeating_of(&[HEAD, OTHER, HEAD, OTHER, OTHER, OTHER], &[(4, 3), (5, 1)]), [4]);
        assert_eq!(repeating_of(&[HEAD, HEAD, OTHER, OTHER], &[(3, 2), (3, 1)]), [3], "the heads stand side by side");
        assert_eq!(repeating_of(&[HEAD, OTHER, HEAD, OTHER], &[(1, 1), (3, 3)]), [1, 3], "one after the other");
    }

    #[test]
    fn what_is_interrupted_does_not_repeat() {
        assert_eq!(repeating_of(&[HEAD, OTHER, CALL, OTHER], &[(3, 1)]), []);
        assert_eq!(repeating_of(&[HEAD, OTHER, CALL, OTHER], &[(1, 1), (3, 1)]), [], "not even before the call");
        assert_eq!(repeating_of(&[HEAD, OTHER, OTHER, CALL], &[(2, 1)]), [2], "a call behind the loop");
    }

    #[test]
    fn what_is_entered_elsewhere_does_not_repeat() {
        assert_eq!(repeating_of(&[OTHER, HEAD, OTHER, OTHER], &[(0, 2), (3, 2)]), [], "at the head");
        assert_eq!(repeating_of(&[OTHER, HEAD, OTHER, OTHER], &[(0, 3), (3, 2)]), [], "in the middle");
        assert_eq!(repeating_of(&[OTHER, HEAD, OTHER, OTHER], &[(0, 1), (3, 2)]), [3], "before the head");
        assert_eq!(repeating_of(&[HEAD, OTHER, OTHER, OTHER], &[(2, 1), (3, 2)]), [], "from behind");
    }

    #[test]
    fn branches_without_a_head_do_not_repeat() {
        assert_eq!(repeating_of(&[OTHER, OTHER], &[(1, 0)]), []);
        assert_eq!(repeating_of(&[], &[]), []);
    }
}
