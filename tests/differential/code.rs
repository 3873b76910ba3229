//! Instructions as the table describes them, read from bytes and written back.

use crate::table;
use std::collections::BTreeMap;
use tablature_codegen::model::{Code, Flow, ImmKind, Model, Number, Op, Space, VecOf};

/// The table as far as the build has it.
pub struct Table {
    pub model: Model,
    by_code: BTreeMap<Code, usize>,
}

/// An instruction: its row's place in the table, and its immediates.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    pub op: usize,
    pub immediates: Vec<Immediate>,
}

/// An immediate, as it is encoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Immediate {
    /// An index, or a number of something.
    Index(u64),
    /// A constant, or the type of a block, or a heap type.
    Signed(i64),
    /// Alignment as a power of two, memory, offset.
    MemArg(u64, Option<u64>, u64),
    Labels(Vec<u64>),
    /// Anything else: a float, or types.
    Bytes(Vec<u8>),
}

impl Table {
    pub fn read() -> Self {
        let model = table::read();
        let by_code = model.ops.iter().enumerate().map(|(place, op)| (op.code, place)).collect();
        Self { model, by_code }
    }

    pub fn op(&self, instruction: &Instruction) -> &Op {
        &self.model.ops[instruction.op]
    }

    /// The instructions of a function; nothing if the table, or this, does not know one.
    pub fn decode(&self, bytes: &[u8]) -> Option<Vec<Instruction>> {
        let (mut reader, mut code) = (Reader(bytes), Vec::new());
        while !reader.0.is_empty() {
            code.push(self.instruction(&mut reader)?);
        }
        Some(code)
    }

    fn instruction(&self, reader: &mut Reader<'_>) -> Option<Instruction> {
        let first = reader.bytes(1)?[0];
        let plain = Code { prefix: None, number: u32::from(first) };
        let op = match self.by_code.get(&plain) {
            Some(op) => *op,
            None => *self.by_code.get(&Code { prefix: Some(first), number: reader.unsigned()? as u32 })?,
        };
        let immediates =
            self.model.ops[op].imms.iter().map(|imm| immediate(reader, &imm.kind)).collect::<Option<_>>()?;
        Some(Instruction { op, immediates })
    }

    /// Appends an instruction's bytes.
    pub fn encode(&self, instruction: &Instruction, bytes: &mut Vec<u8>) {
        let code = self.op(instruction).code;
        match code.prefix {
            Some(prefix) => {
                bytes.push(prefix);
                write_unsigned(code.number.into(), bytes);
            }
            None => bytes.push(code.number as u8),
        }
        instruction.immediates.iter().for_each(|immediate| immediate.encode(bytes));
    }

    /// The instruction of this name, which has one immediate.
    pub fn with(&self, name: &str, immediate: Immediate) -> Option<Instruction> {
        let op = self.model.ops.iter().position(|op| op.name == name && op.imms.len() == 1)?;
        Some(Instruction { op, immediates: vec![immediate] })
    }

    /// The functions that an instruction names, and whether it may call those in tables, too.
    pub fn callees(&self, instruction: &Instruction) -> (Vec<u64>, bool) {
        let op = self.op(instruction);
        let imms = op.imms.iter().zip(&instruction.immediates);
        let named = imms.filter_map(|(imm, immediate)| match (&imm.kind, immediate) {
            (ImmKind::Index(Space::Func), Immediate::Index(index)) => Some(*index),
            _ => None,
        });
        let named: Vec<u64> = named.collect();
        let is_indirect = op.flow == Flow::Call && named.is_empty();
        (named, is_indirect)
    }
}

fn immediate(reader: &mut Reader<'_>, kind: &ImmKind) -> Option<Immediate> {
    Some(match kind {
        ImmKind::Index(_) | ImmKind::TypeIndex(_) | ImmKind::Count => Immediate::Index(reader.unsigned()?),
        ImmKind::BlockType | ImmKind::HeapType | ImmKind::Const(Number::I32 | Number::I64) => {
            Immediate::Signed(reader.signed()?)
        }
        ImmKind::Const(Number::F32) => Immediate::Bytes(reader.bytes(4)?.to_vec()),
        ImmKind::Const(Number::F64) => Immediate::Bytes(reader.bytes(8)?.to_vec()),
        ImmKind::MemArg => {
            let flags = reader.unsigned()?;
            let memory = if flags & MEMORY_FLAG == 0 { None } else { Some(reader.unsigned()?) };
            Immediate::MemArg(flags & !MEMORY_FLAG, memory, reader.unsigned()?)
        }
        ImmKind::Vec(VecOf::Label) => {
            let count = reader.unsigned()?;
            Immediate::Labels((0..count).map(|_| reader.unsigned()).collect::<Option<_>>()?)
        }
        // One type, which takes one byte.
        ImmKind::Vec(VecOf::ValType) => match reader.bytes(2)? {
            [1, ty] if *ty >= 0x65 => Immediate::Bytes(vec![1, *ty]),
            _ => return None,
        },
        ImmKind::Reserved => Immediate::Bytes(reader.bytes(1)?.to_vec()),
        _ => return None,
    })
}

/// What says that a memarg names its memory.
const MEMORY_FLAG: u64 = 1 << 6;

impl Immediate {
    fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Index(index) => write_unsigned(*index, bytes),
            Self::Signed(value) => write_signed(*value, bytes),
            Self::MemArg(align, memory, offset) => {
                write_unsigned(align | if memory.is_some() { MEMORY_FLAG } else { 0 }, bytes);
                memory.iter().for_each(|memory| write_unsigned(*memory, bytes));
                write_unsigned(*offset, bytes);
            }
            Self::Labels(labels) => {
                write_unsigned(labels.len() as u64, bytes);
                labels.iter().for_each(|label| write_unsigned(*label, bytes));
            }
            Self::Bytes(own) => bytes.extend_from_slice(own),
        }
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A LEB128 number: its bits, and how many there are.
    fn leb128(&mut self) -> Option<(u64, u32)> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7F).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some((value, shift));
            }
        }
    }

    fn unsigned(&mut self) -> Option<u64> {
        self.leb128().map(|(value, _)| value)
    }

    fn signed(&mut self) -> Option<i64> {
        let (value, bits) = self.leb128()?;
        let unused = 64_u32.saturating_sub(bits);
        Some(((value << unused) as i64) >> unused)
    }
}

pub fn write_unsigned(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn write_signed(mut value: i64, bytes: &mut Vec<u8>) {
    while !(-0x40..0x40).contains(&value) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8 & 0x7F);
}
