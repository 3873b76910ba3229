//! Changes of one instruction, or beside one: most of them leave a valid function. What there is to change to follows from
//! the table.

use crate::code::{Immediate, Instruction, Table};
use crate::program::{Body, Program, byte_of};
use crate::random::Random;
use tablature::ValType;
use tablature_codegen::model::{Class, Flow, ImmKind, Number, Of, Op, Sequence, Space, Type, VecOf};

/// What changes functions of a program.
pub struct Mutator<'t> {
    pub table: &'t Table,
    pub program: &'t Program,
    /// Functions that may be called.
    pub callable: &'t [u32],
}

impl Mutator<'_> {
    /// Changes the function at one of its instructions, or before or behind it. Says how.
    pub fn mutate(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        // The last instruction is the function's `end`.
        if at + 1 >= body.code.len() {
            return None;
        }
        let what = (0..8).find_map(|_| match random.below(8) {
            0 => self.other_immediate(body, at, random),
            1 => self.other_opcode(body, at, random),
            2 => self.computed_on(body, at, random),
            3 => self.inserted(body, at, random),
            4 => self.inserted_in_a_loop(body, at, random),
            5 => self.inserted_in_a_block(body, at, random),
            6 => self.removed(body, at),
            _ => self.exchanged(body, at),
        })?;
        Some(format!("instruction {at}: {what}"))
    }

    fn op(&self, instruction: &Instruction) -> &Op {
        self.table.op(instruction)
    }

    /// The place in the table of one of the rows that satisfy a condition.
    fn one_op(&self, condition: impl Fn(&Op) -> bool, random: &mut Random) -> Option<usize> {
        let ops = self.table.model.ops.iter().enumerate();
        let places: Vec<usize> = ops.filter(|(_, op)| condition(op)).map(|(place, _)| place).collect();
        random.one_of(&places).copied()
    }

    /// Another number, index, label or offset.
    fn other_immediate(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let instruction = &body.code[at];
        let place = random.below(instruction.immediates.len().max(1));
        let kind = &self.op(instruction).imms.get(place)?.kind;
        let depth = depth_at(self, &body.code, at);
        let new = match (kind, instruction.immediates.get(place)?) {
            (ImmKind::Index(Space::Local), Immediate::Index(old)) => {
                let ty = *body.locals.get(*old as usize)?;
                Immediate::Index(local_of(body, ty, random)?)
            }
            (ImmKind::Index(Space::Label), _) => Immediate::Index(random.below(depth + 1) as u64),
            (ImmKind::Vec(VecOf::Label), Immediate::Labels(labels)) => {
                let mut labels = labels.clone();
                let which = random.below(labels.len().max(1));
                *labels.get_mut(which)? = random.below(depth + 1) as u64;
                Immediate::Labels(labels)
            }
            (ImmKind::MemArg, Immediate::MemArg(align, memory, offset)) => {
                let change = 1 << random.below(33);
                let offset = if random.once_in(2) { random.integer() as u32 as u64 } else { offset ^ change };
                Immediate::MemArg(*align, *memory, offset)
            }
            (ImmKind::Const(number), old) => self.other_constant(*number, old, random)?,
            (ImmKind::Index(space), _) => Immediate::Index(random.below(self.count(*space)?) as u64),
            (ImmKind::TypeIndex(_), _) => Immediate::Index(random.below(self.program.types.len()) as u64),
            _ => return None,
        };
        let old = std::mem::replace(&mut body.code[at].immediates[place], new.clone());
        (old != new).then(|| format!("{} {old:?} becomes {new:?}", self.op(&body.code[at]).id))
    }

    fn other_constant(&self, number: Number, old: &Immediate, random: &mut Random) -> Option<Immediate> {
        Some(match old {
            Immediate::Signed(old) if random.once_in(2) => {
                let change = if random.once_in(2) { old.wrapping_add(1) } else { old ^ 1 << random.below(64) };
                Immediate::Signed(if number == Number::I32 { i64::from(change as i32) } else { change })
            }
            _ => constant(number, random)?,
        })
    }

    /// How many there are in an index space; nothing if there are none.
    fn count(&self, space: Space) -> Option<usize> {
        let program = self.program;
        let count = match space {
            Space::Func => program.functions.len(),
            Space::Table => program.tables.len(),
            Space::Memory => program.memories.len(),
            Space::Global => program.globals.len(),
            Space::Elem => program.element_segments,
            Space::Data => program.data_segments,
            _ => 0,
        };
        (count > 0).then_some(count)
    }

    /// Another opcode with the same immediates, operands and results.
    fn other_opcode(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let old = self.op(&body.code[at]);
        let is_like = |new: &Op| {
            let imms = new.imms.iter().map(|imm| &imm.kind).eq(old.imms.iter().map(|imm| &imm.kind));
            let pops = new.pops.iter().map(|operand| &operand.ty).eq(old.pops.iter().map(|operand| &operand.ty));
            let stack = imms && pops && new.pushes == old.pushes;
            stack && new.id != old.id && (new.flow, new.diverges) == (old.flow, old.diverges)
        };
        let place = self.one_op(is_like, random)?;
        let new = &self.table.model.ops[place];
        let what = format!("{} becomes {}", old.id, new.id);
        let instruction = &mut body.code[at];
        instruction.op = place;
        if let (Some(natural), Some(Immediate::MemArg(align, ..))) = (new.align, instruction.immediates.first_mut()) {
            *align = (*align).min(u64::from(natural.trailing_zeros()));
        }
        Some(what)
    }

    /// The result is computed on: by an instruction that gives one of the same type, or it goes to a local, too.
    fn computed_on(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let instruction = &body.code[at];
        let op = self.op(instruction);
        let [result] = &op.pushes[..] else { return None };
        let ty = self.resolved(result, op, &instruction.immediates, &[], body)?;
        let mut added = Vec::new();
        if random.once_in(4) {
            let local = local_of(body, ty, random)?;
            added.push(self.table.with("local.tee", Immediate::Index(local))?);
        } else {
            let is_own = |own: &Type| number_type(own) == Some(ty);
            let is_closed = |op: &Op| {
                let pops = !op.pops.is_empty() && op.pops.iter().all(|operand| is_own(&operand.ty));
                let pushes = op.pushes.len() == 1 && op.pushes.iter().all(is_own);
                pops && pushes && op.imms.is_empty() && op.flow == Flow::Next
            };
            let place = self.one_op(is_closed, random)?;
            for _ in 1..self.table.model.ops[place].pops.len() {
                added.push(self.source(body, ty, random)?);
            }
            added.push(Instruction { op: place, immediates: Vec::new() });
        }
        let what = format!("{} is followed by{}", op.id, self.names(&added));
        body.code.splice(at + 1..at + 1, added);
        Some(what)
    }

    /// Instructions stand before it that leave the stack as it is.
    fn inserted(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let added = self.neutral(body, random)?;
        let what = format!("inserted{}", self.names(&added));
        body.code.splice(at..at, added);
        Some(what)
    }

    /// The same in a loop of some rounds.
    fn inserted_in_a_loop(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let mut inner = self.neutral(body, random)?;
        body.locals.push(ValType::I32);
        let counter = Immediate::Index(body.locals.len() as u64 - 1);
        let rounds = Immediate::Signed(random.below(40) as i64 + 1);
        let mut added = vec![
            self.table.with("i32.const", rounds)?,
            self.table.with("local.set", counter.clone())?,
            self.table.with("loop", Immediate::Signed(EMPTY_BLOCK))?,
        ];
        added.append(&mut inner);
        added.push(self.table.with("local.get", counter.clone())?);
        added.push(self.table.with("i32.const", Immediate::Signed(1))?);
        added.push(self.without_immediates("i32.sub")?);
        added.push(self.table.with("local.tee", counter)?);
        added.push(self.table.with("br_if", Immediate::Index(0))?);
        added.push(self.without_immediates("end")?);
        let what = format!("inserted{}", self.names(&added));
        body.code.splice(at..at, added);
        Some(what)
    }

    /// The same in a block that may be left before, or in an `if`.
    fn inserted_in_a_block(&self, body: &mut Body, at: usize, random: &mut Random) -> Option<String> {
        let mut inner = self.neutral(body, random)?;
        let condition = self.source(body, ValType::I32, random)?;
        let empty = Immediate::Signed(EMPTY_BLOCK);
        let mut added = if random.once_in(2) {
            vec![condition, self.table.with("if", empty)?]
        } else {
            let label = random.below(depth_at(self, &body.code, at) + 2) as u64;
            vec![self.table.with("block", empty)?, condition, self.table.with("br_if", Immediate::Index(label))?]
        };
        added.append(&mut inner);
        added.push(self.without_immediates("end")?);
        let what = format!("inserted{}", self.names(&added));
        body.code.splice(at..at, added);
        Some(what)
    }

    /// An instruction that makes a value of one of the same type is left out; or one that takes operands and gives nothing
    /// only takes them.
    fn removed(&self, body: &mut Body, at: usize) -> Option<String> {
        let op = self.op(&body.code[at]);
        let is_identity = op.pops.len() == 1 && op.pushes.len() == 1 && op.pops[0].ty == op.pushes[0];
        let drops = match op.flow {
            Flow::Next if is_identity => 0,
            Flow::Next if op.pushes.is_empty() && !op.diverges => op.pops.len(),
            _ => return None,
        };
        let what = format!("{} is left out", op.id);
        let drop = self.without_immediates("drop")?;
        body.code.splice(at..=at, std::iter::repeat_n(drop, drops));
        Some(what)
    }

    /// Two instructions that each make a value come in the other order.
    fn exchanged(&self, body: &mut Body, at: usize) -> Option<String> {
        let is_source = |instruction: &Instruction| {
            let op = self.op(instruction);
            op.flow == Flow::Next && op.pops.is_empty() && op.pushes.len() == 1
        };
        if !is_source(&body.code[at]) || !is_source(body.code.get(at + 1)?) {
            return None;
        }
        body.code.swap(at, at + 1);
        Some("exchanged with the next".to_owned())
    }

    /// Instructions that leave the stack as it is: any one that makes at most one value, with operands before it, and then
    /// its value goes to a local or nowhere.
    fn neutral(&self, body: &mut Body, random: &mut Random) -> Option<Vec<Instruction>> {
        let is_plain = |op: &Op| matches!(op.flow, Flow::Next | Flow::Need | Flow::Call) && !op.diverges;
        let place = self.one_op(is_plain, random)?;
        let op = &self.table.model.ops[place];
        let immediates: Vec<Immediate> =
            op.imms.iter().map(|imm| self.any_immediate(&imm.kind, op, body, random)).collect::<Option<_>>()?;
        let any = *random.one_of(&[ValType::I32, ValType::I64, ValType::F32, ValType::F64])?;
        let mut added = Vec::new();
        for operand in &op.pops {
            for ty in self.resolved_list(&operand.ty, op, &immediates, &[any], body)? {
                added.push(self.source(body, ty, random)?);
            }
        }
        let results: Option<Vec<Vec<ValType>>> =
            op.pushes.iter().map(|ty| self.resolved_list(ty, op, &immediates, &[any], body)).collect();
        added.push(Instruction { op: place, immediates });
        for ty in results?.into_iter().flatten().rev() {
            added.push(if random.once_in(3) {
                self.without_immediates("drop")?
            } else {
                let local = local_of(body, ty, random)?;
                self.table.with("local.set", Immediate::Index(local))?
            });
        }
        Some(added)
    }

    fn any_immediate(&self, kind: &ImmKind, op: &Op, body: &mut Body, random: &mut Random) -> Option<Immediate> {
        Some(match kind {
            ImmKind::Index(Space::Local) => Immediate::Index(random.below(body.locals.len().max(1)) as u64),
            ImmKind::Index(Space::Func) => Immediate::Index((*random.one_of(self.callable)?).into()),
            ImmKind::Index(space) => Immediate::Index(random.below(self.count(*space)?) as u64),
            ImmKind::TypeIndex(_) => Immediate::Index(random.below(self.program.types.len().max(1)) as u64),
            ImmKind::Const(number) => constant(*number, random)?,
            ImmKind::MemArg => {
                let memory = random.below(self.count(Space::Memory)?) as u64;
                let align = random.below(op.align?.trailing_zeros() as usize + 1) as u64;
                let offset = if random.once_in(8) { random.integer() as u32 as u64 } else { random.below(64) as u64 };
                Immediate::MemArg(align, (memory > 0).then_some(memory), offset)
            }
            ImmKind::HeapType => Immediate::Signed(i64::from(byte_of(ValType::FUNCREF)) - 0x80),
            ImmKind::Reserved => Immediate::Bytes(vec![0]),
            _ => return None,
        })
    }

    /// The types that an operand or a result stands for.
    fn resolved_list(
        &self,
        ty: &Type,
        op: &Op,
        immediates: &[Immediate],
        any: &[ValType],
        body: &Body,
    ) -> Option<Vec<ValType>> {
        let Type::Sequence(sequence, name) = ty else {
            return self.resolved(ty, op, immediates, any, body).map(|ty| vec![ty]);
        };
        let index = index_of(op, immediates, name)? as usize;
        let signature = match op.imm(name)?.kind {
            ImmKind::Index(Space::Func) => self.program.signature(index as u32)?,
            ImmKind::TypeIndex(_) => self.program.types.get(index)?,
            _ => return None,
        };
        match sequence {
            Sequence::Params => Some(signature.params.clone()),
            Sequence::Results => Some(signature.results.clone()),
            _ => None,
        }
    }

    /// The type that an operand or a result has; where it can be several, one of `any`.
    fn resolved(&self, ty: &Type, op: &Op, immediates: &[Immediate], any: &[ValType], body: &Body) -> Option<ValType> {
        let index = |name: &String| index_of(op, immediates, name).map(|index| index as usize);
        let address = |name: &String| {
            let place = index(name)?;
            let is_table = op.imm(name)?.kind == ImmKind::Index(Space::Table);
            let is_64 = if is_table { self.program.tables.get(place)?.1 } else { *self.program.memories.get(place)? };
            Some(if is_64 { ValType::I64 } else { ValType::I32 })
        };
        match ty {
            Type::Number(_) => number_type(ty),
            Type::Abstract(_) | Type::Ref(..) => Some(ValType::FUNCREF),
            Type::Addr(name) => address(name),
            Type::AddrMin(first, second) => {
                let types = [address(first)?, address(second)?];
                Some(if types == [ValType::I64; 2] { ValType::I64 } else { ValType::I32 })
            }
            Type::Of(Of::Local, name) => body.locals.get(index(name)?).copied(),
            Type::Of(Of::Global, name) => self.program.globals.get(index(name)?).copied(),
            Type::Of(Of::Elem, name) => self.program.tables.get(index(name)?).map(|(ty, _)| *ty),
            Type::Operand(_, Class::Any | Class::Numeric) => any.first().copied(),
            Type::Operand(_, Class::Reference) => any.first().map(|_| ValType::FUNCREF),
            _ => None,
        }
    }

    /// An instruction that makes a value of a type: of a local, or a constant.
    fn source(&self, body: &mut Body, ty: ValType, random: &mut Random) -> Option<Instruction> {
        let number = Number::from_name(&ty.to_string());
        match number.filter(|_| random.once_in(2)) {
            Some(number) => self.table.with(&format!("{ty}.const"), constant(number, random)?),
            None => {
                let local = local_of(body, ty, random)?;
                self.table.with("local.get", Immediate::Index(local))
            }
        }
    }

    fn without_immediates(&self, name: &str) -> Option<Instruction> {
        let op = self.table.model.ops.iter().position(|op| op.name == name && op.imms.is_empty())?;
        Some(Instruction { op, immediates: Vec::new() })
    }

    /// The names of instructions, one behind the other.
    fn names(&self, instructions: &[Instruction]) -> String {
        let text = |one: &Instruction| match &one.immediates[..] {
            [] => format!(" {}", self.op(one).id),
            immediates => format!(" {} {immediates:?}", self.op(one).id),
        };
        instructions.iter().map(text).collect::<Vec<_>>().join(";")
    }
}

