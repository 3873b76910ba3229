//! `inplace.rs`: the in-place engine's loop, and one function for each row that control simply passes through.
//!
//! The shape of such a function: read the immediates after the opcode, take the operands (the last is in `tos`), call
//! the row's function, and only then change anything; so an instruction that traps or stops has had no effect.

use super::opcode::pays_by_operand;
use super::semantics::{passed_imms, path, rust_type};
use super::{ident, imm_reader, row_doc, upper};
use crate::model::{Flow, ImmKind, Model, Op, Part, PartKind};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let arms = model.ops.iter().filter(|op| op.code.prefix.is_none()).map(|op| arm(model, op));
    let mut prefixes: Vec<u8> = model.ops.iter().filter_map(|op| op.code.prefix).collect();
    prefixes.dedup();
    let prefixed = prefixes.iter().map(|prefix| {
        let constant = format_ident!("PREFIX_{prefix:02X}");
        let arms = model.ops.iter().filter(|op| op.code.prefix == Some(*prefix)).map(|op| arm(model, op));
        quote! {
            code::#constant => match r.var_u32(at) {
                Ok((number, at)) => match number {
                    #(#arms)*
                    _ => Err(Stop::Corrupt),
                },
                Err(stop) => Err(stop),
            },
        }
    });
    let functions = model.ops.iter().filter(|op| op.flow == Flow::Next).map(|op| function(model, op));
    quote! {
        /// Runs the current function, and those it calls in the same instance, until something stops it.
        ///
        /// An instruction that stops the loop has had no effect, and `r.ip` stands at its opcode.
        #[inline(never)]
        pub(super) fn run<const METERED: bool>(machine: &mut Machine<'_, '_>, memory: &mut [u8]) -> Stop {
            let mut r = machine.registers();
            let stop = loop {
                let Some(&opcode) = r.code.get(r.ip) else { break Stop::Corrupt };
                if METERED && !r.charge(machine.prices.of_byte(opcode)) {
                    break Stop::OutOfFuel;
                }
                let at = r.ip.wrapping_add(1);
                let outcome = match opcode {
                    #(#arms)*
                    #(#prefixed)*
                    _ => Err(Stop::Corrupt),
                };
                if let Err(stop) = outcome {
                    break stop;
                }
            };
            machine.save(&r);
            stop
        }

        #(#functions)*
    }
}

/// What a row's function needs beside the registers.
struct Needs {
    machine: bool,
    memory: bool,
    metered: bool,
}

fn needs(model: &Model, op: &Op) -> Needs {
    let memory = op.parts.iter().any(|part| matches!(part.kind, PartKind::Memory | PartKind::Memories));
    let metered = pays_by_operand(model, op).is_some();
    let machine = memory || metered || op.parts.iter().any(|part| part.kind != PartKind::Local);
    Needs { machine, memory, metered }
}

