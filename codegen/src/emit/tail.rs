//! `tail.rs`: the in-place engine's form of handlers that jump to each other, where that is known to hold, around the functions
//! of `inplace.rs`.
//!
//! A jump to the next handler costs as much as several instructions. So a handler looks whether one of the few rows follows that
//! `spec/successors.toml` lists for its own, and does that one, too.

use super::inplace::row_call;
use super::{ident, row_doc, upper};
use crate::model::{Flow, ImmKind, Model, Number, Op, Space};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// `tail.rs`: the in-place engine's form of handlers that jump to each other, where that is known to hold.
pub(super) fn emit(model: &Model) -> TokenStream {
    let handlers = model.ops.iter().filter(|op| op.code.prefix.is_none()).map(|op| handlers_of(model, op));
    let mut prefixes: Vec<u8> = model.ops.iter().filter_map(|op| op.code.prefix).collect();
    prefixes.dedup();
    let prefixed = prefixes.iter().map(|prefix| prefix_handler(model, *prefix));
    let by_byte: Vec<TokenStream> = (0..=u8::MAX)
        .map(|byte| {
            let op = model.ops.iter().find(|op| op.code.prefix.is_none() && op.code.number == u32::from(byte));
            match op {
                Some(op) => {
                    let name = ident(&op.snake());
                    quote!(#name::<METERED>)
                }
                None if prefixes.contains(&byte) => {
                    let name = format_ident!("prefix_{byte:02x}");
                    quote!(#name::<METERED>)
                }
                None => quote!(illegal),
            }
        })
        .collect();
    quote! {
        /// The handler of each opcode without a prefix, by its byte.
        const fn handlers<const METERED: bool>() -> [Handler; 256] {
            [#(#by_byte),*]
        }

        /// The handlers that do not count fuel.
        static FREE: [Handler; 256] = handlers::<false>();

        /// The handlers that count fuel.
        static METERED: [Handler; 256] = handlers::<true>();

        #(#handlers)*
        #(#prefixed)*
    }
}

/// What every handler is given.
fn parameters() -> TokenStream {
    quote! {
        code: &'m Code, ip: usize, frame: &'m Cells, top: usize, tos: u64, machine: &mut Machine<'m, '_>, fuel: f64,
    }
}

/// The forms of a row, each a handler: the first does what is frequent and leaves the rest to the others, which need more of
/// the host's registers, or the host's stack.
fn handlers_of(model: &Model, op: &Op) -> TokenStream {
    let doc = row_doc(op);
    let name =
        |suffix: &str| if suffix.is_empty() { ident(&op.snake()) } else { format_ident!("{}_{suffix}", op.snake()) };
    let is_next = op.flow == Flow::Next;
    let has_numbers = op.imms.iter().any(|imm| !matches!(imm.kind, ImmKind::Const(Number::F32 | Number::F64)));
    let has_long = has_numbers || !is_next || op.nans;
    let long = has_long.then(|| name("long"));
    let wide = (has_numbers && is_next && !is_relocated(op)).then(|| name("wide"));
    let elsewhere = may_go_elsewhere(op).then(|| name("elsewhere"));
    let kind = match () {
        () if elsewhere.is_some() => "NEXT",
        () if !has_long => "LONG",
        () if is_relocated(op) => "WIDE",
        () => "SHORT",
    };
    let first = Form {
        kind,
        elsewhere: elsewhere.as_ref(),
        longer: wide.as_ref().or(long.as_ref()),
        successors: &op.successors,
    };
    let mut handlers = one_handler(model, op, &name(""), &doc, &first, &TokenStream::new());
    let mut another = |name: &Option<Ident>, what: &str, form: Form<'_>, attributes: TokenStream| {
        if let Some(name) = name {
            handlers.extend(one_handler(model, op, name, &format!("{doc}: {what}"), &form, &attributes));
        }
    };
    let never_inline = quote!(#[inline(never)]);
    let form = |kind| Form { kind, elsewhere: None, longer: long.as_ref(), successors: &[] };
    another(
        &elsewhere,
        "where it goes elsewhere than to the next instruction",
        form("ELSEWHERE"),
        never_inline.clone(),
    );
    another(&wide, "with immediates of more than a byte", form("WIDE"), never_inline);
    let form = Form { kind: "LONG", elsewhere: None, longer: None, successors: &[] };
    another(&long, "what is rare, such as the longest immediates", form, quote!(#[cold] #[inline(never)]));
    handlers
}

/// What a handler does of a row, and which others do the rest.
struct Form<'f> {
    /// How the row's function is rendered.
    kind: &'f str,
    /// Goes elsewhere than to the next instruction.
    elsewhere: Option<&'f Ident>,
    /// Does what this one cannot.
    longer: Option<&'f Ident>,
    /// Sequences of rows that it does, too, if they follow.
    successors: &'f [Vec<String>],
}

/// Whether a row either goes on to the next instruction or elsewhere.
fn may_go_elsewhere(op: &Op) -> bool {
    !op.diverges && matches!(op.flow, Flow::Branch | Flow::Block)
}

/// Whether an immediate is an index that linkers fill in, and for which compilers leave as much room as the largest needs.
fn is_relocated(op: &Op) -> bool {
    op.imms.iter().any(|imm| match imm.kind {
        ImmKind::TypeIndex(_) => true,
        ImmKind::Index(space) => !matches!(space, Space::Local | Space::Label),
        _ => false,
    })
}

/// The handler of a prefix: decides by the number that follows.
fn prefix_handler(model: &Model, prefix: u8) -> TokenStream {
    let name = format_ident!("prefix_{prefix:02x}");
    let doc = format!(" The opcodes behind the prefix 0x{prefix:02X}.");
    let apart = format_ident!("prefix_{prefix:02x}_apart");
    let apart_doc = format!("{doc} With the registers put aside, because bulk operations need the host's stack.");
    let parameters = parameters();
    let arms = model.ops.iter().filter(|op| op.code.prefix == Some(prefix)).map(|op| {
        let (constant, call) = (upper(&op.id), row_call(model, op));
        quote!(Ok(code::#constant) => #call,)
    });
    quote! {
        #[doc = #doc]
        extern "sysv64" fn #name<'m, const METERED: bool>(#parameters) {
            let mut r = registers::<METERED, LONG>(code, ip, frame, top, tos, fuel);
            machine.put_aside(&r);
            let stop = #apart::<METERED>(machine, frame);
            match machine.take_back(&mut r).err().or(stop) {
                None => dispatch(r, machine),
                Some(stop) => halt(stop, r, code, ip, frame, top, tos, machine),
            }
        }

        #[doc = #apart_doc]
        #[inline(never)]
        fn #apart<'m, const METERED: bool>(machine: &mut Machine<'m, '_>, frame: &'m Cells) -> Option<Stop> {
            let Some(mut r) = machine.registers_put_aside::<Tail<METERED, LONG>>(frame) else {
                return Some(Stop::Corrupt);
            };
            let outcome = match r.var_u32() {
                #(#arms)*
                Ok(_) => Err(Stop::Corrupt),
                Err(stop) => Err(stop),
            };
            machine.put_aside(&r);
            outcome.err()
        }
    }
}

/// One handler of a row.
fn one_handler(
    model: &Model,
    op: &Op,
    name: &Ident,
    doc: &str,
    form: &Form<'_>,
    attributes: &TokenStream,
) -> TokenStream {
    let parameters = parameters();
    // Whoever goes elsewhere reads no more of the code.
    let look = (form.kind != "ELSEWHERE").then(|| {
        quote! {
            if ip > LAST_IN_WINDOW {
                return move_window::<METERED>(code, ip, frame, top, tos, machine, fuel);
            }
        }
    });
    let longer = form
        .longer
        .map(|other| quote!(Err(Stop::Long) => #other::<METERED>(code, ip, frame, top, tos, machine, fuel),));
    let failed = quote!(#longer Err(stop) => halt(stop, r, code, ip, frame, top, tos, machine),);
    let work = perform(model, op, form.kind, form.elsewhere, &failed, &slices(form.successors));
    quote! {
        #[doc = #doc]
        #attributes
        extern "sysv64" fn #name<'m, const METERED: bool>(#parameters) {
            #look
            #work
        }
    }
}

/// Sequences of rows.
type Sequences<'s> = Vec<&'s [String]>;

fn slices(sequences: &[Vec<String>]) -> Sequences<'_> {
    sequences.iter().map(Vec::as_slice).collect()
}

/// The rows that sequences begin with, in this order, and what follows each of them.
fn beginnings<'m, 's>(model: &'m Model, sequences: &[&'s [String]]) -> Vec<(&'m Op, Sequences<'s>)> {
    let mut beginnings: Vec<(&Op, Sequences<'_>)> = Vec::new();
    for sequence in sequences {
        let Some((first, rest)) = sequence.split_first() else { continue };
        let Some(op) = model.op(first) else { continue };
        match beginnings.iter_mut().find(|(known, _)| known.id == op.id) {
            Some((_, sequences)) => sequences.push(rest),
            None => beginnings.push((op, vec![rest])),
        }
    }
    beginnings
}

/// Performs a row, and those `sequences` that follow. What is done where the row fails is `failed`.
fn perform(
    model: &Model,
    op: &Op,
    kind: &str,
    elsewhere: Option<&Ident>,
    failed: &TokenStream,
    sequences: &[&[String]],
) -> TokenStream {
    let (call, kind) = (row_call(model, op), format_ident!("{kind}"));
    let elsewhere = elsewhere
        .map(|other| quote!(Err(Stop::Elsewhere) => #other::<METERED>(code, ip, frame, top, tos, machine, fuel),));
    let looks = beginnings(model, sequences).into_iter().map(|(next, rest)| {
        let (constant, then) = (upper(&next.id), successor(model, next, &rest));
        quote!(if r.code.byte(0) == Some(code::#constant) { return #then; })
    });
    quote! {
        let mut r = registers::<METERED, #kind>(code, ip, frame, top, tos, fuel);
        match #call {
            Ok(()) => {
                #(#looks)*
                dispatch(r, machine)
            }
            #elsewhere
            #failed
        }
    }
}

/// Performs a row behind another one. Where it cannot, the next handler begins with it; and with a branch, always: that costs
/// fewer registers, and a jump to a known place little.
fn successor(model: &Model, op: &Op, sequences: &[&[String]]) -> TokenStream {
    // What cannot be has a way of its own: else the compiler looks for both kinds of reasons at once, which takes registers.
    let failed = quote! {
        Err(Stop::Corrupt) => give_up(machine),
        Err(_) => again::<METERED>(code, ip, frame, top, tos, machine, fuel),
    };
    let name = ident(&op.snake());
    let work = match may_go_elsewhere(op) {
        true => quote!(#name::<METERED>(code, ip, frame, top, tos, machine, fuel)),
        false => perform(model, op, "SHORT", None, &failed, sequences),
    };
    quote! {{
        let Registers { code: Place { code, ip }, frame, top, tos, fuel } = r;
        let ip = ip.wrapping_add(1);
        #work
    }}
}
