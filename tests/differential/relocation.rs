//! Programs with a large stack below their data, with a small one: memories of many pages would take most of the time.
//!
//! Nothing in a module says which of its numbers are addresses, so those that look like addresses of its data are taken for
//! some. That this is wrong now and then does not matter: what becomes of the program is a program, too.

use crate::code::{Immediate, Instruction, Table, write_unsigned};
use crate::program::{byte_of, usize_range, value_type};
use wasmparser::{ConstExpr, DataKind, Parser, Payload};

/// Bytes of stack that are left.
const STACK: u64 = 2 * PAGE;
const PAGE: u64 = 1 << 16;

/// By how much addresses change, and which ones.
#[derive(Debug, Clone, Copy)]
pub struct Relocation {
    first: u64,
    last: u64,
    distance: u64,
}

impl Relocation {
    /// For a module whose first data is far up in its memory; nothing for others.
    pub fn of(table: &Table, bytes: &[u8]) -> Option<Self> {
        let (mut pages, mut first) = (None, None);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.ok()? {
                Payload::MemorySection(memories) if memories.count() == 1 => {
                    pages = memories.into_iter().next()?.ok().filter(|ty| !ty.memory64).map(|ty| ty.initial);
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        if let DataKind::Active { offset_expr, .. } = segment.ok()?.kind {
                            let code = code_of(table, &offset_expr, bytes)?;
                            let [Immediate::Signed(offset)] = code.first()?.immediates[..] else { return None };
                            first = Some(first.map_or(offset as u64, |first: u64| first.min(offset as u64)));
                        }
                    }
                }
                _ => {}
            }
        }
        let (first, last) = (first?, pages? * PAGE);
        let distance = first.checked_sub(STACK)? / PAGE * PAGE;
        (distance > 0 && first < last).then_some(Self { first, last, distance })
    }

    fn moved(&self, address: u64) -> u64 {
        // The stack's pointer begins where the data does, and the heap behind it, perhaps at the end.
        if (self.first..=self.last).contains(&address) { address - self.distance } else { address }
    }

    /// Moves the addresses in code.
    pub fn apply(&self, code: &mut [Instruction]) {
        for immediate in code.iter_mut().flat_map(|instruction| &mut instruction.immediates) {
            match immediate {
                Immediate::Signed(value) => *value = self.moved(*value as u64) as i64,
                Immediate::MemArg(_, _, offset) => *offset = self.moved(*offset),
                _ => {}
            }
        }
    }

    /// Appends an expression of the module, in which addresses are moved.
    fn expression(&self, table: &Table, own: &ConstExpr<'_>, module: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        let mut code = code_of(table, own, module)?;
        self.apply(&mut code);
        code.iter().for_each(|instruction| table.encode(instruction, bytes));
        Some(())
    }

    /// The content of a section in which addresses are moved: of the memory, of globals and of data; nothing for others.
    pub fn section(&self, table: &Table, payload: &Payload<'_>, module: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        match payload {
            Payload::MemorySection(_) => {
                // One memory without a maximum.
                bytes.extend([1, 0]);
                write_unsigned((self.last - self.distance) / PAGE, &mut bytes);
            }
            Payload::GlobalSection(globals) => {
                write_unsigned(globals.count().into(), &mut bytes);
                for global in globals.clone() {
                    let global = global.ok()?;
                    bytes.push(byte_of(value_type(global.ty.content_type)?));
                    bytes.push(global.ty.mutable.into());
                    self.expression(table, &global.init_expr, module, &mut bytes)?;
                }
            }
            Payload::DataSection(segments) => {
                write_unsigned(segments.count().into(), &mut bytes);
                for segment in segments.clone() {
                    let segment = segment.ok()?;
                    match segment.kind {
                        DataKind::Passive => bytes.push(1),
                        DataKind::Active { offset_expr, .. } => {
                            bytes.push(0);
                            self.expression(table, &offset_expr, module, &mut bytes)?;
                        }
                    }
                    write_unsigned(segment.data.len() as u64, &mut bytes);
                    let start = bytes.len();
                    bytes.extend_from_slice(segment.data);
                    for word in bytes[start..].as_chunks_mut::<4>().0 {
                        *word = (self.moved(u32::from_le_bytes(*word).into()) as u32).to_le_bytes();
                    }
                }
            }
            _ => return None,
        }
        Some(bytes)
    }
}

/// The instructions of an expression of the module.
fn code_of(table: &Table, expression: &ConstExpr<'_>, module: &[u8]) -> Option<Vec<Instruction>> {
    table.decode(module.get(usize_range(expression.get_binary_reader().range()))?)
}
