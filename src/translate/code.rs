//! Writes register code: instructions of the current run, then bytes; and what is known only at the end of the function:
//! where branches go, and what they cost.
//!
//! Fuel is reserved for a run at once: for the instructions that follow each other from where control enters up to the
//! first that never goes on to the next, calls, or has a price of its own. `paid` is the sum of prices from the function's
//! first instruction on, in the order of the code; so the run from any place costs what is paid at its end less what is
//! paid there, and a branch that is taken costs the run at its target less what it gives back of its own.

use super::held::Held;
use super::map::{Map, Site, Sites, State};
use super::{Operation, Outcome, Settings, Untranslatable};
use crate::exec::{MOST_FIELDS, Shape, number, pair_of};
use alloc::vec::Vec;

/// How many instructions are kept before they are written.
const MAX_RUN: usize = 256;

/// Bytes before the first instruction: what the run that begins there costs.
pub(crate) const ENTRY: usize = 4;

/// Bytes behind the last instruction: so that a window on any instruction, and on the opcode behind it, does not reach
/// beyond them. No instruction is longer.
pub(crate) const PADDING: usize = 64;

/// A branch's target, by its number.
pub(super) type Label = u32;

/// An instruction that is not written yet.
#[derive(Clone, Copy)]
pub(super) struct Insn {
    pub number: u16,
    /// The row that it computes.
    pub operation: Option<&'static Operation>,
    /// Where the row's operands are.
    pub bits: u16,
    /// Whether it can trap.
    pub traps: bool,
    /// Whether the last field is the slot of its result.
    has_target: bool,
    len: u8,
    /// Its fields as they stand in the code, but for its branch, which comes last.
    fields: [u8; MOST_FIELDS],
    /// Where it branches.
    pub label: Label,
    /// The offset of the WebAssembly instruction.
    offset: u32,
    /// What is paid after it.
    paid: u64,
}

impl Insn {
    pub(super) fn new(number: u16, offset: u32, paid: u64) -> Self {
        Self {
            number,
            operation: None,
            bits: 0,
            traps: false,
            has_target: false,
            len: 0,
            fields: [0; MOST_FIELDS],
            label: 0,
            offset,
            paid,
        }
    }

    /// Adds a slot, or a number of slots.
    pub(super) fn add_slot(&mut self, slot: u16) {
        self.add(slot.to_le_bytes());
    }

    /// Adds a field of 32 bits.
    pub(super) fn add_word(&mut self, value: u32) {
        self.add(value.to_le_bytes());
    }

    /// Adds a field of 64 bits.
    pub(super) fn add_long(&mut self, value: u64) {
        self.add(value.to_le_bytes());
    }

    fn add<const N: usize>(&mut self, bytes: [u8; N]) {
        let place = self.fields.get_mut(self.len as usize..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = bytes;
        }
        self.len = self.len.wrapping_add(N as u8);
    }

    /// The slot that it writes, if there is one.
    pub(super) fn target(&self) -> Option<u16> {
        let place = Shape::of(self.number)?.target()?;
        self.fields.get(place..)?.first_chunk().map(|slot| u16::from_le_bytes(*slot))
    }

    /// It belongs to an instruction that comes later.
    pub(super) fn set_paid(&mut self, paid: u64) {
        self.paid = paid;
    }

    /// Adds the slot of the result, which comes last.
    pub(super) fn set_target(&mut self, slot: u16) {
        self.add_slot(slot);
        self.has_target = true;
    }

    /// Writes another slot instead of `from`, if that is where the result goes.
    fn redirect(&mut self, from: u16, slot: u16) -> bool {
        let last = (self.len as usize).wrapping_sub(size_of::<u16>());
        let place = self.fields.get_mut(last..).and_then(<[u8]>::first_chunk_mut);
        match place.filter(|target| self.has_target && **target == from.to_le_bytes()) {
            Some(target) => {
                *target = slot.to_le_bytes();
                true
            }
            None => false,
        }
    }
}