fn arm(model: &Model, op: &Op) -> TokenStream {
    let (constant, name) = (upper(&op.id), ident(&op.snake()));
    let call = if op.flow == Flow::Next {
        let needs = needs(model, op);
        let machine = needs.machine.then(|| quote!(machine,));
        let memory = needs.memory.then(|| quote!(memory,));
        let generics = needs.metered.then(|| quote!(::<METERED>));
        quote!(#name #generics (#machine #memory &mut r, at))
    } else {
        quote!(control::#name::<METERED>(machine, &mut r, at))
    };
    let call = if op.code.prefix.is_some() {
        let variant = format_ident!("{}", op.camel());
        quote! {
            if METERED && !r.charge(machine.prices.of(Opcode::#variant)) {
                Err(Stop::OutOfFuel)
            } else {
                #call
            }
        }
    } else {
        call
    };
    quote!(code::#constant => #call,)
}

fn function(model: &Model, op: &Op) -> TokenStream {
    let doc = format!("{}: {}", row_doc(op), op.doc);
    let needs = needs(model, op);
    let name = ident(&op.snake());
    let machine = needs.machine.then(|| quote!(machine: &mut Machine<'_, '_>,));
    let memory = needs.memory.then(|| quote!(memory: &mut [u8],));
    let generics = needs.metered.then(|| quote!(<const METERED: bool>));
    let immediates = op.imms.iter().map(immediate);
    let operands = operands(op);
    let body = call(model, op);
    let registers =
        if op.diverges { quote!(_: &mut Registers<'_>, _: usize) } else { quote!(r: &mut Registers<'_>, at: usize) };
    quote! {
        #[doc = #doc]
        #[inline(always)]
        fn #name #generics (#machine #memory #registers) -> Result<(), Stop> {
            #(#immediates)*
            #(#operands)*
            #body
        }
    }
}

fn immediate(imm: &crate::model::Imm) -> TokenStream {
    let (name, reader) = (ident(&imm.name), imm_reader(imm));
    match imm.kind {
        ImmKind::HeapType => quote!(let at = r.skip_heap_type(at)?;),
        ImmKind::Vec(_) => quote!(let at = r.skip_val_types(at)?;),
        ImmKind::Index(_) => quote!(let (#name, at) = r.var_u32(at)?;),
        _ => quote!(let (#name, at) = r.#reader(at)?;),
    }
}

/// The operands: the last is in `tos`, the others below it in the frame.
fn operands(op: &Op) -> Vec<TokenStream> {
    let count = op.pops.len();
    op.pops
        .iter()
        .enumerate()
        .map(|(index, operand)| {
            let (name, ty) = (ident(&operand.name), rust_type(&operand.ty));
            let depth = count - 1 - index;
            let slot = if depth == 0 { quote!(r.tos) } else { quote!(r.below(#depth)?) };
            quote!(let #name = <#ty>::from_slot(#slot);)
        })
        .collect()
}

fn call(model: &Model, op: &Op) -> TokenStream {
    let price = pays_by_operand(model, op).map(|(operand, _)| {
        let (variant, operand) = (format_ident!("{}", op.camel()), ident(operand));
        quote!(let price = if METERED { machine.prices.variable(Opcode::#variant, operand_units(#operand)) } else { 0 };)
    });
    let (shared, exclusive): (Vec<&Part>, Vec<&Part>) = op.parts.iter().partition(|part| !part.mutable);
    let parts = shared.iter().chain(&exclusive).map(|part| bind(op, part));
    let arguments = arguments(op);
    let path = path(op);
    let question = (!op.traps.is_empty()).then(|| quote!(?));
    if let Some(price) = price {
        let variant = format_ident!("{}", op.camel());
        let finish = finish(op, quote!(()));
        return quote! {
            #price
            let base = machine.prices.of(Opcode::#variant);
            #(#parts)*
            let effect = #path(#(#arguments),*) #question;
            if METERED {
                r.pay(base, price)?;
            }
            effect();
            #finish
        };
    }
    let written = written(op);
    let value = quote!(#path(#(#arguments),*) #question);
    if op.diverges {
        return quote!(#(#parts)* match #value {});
    }
    let bind_value = if op.pushes.is_empty() { quote!(#value;) } else { quote!(let value = #value;) };
    let finish = finish(op, quote!(value.into_slot()));
    quote! {
        #(#parts)*
        #bind_value
        #(#written)*
        #finish
    }
}

/// The name that holds a part.
fn part_name(part: &Part) -> proc_macro2::Ident {
    match part.kind {
        PartKind::Memory => ident("bytes"),
        PartKind::Memories => ident("pair"),
        PartKind::Table => ident("table"),
        PartKind::Tables => ident("pair"),
        PartKind::Data => ident("data"),
        PartKind::Elem => ident("segment"),
        PartKind::Local | PartKind::Global => ident("variable"),
        PartKind::Function => ident("function"),
    }
}

fn bind(op: &Op, part: &Part) -> TokenStream {
    let name = part_name(part);
    let imms: Vec<TokenStream> = part
        .imms
        .iter()
        .map(|imm| {
            let name = ident(imm);
            match op.imm(imm).map(|imm| &imm.kind) {
                Some(ImmKind::MemArg) => quote!(#name.memory),
                _ => quote!(#name),
            }
        })
        .collect();
    let mutable = part.mutable.then(|| quote!(mut));
    let found = match (part.kind, part.mutable) {
        (PartKind::Memory, _) => quote!(machine.memory(memory, #(#imms),*)?),
        (PartKind::Memories, _) => quote!(machine.memories(memory, #(#imms),*)?),
        (PartKind::Table, _) => quote!(machine.table(#(#imms),*)?),
        (PartKind::Tables, _) => quote!(machine.tables(#(#imms),*)?),
        (PartKind::Data, false) => quote!(machine.data(#(#imms),*)?),
        (PartKind::Data, true) => quote!(machine.data_state(#(#imms),*)?),
        (PartKind::Elem, false) => quote!(machine.elements(#(#imms),*)?),
        (PartKind::Elem, true) => quote!(machine.elements_state(#(#imms),*)?),
        (PartKind::Local, _) => return quote!(let #mutable #name = r.local(#(#imms),*)?;),
        (PartKind::Global, _) => return quote!(let #mutable #name = machine.global(#(#imms),*)?;),
        (PartKind::Function, _) => quote!(machine.function(#(#imms),*)?),
    };
    quote!(let #name = #found;)
}

fn arguments(op: &Op) -> Vec<TokenStream> {
    let parts = op.parts.iter().map(|part| {
        let name = part_name(part);
        let by_reference = part.mutable && matches!(part.kind, PartKind::Local | PartKind::Global);
        if by_reference { quote!(&mut #name) } else { quote!(#name) }
    });
    let imms = passed_imms(op).map(|imm| {
        let name = ident(&imm.name);
        if imm.kind == ImmKind::MemArg { quote!(#name.offset) } else { quote!(#name) }
    });
    let operands = op.pops.iter().map(|operand| {
        let name = ident(&operand.name);
        quote!(#name)
    });
    parts.chain(imms).chain(operands).collect()
}

/// Variables that the function changed go back to where they live.
fn written(op: &Op) -> Vec<TokenStream> {
    op.parts
        .iter()
        .filter(|part| part.mutable)
        .filter_map(|part| {
            let (name, imm) = (part_name(part), ident(part.imms.first()?));
            match part.kind {
                PartKind::Local => Some(quote!(r.set_local(#imm, #name)?;)),
                PartKind::Global => Some(quote!(machine.set_global(#imm, #name)?;)),
                _ => None,
            }
        })
        .collect()
}

/// Pops the operands, pushes the result and goes on.
fn finish(op: &Op, value: TokenStream) -> TokenStream {
    let count = op.pops.len();
    match (count, op.pushes.len()) {
        (0, 0) => quote!(r.next(at)),
        (0, _) => quote!(r.push(#value, at)),
        (_, 0) => quote!(r.drop(#count, at)),
        _ => quote!(r.replace(#count, #value, at)),
    }
}
