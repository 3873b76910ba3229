//! The guest's clocks: the host's, or virtual ones that only calls move.

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{Guest, Pointer};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks that preview 1 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockId {
    /// The time of day, in nanoseconds since 1970.
    Realtime,
    /// A clock that never goes back.
    Monotonic,
    /// The time that the program has used.
    ProcessCpu,
    /// The time that the thread has used.
    ThreadCpu,
}

impl ClockId {
    pub fn new(number: u32) -> Result<ClockId, Errno> {
        match number {
            0 => Ok(ClockId::Realtime),
            1 => Ok(ClockId::Monotonic),
            2 => Ok(ClockId::ProcessCpu),
            3 => Ok(ClockId::ThreadCpu),
            _ => Err(Errno::Inval),
        }
    }
}

/// A clock of its own for a guest, so that a run can be repeated exactly.
///
/// It stands still but for three things: every reading moves it on by [`tick`](Self::tick), so that a loop which waits
/// for the time to pass ends; waiting moves it on by the time waited for, at once; and the host may
/// [advance](crate::WasiCtx::advance_clock) it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualClock {
    /// The time of day at which the clock starts, as time since 1970.
    pub start: Duration,
    /// How far each reading moves the clock.
    pub tick: Duration,
}

impl Default for VirtualClock {
    /// Starts with the first second of the year 2000 and ticks in microseconds.
    fn default() -> Self {
        VirtualClock { start: Duration::from_secs(946_684_800), tick: Duration::from_micros(1) }
    }
}

/// Where the guest's time comes from.
#[derive(Debug)]
pub(crate) enum Clocks {
    /// The host's clocks; all but the time of day count from here.
    Host(Instant),
    /// A virtual clock, and the nanoseconds that have passed on it.
    Virtual(VirtualClock, u64),
}

impl Clocks {
    pub fn host() -> Clocks {
        Clocks::Host(Instant::now())
    }

    /// The time in nanoseconds. Reading a virtual clock moves it.
    pub fn read(&mut self, id: ClockId) -> Result<u64, Errno> {
        match self {
            Clocks::Host(start) => host_time(id, *start),
            Clocks::Virtual(clock, elapsed) => {
                *elapsed = elapsed.saturating_add(nanoseconds(clock.tick));
                Ok(match id {
                    ClockId::Realtime => nanoseconds(clock.start).saturating_add(*elapsed),
                    _ => *elapsed,
                })
            }
        }
    }

    fn resolution(&self) -> u64 {
        match self {
            // No system tells in a portable way; all of them count in these units.
            Clocks::Host(_) => 1,
            Clocks::Virtual(clock, _) => nanoseconds(clock.tick).max(1),
        }
    }

    pub fn is_virtual(&self) -> bool {
        matches!(self, Clocks::Virtual(..))
    }

    /// Moves a virtual clock on, and says whether the clock is one.
    pub fn advance(&mut self, nanoseconds: u64) -> bool {
        match self {
            Clocks::Host(_) => false,
            Clocks::Virtual(_, elapsed) => {
                *elapsed = elapsed.saturating_add(nanoseconds);
                true
            }
        }
    }
}

fn host_time(id: ClockId, start: Instant) -> Result<u64, Errno> {
    match id {
        ClockId::Realtime => {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
            Ok(nanoseconds(since_1970.map_err(|_| Errno::Overflow)?))
        }
        // What the guest alone has used, nobody here can know: the time since its start is the upper bound.
        ClockId::Monotonic | ClockId::ProcessCpu | ClockId::ThreadCpu => Ok(nanoseconds(start.elapsed())),
    }
}

/// The whole number of nanoseconds; u64 is enough for 584 years.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes the resolution of a clock.
pub(crate) fn clock_res_get(ctx: &mut WasiCtx, guest: &mut Guest, id: u32, resolution: Pointer) -> Result<(), Errno> {
    ClockId::new(id)?;
    guest.write_u64(resolution, ctx.clocks.resolution())
}

/// Writes the time of a clock. The precision that the guest would accept changes nothing.
pub(crate) fn clock_time_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    id: u32,
    _precision: u64,
    time: Pointer,
) -> Result<(), Errno> {
    let id = ClockId::new(id)?;
    guest.check(time, 8)?;
    let now = ctx.clocks.read(id)?;
    guest.write_u64(time, now)
}