/// Where a branch goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// The offset in the register code.
    pub position: u32,
    /// What of the function is paid for together, and how much of that before.
    pub segment: u32,
    pub paid: u64,
}

/// A branch whose target and price are still to be written.
#[derive(Debug, Clone, Copy)]
struct Branch {
    /// Where they are written.
    at: u32,
    /// What the target is relative to.
    base: u32,
    label: Label,
    segment: u32,
    paid: u64,
}

/// The price of a run that is still to be written.
#[derive(Debug, Clone, Copy)]
struct Reserve {
    at: u32,
    segment: u32,
    paid: u64,
}

/// The code of a function while it is made. Its lists are used for one function after the other.
pub(super) struct Writer {
    metered: bool,
    /// Whether pairs of instructions become one.
    fuses: bool,
    #[cfg(feature = "profile")]
    profile: super::profile::Profile,
    /// The rows since the last run was written.
    #[cfg(feature = "profile")]
    rows: Vec<crate::opcode::Opcode>,
    run: Vec<Insn>,
    code: Vec<u8>,
    labels: Vec<Option<Place>>,
    branches: Vec<Branch>,
    reserves: Vec<Reserve>,
    /// What is paid at the end of each segment: code between two ends of runs.
    ends: Vec<u64>,
    paid: u64,
    /// What the accumulators have behind the last instruction, and before it.
    held: Held,
    held_before: Held,
    sites: Option<Sites>,
}

/// For how many bytes of code there is room at first, for each byte of the function: more than most need.
const ROOM: usize = 4;

impl Writer {
    pub(super) fn new(settings: &Settings, with_map: bool) -> Self {
        Self {
            metered: settings.counts_fuel(),
            fuses: settings.fuses,
            #[cfg(feature = "profile")]
            profile: settings.profile.clone(),
            #[cfg(feature = "profile")]
            rows: Vec::new(),
            run: Vec::new(),
            code: Vec::new(),
            labels: Vec::new(),
            branches: Vec::new(),
            reserves: Vec::new(),
            ends: Vec::new(),
            paid: 0,
            held: Held::default(),
            held_before: Held::default(),
            sites: with_map.then(Sites::default),
        }
    }

    /// Begins with a function of `size` bytes.
    pub(super) fn clear(&mut self, size: usize) {
        self.run.clear();
        #[cfg(feature = "profile")]
        self.rows.clear();
        self.code.clear();
        self.code.reserve(size.saturating_mul(ROOM).saturating_add(PADDING));
        self.code.resize(ENTRY, 0);
        self.labels.clear();
        self.branches.clear();
        self.reserves.clear();
        self.reserves.push(Reserve { at: 0, segment: 0, paid: 0 });
        self.ends.clear();
        self.paid = 0;
        self.forget_held();
    }

    pub(super) fn len(&self) -> usize {
        self.code.len()
    }

    /// An instruction of this price belongs to the run.
    pub(super) fn pay(&mut self, price: u32) {
        self.paid = self.paid.saturating_add(u64::from(price));
    }

    /// A row is translated.
    #[cfg(feature = "profile")]
    pub(super) fn note_row(&mut self, row: crate::opcode::Opcode) {
        self.rows.push(row);
    }

    pub(super) fn paid(&self) -> u64 {
        self.paid
    }

    /// Whether it is time to write.
    pub(super) fn is_full(&self) -> bool {
        self.run.len() >= MAX_RUN
    }

    /// Adds an instruction to the current run; gives its place there.
    pub(super) fn push(&mut self, insn: Insn) -> u32 {
        self.push_with(insn, |_| {})
    }

