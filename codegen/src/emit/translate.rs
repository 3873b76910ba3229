//! `translate.rs`: from rows to register instructions: what the translator knows of each row, and what it does at each
//! opcode. Control flow is in `src/translate/`.

use super::decode::visit;
use super::opcode::pays_by_operand;
use super::semantics::{passed_imms, path};
use super::{ident, imm_names, imm_params, row_doc};
use crate::model::{Flow, Model, Number, Op, Type};
use crate::register::{
    Accumulator, Field, Folding, Instruction, Kind, Place, accumulator, folding, immediate_field, instructions,
    is_computed, memarg, passed_immediates,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let list = instructions(model);
    let computed: Vec<usize> = (0..model.ops.len()).filter(|index| is_computed(&model.ops[*index])).collect();
    let operations = computed.iter().map(|index| operation(model, *index, &list));
    let count = computed.len();
    let methods = model.ops.iter().enumerate().map(|(index, op)| {
        let (name, params) = (visit(op), imm_params(op));
        let place = computed.iter().position(|other| *other == index);
        let (body, used) = method(op, place);
        let params: Vec<TokenStream> = params
            .into_iter()
            .zip(&op.imms)
            .map(|(param, imm)| {
                if used.contains(&imm.name) {
                    param
                } else {
                    let (unused, ty) = (format_ident!("_{}", imm.name), super::imm_type(imm));
                    quote!(#unused: #ty)
                }
            })
            .collect();
        let doc = row_doc(op);
        quote!(#[doc = #doc] fn #name(&mut self, #(#params),*) -> Self::Output { #body })
    });
    quote! {
        /// What the translator knows of each row that register instructions compute.
        static OPERATIONS: [Operation; #count] = [#(#operations),*];

        impl Visitor for Translator<'_> {
            type Output = Outcome;
            #(#methods)*
        }
    }
}

/// The translation of one opcode, and the immediates that it uses.
fn method(op: &Op, place: Option<usize>) -> (TokenStream, Vec<String>) {
    let variant = format_ident!("{}", op.camel());
    let all: Vec<String> = op.imms.iter().map(|imm| imm.name.clone()).collect();
    if let Some(place) = place {
        if let Some(memarg) = memarg(op) {
            let memarg = ident(memarg);
            return (quote!(self.compute_memory(&OPERATIONS[#place], #memarg)), all);
        }
        let immediates: Vec<_> = passed_immediates(op).into_iter().map(|imm| imm.name.clone()).collect();
        let values = immediates.iter().map(|name| {
            let name = ident(name);
            quote!(u64::from(#name))
        });
        return (quote!(self.compute(&OPERATIONS[#place], &[#(#values),*])), immediates);
    }
    if op.flow != Flow::Next {
        let (function, names) = (format_ident!("control_{}", op.snake()), imm_names(op));
        return (quote!(self.#function(#(#names),*)), all);
    }
    let local = op.imms.first().map(|imm| ident(&imm.name));
    match folding(op) {
        Some(Folding::GetLocal) => (quote!(self.get_local(#local)), all),
        Some(Folding::SetLocal) => (quote!(self.set_local(#local)), all),
        Some(Folding::TeeLocal) => (quote!(self.tee_local(#local)), all),
        Some(Folding::Constant) => {
            let used: Vec<String> = passed_imms(op).map(|imm| imm.name.clone()).collect();
            let (path, names) = (path(op), used.iter().map(|name| ident(name)));
            (quote!(self.constant(Opcode::#variant, #path(#(#names),*).into_slot())), used)
        }
        Some(Folding::Nothing) | None => {
            let count = op.pops.len();
            (quote!(self.forget(Opcode::#variant, #count)), Vec::new())
        }
    }
}

fn place_bits(place: Place) -> usize {
    match place {
        Place::Slot => 0,
        Place::Immediate => 1,
        Place::Accumulator => 2,
    }
}

fn operand_bits(places: &[Place]) -> usize {
    places.iter().enumerate().map(|(at, place)| place_bits(*place) << (2 * at)).sum()
}

fn operation(model: &Model, index: usize, list: &[Instruction]) -> TokenStream {
    let op = &model.ops[index];
    let size = 2_usize << (2 * op.pops.len());
    let high = size / 2;
    let (mut values, mut branches) = (vec![None; size], vec![None; size]);
    let mut far = None;
    for (number, instruction) in list.iter().enumerate() {
        match &instruction.kind {
            Kind::Value(of, places, result) if *of == index => {
                let bit = if *result == Some(Place::Accumulator) { high } else { 0 };
                values[operand_bits(places) | bit] = Some(number);
            }
            Kind::Branch(of, places, sense) if *of == index => {
                branches[operand_bits(places) | if *sense { high } else { 0 }] = Some(number);
            }
            Kind::Far(of) if *of == index => far = Some(number),
            _ => {}
        }
    }
    let numbers = |list: &[Option<usize>]| {
        let list = list.iter().map(|number| number.map_or(u16::MAX, |number| number as u16));
        quote!(&[#(#list),*])
    };
    let (values, branches) = (numbers(&values), if op.condition { numbers(&branches) } else { quote!(&[]) });
    let far = far.map_or(u16::MAX, |number| number as u16);
    let operands = op.pops.iter().map(|operand| operand_info(&operand.ty));
    let variant = format_ident!("{}", op.camel());
    let result = op.pushes.first().map_or_else(
        || quote!(None),
        |ty| {
            let class = class(ty);
            quote!(Some(#class))
        },
    );
    let accumulates = !op.modes.is_empty();
    let (commutes, traps, nans) = (op.commutes, !op.traps.is_empty(), op.nans);
    let pays_by_operand = pays_by_operand(model, op).is_some();
    let diverges = op.diverges;
    quote! {
        Operation {
            opcode: Opcode::#variant,
            operands: &[#(#operands),*],
            result: #result,
            values: #values,
            branches: #branches,
            far: #far,
            accumulates: #accumulates,
            commutes: #commutes,
            traps: #traps,
            nans: #nans,
            pays_by_operand: #pays_by_operand,
            diverges: #diverges,
        }
    }
}

fn class(ty: &Type) -> TokenStream {
    match accumulator(ty) {
        Accumulator::Integer => quote!(Accumulator::Integer),
        Accumulator::Single => quote!(Accumulator::Single),
        Accumulator::Double => quote!(Accumulator::Double),
    }
}

fn operand_info(ty: &Type) -> TokenStream {
    let accumulator = class(ty);
    let immediate = match (ty, immediate_field(ty)) {
        (_, Field::Long) => quote!(Immediate::Long),
        (Type::Number(Number::I64), _) => quote!(Immediate::Signed),
        _ => quote!(Immediate::Unsigned),
    };
    quote!(OperandInfo { accumulator: #accumulator, immediate: #immediate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_bits_of_their_own() {
        assert_eq!(operand_bits(&[Place::Accumulator, Place::Immediate, Place::Slot]), 0b00_01_10);
    }
}
