//! `text.rs`: instructions as the text format writes them, and how many operands stand before each.

use super::decode::visit;
use super::{ident, imm_params, row_doc};
use crate::model::{Flow, Imm, ImmKind, Model, Op, Sequence, Space, Type, VecOf};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let texts = model.ops.iter().map(text);
    let heights = model.ops.iter().map(height);
    quote! {
        impl Visitor for Text<'_, '_> {
            type Output = fmt::Result;
            #(#texts)*
        }

        impl Visitor for Heights<'_> {
            type Output = ();
            #(#heights)*
        }
    }
}

/// The method that writes a row: its name, then its immediates.
fn text(op: &Op) -> TokenStream {
    let doc = row_doc(op);
    let (method, name, params) = (visit(op), &op.name, imm_params(op));
    // The text format has memories and tables first, and leaves out those of index 0.
    let (spaces, others): (Vec<&Imm>, Vec<&Imm>) = op.imms.iter().partition(|imm| is_memory_or_table(&imm.kind));
    let defaults = (!spaces.is_empty()).then(|| {
        let pairs = spaces.iter().map(|imm| {
            let (space, value) = (space_of(&imm.kind), ident(&imm.name));
            quote!((#space, #value))
        });
        quote!(self.memories_and_tables(&[#(#pairs),*])?;)
    });
    let steps = others.iter().filter_map(|imm| step(op, imm, !spaces.is_empty()));
    quote! {
        #[doc = #doc]
        fn #method(&mut self, #(#params),*) -> Self::Output {
            self.name(#name)?;
            #defaults
            #(#steps)*
            Ok(())
        }
    }
}

fn is_memory_or_table(kind: &ImmKind) -> bool {
    matches!(kind, ImmKind::Index(Space::Memory | Space::Table))
}

fn space_of(kind: &ImmKind) -> TokenStream {
    match kind {
        ImmKind::TypeIndex(_) => quote!(IndexSpace::Type),
        ImmKind::Index(Space::Func) => quote!(IndexSpace::Function),
        ImmKind::Index(Space::Table) => quote!(IndexSpace::Table),
        ImmKind::Index(Space::Memory) => quote!(IndexSpace::Memory),
        ImmKind::Index(Space::Global) => quote!(IndexSpace::Global),
        ImmKind::Index(Space::Elem) => quote!(IndexSpace::Element),
        ImmKind::Index(Space::Data) => quote!(IndexSpace::Data),
        ImmKind::Index(Space::Tag) => quote!(IndexSpace::Tag),
        ImmKind::Index(Space::Local) => quote!(IndexSpace::Local),
        _ => unreachable!("only indices belong to a space"),
    }
}

/// The step that writes an immediate. A type beside a table is written as a function's type, any other as its index.
fn step(op: &Op, imm: &Imm, has_table: bool) -> Option<TokenStream> {
    let name = ident(&imm.name);
    Some(match &imm.kind {
        ImmKind::Reserved => return None,
        ImmKind::TypeIndex(_) if has_table => quote!(self.type_use(#name)?;),
        ImmKind::Index(Space::Label) | ImmKind::FieldIndex(_) | ImmKind::Count => quote!(self.number(#name)?;),
        ImmKind::TypeIndex(_) | ImmKind::Index(_) => {
            let space = space_of(&imm.kind);
            quote!(self.index(#space, #name)?;)
        }
        ImmKind::Lane(_) => quote!(self.number(u32::from(#name))?;),
        ImmKind::MemArg | ImmKind::ExactMemArg => {
            let align = op.align.unwrap_or(1);
            quote!(self.memarg(#name, #align)?;)
        }
        ImmKind::Const(number) => {
            let method = format_ident!("{}", number.name());
            quote!(self.#method(#name)?;)
        }
        ImmKind::BlockType => quote!(self.block_type(#name)?;),
        ImmKind::Lanes(_) => quote!(self.lanes(#name)?;),
        ImmKind::Vec(VecOf::Label) => quote!(self.labels(#name)?;),
        ImmKind::Vec(VecOf::ValType) => quote!(self.result_types(#name)?;),
        ImmKind::Vec(VecOf::Catch) => quote!(self.catches(#name)?;),
        ImmKind::Vec(VecOf::Handler) => quote!(self.handlers(#name)?;),
        ImmKind::CastFlags => quote!(self.cast_flags(#name)?;),
        ImmKind::HeapType => quote!(self.heap_type(#name)?;),
    })
}

/// The method that counts what a row pops and pushes. What begins and ends blocks is written by hand.
fn height(op: &Op) -> TokenStream {
    let begins_block = op.imms.iter().any(|imm| imm.kind == ImmKind::BlockType);
    let by_hand = begins_block || op.flow == Flow::Block;
    let pops = counts(op, op.pops.iter().map(|operand| &operand.ty), "pop");
    let body = if by_hand {
        let (method, names) = (format_ident!("control_{}", op.snake()), op.imms.iter().map(|imm| ident(&imm.name)));
        quote!(self.#method(#(#names),*);)
    } else {
        let pushes = counts(op, op.pushes.iter(), "push");
        let diverges = op.diverges.then(|| quote!(self.set_unreachable();));
        quote!(#pops #pushes #diverges)
    };
    let types: Vec<&Type> = op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes).collect();
    let params = op.imms.iter().map(|imm| {
        let is_used = by_hand || types.iter().any(|ty| decides_count(ty, &imm.name));
        let name = if is_used { ident(&imm.name) } else { format_ident!("_{}", imm.name) };
        let ty = super::imm_type(imm);
        quote!(#name: #ty)
    });
    let (doc, name) = (format!("{}: `{}`", row_doc(op), super::opcode::stack_notation(op)), visit(op));
    quote! {
        #[doc = #doc]
        fn #name(&mut self, #(#params),*) -> Self::Output {
            #body
        }
    }
}

/// Whether the immediate `imm` says how many operands `ty` is.
fn decides_count(ty: &Type, imm: &str) -> bool {
    matches!(ty, Type::Sequence(_, of) | Type::Repeat(of, _) if of == imm)
}

/// Steps that pop or push as many operands as `types` are.
fn counts<'t>(op: &Op, types: impl Iterator<Item = &'t Type>, verb: &str) -> TokenStream {
    let (mut single, mut steps) = (0u32, TokenStream::new());
    let plain = format_ident!("{verb}");
    for ty in types {
        match ty {
            Type::Sequence(Sequence::Results, of) if of == "self" => {
                let method = format_ident!("{verb}_results");
                steps.extend(quote!(self.#method();));
            }
            Type::Sequence(sequence, of) => {
                let what = match sequence {
                    Sequence::Params => "params",
                    Sequence::Results => "results",
                    Sequence::Label => "label",
                    Sequence::Prefix => "prefix",
                    Sequence::Fields => "fields",
                };
                let (method, name) = (format_ident!("{verb}_{what}_of{}", owner(op, of)), ident(of));
                steps.extend(quote!(self.#method(#name);));
            }
            Type::Repeat(count, _) => {
                let name = ident(count);
                steps.extend(quote!(self.#plain(#name);));
            }
            _ => single += 1,
        }
    }
    let fixed = (single > 0).then(|| quote!(self.#plain(#single);));
    quote!(#steps #fixed)
}

/// Whose sequence the immediate `imm` says, as part of a method's name.
fn owner(op: &Op, imm: &str) -> &'static str {
    match op.imm(imm).map(|imm| &imm.kind) {
        Some(ImmKind::Index(Space::Func)) => "_function",
        Some(ImmKind::TypeIndex(_)) => "_type",
        Some(ImmKind::Index(Space::Tag)) => "_tag",
        _ => "",
    }
}
