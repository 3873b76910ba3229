//! What has to be known of a module on the host: how long its lists must be, what it imports, how large its memories and
//! tables are.

use crate::format::LISTS;
use tablature::heapless::{Error, Module, Requirements};
use tablature::{ModuleErrorKind, Proposal};
use wasmparser::{Parser, Payload, TypeRef};

/// A memory or a table: its size at first, and the most that it may have; in bytes or entries.
#[derive(Clone, Copy)]
pub struct Size {
    pub min: u64,
    pub max: u64,
}

/// What is known of a module.
#[derive(Clone)]
pub struct Info {
    pub bytes: Vec<u8>,
    pub needed: Requirements,
    pub imports: Vec<(String, String)>,
    pub memories: Vec<Size>,
    pub tables: Vec<Size>,
}

impl Info {
    /// Nothing where the engine refuses the module.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let needed = Module::requirements(bytes).ok()?;
        let (mut imports, mut memories, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.expect("the engine takes it") {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.expect("the engine takes it");
                        assert!(!matches!(import.ty, TypeRef::Tag(_)), "the engine knows no tags");
                        imports.push((import.module.to_string(), import.name.to_string()));
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let memory = memory.expect("the engine takes it");
                        let scale = memory.page_size_log2.unwrap_or(16);
                        let bytes = |pages: u64| pages.saturating_mul(1 << scale);
                        memories.push(Size { min: bytes(memory.initial), max: memory.maximum.map_or(u64::MAX, bytes) });
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        let ty = table.expect("the engine takes it").ty;
                        tables.push(Size { min: ty.initial, max: ty.maximum.unwrap_or(u64::MAX) });
                    }
                }
                _ => {}
            }
        }
        Some(Self { bytes: bytes.to_vec(), needed, imports, memories, tables })
    }

    /// How long its lists must be: those of the module first, then those of its validation.
    pub fn lengths(&self) -> [usize; LISTS] {
        let needed = &self.needed;
        [
            needed.types,
            needed.value_types,
            needed.imports,
            needed.functions,
            needed.tables,
            needed.memories,
            needed.globals,
            needed.exports,
            needed.element_segments,
            needed.data_segments,
            needed.bodies,
            needed.side_table,
            needed.wide_branches,
            needed.locals,
            needed.operands,
            needed.blocks,
        ]
    }
}

/// Whether the engine refuses a module because bulk memory operations are off.
pub fn needs_bulk_memory(bytes: &[u8]) -> bool {
    let kind = match Module::requirements(bytes) {
        Err(Error::Module(error)) => Some(error.kind()),
        _ => None,
    };
    matches!(kind, Some(ModuleErrorKind::ProposalOff(Proposal::BulkMemory)))
}

/// Shares `room` among memories or tables: each gets what it has at first, and as much more as fits all of them, up to its
/// maximum.
pub fn share(sizes: &[Size], room: u64) -> Vec<u64> {
    let first = sizes.iter().map(|size| size.min).fold(0, u64::saturating_add);
    let (mut left, mut waiting) = (room.saturating_sub(first), sizes.len() as u64);
    let mut shares = vec![0; sizes.len()];
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|place| sizes[*place].max.saturating_sub(sizes[*place].min));
    for place in order {
        let Size { min, max } = sizes[place];
        let more = max.saturating_sub(min).min(left / waiting);
        shares[place] = min.saturating_add(more);
        left -= more;
        waiting -= 1;
    }
    // What is too large already at first gets what is there, and fails.
    let mut rest = room;
    for share in &mut shares {
        *share = rest.min(*share);
        rest -= *share;
    }
    shares
}
