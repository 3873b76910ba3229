//! The in-place engine as handlers that end in a jump to the next.
//!
//! Stable Rust does not promise that a call in tail position becomes a jump, but LLVM makes one of each call here on the
//! architectures and optimisation levels that `build.rs` knows. What it needs: at most six integer arguments, the same
//! for every handler, and no ordinary call in a handler, which would have to save registers: what is rare is a cold
//! handler of its own, or stops.

use super::super::exit::Stop;
use super::super::frame::SLACK;
use super::super::machine::Machine;
use super::super::registers::{CODE_WINDOW, CodeCursor, FuelCounter, Mode, Registers};
use super::{call, control, sums};
use crate::binary::parts::Body;
use crate::opcode::code;
use core::cell::Cell;

/// What is seen of the code, which begins where the last branch went; whoever comes to its end moves it.
type Code = [u8; CODE_WINDOW];

/// The last place in a window that an instruction's bytes after the opcode may begin at: behind them stand up to two more
/// instructions of the same handler, each of nine bytes at most, and the opcode that follows.
const LAST_IN_WINDOW: usize = CODE_WINDOW - 32;

/// A frame's window: of fixed size, so that it takes one register.
type Cells = [Cell<u64>; SLACK];

/// A handler: the window on the code and the place behind its opcode, the frame, where its uppermost operand belongs, that
/// operand, the rest, and fuel.
type Handler = for<'m, 'a, 'x> extern "sysv64" fn(&'m Code, usize, &'m Cells, usize, u64, &'x mut Machine<'m, 'a>, f64);

/// The place of an instruction in a window.
#[derive(Clone, Copy)]
struct Place<'m> {
    code: &'m Code,
    ip: usize,
}

impl<'m> CodeCursor<'m> for Place<'m> {
    #[inline(always)]
    fn on(code: &'m [u8], offset: u32) -> Option<Self> {
        let start = offset as usize;
        Some(Place { code: code.get(start..start.wrapping_add(CODE_WINDOW))?.first_chunk()?, ip: 0 })
    }

    #[inline(always)]
    fn rest(self) -> &'m [u8] {
        self.code.get(self.ip..).unwrap_or_default()
    }

    #[inline(always)]
    fn byte(self, ahead: usize) -> Option<u8> {
        self.code.get(self.ip.wrapping_add(ahead)).copied()
    }

    #[inline(always)]
    fn word(self) -> Option<u64> {
        let bytes = self.code.get(self.ip..self.ip.wrapping_add(8))?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn advance(self, count: usize) -> Option<Self> {
        Some(Place { ip: self.ip.wrapping_add(count), ..self })
    }

    #[inline(always)]
    fn address(self) -> usize {
        self.code.as_ptr().addr().wrapping_add(self.ip)
    }
}

/// The handlers' way of rendering a row, in one of these forms.
struct Tail<const METERED: bool, const FORM: u8>;

/// What is frequent, and leads to the next instruction: it needs few of the host's registers.
const NEXT: u8 = 0;

/// What is frequent, and leads elsewhere.
const ELSEWHERE: u8 = 1;

/// What is frequent.
const SHORT: u8 = 2;

/// What is frequent, also with immediates of more than a byte.
const WIDE: u8 = 3;

/// Everything.
const LONG: u8 = 4;

impl<const METERED: bool, const FORM: u8> Mode for Tail<METERED, FORM> {
    const METERED: bool = METERED;
    const SUMS: bool = METERED;
    const SHORT: bool = FORM != LONG;
    const WIDE: bool = FORM == WIDE;
    const ONLY_NEXT: bool = FORM == NEXT;
    const ONLY_ELSEWHERE: bool = FORM == ELSEWHERE;
    const PADDED: bool = false;
    type Code<'m> = Place<'m>;
    type Frame<'m> = &'m Cells;
    type Fuel = f64;

    #[inline(always)]
    fn takes(_: &Machine<'_, '_>, body: &Body, _: f64) -> bool {
        takes(body)
    }
}

/// Integers up to 2^52 in a register for floats, where they are exact: the six for integers are all taken.
impl FuelCounter for f64 {
    const MOST: u64 = 1 << 52;

    #[inline(always)]
    fn new(units: u64) -> Self {
        units as Self
    }

