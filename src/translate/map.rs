//! The way back from register code to WebAssembly: the offsets of instructions that can stop or trap, and what must be
//! written to the frame for the in-place engine to go on there.
//!
//! It is made only when somebody needs it, by translating the function again, so that running code records nothing.

use super::code::{Label, Place};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A place in register code that execution can stop at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Site {
    /// The offset in the register code: behind the instruction that stops, or where a run begins.
    pub position: u32,
    /// The offset in the module: of the instruction that stops, or of the run's first one.
    pub offset: u32,
    /// The next entry of the side table.
    pub side: u32,
    /// How many slots of the frame are in use.
    pub height: u16,
    /// Whether a run begins here, rather than that an instruction ends.
    pub begins_run: bool,
    /// Whether that run is a loop's.
    pub is_loop: bool,
    /// Whether the state of the frame is known: only where an instruction stops that can be executed again.
    pub has_state: bool,
    /// What the run still costs: after the instruction that stops, or all of it.
    pub price: u64,
    pub(super) segment: u32,
    pub(super) paid: u64,
    pub(super) pending: (u32, u32),
}

/// An operand that register code did not write to its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Slot, and the slot of the local, or of the operand, that has its value.
    Local(u16, u16),
    /// Slot, and its value.
    Constant(u16, u64),
}

/// The state of a frame.
#[derive(Debug, Default)]
pub(super) struct State {
    pub side: u32,
    pub height: u16,
    pub pending: Vec<Pending>,
}

/// The places of a function, while they are collected.
#[derive(Debug, Default)]
pub(super) struct Sites {
    list: Vec<Site>,
    pending: Vec<Pending>,
    /// The first place whose offset is not known yet.
    open: usize,
    /// Places that only lead to another: which one, and the label there.
    detours: Vec<(usize, Label)>,
}

impl Sites {
    pub(super) fn add(&mut self, site: Site, state: State) {
        let start = self.pending.len() as u32;
        self.pending.extend_from_slice(&state.pending);
        let pending = (start, self.pending.len() as u32);
        self.list.push(Site { side: state.side, height: state.height, pending, ..site });
    }

    pub(super) fn begin_run(&mut self, site: Site, state: State) {
        self.add(Site { begins_run: true, has_state: true, ..site }, state);
    }

    /// Here operands only move on their way to a label: for the in-place engine, what begins is the run there. `moves` are the
    /// slots to move, each after those before it.
    pub(super) fn begin_detour(&mut self, site: Site, moves: impl Iterator<Item = (u16, u16)>, target: Label) {
        self.detours.push((self.list.len(), target));
        let pending = moves.map(|(from, to)| Pending::Local(to, from)).collect();
        self.begin_run(site, State { pending, ..State::default() });
    }

    pub(super) fn begin_runs_at(&mut self, offset: u32) {
        let added = self.list.get_mut(self.open..).unwrap_or_default();
        added.iter_mut().filter(|site| site.begins_run).for_each(|site| site.offset = offset);
        self.open = self.list.len();
    }

    /// `ends` is what is paid at the end of each segment, `place` where a label stands.
    pub(super) fn finish(mut self, ends: &[u64], place: impl Fn(Label) -> Option<Place>) -> Map {
        for (detour, label) in core::mem::take(&mut self.detours) {
            let place = place(label).unwrap_or_default();
            // They are in the order of their positions so far. Before the run an instruction may have ended there, or a run
            // have begun that does more, of which nothing is code.
            let there = self.list.partition_point(|site| site.position < place.position);
            let is_target = |site: &&Site| site.begins_run && (site.segment, site.paid) == (place.segment, place.paid);
            let target = self.list.iter().skip(there).find(is_target).copied().unwrap_or_default();
            if let Some(site) = self.list.get_mut(detour) {
                (site.offset, site.side, site.height) = (target.offset, target.side, target.height);
            }
        }
        for site in &mut self.list {
            let end = ends.get(site.segment as usize).copied().unwrap_or(site.paid);
            site.price = end.saturating_sub(site.paid);
        }
        self.list.sort_by_key(|site| (site.position, site.begins_run));
        Map { sites: self.list.into_boxed_slice(), pending: self.pending.into_boxed_slice() }
    }
}

/// The places of a function.
#[derive(Debug)]
pub(crate) struct Map {
    sites: Box<[Site]>,
    pending: Box<[Pending]>,
}

impl Map {
    /// The instruction that ends at `position` of the register code.
    pub(crate) fn instruction(&self, position: u32) -> Option<&Site> {
        self.find(position, false).next()
    }

    /// The run that begins at `position` of the register code. Of several that cost the same, between which nothing is
    /// executed, it is the last one that begins a loop: that is where people expect to be.
    pub(crate) fn run(&self, position: u32) -> Option<&Site> {
        let mut found = self.find(position, true);
        let first = found.next()?;
        found.take_while(|site| site.price == first.price).filter(|site| site.is_loop).last().or(Some(first))
    }

    /// The loop whose first instruction but for delimiters of blocks is at `offset`. If loops follow each other there, they
    /// are at one place of the register code.
    pub(crate) fn loop_at(&self, offset: u32) -> Option<&Site> {
        self.sites.iter().filter(|site| site.is_loop && site.offset <= offset).max_by_key(|site| site.offset)
    }

    fn find(&self, position: u32, begins_run: bool) -> impl Iterator<Item = &Site> {
        let key = (position, begins_run);
        let index = self.sites.partition_point(|site| (site.position, site.begins_run) < key);
        let rest = self.sites.get(index..).unwrap_or_default();
        rest.iter().take_while(move |site| (site.position, site.begins_run) == key)
    }

    /// What must be written to the frame.
    pub(crate) fn pending(&self, site: &Site) -> &[Pending] {
        self.pending.get(site.pending.0 as usize..site.pending.1 as usize).unwrap_or_default()
    }

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(&*self.sites).saturating_add(size_of_val(&*self.pending))
    }
}
