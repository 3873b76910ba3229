//! `opcode.rs`: the list of opcodes with what is known of each.

use super::{row_doc, upper};
use crate::model::{Flow, ImmKind, Model, Op, Per, camel};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let variants = model.ops.iter().map(|op| {
        let (doc, name) = (format!(" `{}` ({}): {}", op.id, op.code, op.doc), format_ident!("{}", op.camel()));
        quote!(#[doc = #doc] #name)
    });
    let names = model.ops.iter().map(|op| format_ident!("{}", op.camel()));
    let count = model.ops.len();
    let info = model.ops.iter().map(|op| info(model, op));
    let codes = codes(model);
    let classes = model.ops.iter().map(|op| class(model, op));
    let byte_classes = (0..=u8::MAX).map(|byte| {
        let op = model.ops.iter().find(|op| op.code.prefix.is_none() && op.code.number == u32::from(byte));
        op.map_or_else(
            || quote!(None),
            |op| {
                let class = class(model, op);
                quote!(Some(#class))
            },
        )
    });
    let across = model.ops.iter().filter(|op| op.code.prefix.is_none() && matches!(op.flow, Flow::Call | Flow::Return));
    let across = across.map(|op| upper(&op.id));
    let constants = model.ops.iter().filter_map(|op| {
        let (variant, proposal) = (format_ident!("{}", op.camel()), &model.proposals[op.const_expr?].name);
        let proposal = format_ident!("{}", camel(proposal));
        Some(quote!(Self::#variant => Some(Proposal::#proposal),))
    });
    quote! {
        /// An opcode of the instruction table, in order of encoding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Opcode { #(#variants,)* }

        impl Opcode {
            /// Every opcode of this build, in order of encoding.
            pub const ALL: [Self; #count] = [#(Self::#names),*];

            /// What the table says of this opcode.
            #[must_use]
            pub const fn info(self) -> &'static OpcodeInfo {
                &INFO[self as usize]
            }
        }

        impl Opcode {
            /// The class of its price.
            #[must_use]
            pub const fn fuel_class(self) -> FuelClass {
                CLASSES[self as usize]
            }

            /// The proposal that allows it in constant expressions.
            #[must_use]
            pub const fn constant(self) -> Option<Proposal> {
                match self {
                    #(#constants)*
                    _ => None,
                }
            }
        }

        /// The class of each opcode's price, apart from all else that is known of it, so that small builds need no more.
        static CLASSES: [FuelClass; #count] = [#(#classes),*];

        /// The same by the byte of an opcode without a prefix.
        pub(crate) static BYTE_CLASSES: [Option<FuelClass>; 256] = [#(#byte_classes),*];

        /// Whether the opcode without a prefix whose byte is `byte` enters or leaves a function.
        #[cfg(tail_calls)]
        pub(crate) const fn enters_or_leaves(byte: u8) -> bool {
            matches!(byte, #(code::#across)|*)
        }

        /// What the table says of each opcode, in order of encoding.
        static INFO: [OpcodeInfo; #count] = [#(#info),*];

        #codes
    }
}

fn class(model: &Model, op: &Op) -> TokenStream {
    let name = format_ident!("{}", camel(&model.fuel[op.fuel].name));
    quote!(FuelClass::#name)
}

fn info(model: &Model, op: &Op) -> TokenStream {
    let (id, name, doc) = (&op.id, &op.name, &op.doc);
    let prefix = match op.code.prefix {
        Some(prefix) => quote!(Some(#prefix)),
        None => quote!(None),
    };
    let number = op.code.number;
    let immediates = op.imms.iter().map(|imm| {
        let text = format!("{}: {}", imm.name, describe_imm(&imm.kind));
        quote!(#text)
    });
    let stack = stack_notation(op);
    let proposal = format_ident!("{}", camel(&model.proposals[op.proposal].name));
    let class = class(model, op);
    let flow = format_ident!("{}", camel(op.flow.name()));
    let traps = op.traps.iter().map(|trap| format_ident!("{}", camel(&model.traps[trap.trap].name)));
    let examples = op.traps.iter().filter_map(|trap| {
        let name = format_ident!("{}", camel(&model.traps[trap.trap].name));
        trap.example.as_ref().map(|operands| quote!((Trap::#name, &[#(#operands),*])))
    });
    let option = |text: &Option<String>| match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    };
    let (sem, check) = (option(&op.sem), option(&op.check));
    let constant = match op.const_expr {
        Some(proposal) => {
            let name = format_ident!("{}", camel(&model.proposals[proposal].name));
            quote!(Some(Proposal::#name))
        }
        None => quote!(None),
    };
    let (commutes, nans, line) = (op.commutes, op.nans, op.line as u32);
    quote! {
        OpcodeInfo {
            id: #id,
            name: #name,
            prefix: #prefix,
            number: #number,
            immediates: &[#(#immediates),*],
            stack: #stack,
            proposal: Proposal::#proposal,
            fuel: #class,
            transitions: Transitions { flow: Flow::#flow, traps: &[#(Trap::#traps),*] },
            trap_examples: &[#(#examples),*],
            semantics: #sem,
            check: #check,
            constant: #constant,
            commutes: #commutes,
            nans: #nans,
            doc: #doc,
            line: #line,
        }
    }
}

/// Bytes and numbers of the encodings, for `match`.
fn codes(model: &Model) -> TokenStream {
    let mut prefixes: Vec<u8> = model.ops.iter().filter_map(|op| op.code.prefix).collect();
    prefixes.dedup();
    let prefix_constants = prefixes.iter().map(|prefix| {
        let (doc, name) = (format!(" The prefix byte 0x{prefix:02X}."), format_ident!("PREFIX_{prefix:02X}"));
        quote!(#[doc = #doc] pub const #name: u8 = #prefix;)
    });
    let constants = model.ops.iter().map(|op| {
        let (doc, name) = (row_doc(op), upper(&op.id));
        match op.code.prefix {
            None => {
                let byte = op.code.number as u8;
                quote!(#[doc = #doc] pub const #name: u8 = #byte;)
            }
            Some(_) => {
                let number = op.code.number;
                quote!(#[doc = #doc] pub const #name: u32 = #number;)
            }
        }
    });
    quote! {
        /// The encodings: a byte, or for prefixed opcodes the number after the prefix.
        pub mod code {
            #(#prefix_constants)*
            #(#constants)*
        }
    }
}

/// A kind of immediate as the table writes it.
pub(crate) fn describe_imm(kind: &ImmKind) -> String {
    use crate::model::{Space, TypeForm, VecOf};
    match kind {
        ImmKind::TypeIndex(TypeForm::Any) => "typeidx".into(),
        ImmKind::TypeIndex(TypeForm::Func) => "typeidx(func)".into(),
        ImmKind::TypeIndex(TypeForm::Struct) => "typeidx(struct)".into(),
        ImmKind::TypeIndex(TypeForm::Array) => "typeidx(array)".into(),
        ImmKind::TypeIndex(TypeForm::Cont) => "typeidx(cont)".into(),
        ImmKind::Index(space) => match space {
            Space::Func => "funcidx",
            Space::Table => "tableidx",
            Space::Memory => "memidx",
            Space::Global => "globalidx",
            Space::Elem => "elemidx",
            Space::Data => "dataidx",
            Space::Tag => "tagidx",
            Space::Local => "localidx",
            Space::Label => "labelidx",
        }
        .into(),
        ImmKind::FieldIndex(ty) => format!("fieldidx({ty})"),
        ImmKind::BlockType => "blocktype".into(),
        ImmKind::MemArg => "memarg".into(),
        ImmKind::ExactMemArg => "memarg(exact)".into(),
        ImmKind::Const(number) => number.name().into(),
        ImmKind::Count => "u32".into(),
        ImmKind::Lane(n) => format!("lane({n})"),
        ImmKind::Lanes(n) => format!("lanes({n})"),
        ImmKind::Vec(VecOf::Label) => "vec(labelidx)".into(),
        ImmKind::Vec(VecOf::ValType) => "vec(valtype)".into(),
        ImmKind::Vec(VecOf::Catch) => "vec(catch)".into(),
        ImmKind::Vec(VecOf::Handler) => "vec(handler)".into(),
        ImmKind::CastFlags => "castflags".into(),
        ImmKind::HeapType => "heaptype".into(),
        ImmKind::Reserved => "reserved".into(),
    }
}

/// The stack effect with type variables replaced by what the row binds.
pub(super) fn stack_notation(op: &Op) -> String {
    let pops = op.pops.iter().map(|operand| {
        let ty = describe_type(&operand.ty);
        if operand.name.is_empty() { ty } else { format!("{}:{ty}", operand.name) }
    });
    let pushes: Vec<String> = op.pushes.iter().map(describe_type).collect();
    let after = if op.diverges { vec!["!".to_owned()] } else { pushes };
    pops.chain(["->".to_owned()]).chain(after).collect::<Vec<_>>().join(" ")
}

/// A type as the table writes it.
pub(crate) fn describe_type(ty: &crate::model::Type) -> String {
    use crate::model::{Class, Heap, Nullability, Of, Sequence, Type};
    match ty {
        Type::Number(number) => number.name().into(),
        Type::Abstract(name) => name.clone(),
        Type::Operand(_, class) => match class {
            Class::Any => "any",
            Class::Numeric => "numeric",
            Class::Reference => "reference",
        }
        .into(),
        Type::Addr(imm) => format!("addr({imm})"),
        Type::AddrMin(d, s) => format!("addr_min({d}, {s})"),
        Type::Of(of, imm) => match of {
            Of::Local => format!("local({imm})"),
            Of::Global => format!("global({imm})"),
            Of::Elem => format!("elem({imm})"),
            Of::ArrayElem => format!("array_elem({imm})"),
            Of::Type => format!("type({imm})"),
        },
        Type::Field(ty, field) => format!("field({ty}, {field})"),
        Type::Ref(nullability, heap) => {
            let heap = match heap {
                Heap::Abstract(name) | Heap::Imm(name) | Heap::Variable(name) => name.clone(),
                Heap::Top(name) => format!("top({name})"),
            };
            match nullability {
                Nullability::NonNull => format!("ref({heap})"),
                Nullability::Null => format!("ref(null {heap})"),
                Nullability::Variable(name) => format!("ref({name} {heap})"),
            }
        }
        Type::Source(flags, from) => format!("source({flags}, {from})"),
        Type::Target(flags, to) => format!("target({flags}, {to})"),
        Type::Diff(flags, from, to) => format!("diff({flags}, {from}, {to})"),
        Type::Sequence(sequence, imm) => match sequence {
            Sequence::Params => format!("params({imm})"),
            Sequence::Results => format!("results({imm})"),
            Sequence::Label => format!("label({imm})"),
            Sequence::Prefix => format!("prefix({imm})"),
            Sequence::Fields => format!("fields({imm})"),
        },
        Type::Repeat(count, ty) => format!("repeat({count}, {})", describe_type(ty)),
    }
}

/// A price as people write it.
pub(super) fn describe_price(model: &Model, op: &Op) -> String {
    let class = &model.fuel[op.fuel];
    match &class.per {
        None => format!("{}", class.base),
        Some((per, every)) => {
            let per = match per {
                Per::Operand(name) => format!("of `{name}`"),
                Per::Locals => "locals".to_owned(),
                Per::Values => "values".to_owned(),
            };
            match every {
                1 => format!("{} + 1 for each {per}", class.base),
                every => format!("{} + 1 for every {every} {per}", class.base),
            }
        }
    }
}

/// Whether the row's price depends on an operand.
pub(crate) fn pays_by_operand<'m>(model: &'m Model, op: &Op) -> Option<(&'m str, u32)> {
    match (&model.fuel[op.fuel].per, op.flow) {
        (Some((Per::Operand(name), every)), Flow::Next) => Some((name, *every)),
        _ => None,
    }
}
