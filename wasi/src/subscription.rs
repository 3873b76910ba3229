//! What a guest waits for and what it is told, as they stand in its memory.

use crate::descriptors::Fd;
use crate::errno::Errno;
use crate::flags::{eventrw, subclock};
use crate::memory::{Guest, Pointer};
use crate::snapshot::Snapshot;
use crate::wait::{Direction, State};

/// The size of an event.
pub(crate) const EVENT: u32 = 32;

/// What a guest waits for, and the number that it recognises it by.
pub(crate) struct Subscription {
    userdata: u64,
    kind: u8,
    pub target: Target,
}

pub(crate) enum Target {
    Clock { id: u32, timeout: u64, absolute: bool },
    Descriptor { fd: Fd, direction: Direction },
}

/// What an event tells.
#[derive(Clone, Copy)]
pub(crate) struct Happened {
    pub errno: Errno,
    pub bytes: u64,
    pub flags: u16,
}

impl Happened {
    pub const NOTHING_MORE: Happened = Happened { errno: Errno::Success, bytes: 0, flags: 0 };

    pub fn failed(errno: Errno) -> Happened {
        Happened { errno, ..Happened::NOTHING_MORE }
    }

    pub fn ready(bytes: u64) -> Happened {
        Happened { bytes, ..Happened::NOTHING_MORE }
    }

    /// The host tells that something is there, not how much.
    pub fn on_host(state: State) -> Happened {
        Happened {
            errno: Errno::Success,
            bytes: u64::from(state.possible),
            flags: if state.hangup { eventrw::HANGUP } else { 0 },
        }
    }
}

impl Subscription {
    pub fn size(snapshot: Snapshot) -> u32 {
        match snapshot {
            Snapshot::Unstable => 56,
            Snapshot::Preview1 => 48,
        }
    }

    pub fn read(guest: &Guest, at: Pointer) -> Result<Subscription, Errno> {
        let kind = guest.read_u8(at.offset(8)?)?;
        let body = at.offset(16)?;
        let target = match kind {
            0 => Subscription::read_clock(guest, body)?,
            1 | 2 => Target::Descriptor {
                fd: Fd(guest.read_u32(body)?),
                direction: if kind == 1 { Direction::Read } else { Direction::Write },
            },
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription { userdata: guest.read_u64(at)?, kind, target })
    }

    fn read_clock(guest: &Guest, body: Pointer) -> Result<Target, Errno> {
        let clock = match guest.snapshot {
            // A second number of the guest's own stands first.
            Snapshot::Unstable => body.offset(8)?,
            Snapshot::Preview1 => body,
        };
        Ok(Target::Clock {
            id: guest.read_u32(clock)?,
            timeout: guest.read_u64(clock.offset(8)?)?,
            absolute: guest.read_u16(clock.offset(24)?)? & subclock::ABSTIME != 0,
        })
    }

    pub fn write_event(&self, guest: &mut Guest, at: Pointer, happened: Happened) -> Result<(), Errno> {
        let head = u64::from(happened.errno.number()) | u64::from(self.kind) << 16;
        let words = [self.userdata, head, happened.bytes, u64::from(happened.flags)];
        let mut bytes = [0; EVENT as usize];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        guest.write(at, &bytes)
    }
}