/// The type of a block that takes and gives nothing.
const EMPTY_BLOCK: i64 = -0x40;

/// The index that an immediate gives; of a memarg, its memory.
fn index_of(op: &Op, immediates: &[Immediate], name: &str) -> Option<u64> {
    let place = op.imms.iter().position(|imm| imm.name == name)?;
    match immediates.get(place)? {
        Immediate::Index(index) => Some(*index),
        Immediate::MemArg(_, memory, _) => Some(memory.unwrap_or(0)),
        _ => None,
    }
}

/// How many blocks are open before an instruction, beside the function's.
fn depth_at(mutator: &Mutator<'_>, code: &[Instruction], at: usize) -> usize {
    let change = |instruction: &Instruction| {
        let op = mutator.op(instruction);
        let opens = op.imms.iter().any(|imm| imm.kind == ImmKind::BlockType);
        i32::from(opens) - i32::from(op.id == "end")
    };
    code[..at].iter().map(change).sum::<i32>().max(0) as usize
}

fn number_type(ty: &Type) -> Option<ValType> {
    match ty {
        Type::Number(Number::I32) => Some(ValType::I32),
        Type::Number(Number::I64) => Some(ValType::I64),
        Type::Number(Number::F32) => Some(ValType::F32),
        Type::Number(Number::F64) => Some(ValType::F64),
        _ => None,
    }
}

