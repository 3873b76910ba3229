//! Modules taken apart, so that functions can be changed and put together again.

use crate::code::{Instruction, Table, write_unsigned};
use crate::outcome::MEMORY;
use crate::relocation::Relocation;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use tablature::ValType;
use wasmparser::{ElementItems, ExternalKind, Parser, Payload, RefType, TypeRef};

/// A module. Indices of functions count the imported ones first; those of bodies do not.
#[derive(Debug, Default)]
pub struct Program {
    pub name: String,
    /// What stays as it is: all but exports, the start function, code and custom sections.
    sections: Vec<(u8, Vec<u8>)>,
    pub types: Vec<Signature>,
    /// The type of each function.
    pub functions: Vec<u32>,
    imported: usize,
    /// Whether each memory has addresses of 64 bits.
    pub memories: Vec<bool>,
    /// The same of tables, and what they hold.
    pub tables: Vec<(ValType, bool)>,
    pub globals: Vec<ValType>,
    /// How many segments there are of each kind.
    pub data_segments: usize,
    pub element_segments: usize,
    exports: Vec<(String, ExternalKind, u32)>,
    /// The functions that element segments name.
    elements: BTreeSet<u32>,
    pub bodies: Vec<Body>,
}

/// Parameters and results.
#[derive(Debug, Clone, Default)]
pub struct Signature {
    pub params: Vec<ValType>,
    pub results: Vec<ValType>,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Body {
    params: usize,
    /// The types of parameters and locals.
    pub locals: Vec<ValType>,
    pub code: Vec<Instruction>,
}

/// A module put together.
pub struct Encoded {
    pub bytes: Vec<u8>,
    /// The offsets of instructions, and where they come from: body, and place in it.
    pub places: BTreeMap<u32, (usize, usize)>,
}

/// The numbers of sections (specification: binary format, modules).
const EXPORTS: u8 = 7;
const START: u8 = 8;
const CODE: u8 = 10;
const ELEMENTS: u8 = 9;
const DATA_COUNT: u8 = 12;
const DATA: u8 = 11;

impl Program {
    /// Takes a valid module apart; nothing if there is something in it that is not known here.
    pub fn read(table: &Table, name: &str, bytes: &[u8]) -> Option<Self> {
        let mut program = Self { name: name.to_owned(), ..Self::default() };
        let relocation = Relocation::of(table, bytes);
        let mut own = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.ok()?;
            match payload.as_section() {
                Some((0 | EXPORTS | START | CODE, _)) | None => {}
                Some((id, range)) => {
                    let relocated = relocation.and_then(|relocation| relocation.section(table, &payload, bytes));
                    let content = relocated.or_else(|| bytes.get(usize_range(range)).map(<[u8]>::to_vec));
                    program.sections.push((id, content?));
                }
            }
            if let Payload::CodeSectionEntry(body) = &payload {
                own.push(body.clone());
            }
            program.note(payload)?;
        }
        for (place, body) in own.iter().enumerate() {
            let signature = program.signature((program.imported + place) as u32)?.clone();
            let mut locals = signature.params;
            let params = locals.len();
            for declared in body.get_locals_reader().ok()? {
                let (count, ty) = declared.ok()?;
                let ty = value_type(ty)?;
                locals.extend((0..count).map(|_| ty));
            }
            let start = body.get_binary_reader_for_operators().ok()?.original_position() as usize;
            let mut code = table.decode(bytes.get(start..body.range().end as usize)?)?;
            relocation.iter().for_each(|relocation| relocation.apply(&mut code));
            program.bodies.push(Body { params, locals, code });
        }
        Some(program)
    }

