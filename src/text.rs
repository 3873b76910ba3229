//! Instructions as the text format writes them, and how many operands stand before each. Which immediates a row has,
//! and what it pops and pushes, is generated; how each kind of immediate is written, and blocks, are here.

use crate::binary::Parts;
use crate::binary::immediates::{BlockKind, BlockType, HeapType, Labels, MemArg, ValTypes};
use crate::decode::Visitor;
use crate::types::{Signature, Type};
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// What an index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IndexSpace {
    /// Types.
    Type,
    /// Functions, imported ones first.
    Function,
    /// Tables, imported ones first.
    Table,
    /// Memories, imported ones first.
    Memory,
    /// Globals, imported ones first.
    Global,
    /// Element segments.
    Element,
    /// Data segments.
    Data,
    /// Parameters and locals of a function.
    Local,
}

/// How many indices an instruction names at most.
const MOST_INDICES: usize = 3;

/// The visitor that writes an instruction, and notes which things of the module it names.
pub(crate) struct Text<'w, 'p> {
    out: &'w mut dyn Write,
    parts: &'p Parts<'p>,
    indices: [Option<(IndexSpace, u32)>; MOST_INDICES],
}

impl<'w, 'p> Text<'w, 'p> {
    pub(crate) fn new(out: &'w mut dyn Write, parts: &'p Parts<'p>) -> Self {
        Self { out, parts, indices: [None; MOST_INDICES] }
    }

    /// What the instruction named.
    pub(crate) fn indices(&self) -> [Option<(IndexSpace, u32)>; MOST_INDICES] {
        self.indices
    }

    fn name(&mut self, name: &str) -> fmt::Result {
        self.out.write_str(name)
    }

    fn number(&mut self, number: u32) -> fmt::Result {
        write!(self.out, " {number}")
    }

    fn note(&mut self, space: IndexSpace, index: u32) {
        if let Some(place) = self.indices.iter_mut().find(|place| place.is_none()) {
            *place = Some((space, index));
        }
    }

    fn index(&mut self, space: IndexSpace, index: u32) -> fmt::Result {
        self.note(space, index);
        self.number(index)
    }

    /// Memories and tables, which are left out where each is number 0.
    fn memories_and_tables(&mut self, indices: &[(IndexSpace, u32)]) -> fmt::Result {
        let is_default = indices.iter().all(|(_, index)| *index == 0);
        for (space, index) in indices {
            self.note(*space, *index);
            if !is_default {
                self.number(*index)?;
            }
        }
        Ok(())
    }

    fn type_use(&mut self, index: u32) -> fmt::Result {
        self.note(IndexSpace::Type, index);
        write!(self.out, " (type {index})")
    }

    /// Memory, offset and alignment, each only where it is not the usual one.
    fn memarg(&mut self, m: MemArg, natural: u32) -> fmt::Result {
        self.memories_and_tables(&[(IndexSpace::Memory, m.memory)])?;
        if m.offset != 0 {
            write!(self.out, " offset={}", m.offset)?;
        }
        match 1u32.checked_shl(m.align) {
            Some(align) if align != natural => write!(self.out, " align={align}"),
            _ => Ok(()),
        }
    }

    fn i32(&mut self, value: i32) -> fmt::Result {
        write!(self.out, " {value}")
    }

    fn i64(&mut self, value: i64) -> fmt::Result {
        write!(self.out, " {value}")
    }

    /// The shortest number that is read as the same bits.
    fn f32(&mut self, value: f32) -> fmt::Result {
        let bits = value.to_bits();
        if value.is_nan() {
            return self.nan(bits >> 31 != 0, u64::from(bits & 0x7F_FFFF), 1 << 22);
        }
        write!(self.out, " {value:?}")
    }

    /// The shortest number that is read as the same bits.
    fn f64(&mut self, value: f64) -> fmt::Result {
        let bits = value.to_bits();
        if value.is_nan() {
            return self.nan(bits >> 63 != 0, bits & 0xF_FFFF_FFFF_FFFF, 1 << 51);
        }
        write!(self.out, " {value:?}")
    }

    fn nan(&mut self, negative: bool, payload: u64, canonical: u64) -> fmt::Result {
        let sign = if negative { "-" } else { "" };
        if payload == canonical { write!(self.out, " {sign}nan") } else { write!(self.out, " {sign}nan:0x{payload:x}") }
    }

    fn block_type(&mut self, bt: BlockType) -> fmt::Result {
        match bt.kind {
            BlockKind::Empty => Ok(()),
            BlockKind::Value(ty) => self.types("result", &[ty]),
            BlockKind::Function(index) => {
                self.type_use(index)?;
                let signature = self.parts.signature(index).unwrap_or_default();
                self.types("param", signature.params)?;
                self.types("result", signature.results)
            }
        }
    }

    fn types(&mut self, what: &str, types: &[Type]) -> fmt::Result {
        if types.is_empty() {
            return Ok(());
        }
        write!(self.out, " ({what}")?;
        for ty in types {
            write!(self.out, " {ty}")?;
        }
        self.out.write_char(')')
    }

