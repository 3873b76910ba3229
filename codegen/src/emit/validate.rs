//! `validate.rs`: each row's stack effect as steps of the type checker.

use super::decode::visit;
use super::{ident, imm_names, imm_params, row_doc};
use crate::model::{
    Class, Flow, Heap, Imm, ImmKind, Model, Nullability, Number, Of, Op, Sequence, Space, Type, VecOf, camel,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let methods = model.ops.iter().map(|op| method(model, op));
    quote! {
        impl Visitor for Validator<'_, '_, '_> {
            type Output = Result<(), Invalid>;
            #(#methods)*
        }
    }
}

fn method(model: &Model, op: &Op) -> TokenStream {
    // A constant's value does not matter here.
    let params = op.imms.iter().zip(imm_params(op)).map(|(imm, param)| match imm.kind {
        ImmKind::Const(_) => {
            let (unused, ty) = (format_ident!("_{}", imm.name), super::imm_type(imm));
            quote!(#unused: #ty)
        }
        _ => param,
    });
    let name = visit(op);
    let doc = format!("{}: `{}`", row_doc(op), super::opcode::stack_notation(op));
    let proposal = &model.proposals[op.proposal];
    let require = (!proposal.base).then(|| {
        let variant = format_ident!("{}", camel(&proposal.name));
        quote!(self.require(Proposal::#variant)?;)
    });
    let body = if matches!(op.flow, Flow::Block | Flow::Branch | Flow::Return) {
        let (method, names) = (format_ident!("control_{}", op.snake()), imm_names(op));
        quote!(self.#method(#(#names),*))
    } else {
        steps(op)
    };
    quote! {
        #[doc = #doc]
        #[cfg_attr(feature = "alloc", inline)]
        #[cfg_attr(not(feature = "alloc"), inline(never))]
        fn #name(&mut self, #(#params),*) -> Self::Output {
            #require
            #body
        }
    }
}

/// Looks the immediates up, runs the hand-written check, pops, pushes.
fn steps(op: &Op) -> TokenStream {
    let lookups = op.imms.iter().filter_map(|imm| lookup(op, imm));
    let check = op.check.as_ref().map(|check| {
        let (method, names) = (format_ident!("check_{check}"), imm_names(op));
        quote!(self.#method(#(#names),*)?;)
    });
    let effect = effect(op);
    let diverges = op.diverges.then(|| quote!(self.set_unreachable();));
    quote! {
        #(#lookups)*
        #check
        #effect
        #diverges
        Ok(())
    }
}

/// Pops and pushes: at once, where every operand has one type that is known by then.
fn effect(op: &Op) -> TokenStream {
    let is_single = |ty: &Type| !matches!(ty, Type::Operand(..) | Type::Sequence(..));
    if op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes).all(is_single) {
        let (pops, pushes) =
            (op.pops.iter().map(|operand| single_type(&operand.ty)), op.pushes.iter().map(single_type));
        return match (op.pops.len(), op.pushes.len()) {
            (0, 0) => quote!(),
            (0, 1) => quote!(#(self.push(#pushes)?;)*),
            _ => quote!(self.replace([#(#pops),*], [#(#pushes),*])?;),
        };
    }
    let mut bound = Vec::new();
    let pops: Vec<_> = op.pops.iter().rev().map(|operand| pop(op, &operand.ty, &mut bound)).collect();
    let pushes = op.pushes.iter().map(push);
    quote!(#(#pops)* #(#pushes)*)
}

/// The name that holds what an immediate stands for.
fn looked_up(imm: &str) -> proc_macro2::Ident {
    format_ident!("{imm}_type")
}

/// Finds what an immediate stands for; an index of nothing is an error there.
fn lookup(op: &Op, imm: &Imm) -> Option<TokenStream> {
    let (name, found) = (ident(&imm.name), looked_up(&imm.name));
    let is_used = op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes).any(|ty| mentions(ty, &imm.name));
    let found = if is_used { quote!(let #found = ) } else { quote!() };
    let method = match &imm.kind {
        ImmKind::MemArg => {
            let align = op.align.unwrap_or(1);
            return Some(quote!(#found self.memarg(#name, #align)?;));
        }
        ImmKind::TypeIndex(_) => quote!(function_type),
        ImmKind::Index(Space::Func) => quote!(function),
        ImmKind::Index(Space::Table) => quote!(table),
        ImmKind::Index(Space::Memory) => quote!(memory),
        ImmKind::Index(Space::Global) => quote!(global),
        ImmKind::Index(Space::Local) => quote!(local),
        ImmKind::Index(Space::Elem) => quote!(element_segment),
        ImmKind::Index(Space::Data) => quote!(data_segment),
        ImmKind::Vec(VecOf::ValType) => quote!(select_type),
        ImmKind::HeapType => quote!(heap_type),
        _ => return None,
    };
    Some(quote!(#found self.#method(#name)?;))
}

fn mentions(ty: &Type, imm: &str) -> bool {
    match ty {
        Type::Addr(x) | Type::Of(_, x) | Type::Ref(_, Heap::Imm(x)) | Type::Sequence(_, x) => x == imm,
        Type::AddrMin(d, s) => d == imm || s == imm,
        _ => false,
    }
}

fn pop(op: &Op, ty: &Type, bound: &mut Vec<String>) -> TokenStream {
    match ty {
        Type::Operand(variable, class) => {
            let name = ident(variable);
            if bound.contains(variable) {
                return quote!(let #name = self.pop_same(#name)?;);
            }
            bound.push(variable.clone());
            let method = match class {
                Class::Any => quote!(pop_any),
                Class::Numeric => quote!(pop_numeric),
                Class::Reference => quote!(pop_reference),
            };
            let uses = op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes).filter(|other| *other == ty).count();
            let binding = (uses > 1).then(|| quote!(let #name = ));
            quote!(#binding self.#method()?;)
        }
        Type::Sequence(sequence, imm) => {
            let types = sequence_of(*sequence, imm);
            quote!(self.pop_all(#types)?;)
        }
        single => {
            let ty = single_type(single);
            quote!(self.pop(#ty)?;)
        }
    }
}

fn push(ty: &Type) -> TokenStream {
    match ty {
        Type::Operand(variable, _) => {
            let name = ident(variable);
            quote!(self.push(#name)?;)
        }
        Type::Sequence(sequence, imm) => {
            let types = sequence_of(*sequence, imm);
            quote!(self.push_all(#types)?;)
        }
        single => {
            let ty = single_type(single);
            quote!(self.push(#ty)?;)
        }
    }
}

fn sequence_of(sequence: Sequence, imm: &str) -> TokenStream {
    let signature = looked_up(imm);
    match sequence {
        Sequence::Params => quote!(#signature.params),
        Sequence::Results => quote!(#signature.results),
        Sequence::Label | Sequence::Prefix | Sequence::Fields => {
            unreachable!("`emittable` refuses this sequence outside of hand-written flows")
        }
    }
}

fn single_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Number(number) => match number {
            Number::I32 => quote!(Type::I32),
            Number::I64 => quote!(Type::I64),
            Number::F32 => quote!(Type::F32),
            Number::F64 => quote!(Type::F64),
            Number::V128 => quote!(Type::V128),
        },
        Type::Abstract(name) => {
            let name = super::upper(name);
            quote!(Type::#name)
        }
        Type::Addr(imm) => {
            let found = looked_up(imm);
            quote!(#found.address)
        }
        Type::AddrMin(d, s) => {
            let (d, s) = (looked_up(d), looked_up(s));
            quote!(#d.address.smaller(#s.address))
        }
        Type::Of(of, imm) => {
            let found = looked_up(imm);
            match of {
                Of::Local | Of::Type => quote!(#found),
                Of::Global => quote!(#found.content),
                Of::Elem => quote!(#found.element),
                Of::ArrayElem => unreachable!("`emittable` refuses this type"),
            }
        }
        Type::Ref(Nullability::Null, Heap::Imm(imm)) => {
            let found = looked_up(imm);
            quote!(#found)
        }
        _ => unreachable!("`emittable` refuses this type"),
    }
}