    /// Notes what a section has.
    fn note(&mut self, payload: Payload<'_>) -> Option<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = ty.ok()?;
                    self.types.push(Signature { params: list(ty.params())?, results: list(ty.results())? });
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import.ok()?.ty {
                        TypeRef::Func(ty) => self.functions.push(ty),
                        TypeRef::Table(ty) => self.tables.push((reference_type(ty.element_type)?, ty.table64)),
                        TypeRef::Memory(ty) => self.memories.push(ty.memory64),
                        TypeRef::Global(ty) => self.globals.push(value_type(ty.content_type)?),
                        _ => return None,
                    }
                }
                self.imported = self.functions.len();
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty.ok()?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let ty = table.ok()?.ty;
                    self.tables.push((reference_type(ty.element_type)?, ty.table64));
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory.ok()?.memory64);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(value_type(global.ok()?.ty.content_type)?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.ok()?;
                    self.exports.push((export.name.to_owned(), export.kind, export.index));
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.element_segments += 1;
                    if let ElementItems::Functions(functions) = element.ok()?.items {
                        self.elements.extend(functions.into_iter().filter_map(Result::ok));
                    }
                }
            }
            Payload::DataSection(data) => self.data_segments = data.count() as usize,
            _ => {}
        }
        Some(())
    }

    pub fn signature(&self, function: u32) -> Option<&Signature> {
        self.types.get(*self.functions.get(function as usize)? as usize)
    }

    /// The function that has a body.
    pub fn function_of(&self, body: usize) -> u32 {
        (self.imported + body) as u32
    }

    /// The functions that are exported and have a body, by their bodies.
    pub fn exported(&self) -> Vec<usize> {
        let functions = self.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func);
        functions.filter_map(|(_, _, index)| (*index as usize).checked_sub(self.imported)).collect()
    }

    /// The body at `root`, and all that can be called from there.
    pub fn reachable(&self, table: &Table, root: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::from([root]), vec![root]);
        while let Some(body) = open.pop() {
            for instruction in &self.bodies[body].code {
                let (named, is_indirect) = table.callees(instruction);
                let in_tables = self.elements.iter().filter(|_| is_indirect).map(|function| u64::from(*function));
                let callees = named.into_iter().chain(in_tables);
                let own = callees.filter_map(|function| (function as usize).checked_sub(self.imported));
                open.extend(own.filter(|body| *body < self.bodies.len() && found.insert(*body)));
            }
        }
        found
    }

    /// The name under which [`encode`](Self::encode) exports a function.
    pub fn export_of(&self, body: usize) -> String {
        format!("tablature: function {}", self.function_of(body))
    }

    /// Puts the module together with these bodies: they are exported, and so are memories, tables and globals. Other functions
    /// are `unreachable`.
    pub fn encode(&self, table: &Table, bodies: &BTreeMap<usize, Body>) -> Encoded {
        let mut encoded = Encoded { bytes: b"\0asm\x01\0\0\0".to_vec(), places: BTreeMap::new() };
        let mut exports = Some(self.encode_exports(bodies));
        let mut code = (!self.bodies.is_empty()).then_some(());
        for (id, content) in &self.sections {
            if [ELEMENTS, DATA_COUNT, DATA].contains(id)
                && let Some(exports) = exports.take()
            {
                write_section(EXPORTS, &exports, &mut encoded.bytes);
            }
            if *id == DATA && code.take().is_some() {
                self.encode_code(table, bodies, &mut encoded);
            }
            write_section(*id, content, &mut encoded.bytes);
        }
        exports.iter().for_each(|exports| write_section(EXPORTS, exports, &mut encoded.bytes));
        if code.is_some() {
            self.encode_code(table, bodies, &mut encoded);
        }
        encoded
    }

    fn encode_exports(&self, bodies: &BTreeMap<usize, Body>) -> Vec<u8> {
        let mut exports = self.exports.clone();
        let memories = (0..self.memories.len() as u32).map(|index| {
            let name = if index == 0 { MEMORY.to_owned() } else { format!("tablature: memory {index}") };
            (name, ExternalKind::Memory, index)
        });
        let has = |name: &str| self.exports.iter().any(|(other, _, _)| other == name);
        exports.extend(memories.filter(|(name, _, _)| !has(name)));
        let tables = 0..self.tables.len() as u32;
        exports.extend(tables.map(|index| (format!("tablature: table {index}"), ExternalKind::Table, index)));
        let globals = 0..self.globals.len() as u32;
        exports.extend(globals.map(|index| (format!("tablature: global {index}"), ExternalKind::Global, index)));
        let own = bodies.keys().map(|body| (self.export_of(*body), ExternalKind::Func, self.function_of(*body)));
        exports.extend(own);
        let mut bytes = Vec::new();
        write_unsigned(exports.len() as u64, &mut bytes);
        for (name, kind, index) in exports {
            write_unsigned(name.len() as u64, &mut bytes);
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(match kind {
                ExternalKind::Table => 1,
                ExternalKind::Memory => 2,
                ExternalKind::Global => 3,
                _ => 0,
            });
            write_unsigned(u64::from(index), &mut bytes);
        }
        bytes
    }

    fn encode_code(&self, table: &Table, bodies: &BTreeMap<usize, Body>, encoded: &mut Encoded) {
        let mut content = Vec::new();
        let mut places = Vec::new();
        write_unsigned(self.bodies.len() as u64, &mut content);
        for place in 0..self.bodies.len() {
            let Some(body) = bodies.get(&place) else {
                content.extend_from_slice(UNREACHABLE);
                continue;
            };
            let (bytes, offsets) = body.encode(table);
            write_unsigned(bytes.len() as u64, &mut content);
            places.extend(offsets.iter().enumerate().map(|(at, offset)| (content.len() + offset, (place, at))));
            content.extend_from_slice(&bytes);
        }
        write_section(CODE, &content, &mut encoded.bytes);
        let start = encoded.bytes.len() - content.len();
        encoded.places = places.into_iter().map(|(offset, place)| ((start + offset) as u32, place)).collect();
    }
}

/// The body of a function that is never to be called: three bytes, no locals, `unreachable`, `end`.
const UNREACHABLE: &[u8] = &[3, 0, 0x00, 0x0B];

impl Body {
    /// The bytes, and where each instruction begins.
    fn encode(&self, table: &Table) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut offsets) = (Vec::new(), Vec::new());
        let declared: Vec<&[ValType]> = self.locals[self.params..].chunk_by(|a, b| a == b).collect();
        write_unsigned(declared.len() as u64, &mut bytes);
        for types in declared {
            write_unsigned(types.len() as u64, &mut bytes);
            bytes.push(byte_of(types[0]));
        }
        for instruction in &self.code {
            offsets.push(bytes.len());
            table.encode(instruction, &mut bytes);
        }
        (bytes, offsets)
    }
}

fn write_section(id: u8, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(id);
    write_unsigned(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

pub fn usize_range(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn list(types: &[wasmparser::ValType]) -> Option<Vec<ValType>> {
    types.iter().map(|ty| value_type(*ty)).collect()
}

pub fn value_type(ty: wasmparser::ValType) -> Option<ValType> {
    Some(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::Ref(ty) => reference_type(ty)?,
        wasmparser::ValType::V128 => return None,
    })
}

fn reference_type(ty: RefType) -> Option<ValType> {
    match ty {
        RefType::FUNCREF => Some(ValType::FUNCREF),
        RefType::EXTERNREF => Some(ValType::EXTERNREF),
        _ => None,
    }
}

/// How a type is encoded.
pub fn byte_of(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => 0x7F,
        ValType::I64 => 0x7E,
        ValType::F32 => 0x7D,
        ValType::F64 => 0x7C,
        other if other == ValType::FUNCREF => 0x70,
        _ => 0x6F,
    }
}
