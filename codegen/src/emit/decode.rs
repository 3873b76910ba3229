//! `decode.rs`: from bytes to calls of a visitor.

use super::{ident, imm_names, imm_params, imm_reader, row_doc, upper};
use crate::model::{Imm, ImmKind, Model, Number, Op};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let methods = model.ops.iter().map(|op| {
        let (doc, name, params) = (row_doc(op), visit(op), imm_params(op));
        quote!(#[doc = #doc] fn #name(&mut self, #(#params),*) -> Self::Output;)
    });
    let plain = model.ops.iter().filter(|op| op.code.prefix.is_none()).map(arm);
    let mut prefixes: Vec<u8> = model.ops.iter().filter_map(|op| op.code.prefix).collect();
    prefixes.dedup();
    let prefixed_arms = prefixes.iter().map(|prefix| {
        let (constant, function) = (format_ident!("PREFIX_{prefix:02X}"), format_ident!("prefix_{prefix:02x}"));
        quote!(code::#constant => reader.apart(|reader| #function(reader, visitor)),)
    });
    let prefixed = prefixes.iter().map(|prefix| {
        let function = format_ident!("prefix_{prefix:02x}");
        let doc = format!(" Decodes what follows the prefix 0x{prefix:02X}.");
        let arms = model.ops.iter().filter(|op| op.code.prefix == Some(*prefix)).map(arm);
        quote! {
            #[doc = #doc]
            fn #function<V: Visitor>(reader: &mut Reader<'_>, visitor: &mut V) -> Result<V::Output, ModuleError> {
                let start = reader.offset();
                match reader.var_u32()? {
                    #(#arms)*
                    number => Err(ModuleError::new(start, ErrorKind::IllegalPrefixedOpcode(#prefix, number))),
                }
            }
        }
    });
    let naming = model.ops.iter().map(|op| {
        let (name, variant) = (visit(op), format_ident!("{}", op.camel()));
        let params = op.imms.iter().map(|imm| {
            let (unused, ty) = (format_ident!("_{}", imm.name), super::imm_type(imm));
            quote!(#unused: #ty)
        });
        quote!(fn #name(&mut self, #(#params),*) -> Opcode { Opcode::#variant })
    });
    quote! {
        /// What to do at each opcode: one method a row, with the decoded immediates.
        pub trait Visitor {
            /// What a visit gives.
            type Output;
            #(#methods)*
        }

        /// Decodes one instruction and visits it.
        ///
        /// # Errors
        /// The bytes are not an instruction of this build.
        #[inline]
        pub fn instruction<V: Visitor>(reader: &mut Reader<'_>, visitor: &mut V) -> Result<V::Output, ModuleError> {
            instruction_in_loop(reader, visitor)
        }

        /// The same as a part of its caller, whose loop keeps the reader in the host's registers.
        ///
        /// # Errors
        /// The bytes are not an instruction of this build.
        #[cfg_attr(feature = "alloc", inline(always))]
        #[cfg_attr(not(feature = "alloc"), inline)]
        pub fn instruction_in_loop<V: Visitor>(
            reader: &mut Reader<'_>,
            visitor: &mut V,
        ) -> Result<V::Output, ModuleError> {
            let start = reader.offset();
            match reader.byte()? {
                #(#plain)*
                #(#prefixed_arms)*
                byte => Err(ModuleError::new(start, ErrorKind::IllegalOpcode(byte))),
            }
        }

        #(#prefixed)*

        /// The visitor that only names the opcode.
        #[derive(Debug, Clone, Copy)]
        pub struct NameOpcode;

        impl Visitor for NameOpcode {
            type Output = Opcode;
            #(#naming)*
        }
    }
}

/// The name of the visitor's method for a row.
pub(super) fn visit(op: &Op) -> proc_macro2::Ident {
    format_ident!("visit_{}", op.snake())
}

/// Whether most immediates of this kind are read by so little code that it can be everywhere.
fn is_read_at_once(imm: &Imm) -> bool {
    matches!(
        imm.kind,
        ImmKind::TypeIndex(_)
            | ImmKind::Index(_)
            | ImmKind::FieldIndex(_)
            | ImmKind::Count
            | ImmKind::BlockType
            | ImmKind::MemArg
            | ImmKind::ExactMemArg
            | ImmKind::Const(Number::I32)
    )
}

fn arm(op: &Op) -> TokenStream {
    let (constant, method, names) = (upper(&op.id), visit(op), imm_names(op));
    let reads = op.imms.iter().map(|imm| {
        let (name, method) = (ident(&imm.name), imm_reader(imm));
        if is_read_at_once(imm) {
            quote!(let #name = reader.#method()?;)
        } else {
            quote!(let #name = reader.apart(Reader::#method)?;)
        }
    });
    quote! {
        code::#constant => {
            #(#reads)*
            Ok(visitor.#method(#(#names),*))
        }
    }
}
