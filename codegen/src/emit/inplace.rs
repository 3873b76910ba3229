//! `inplace.rs`: the in-place engine's loop, and one function for each row that control simply passes through.
//!
//! The shape of such a function: read the immediates after the opcode, take the operands (the last is in `tos`), call
//! the row's function, and only then change anything; so an instruction that traps or stops has had no effect.

use super::opcode::pays_by_operand;
use super::semantics::{passed_imms, path, rust_type};
use super::{ident, imm_reader, row_doc, upper};
use crate::model::{Flow, ImmKind, Model, Op, Part, PartKind};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

pub(super) fn emit(model: &Model) -> TokenStream {
    let arms = model.ops.iter().filter(|op| op.code.prefix.is_none()).map(|op| arm(model, op));
    let mut prefixes: Vec<u8> = model.ops.iter().filter_map(|op| op.code.prefix).collect();
    prefixes.dedup();
    let prefixed = prefixes.iter().map(|prefix| {
        let constant = format_ident!("PREFIX_{prefix:02X}");
        let arms = model.ops.iter().filter(|op| op.code.prefix == Some(*prefix)).map(|op| arm(model, op));
        quote! {
            code::#constant => match r.var_u32() {
                Ok(number) => match number {
                    #(#arms)*
                    _ => break Stop::Corrupt,
                },
                Err(stop) => break stop,
            },
        }
    });
    let functions = model.ops.iter().filter(|op| op.flow == Flow::Next).map(|op| function(model, op));
    quote! {
        /// Runs the current function, and those it calls in the same instance, until something stops it.
        ///
        /// An instruction that stops the loop has had no effect, and the position is that of its opcode.
        #[inline(never)]
        fn run_loop<M: Mode<Fuel = u64>>(machine: &mut Machine<'_, '_>) -> Stop {
            let Some(mut r) = machine.registers::<M>() else { return Stop::Corrupt };
            let stop = loop {
                let start = r.code;
                let Some(opcode) = r.opcode() else { break Stop::Corrupt };
                if M::METERED {
                    match r.fuel.checked_sub(u64::from(machine.prices.of_byte(opcode))) {
                        Some(left) => r.fuel = left,
                        None => {
                            r.code = start;
                            break Stop::OutOfFuel;
                        }
                    }
                }
                match opcode {
                    #(#arms)*
                    #(#prefixed)*
                    _ => break Stop::Corrupt,
                }
            };
            if stop == Stop::Instance {
                machine.save_fuel(r.fuel);
            } else {
                machine.save(&r);
            }
            stop
        }

        #(#functions)*
    }
}