    #[inline(always)]
    fn units(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn plus(self, sum: f64) -> Self {
        self + sum
    }

    #[inline(always)]
    fn is_short(self) -> bool {
        self < 0.0
    }
}

/// Whether the frame of `body` fits a window.
#[inline(always)]
pub(super) const fn takes(body: &Body) -> bool {
    (body.frame as usize) < SLACK
}

/// Where the host's stack stands, about.
#[inline(always)]
pub(in super::super) fn address_of_frame() -> usize {
    let local = 0u8;
    core::ptr::from_ref(core::hint::black_box(&local)).addr()
}

/// Runs from the current position, in a function of a frame that fits.
pub(super) fn run(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    if metered { start::<true>(machine) } else { start::<false>(machine) }
}

fn start<const METERED: bool>(machine: &mut Machine<'_, '_>) -> Stop {
    let Some(mut r) = machine.registers::<Tail<METERED, LONG>>() else { return Stop::Corrupt };
    if METERED {
        r.fuel -= sums::rest(machine, machine.position.frame.ip, machine.side_index);
    }
    dispatch(r, machine);
    machine.stop
}

#[inline(always)]
fn registers<'m, const METERED: bool, const FORM: u8>(
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    fuel: f64,
) -> Registers<'m, Tail<METERED, FORM>> {
    Registers { code: Place { code, ip }, frame, top, tos, fuel }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
fn dispatch<'m, const METERED: bool, const FORM: u8>(
    r: Registers<'m, Tail<METERED, FORM>>,
    machine: &mut Machine<'m, '_>,
) {
    let Registers { code: Place { code, ip }, frame, top, tos, fuel } = r;
    let Some(opcode) = r.code.byte(0) else {
        return give_up(machine);
    };
    let ip = ip.wrapping_add(1);
    handler_of::<METERED>(opcode)(code, ip, frame, top, tos, machine, fuel);
}

/// The handler of the opcode whose byte is `byte`.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "256 handlers for the 256 values of a byte")]
fn handler_of<const METERED: bool>(byte: u8) -> Handler {
    if METERED { self::METERED[byte as usize] } else { FREE[byte as usize] }
}

/// The instruction before `ip`, for a handler of several that could not do this one. Apart, so that the compiler does not make a
/// loop of handlers that go on with themselves, which takes registers.
#[cold]
#[inline(never)]
extern "sysv64" fn again<'m, const METERED: bool>(
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    dispatch(registers::<METERED, LONG>(code, ip.wrapping_sub(1), frame, top, tos, fuel), machine);
}

/// The instruction before `ip` in a window that begins with it.
#[cold]
#[inline(never)]
extern "sysv64" fn move_window<'m, const METERED: bool>(
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    let offset = machine.offset_of(&registers::<METERED, LONG>(code, ip.wrapping_sub(1), frame, top, tos, fuel));
    let Some((Place { code, .. }, opcode)) =
        Place::on(machine.code, offset).and_then(|place| Some((place, place.byte(0)?)))
    else {
        return give_up(machine);
    };
    handler_of::<METERED>(opcode)(code, 1, frame, top, tos, machine, fuel);
}

/// Stops: at the opcode, or where the row has brought the registers.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the arguments of a handler, and what the row made of them")]
fn halt<'m, const METERED: bool, const FORM: u8>(
    stop: Stop,
    r: Registers<'m, Tail<METERED, FORM>>,
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
) {
    if stop == Stop::Corrupt {
        return give_up(machine);
    }
    machine.stop = stop;
    if stop == Stop::Instance {
        machine.save_fuel(r.fuel);
    } else if stop.moves_registers() {
        leave_moved::<METERED>(r.code.code, r.code.ip, r.frame, r.top, r.tos, machine, r.fuel);
    } else {
        leave::<METERED>(code, ip, frame, top, tos, machine, r.fuel);
    }
}

/// Returns from the first handler where nobody can go on, so that handlers need not keep the registers for it.
#[cold]
#[inline(never)]
extern "sysv64" fn give_up(machine: &mut Machine<'_, '_>) {
    machine.stop = Stop::Corrupt;
}

/// Saves the registers, with the position at the opcode that was read last, and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave<'m, const METERED: bool>(
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    leave_moved::<METERED>(code, ip.wrapping_sub(1), frame, top, tos, machine, fuel);
}

/// Saves the registers, with the position where they stand, and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave_moved<'m, const METERED: bool>(
    code: &'m Code,
    ip: usize,
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    machine.host_stack = address_of_frame();
    let mut r = registers::<METERED, LONG>(code, ip, frame, top, tos, fuel);
    if METERED {
        r.fuel = sums::fuel_at_stop(machine, fuel, machine.offset_of(&r));
    }
    machine.save(&r);
}

/// A byte that is no opcode: validation lets none through.
extern "sysv64" fn illegal<'m>(
    _: &'m Code,
    _: usize,
    _: &'m Cells,
    _: usize,
    _: u64,
    machine: &mut Machine<'m, '_>,
    _: f64,
) {
    give_up(machine);
}

include!(concat!(env!("OUT_DIR"), "/tail.rs"));