/// A local of a type, which is added if there is none.
fn local_of(body: &mut Body, ty: ValType, random: &mut Random) -> Option<u64> {
    let own = body.locals.iter().enumerate().filter(|(_, own)| **own == ty);
    let places: Vec<usize> = own.map(|(place, _)| place).collect();
    if let Some(place) = random.one_of(&places) {
        return Some(*place as u64);
    }
    body.locals.push(ty);
    Some(body.locals.len() as u64 - 1)
}

/// A constant. Of NaNs only the canonical one: of two others, a result may be either.
fn constant(number: Number, random: &mut Random) -> Option<Immediate> {
    const FLOATS: [f64; 8] = [0.0, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, 1e-310, 3e9];
    let float = match random.below(10) {
        0 => f64::NAN.copysign(1.0),
        1 => f64::from_bits(random.bits() & !(1 << 62)),
        2 => random.integer() as f64,
        _ => *random.one_of(&FLOATS)?,
    };
    Some(match number {
        Number::I32 => Immediate::Signed(i64::from(random.integer() as i32)),
        Number::I64 => Immediate::Signed(random.integer()),
        Number::F32 => Immediate::Bytes((float as f32).to_le_bytes().to_vec()),
        Number::F64 => Immediate::Bytes(float.to_le_bytes().to_vec()),
        Number::V128 => return None,
    })
}