/// The call of a row's function, or of its hand-written control flow.
pub(super) fn row_call(model: &Model, op: &Op) -> TokenStream {
    let name = ident(&op.snake());
    if op.flow == Flow::Next {
        let machine = needs_machine(model, op).then(|| quote!(machine,));
        quote!(super::#name(#machine &mut r))
    } else {
        let module = by_hand(op);
        quote!(#module::#name(machine, &mut r))
    }
}

/// The module with the hand-written function of a row that control does not simply pass through.
fn by_hand(op: &Op) -> Ident {
    ident(if matches!(op.flow, Flow::Call | Flow::Return) { "call" } else { "control" })
}

/// Whether a row's function needs more than the registers.
fn needs_machine(model: &Model, op: &Op) -> bool {
    op.nans || pays_by_operand(model, op).is_some() || op.parts.iter().any(|part| part.kind != PartKind::Local)
}

fn arm(model: &Model, op: &Op) -> TokenStream {
    let (constant, name) = (upper(&op.id), ident(&op.snake()));
    let call = if op.flow == Flow::Next {
        let machine = needs_machine(model, op).then(|| quote!(machine,));
        quote!(#name(#machine &mut r))
    } else {
        let module = by_hand(op);
        quote!(#module::#name(machine, &mut r))
    };
    // A prefix is free, so what follows it is paid for here.
    let charge = op.code.prefix.map(|_| {
        let variant = format_ident!("{}", op.camel());
        quote! {
            if M::METERED && !machine.charge(&mut r, u64::from(machine.prices.of(Opcode::#variant))) {
                r.code = start;
                break Stop::OutOfFuel;
            }
        }
    });
    quote! {
        code::#constant => {
            #charge
            if let Err(stop) = #call {
                if stop.is_at_opcode() {
                    r.code = start;
                }
                break stop;
            }
        }
    }
}

fn function(model: &Model, op: &Op) -> TokenStream {
    let doc = format!("{}: {}", row_doc(op), op.doc);
    let name = ident(&op.snake());
    let machine = needs_machine(model, op).then(|| quote!(machine: &mut Machine<'_, '_>,));
    let immediates = op.imms.iter().map(immediate);
    let operands = operands(op);
    let body = call(model, op);
    let registers =
        if uses_registers(op) { quote!(r: &mut Registers<'_, M>) } else { quote!(_: &mut Registers<'_, M>) };
    quote! {
        #[doc = #doc]
        #[inline(always)]
        fn #name<M: Mode>(#machine #registers) -> Result<(), Stop> {
            #(#immediates)*
            #(#operands)*
            #body
        }
    }
}

/// Whether the row's function reads or changes anything.
fn uses_registers(op: &Op) -> bool {
    let touches_nothing = op.imms.is_empty() && op.pops.is_empty() && op.pushes.is_empty();
    !op.diverges && !touches_nothing
}

fn immediate(imm: &crate::model::Imm) -> TokenStream {
    let (name, reader) = (ident(&imm.name), imm_reader(imm));
    match imm.kind {
        ImmKind::HeapType => quote!(r.skip_type()?;),
        ImmKind::Vec(_) => quote!(r.skip_val_types()?;),
        ImmKind::Index(_) => quote!(let #name = r.var_u32()?;),
        _ => quote!(let #name = r.#reader()?;),
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
        quote!(let price = if M::METERED { machine.prices.variable(Opcode::#variant, operand_units(#operand)) } else { 0 };)
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
            let is_paid = !M::METERED || machine.fuel_reserve.saturating_add(r.fuel.units()) >= price;
            #(#parts)*
            let effect = #path(#(#arguments),*) #question;
            if is_paid {
                effect();
            } else {
                core::mem::drop(effect);
            }
            if M::METERED {
                machine.pay(r, base, price)?;
            }
            #finish
        };
    }
    let written = written(op);
    let value = quote!(#path(#(#arguments),*) #question);
    let value = if op.nans { nan_checked(&value) } else { value };
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

/// The value of a row that may give a NaN: whether that is to be made canonical is looked up only where it is one, in a form
/// of its own.
fn nan_checked(value: &TokenStream) -> TokenStream {
    quote! {{
        let value = #value;
        if M::SHORT && semantics::float::is_nan(value) {
            return Err(Stop::Long);
        }
        semantics::float::canonical_nan(value, machine.canonical_nans)
    }}
}

/// The name that holds a part.
pub(super) fn part_name(part: &Part) -> proc_macro2::Ident {
    match part.kind {
        PartKind::Memory => ident("bytes"),
        PartKind::Pages => ident("pages"),
        PartKind::Memories => ident("pair"),
        PartKind::Table => ident("table"),
        PartKind::Tables => ident("pair"),
        PartKind::Data => ident("data"),
        PartKind::Elem => ident("segment"),
        PartKind::Local | PartKind::Global => ident("variable"),
        PartKind::Function => ident("function"),
        PartKind::Heap => ident("heap"),
    }
}

pub(super) fn bind(op: &Op, part: &Part) -> TokenStream {
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
        (PartKind::Memory, _) => quote!(machine.memory(#(#imms),*)?),
        (PartKind::Pages, _) => quote!(machine.pages(#(#imms),*)?),
        (PartKind::Memories, _) => quote!(machine.memories(#(#imms),*)?),
        (PartKind::Table, _) => quote!(machine.table(#(#imms),*)?),
        (PartKind::Tables, _) => quote!(machine.tables(#(#imms),*)?),
        (PartKind::Data, false) => quote!(machine.data(#(#imms),*)?),
        (PartKind::Data, true) => quote!(machine.data_state(#(#imms),*)?),
        (PartKind::Elem, false) => quote!(machine.elements(#(#imms),*)?),
        (PartKind::Elem, true) => quote!(machine.elements_state(#(#imms),*)?),
        (PartKind::Local, _) => return quote!(let #mutable #name = r.local(#(#imms),*)?;),
        (PartKind::Global, _) => return quote!(let #mutable #name = machine.global(#(#imms),*)?;),
        (PartKind::Function, _) => quote!(machine.function(#(#imms),*)?),
        (PartKind::Heap, _) => quote!(machine.heap()?),
    };
    quote!(let #name = #found;)
}

pub(super) fn arguments(op: &Op) -> Vec<TokenStream> {
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
        (0, 0) => quote!(Ok(())),
        (0, _) => quote!(r.push(#value)),
        (_, 0) => quote!(r.drop(#count)),
        _ => quote!(r.replace(#count, #value)),
    }
}
