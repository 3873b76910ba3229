//! `register.rs`: the list of register instructions, a function for each, and what the loop executes.
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
    Accumulator, Control, Field, Instruction, Kind, Place, accumulator, immediate_field, instructions,
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
    let infos = list.iter().map(|instruction| info(model, instruction));
    let (pair_count, members) = (pairs.len(), pairs.iter().map(members));
    let functions = list.iter().map(|instruction| function(model, instruction));
    let named = list.iter().map(|instruction| (ident(&instruction.name), is_metered(model, instruction)));
    let lists = lists(&quote!(Execute), &quote!(Loop,), named);
    quote! {
        /// The numbers of the register instructions that have no row.
        #[allow(dead_code, reason = "some features need some of them")]
        pub(crate) mod number { #(#numbers)* }

        /// The name of each register instruction, and what stands in the code behind it.
        pub(crate) static INSTRUCTIONS: [InstructionInfo; #count] = [#(#infos),*];

        /// The numbers of the two instructions of each pair. The pairs' own numbers follow those of the instructions.
        pub(super) static PAIRS: [(u16, u16); #pair_count] = [#(#members),*];

        #lists

        #(#functions)*
    }
}

/// Lists of functions of type `ty`, with generic arguments before that which says whether fuel is counted: each one, and those
/// that are others where it is.
pub(super) fn lists(
    ty: &TokenStream,
    arguments: &TokenStream,
    named: impl Iterator<Item = (Ident, bool)>,
) -> TokenStream {
    let (mut free, mut metered) = (Vec::new(), Vec::new());
    for (number, (name, is_metered)) in named.enumerate() {
        let number = number as u16;
        if is_metered {
            free.push(quote!(#name::<#arguments false>));
            metered.push(quote!((#number, #name::<#arguments true>)));
        } else {
            free.push(quote!(#name::<#arguments>));
        }
    }
    let (count, metered_count) = (free.len(), metered.len());
    quote! {
        /// How many there are.
        const COUNT: usize = #count;

        /// What executes each instruction and each pair, by its number, where fuel is not counted.
        static FREE: [#ty; COUNT] = [#(#free),*];

        /// What is another where it is counted, with the numbers.
        static METERED: [(u16, #ty); #metered_count] = [#(#metered),*];
    }
}

fn members(pair: &Pair) -> TokenStream {
    let (first, second) = (pair.first as u16, pair.second as u16);
    quote!((#first, #second))
}

/// Whether an instruction does something else where fuel is counted.
pub(super) fn is_metered(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) => pays_by_operand(model, &model.ops[*op]).is_some(),
        Kind::Far(_) => false,
        Kind::Branch(..) => true,
        Kind::Control(control) => !matches!(control, Control::Next | Control::Apart),
    }
}

fn upper_name(instruction: &Instruction) -> Ident {
    format_ident!("{}", instruction.name.to_uppercase())
}

/// What an instruction does, for its documentation.
pub(super) fn describe(model: &Model, instruction: &Instruction) -> String {
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

fn info(model: &Model, instruction: &Instruction) -> TokenStream {
    let name = &instruction.name;
    let fields = instruction.fields.iter().map(|field| {
        let name = format_ident!("{}", format!("{field:?}"));
        quote!(Field::#name)
    });
    let ends = crate::register::ends(model, instruction);
    let comes_back = crate::register::comes_back(instruction);
    quote!(InstructionInfo { name: #name, fields: &[#(#fields),*], ends: #ends, comes_back: #comes_back })
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
pub(super) fn is_memarg(op: &Op, part: &Part) -> bool {
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