    /// Adds an instruction to the current run, where `complete` adds what it lacks: the host waits for a copy of what has
    /// just been written in parts. Gives its place.
    #[inline(always)]
    pub(super) fn push_with(&mut self, insn: Insn, complete: impl FnOnce(&mut Insn)) -> u32 {
        let index = self.run.len();
        self.run.push(insn);
        if let Some(insn) = self.run.get_mut(index) {
            complete(insn);
            self.held_before = self.held;
            self.held.pass(insn);
        }
        index as u32
    }

    /// What the accumulators have here.
    pub(super) fn held(&self) -> Held {
        self.held
    }

    /// Nothing is known of the accumulators.
    fn forget_held(&mut self) {
        (self.held, self.held_before) = Default::default();
    }

    /// Whether the instruction at `index` is the last.
    pub(super) fn is_last(&self, index: u32) -> bool {
        (index as usize).saturating_add(1) == self.run.len()
    }

    /// Takes the last instruction back, if it is the one at `index` and `wanted`.
    pub(super) fn take_last(&mut self, index: u32, wanted: impl Fn(&Insn) -> bool) -> Option<Insn> {
        let last = self.run.last().filter(|last| self.is_last(index) && wanted(last)).copied();
        if last.is_some() {
            self.run.pop();
            self.held = self.held_before;
        }
        last
    }

    /// Sends the result of an instruction, which goes to an accumulator so far, to a slot.
    pub(super) fn redirect(&mut self, index: u32, slot: u16) -> Outcome {
        let insn = self.run.get_mut(index as usize).ok_or(Untranslatable)?;
        let operation = insn.operation.ok_or(Untranslatable)?;
        insn.number = super::compute::number_of(operation.values, insn.bits as usize)?;
        insn.set_target(slot);
        if let Some(accumulator) = operation.result {
            self.held.set(accumulator, slot);
        }
        self.held_before = Held::default();
        Ok(())
    }

    /// Sends the result of the last instruction to another slot, if it goes to `from`.
    pub(super) fn redirect_last(&mut self, from: u16, slot: u16) -> bool {
        let is_redirected = self.run.last_mut().is_some_and(|insn| insn.redirect(from, slot));
        if is_redirected {
            match self.held.accumulator(from) {
                Some(accumulator) => self.held.set(accumulator, slot),
                None => self.held.forget_slot(slot),
            }
            self.held_before = Held::default();
        }
        is_redirected
    }

    pub(super) fn new_label(&mut self) -> Label {
        self.labels.push(None);
        self.labels.len().wrapping_sub(1) as Label
    }

    /// The label stands here, where the run before is written.
    pub(super) fn place(&mut self, label: Label, is_loop: bool, state: impl FnOnce() -> State) {
        self.stand(label);
        self.begin_run(is_loop, state);
    }

    /// The same where `count` operands only move `from` a slot on `to` another, on their way to a label.
    pub(super) fn place_detour(&mut self, label: Label, (from, to, count): (u16, u16, u16), target: Label) {
        self.stand(label);
        self.forget_held();
        let site = Site { position: self.position(), segment: self.segment(), paid: self.paid, ..Site::default() };
        // Only where fuel is counted can the in-place engine go on here; and there, branches carry few values.
        if let Some(sites) = self.sites.as_mut().filter(|_| self.metered) {
            let moves = (0..count).map(|at| (from.wrapping_add(at), to.wrapping_add(at)));
            sites.begin_detour(site, moves, target);
        }
    }

    fn stand(&mut self, label: Label) {
        self.flush();
        let place = Place { position: self.position(), segment: self.segment(), paid: self.paid };
        if let Some(label) = self.labels.get_mut(label as usize) {
            *label = Some(place);
        }
    }

    fn position(&self) -> u32 {
        self.code.len() as u32
    }

