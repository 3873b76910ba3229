//! `register.rs`: the list of register instructions, a function for each that a row computes, and the loop; `jump.rs`: the
//! form of handlers that jump to each other.
//!
//! The shape of a function: take the fields from the code, read the operands, call the row's function, and only then
//! change anything.

use super::inplace::{arguments, bind, part_name};
use super::opcode::pays_by_operand;
use super::semantics::{path, rust_type};
use super::{ident, row_doc};
use crate::fusion::Pair;
use crate::model::{ImmKind, Model, Op, Part, PartKind, Type};
use crate::register::{
    Accumulator, Control, Field, Instruction, Kind, Place, accumulator, goes_back, immediate_field, instructions,
    passed_immediates,
};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model, pairs: &[Pair]) -> TokenStream {
    let list = instructions(model);
    let control = list.iter().enumerate().filter(|(_, instruction)| matches!(instruction.kind, Kind::Control(_)));
    let numbers = control.map(|(number, instruction)| {
        let (doc, name, number) = (describe(model, instruction), upper_name(instruction), number as u16);
        quote!(#[doc = #doc] pub(crate) const #name: u16 = #number;)
    });
    let count = list.len();
    let infos =
        list.iter().enumerate().map(|(number, instruction)| info(model, instruction, &seconds(number, count, pairs)));
    let (pair_count, members) = (pairs.len(), pairs.iter().map(members));
    let functions = list.iter().map(|instruction| function(model, instruction));
    let entries = list.iter().map(|instruction| {
        let name = ident(&instruction.name);
        if is_metered(model, instruction) { quote!(#name::<Loop, METERED>) } else { quote!(#name::<Loop>) }
    });
    quote! {
        /// The numbers of the register instructions that have no row.
        #[allow(dead_code, reason = "some features need some of them")]
        pub(crate) mod number { #(#numbers)* }

        /// The name of each register instruction, and what stands in the code behind it.
        pub(crate) static INSTRUCTIONS: [InstructionInfo; #count] = [#(#infos),*];

        /// The numbers of the two instructions of each pair. The pairs' own numbers follow those of the instructions.
        pub(super) static PAIRS: [(u16, u16); #pair_count] = [#(#members),*];

        /// The function of each instruction, by its number.
        const fn functions<const METERED: bool>() -> [Execute; #count] {
            [#(#entries),*]
        }

        #(#functions)*
    }
}

/// How handlers are written: what they are given in the host's registers.
#[derive(Clone)]
struct Form {
    /// What renders the instructions.
    rendering: TokenStream,
    /// What stands behind the handlers' names.
    suffix: &'static str,
    /// The type of the code.
    code: TokenStream,
    /// Whether memory 0 is kept in registers.
    memory: bool,
    /// What stands behind the handlers' documentation.
    note: &'static str,
}

impl Form {
    /// The parameters of a handler.
    fn parameters(&self) -> TokenStream {
        let code = &self.code;
        let memory = self.memory.then(|| quote!(memory: &'m mut [u8],));
        let head = self.memory.then(|| quote!(head: f64,));
        quote! {
            code: #code, frame: &'m Cells, integer: u64, machine: &mut Machine<'m, '_>, #memory single: f32, double: f64,
            #head
        }
    }

    /// Makes the registers of these parameters.
    fn registers(&self) -> TokenStream {
        let memory = self.memory.then(|| quote!(memory,));
        let head = self.memory.then(|| quote!(, head));
        let rendering = &self.rendering;
        quote!(let mut r: Registers<'m, #rendering> = registers(code, frame, integer, #memory single, double #head);)
    }

    /// The path of an instruction's function, seen from the handlers.
    fn path(&self, model: &Model, instruction: &Instruction) -> TokenStream {
        let (name, rendering) = (ident(&instruction.name), &self.rendering);
        let metered = is_metered(model, instruction).then(|| quote!(, METERED));
        quote!(super::#name::<#rendering #metered>)
    }

    /// Executes an instruction.
    fn execute(&self, model: &Model, instruction: &Instruction) -> TokenStream {
        let path = self.path(model, instruction);
        if self.memory && finds_memories(model, instruction) {
            quote!(lend_memory(machine, &mut r, #path))
        } else {
            quote!(#path(machine, &mut r))
        }
    }
}

/// `jump.rs`
pub(super) fn emit_jump(model: &Model, pairs: &[Pair]) -> TokenStream {
    let form = Form { rendering: quote!(Jump), suffix: "", code: quote!(&'m [u8]), memory: false, note: "" };
    let count = instructions(model).len() + pairs.len();
    let size = count.next_power_of_two();
    let illegal = std::iter::repeat_n(quote!(illegal), size - count);
    let entries = handler_names(model, pairs, "").into_iter().chain(illegal);
    let handlers = handlers(model, pairs, &form, |_| true);
    quote! {
        /// How many handlers a table has: a power of two, so that a number is brought into its range without a check.
        pub(super) const COUNT: usize = #size;

        /// The handler of each instruction, by its number.
        const fn handlers<const METERED: bool>() -> [Handler; COUNT] {
            [#(#entries),*]
        }

        #(#handlers)*
    }
}

/// `unchecked.rs`
pub(super) fn emit_unchecked(model: &Model, pairs: &[Pair]) -> TokenStream {
    let form = Form { rendering: quote!(Unchecked<false>), suffix: "", code: quote!(Ip<'m>), memory: true, note: "" };
    let note = ", which goes back to the head of the innermost loop";
    let repeats = Form { rendering: quote!(Unchecked<true>), suffix: REPEATS, note, ..form.clone() };
    let entries = handler_names(model, pairs, "");
    let count = entries.len();
    let list = instructions(model);
    let last = list.iter().chain(pairs.iter().map(|pair| &list[pair.second]));
    let repeating = handler_names(model, pairs, REPEATS)
        .into_iter()
        .zip(last)
        .map(|(name, last)| if goes_back(last) { quote!(Some(#name)) } else { quote!(None) });
    let repeating_handlers = handlers(model, pairs, &repeats, goes_back);
    let handlers = handlers(model, pairs, &form, |_| true);
    quote! {
        /// How many handlers there are: of instructions, and of pairs.
        const COUNT: usize = #count;

        /// The handler of each instruction, by its number.
        const fn handlers<const METERED: bool>() -> [Handler; COUNT] {
            [#(#entries),*]
        }

        /// For instructions that may branch back, the handler that goes to the head of the innermost loop instead.
        const fn repeating<const METERED: bool>() -> [Option<Handler>; COUNT] {
            [#(#repeating),*]
        }

        #(#handlers)*
        #(#repeating_handlers)*
    }
}

/// What stands behind the name of a handler that goes to the head of the innermost loop.
const REPEATS: &str = "_repeats";

/// The names of the handlers in the order of their numbers.
fn handler_names(model: &Model, pairs: &[Pair], suffix: &str) -> Vec<TokenStream> {
    let list = instructions(model);
    let singles = list.iter().map(|instruction| (&instruction.name, instruction));
    let all = singles.chain(pairs.iter().map(|pair| (&pair.name, &list[pair.second])));
    all.map(|(name, last)| {
        let name = format_ident!("{name}{suffix}");
        if is_metered(model, last) { quote!(#name::<METERED>) } else { quote!(#name) }
    })
    .collect()
}

/// The handlers of those instructions, and pairs, whose last instruction is `wanted`.
fn handlers(model: &Model, pairs: &[Pair], form: &Form, wanted: impl Fn(&Instruction) -> bool) -> Vec<TokenStream> {
    let list = instructions(model);
    let singles = list.iter().filter(|single| wanted(single)).map(|single| handler(model, single, form));
    let pairs = pairs.iter().filter(|pair| wanted(&list[pair.second]));
    let pairs = pairs.map(|pair| pair_handler(model, pair, &list, form));
    singles.chain(pairs).collect()
}

/// The numbers of the instructions that make a pair with the one at `number`, and those pairs' own.
fn seconds(number: usize, count: usize, pairs: &[Pair]) -> Vec<(u16, u16)> {
    let own = pairs.iter().enumerate().filter(|(_, pair)| pair.first == number);
    own.map(|(place, pair)| (pair.second as u16, (count + place) as u16)).collect()
}

fn members(pair: &Pair) -> TokenStream {
    let (first, second) = (pair.first as u16, pair.second as u16);
    quote!((#first, #second))
}

/// Whether an instruction does something else where fuel is counted.
fn is_metered(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) => pays_by_operand(model, &model.ops[*op]).is_some(),
        Kind::Far(_) => false,
        Kind::Branch(..) => true,
        Kind::Control(control) => !matches!(control, Control::Next | Control::Apart),
    }
}

/// Whether an instruction looks for memories in the machine.
fn finds_memories(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Far(_) => true,
        Kind::Value(op, ..) => model.ops[*op].parts.iter().any(|part| match part.kind {
            PartKind::Memory => !is_memarg(&model.ops[*op], part),
            PartKind::Memories | PartKind::Pages => true,
            _ => false,
        }),
        Kind::Branch(..) | Kind::Control(_) => false,
    }
}

fn handler(model: &Model, instruction: &Instruction, form: &Form) -> TokenStream {
    let (name, doc) = (ident(&instruction.name), describe(model, instruction));
    if let Kind::Value(op, ..) = &instruction.kind
        && pays_by_operand(model, &model.ops[*op]).is_some()
    {
        return handler_apart(model, instruction, &doc, form);
    }
    composed(&name, &doc, is_metered(model, instruction), &[form.execute(model, instruction)], form)
}

/// The handler of a pair.
fn pair_handler(model: &Model, pair: &Pair, list: &[Instruction], form: &Form) -> TokenStream {
    let (first, second) = (&list[pair.first], &list[pair.second]);
    let doc = format!("{};{}", describe(model, first), describe(model, second));
    let parts = [form.execute(model, first), form.execute(model, second)];
    composed(&ident(&pair.name), &doc, is_metered(model, second), &parts, form)
}

/// A handler that does one after the other, as long as nothing stops it.
fn composed(name: &Ident, doc: &str, is_metered: bool, parts: &[TokenStream], form: &Form) -> TokenStream {
    let metered = is_metered.then(|| quote!(, const METERED: bool));
    let (parameters, registers) = (form.parameters(), form.registers());
    let (name, doc) = (format_ident!("{name}{}", form.suffix), format!("{doc}{}", form.note));
    quote! {
        #[doc = #doc]
        extern "sysv64" fn #name<'m #metered>(#parameters) {
            #registers
            let outcome = r.code.window() #(.and_then(|()| #parts))*;
            match outcome {
                Ok(()) => dispatch(r, machine),
                Err(stop) => halt(stop, r, machine),
            }
        }
    }
}

/// A handler whose work is done by a function that is called ordinarily: a bulk operation, which needs the host's stack.
fn handler_apart(model: &Model, instruction: &Instruction, doc: &str, form: &Form) -> TokenStream {
    let (name, size, path) = (ident(&instruction.name), instruction.size(), form.path(model, instruction));
    let (parameters, registers, code) = (form.parameters(), form.registers(), &form.code);
    let (none, head) = (form.memory.then(|| quote!(&mut [],)), form.memory.then(|| quote!(, 0.0)));
    let lend = form.memory.then(|| quote!(machine.first_memory = memory;));
    let take_back = form.memory.then(|| quote!(let memory = core::mem::take(&mut machine.first_memory);));
    quote! {
        #[doc = #doc]
        extern "sysv64" fn #name<'m, const METERED: bool>(#parameters) {
            #[inline(never)]
            fn apart<'m, const METERED: bool>(machine: &mut Machine<'m, '_>, code: #code, frame: &'m Cells) -> Outcome {
                let mut r = registers(code, frame, 0, #none 0.0, 0.0 #head);
                #path(machine, &mut r)
            }
            #lend
            let outcome = apart::<METERED>(machine, code, frame);
            #take_back
            #registers
            match r.code.take::<#size>().and(outcome) {
                Ok(()) => dispatch(r, machine),
                Err(stop) => halt(stop, r, machine),
            }
        }
    }
}

fn upper_name(instruction: &Instruction) -> Ident {
    format_ident!("{}", instruction.name.to_uppercase())
}

/// What an instruction does, for its documentation.
fn describe(model: &Model, instruction: &Instruction) -> String {
    let places = |places: &[Place]| places.iter().map(|place| word(*place)).collect::<Vec<_>>().join(", ");
    match &instruction.kind {
        Kind::Value(op, operands, result) => {
            let result = result.map_or(String::new(), |place| format!(" → {}", word(place)));
            format!("{}: {}{result}", row_doc(&model.ops[*op]), places(operands))
        }
        Kind::Far(op) => format!("{} of any memory and offset", row_doc(&model.ops[*op])),
        Kind::Branch(op, operands, sense) => {
            let row = row_doc(&model.ops[*op]);
            format!("{row}: {}; branches where that is {sense}", places(operands))
        }
        Kind::Control(_) => format!(" `{}`, which has no row", instruction.name),
    }
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Slot => "slot",
        Place::Immediate => "immediate",
        Place::Accumulator => "accumulator",
    }
}

fn info(model: &Model, instruction: &Instruction, seconds: &[(u16, u16)]) -> TokenStream {
    let name = &instruction.name;
    let fields = instruction.fields.iter().map(|field| {
        let name = format_ident!("{}", format!("{field:?}"));
        quote!(Field::#name)
    });
    let pairs = seconds.iter().map(|(second, pair)| quote!((#second, #pair)));
    let ends = crate::register::ends(model, instruction);
    let comes_back = crate::register::comes_back(instruction);
    quote!(InstructionInfo {
        name: #name, fields: &[#(#fields),*], ends: #ends, comes_back: #comes_back, pairs: &[#(#pairs),*]
    })
}

/// Gives each field its place behind the opcode.
struct Cursor(usize);

impl Cursor {
    fn next(&mut self, field: Field) -> TokenStream {
        let at = self.0;
        self.0 += field.size();
        match field {
            Field::Source | Field::Target | Field::Height => quote!(half(fields, #at)),
            Field::Word => quote!(word(fields, #at)),
            Field::Long => quote!(long(fields, #at)),
            Field::Branch => quote!(target(fields, #at)),
        }
    }
}

/// The function of an instruction: takes the fields from the code, and does what a row computes, or calls what is written by
/// hand.
fn function(model: &Model, instruction: &Instruction) -> TokenStream {
    let (doc, name, size) = (describe(model, instruction), ident(&instruction.name), instruction.size());
    let body = match &instruction.kind {
        Kind::Value(op, operands, result) => value(model, &model.ops[*op], operands, *result),
        Kind::Far(op) => far(&model.ops[*op]),
        Kind::Branch(op, operands, sense) => branch(&model.ops[*op], operands, *sense),
        Kind::Control(_) => by_hand(&name, size, is_metered(model, instruction)),
    };
    let machine = if uses_machine(model, instruction) { quote!(machine) } else { quote!(_) };
    let fields = (size > 0).then(|| quote!(let fields = r.code.take::<#size>()?;));
    let registers = if size > 0 || body.uses_registers { quote!(r) } else { quote!(_) };
    let metered = is_metered(model, instruction).then(|| quote!(, const METERED: bool));
    let tokens = body.tokens;
    quote! {
        #[doc = #doc]
        #[inline(always)]
        fn #name<'m, R: Rendering #metered>(#machine: &mut Machine<'m, '_>, #registers: &mut Registers<'m, R>) -> Outcome {
            #fields
            #tokens
        }
    }
}

fn uses_machine(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) | Kind::Far(op) => !model.ops[*op].parts.is_empty(),
        Kind::Branch(..) | Kind::Control(_) => true,
    }
}

/// Calls the function of the same name in `src/exec/register/control.rs`: that it takes as many bytes is checked by its
/// type.
fn by_hand(name: &Ident, size: usize, is_metered: bool) -> FunctionBody {
    let fields = (size > 0).then(|| quote!(, fields));
    let metered = is_metered.then(|| quote!(, METERED));
    FunctionBody { tokens: quote!(control::#name::<R #metered>(machine, r #fields)), uses_registers: true }
}

struct FunctionBody {
    tokens: TokenStream,
    uses_registers: bool,
}

/// How operands are read.
fn operands(op: &Op, places: &[Place], is_far: bool, cursor: &mut Cursor) -> Vec<TokenStream> {
    op.pops
        .iter()
        .zip(places)
        .map(|(operand, place)| {
            let (name, ty) = (ident(&operand.name), rust_type(&operand.ty));
            let is_short = !is_far && is_address_of_memarg(op, &operand.ty);
            let from_slot = |slot: TokenStream| match is_short {
                true => quote!(u64::from(#slot as u32)),
                false => quote!(<#ty>::from_slot(#slot)),
            };
            let value = match place {
                Place::Slot => {
                    let slot = cursor.next(Field::Source);
                    from_slot(quote!(r.slot(#slot)?))
                }
                Place::Immediate => immediate(&operand.ty, cursor),
                Place::Accumulator => match accumulator(&operand.ty) {
                    Accumulator::Integer => from_slot(quote!(r.integer)),
                    Accumulator::Single => quote!(r.single),
                    Accumulator::Double => quote!(r.double),
                },
            };
            quote!(let #name = #value;)
        })
        .collect()
}

/// Whether an operand is an address in the memory of the row's memarg. Ordinary instructions are for memories of 32-bit
/// addresses: that the compiler knows these to be so short saves it comparisons.
fn is_address_of_memarg(op: &Op, ty: &Type) -> bool {
    matches!(ty, Type::Addr(name) if op.imm(name).is_some_and(|imm| imm.kind == ImmKind::MemArg))
}

fn immediate(ty: &Type, cursor: &mut Cursor) -> TokenStream {
    use crate::model::Number;
    let rust = rust_type(ty);
    let field = immediate_field(ty);
    let value = cursor.next(field);
    match (field, ty) {
        (Field::Long, _) => quote!(<#rust>::from_slot(#value)),
        (_, Type::Number(Number::I64)) => quote!(i64::from(#value as i32)),
        _ => quote!(<#rust>::from_slot(u64::from(#value))),
    }
}

/// The immediates of the row.
fn immediates(op: &Op, cursor: &mut Cursor) -> Vec<TokenStream> {
    passed_immediates(op)
        .into_iter()
        .map(|imm| {
            let (name, value) = (ident(&imm.name), cursor.next(Field::Word));
            match imm.kind {
                ImmKind::MemArg => quote!(let #name = MemArg { align: 0, memory: 0, offset: u64::from(#value) };),
                _ => quote!(let #name = #value;),
            }
        })
        .collect()
}

/// Whether a memarg says which part it is.
fn is_memarg(op: &Op, part: &Part) -> bool {
    part.imms.iter().any(|name| op.imm(name).is_some_and(|imm| imm.kind == ImmKind::MemArg))
}

/// A part of the machine; memory 0 of ordinary instructions is at hand.
fn part(op: &Op, part: &Part, is_far: bool) -> TokenStream {
    if part.kind == PartKind::Memory && is_memarg(op, part) && !is_far {
        return quote!(let bytes = R::memory(machine, &mut r.memory););
    }
    bind(op, part)
}

fn parts(op: &Op, is_far: bool) -> Vec<TokenStream> {
    let (shared, exclusive): (Vec<&Part>, Vec<&Part>) = op.parts.iter().partition(|part| !part.mutable);
    shared.iter().chain(&exclusive).map(|this| part(op, this, is_far)).collect()
}

fn call(op: &Op) -> TokenStream {
    let (path, arguments) = (path(op), arguments(op));
    let question = (!op.traps.is_empty()).then(|| quote!(?));
    quote!(#path(#(#arguments),*) #question)
}

/// Globals that the function changed go back to where they live.
fn written(op: &Op) -> Vec<TokenStream> {
    let globals = op.parts.iter().filter(|part| part.mutable && part.kind == PartKind::Global);
    globals
        .filter_map(|part| {
            let (name, imm) = (part_name(part), ident(part.imms.first()?));
            Some(quote!(machine.set_global(#imm, #name)?;))
        })
        .collect()
}

fn value(model: &Model, op: &Op, places: &[Place], result: Option<Place>) -> FunctionBody {
    let mut cursor = Cursor(0);
    let operands = operands(op, places, false, &mut cursor);
    let immediates = immediates(op, &mut cursor);
    let uses_registers = result.is_some() || !places.is_empty();
    if let Some((operand, _)) = pays_by_operand(model, op) {
        let tokens = paid(op, operand, &operands, &immediates);
        return FunctionBody { tokens, uses_registers };
    }
    let (parts, call, written) = (parts(op, false), call(op), written(op));
    if op.diverges {
        return FunctionBody {
            tokens: quote!(#(#operands)* #(#immediates)* #(#parts)* match #call {}),
            uses_registers,
        };
    }
    let finish = match result {
        None => quote!(#call; #(#written)* Ok(())),
        Some(place) => {
            let set = set_result(op, place, &mut cursor);
            quote!(let value = #call; #(#written)* #set)
        }
    };
    FunctionBody { tokens: quote!(#(#operands)* #(#immediates)* #(#parts)* #finish), uses_registers }
}

/// Where a row has an accumulator for its result, a result in a slot is in the accumulator, too: this costs nothing, and
/// what comes next need not wait for the slot.
fn set_result(op: &Op, place: Place, cursor: &mut Cursor) -> TokenStream {
    let accumulate = match op.pushes.first().map(accumulator) {
        _ if op.modes.is_empty() => quote!(),
        Some(Accumulator::Single) => quote!(r.single = value;),
        Some(Accumulator::Double) => quote!(r.double = value;),
        _ => quote!(r.integer = value.into_slot();),
    };
    let finish = if place == Place::Slot { set_slot(cursor) } else { quote!(Ok(())) };
    quote!(#accumulate #finish)
}

fn set_slot(cursor: &mut Cursor) -> TokenStream {
    let slot = cursor.next(Field::Target);
    quote!(r.set_slot(#slot, value.into_slot()))
}

/// An instruction whose price depends on an operand: it is paid for before it has its effect.
fn paid(op: &Op, operand: &str, operands: &[TokenStream], immediates: &[TokenStream]) -> TokenStream {
    let (variant, operand) = (format_ident!("{}", op.camel()), ident(operand));
    let (parts, call) = (parts(op, false), call(op));
    quote! {
        #(#operands)*
        #(#immediates)*
        let price = if METERED { machine.prices.variable(Opcode::#variant, operand_units(#operand)) } else { 0 };
        let left = machine.fuel.checked_sub_unsigned(price).filter(|left| *left >= 0);
        #(#parts)*
        let effect = #call;
        let Some(left) = left else {
            core::mem::drop(effect);
            return Err(Stop::OutOfFuel);
        };
        effect();
        machine.fuel = left;
        Ok(())
    }
}

fn far(op: &Op) -> FunctionBody {
    let mut cursor = Cursor(0);
    let places = vec![Place::Slot; op.pops.len()];
    let operands = operands(op, &places, true, &mut cursor);
    let memarg = passed_immediates(op).into_iter().map(|imm| {
        let (name, memory, offset) = (ident(&imm.name), cursor.next(Field::Word), cursor.next(Field::Long));
        quote!(let #name = MemArg { align: 0, memory: #memory, offset: #offset };)
    });
    let memarg: Vec<TokenStream> = memarg.collect();
    let (parts, call) = (parts(op, true), call(op));
    let finish = if op.pushes.is_empty() {
        quote!(#call; Ok(()))
    } else {
        let set = set_slot(&mut cursor);
        quote!(let value = #call; #set)
    };
    FunctionBody { tokens: quote!(#(#operands)* #(#memarg)* #(#parts)* #finish), uses_registers: true }
}

fn branch(op: &Op, places: &[Place], sense: bool) -> FunctionBody {
    let mut cursor = Cursor(0);
    let operands = operands(op, places, false, &mut cursor);
    let (parts, call) = (parts(op, false), call(op));
    let target = cursor.next(Field::Branch);
    let condition = if sense { quote!(value != 0) } else { quote!(value == 0) };
    let tokens = quote! {
        #(#operands)*
        #(#parts)*
        let value = #call;
        control::branch::<R, METERED>(machine, r, #target, #condition)
    };
    FunctionBody { tokens, uses_registers: true }
}
