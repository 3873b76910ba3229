//! `semantics.rs`: a typed witness a row, so that a function of the wrong name or type does not compile; and what the
//! engines share in calling these functions: the order of arguments and their Rust types.

use super::{imm_type, number_type, row_doc, upper};
use crate::model::{Class, ImmKind, Model, Of, Op, Part, PartKind, Type};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let witnesses = model.ops.iter().filter(|op| op.sem.is_some()).map(|op| witness(model, op));
    quote!(#(#witnesses)*)
}

fn witness(model: &Model, op: &Op) -> TokenStream {
    let (doc, name, path) = (row_doc(op), upper(&op.id), path(op));
    let types = op.parts.iter().map(part_type);
    let types = types.chain(passed_imms(op).map(|imm| match imm.kind {
        ImmKind::MemArg | ImmKind::ExactMemArg => quote!(u64),
        _ => imm_type(imm),
    }));
    let types: Vec<_> = types.chain(op.pops.iter().map(|operand| rust_type(&operand.ty))).collect();
    let value = if op.diverges {
        quote!(core::convert::Infallible)
    } else {
        match op.pushes.as_slice() {
            [] => quote!(()),
            [single] => rust_type(single),
            several => {
                let types = several.iter().map(rust_type);
                quote!((#(#types),*))
            }
        }
    };
    if super::opcode::pays_by_operand(model, op).is_some() {
        let function = format_ident!("{}", op.snake());
        let args: Vec<_> = (0..types.len()).map(|index| format_ident!("a{index}")).collect();
        let doc = format!("{doc}: its effect runs once it is paid for.");
        return quote! {
            #[doc = #doc]
            pub fn #function<'a>(#(#args: #types),*) -> Result<impl FnOnce() + 'a, Trap> {
                #path(#(#args),*)
            }
        };
    }
    let result = if op.traps.is_empty() { value } else { quote!(Result<#value, Trap>) };
    let types = types.iter().map(|ty| strip_lifetime(ty.clone()));
    quote!(#[doc = #doc] pub const #name: fn(#(#types),*) -> #result = #path;)
}

/// The lifetime `'a` of a function's signature does not exist in that of a constant.
fn strip_lifetime(ty: TokenStream) -> TokenStream {
    let text = ty.to_string().replace("& 'a", "&").replace("< 'a ,", "< '_ ,");
    text.parse().unwrap_or(ty)
}

/// The path of the row's function.
pub(super) fn path(op: &Op) -> TokenStream {
    let path = op.sem.as_deref().unwrap_or_default();
    match syn::parse_str::<syn::ExprPath>(path) {
        Ok(path) => quote!(semantics::#path),
        Err(error) => unreachable!("`resolve` accepts only paths: {error}"),
    }
}

/// The immediates that are passed to the function: those with a value at run time that no part stands for.
pub(super) fn passed_imms(op: &Op) -> impl Iterator<Item = &crate::model::Imm> {
    op.imms.iter().filter(|imm| {
        let selects_a_part = op.parts.iter().any(|part| part.imms.contains(&imm.name));
        match imm.kind {
            ImmKind::MemArg
            | ImmKind::ExactMemArg
            | ImmKind::Const(_)
            | ImmKind::Lane(_)
            | ImmKind::Lanes(_)
            | ImmKind::Count => true,
            ImmKind::Index(_) => !selects_a_part,
            _ => false,
        }
    })
}

fn part_type(part: &Part) -> TokenStream {
    match (part.kind, part.mutable) {
        (PartKind::Memory | PartKind::Data, false) => quote!(&'a [u8]),
        (PartKind::Memory, true) => quote!(&'a mut [u8]),
        (PartKind::Pages, _) => quote!(u64),
        (PartKind::Memories, _) => quote!(Pair<'a, u8>),
        (PartKind::Table | PartKind::Elem, false) => quote!(&'a [Reference]),
        (PartKind::Table, true) => quote!(&'a mut [Reference]),
        (PartKind::Tables, _) => quote!(Pair<'a, Reference>),
        (PartKind::Data | PartKind::Elem, true) => quote!(&'a mut Dropped),
        (PartKind::Local | PartKind::Global, false) => quote!(Slot),
        (PartKind::Local | PartKind::Global, true) => quote!(&'a mut Slot),
        (PartKind::Function, _) => quote!(Reference),
        (PartKind::Heap, false) => quote!(&'a Heap),
        (PartKind::Heap, true) => quote!(&'a mut Heap),
    }
}

/// The Rust type of an operand or result.
pub(super) fn rust_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Number(number) => number_type(*number),
        Type::Addr(_) | Type::AddrMin(..) => quote!(u64),
        Type::Abstract(_)
        | Type::Ref(..)
        | Type::Source(..)
        | Type::Target(..)
        | Type::Diff(..)
        | Type::Of(Of::Elem, _)
        | Type::Operand(_, Class::Reference) => quote!(Reference),
        Type::Operand(..) | Type::Of(..) | Type::Field(..) | Type::Sequence(..) | Type::Repeat(..) => quote!(Slot),
    }
}