    fn segment(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Control can enter here from elsewhere.
    pub(super) fn begin_run(&mut self, is_loop: bool, state: impl FnOnce() -> State) {
        self.forget_held();
        let (position, segment, paid) = (self.position(), self.segment(), self.paid);
        if let Some(sites) = &mut self.sites {
            sites.begin_run(Site { position, segment, paid, is_loop, ..Site::default() }, state());
        }
    }

    /// Runs that begin behind the current instruction begin at this offset.
    pub(super) fn begin_runs_at(&mut self, offset: u32) {
        if let Some(sites) = &mut self.sites {
            sites.begin_runs_at(offset);
        }
    }

    /// Control never goes on from here to what follows, or pays for it separately.
    pub(super) fn end_segment(&mut self) {
        self.flush();
        self.ends.push(self.paid);
    }

    /// Writes the instructions of the run.
    pub(super) fn flush(&mut self) {
        let mut run = core::mem::take(&mut self.run);
        #[cfg(feature = "profile")]
        self.write_count(&run);
        let mut rest = run.as_slice();
        // The most pairs come of taking each one that is possible, from the first instruction on.
        while let [first, others @ ..] = rest {
            let pair = others.first().and_then(|second| Some((second, self.pair(first, second)?)));
            rest = match pair {
                Some((second, number)) => {
                    self.write_opcode(number);
                    self.write_fields(first);
                    self.write_fields(second);
                    others.get(1..).unwrap_or_default()
                }
                None => {
                    self.write(first);
                    others
                }
            };
        }
        run.clear();
        self.run = run;
    }

    /// The number of the pair that two instructions are, if they are one.
    fn pair(&self, first: &Insn, second: &Insn) -> Option<u16> {
        if self.fuses { pair_of(first.number, second.number) } else { None }
    }

    fn write(&mut self, insn: &Insn) {
        self.write_opcode(insn.number);
        self.write_fields(insn);
    }

    /// Writes an instruction that counts these. A map does not count them again.
    #[cfg(feature = "profile")]
    fn write_count(&mut self, run: &[Insn]) {
        if !run.is_empty() {
            let rows = core::mem::take(&mut self.rows);
            let numbers = || run.iter().map(|insn| insn.number).collect();
            let place = if self.sites.is_none() { self.profile.add(numbers(), rows) } else { 0 };
            let mut insn = Insn::new(number::COUNT, 0, 0);
            insn.add_word(place as u32);
            self.write(&insn);
        }
    }

    fn write_opcode(&mut self, number: u16) {
        self.code.extend_from_slice(&u64::from(number).to_le_bytes());
    }

    fn write_fields(&mut self, insn: &Insn) {
        let Some(shape) = Shape::of(insn.number) else { return };
        let size = shape.branch().unwrap_or(shape.size as usize);
        // As many as there can be, because a number of bytes that the compiler knows takes no loop.
        let end = self.code.len().wrapping_add(size);
        self.code.extend_from_slice(&insn.fields);
        self.code.truncate(end);
        if shape.branch().is_some() {
            self.write_branch(insn.label, insn.paid);
        }
        if insn.traps && self.sites.is_some() {
            self.add_site(insn);
        }
    }

    /// Notes where an instruction ends that may trap.
    #[cold]
    fn add_site(&mut self, insn: &Insn) {
        let (position, segment) = (self.position(), self.segment());
        let site = Site { position, segment, offset: insn.offset, paid: insn.paid, ..Site::default() };
        if let Some(sites) = &mut self.sites {
            sites.add(site, State::default());
        }
    }

    /// Writes a branch's target relative to what follows it, and its price.
    fn write_branch(&mut self, label: Label, paid: u64) {
        let (at, segment) = (self.position(), self.segment());
        self.branches.push(Branch { at, base: at.saturating_add(8), label, segment, paid });
        self.code.extend_from_slice(&[0; 8]);
    }

    /// Writes the targets of a table, all relative to the first, behind the instruction that was written last.
    pub(super) fn write_table(&mut self, labels: impl Iterator<Item = Label>) {
        let (base, segment, paid) = (self.position(), self.segment(), self.paid);
        for label in labels {
            self.branches.push(Branch { at: self.position(), base, label, segment, paid });
            self.code.extend_from_slice(&[0; 8]);
        }
    }

    /// Writes an instruction that ends its segment and goes on with the next one. With `reserves`, its last field is the
    /// price of that.
    pub(super) fn write_end(&mut self, insn: Insn, reserves: bool, state: impl FnOnce() -> State) {
        self.flush();
        self.forget_held();
        let (segment, offset, paid) = (self.segment(), insn.offset, insn.paid);
        self.write(&insn);
        if let Some(sites) = &mut self.sites {
            let position = self.code.len() as u32;
            sites.add(Site { position, segment, offset, paid, has_state: true, ..Site::default() }, state());
        }
        self.ends.push(self.paid);
        if reserves {
            self.reserve_before();
        }
    }

    /// The four bytes before are the price of the run that begins here.
    fn reserve_before(&mut self) {
        let at = self.position().saturating_sub(4);
        self.reserves.push(Reserve { at, segment: self.segment(), paid: self.paid });
    }

    /// Writes an instruction that pays for what follows, where nothing else does.
    pub(super) fn write_reserve(&mut self, offset: u32) {
        self.write(&Insn::new(number::RESERVE, offset, self.paid));
        self.reserve_before();
    }

    /// Writes the instruction that begins a loop, just behind the loop's label.
    pub(super) fn write_loop_head(&mut self, offset: u32) {
        self.write(&Insn::new(number::LOOP_HEAD, offset, self.paid));
    }

    pub(super) fn is_metered(&self) -> bool {
        self.metered
    }

    /// Fills in what is known only now, and gives the code.
    pub(super) fn finish(&mut self) -> Result<&mut [u8], Untranslatable> {
        self.settle()?;
        self.code.resize(self.code.len().saturating_add(PADDING), 0);
        Ok(&mut self.code)
    }

    /// Gives the map instead.
    pub(super) fn finish_map(mut self) -> Result<Map, Untranslatable> {
        self.settle()?;
        let (ends, labels) = (self.ends, self.labels);
        let place = |label: Label| labels.get(label as usize).copied().flatten();
        self.sites.map(|sites| sites.finish(&ends, place)).ok_or(Untranslatable)
    }

    fn settle(&mut self) -> Outcome {
        self.end_segment();
        for branch in core::mem::take(&mut self.branches) {
            let place = self.labels.get(branch.label as usize).copied().flatten().ok_or(Untranslatable)?;
            let distance = i64::from(place.position).wrapping_sub(i64::from(branch.base));
            let price = self.cost(place.segment, place.paid)?;
            let unused = self.cost(branch.segment, branch.paid)?;
            let net = i64::try_from(price).ok().zip(i64::try_from(unused).ok()).map(|(a, b)| a.wrapping_sub(b));
            let net = if self.metered { net.ok_or(Untranslatable)? } else { 0 };
            self.patch(branch.at, i32::try_from(distance).map_err(|_| Untranslatable)? as u32);
            self.patch(branch.at.saturating_add(4), i32::try_from(net).map_err(|_| Untranslatable)? as u32);
        }
        for reserve in core::mem::take(&mut self.reserves) {
            let price = if self.metered { self.cost(reserve.segment, reserve.paid)? } else { 0 };
            self.patch(reserve.at, u32::try_from(price).map_err(|_| Untranslatable)?);
        }
        Ok(())
    }

    /// What the run costs that begins in a segment where `paid` is paid.
    fn cost(&self, segment: u32, paid: u64) -> Result<u64, Untranslatable> {
        self.ends.get(segment as usize).and_then(|end| end.checked_sub(paid)).ok_or(Untranslatable)
    }

    fn patch(&mut self, at: u32, value: u32) {
        let at = at as usize;
        if let Some(place) = self.code.get_mut(at..at.saturating_add(4)) {
            place.copy_from_slice(&value.to_le_bytes());
        }
    }
}