    /// The types of a `select`, of which a valid module has one.
    fn result_types(&mut self, types: ValTypes<'_>) -> fmt::Result {
        types.single().map_or(Ok(()), |ty| self.types("result", &[ty]))
    }

    fn labels(&mut self, labels: Labels<'_>) -> fmt::Result {
        labels.iter().try_for_each(|label| label.map_or(Ok(()), |label| self.number(label)))
    }

    fn heap_type(&mut self, ht: HeapType) -> fmt::Result {
        self.out.write_str(match ht {
            HeapType::Func => " func",
            HeapType::Extern => " extern",
        })
    }
}

/// A block that is open.
#[derive(Debug, Clone, Copy)]
struct Block {
    is_loop: bool,
    params: u32,
    results: u32,
    /// The height below its parameters.
    floor: u32,
    /// Whether control cannot reach what follows in it.
    unreachable: bool,
    /// Whether control cannot reach the block itself.
    dead: bool,
}

/// The visitor that counts operands: before each instruction, its height is what the validator's stack has.
#[derive(Debug)]
pub(crate) struct Heights<'p> {
    parts: &'p Parts<'p>,
    blocks: Vec<Block>,
    height: u32,
}

impl<'p> Heights<'p> {
    /// At the begin of a function with `results` results.
    pub(crate) fn new(parts: &'p Parts<'p>, results: u32) -> Self {
        let function = Block { is_loop: false, params: 0, results, floor: 0, unreachable: false, dead: false };
        Self { parts, blocks: alloc::vec![function], height: 0 }
    }

    /// How many operands there are; of an instruction that cannot be reached, those since control was lost.
    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    /// How many blocks are open, the function's own not counted; nothing after its `end`.
    pub(crate) fn depth(&self) -> Option<u32> {
        self.blocks.len().checked_sub(1).map(|depth| depth as u32)
    }

    pub(crate) fn is_reachable(&self) -> bool {
        self.blocks.last().is_none_or(|block| !block.unreachable && !block.dead)
    }

    fn pop(&mut self, count: u32) {
        let floor = self.blocks.last().map_or(0, |block| block.floor);
        self.height = self.height.saturating_sub(count).max(floor);
    }

    fn push(&mut self, count: u32) {
        self.height = self.height.saturating_add(count);
    }

    fn set_unreachable(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.unreachable = true;
            self.height = block.floor;
        }
    }

    fn function(&self, index: u32) -> Signature<'p> {
        self.parts.function_signature(index).unwrap_or_default()
    }

    fn pop_params_of_function(&mut self, index: u32) {
        self.pop(self.function(index).params.len() as u32);
    }

    fn push_results_of_function(&mut self, index: u32) {
        self.push(self.function(index).results.len() as u32);
    }

    fn ty(&self, index: u32) -> Signature<'p> {
        self.parts.signature(index).unwrap_or_default()
    }

    fn pop_params_of_type(&mut self, index: u32) {
        self.pop(self.ty(index).params.len() as u32);
    }

    fn push_results_of_type(&mut self, index: u32) {
        self.push(self.ty(index).results.len() as u32);
    }

    /// The results of the function itself.
    fn pop_results(&mut self) {
        let results = self.blocks.first().map_or(0, |function| function.results);
        self.pop(results);
    }

    /// How many operands a branch to label `index` takes.
    fn label(&self, index: u32) -> u32 {
        let block = self.blocks.iter().rev().nth(index as usize);
        block.map_or(0, |block| if block.is_loop { block.params } else { block.results })
    }

    fn pop_label_of(&mut self, index: u32) {
        self.pop(self.label(index));
    }

    fn push_label_of(&mut self, index: u32) {
        self.push(self.label(index));
    }

    fn control_block(&mut self, bt: BlockType) {
        self.open(bt, false);
    }

    fn control_loop(&mut self, bt: BlockType) {
        self.open(bt, true);
    }

    fn control_if(&mut self, bt: BlockType) {
        self.pop(1);
        self.open(bt, false);
    }

    fn open(&mut self, bt: BlockType, is_loop: bool) {
        let (params, results) = match bt.kind {
            BlockKind::Empty => (0, 0),
            BlockKind::Value(_) => (0, 1),
            BlockKind::Function(index) => {
                let signature = self.ty(index);
                (signature.params.len() as u32, signature.results.len() as u32)
            }
        };
        let dead = !self.is_reachable();
        self.pop(params);
        self.blocks.push(Block { is_loop, params, results, floor: self.height, unreachable: false, dead });
        self.push(params);
    }

    fn control_else(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.unreachable = false;
            self.height = block.floor.saturating_add(block.params);
        }
    }

    fn control_end(&mut self) {
        if let Some(block) = self.blocks.pop() {
            self.height = block.floor.saturating_add(block.results);
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/text.rs"));
