//! Waiting for the first of several things: the time, something to read, room to write.

use crate::clock::{ClockId, Clocks};
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Descriptors, Resource};
use crate::errno::Errno;
use crate::exit::Failure;
use crate::flags::FileType;
use crate::interrupt::Interrupts;
use crate::io::{host_handle, require_access};
use crate::memory::{Guest, Pointer};
use crate::rights::Rights;
use crate::subscription::{EVENT, Happened, Subscription, Target};
use crate::wait::{Direction, Interest, State, wait};
use std::io::SeekFrom;
use std::time::Duration;

/// At most so many subscriptions in one call; no guest has as many descriptors.
const MAX_SUBSCRIPTIONS: u32 = 16_384;

/// How a subscription stands before anything is waited for.
enum Standing {
    /// It has happened, or failed.
    Now(Happened),
    /// It will happen in so many nanoseconds.
    In(u64),
    /// It will happen when the interest with this index is ready.
    When(usize),
}

/// Waits until at least one subscription has happened, and writes an event for each that has.
///
/// On a virtual clock waiting for the time takes none: the clock moves to the first timeout.
pub(crate) fn poll_oneoff(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    subscriptions: Pointer,
    events: Pointer,
    count: u32,
    happened: Pointer,
) -> Result<(), Failure> {
    guest.check(happened, 4)?;
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    guest.check(events, count * EVENT)?;
    let size = Subscription::size(guest.snapshot);
    let subscriptions = (0..count)
        .map(|index| Subscription::read(guest, subscriptions.element(index, size)?))
        .collect::<Result<Vec<_>, Errno>>()?;
    let outcome = outcome(ctx, &subscriptions)?;
    let mut written = 0;
    for (subscription, outcome) in subscriptions.iter().zip(outcome) {
        if let Some(outcome) = outcome {
            subscription.write_event(guest, events.element(written, EVENT)?, outcome)?;
            written += 1;
        }
    }
    Ok(guest.write_u32(happened, written)?)
}

/// What has happened to each subscription, once something has.
fn outcome(ctx: &mut WasiCtx, subscriptions: &[Subscription]) -> Result<Vec<Option<Happened>>, Failure> {
    let (standings, interests) = standings(&ctx.descriptors, &mut ctx.clocks, subscriptions);
    let first = first_time(&standings);
    let states = wait_for_host(&interests, first, &ctx.clocks, &mut ctx.interrupts)?;
    let passed = match states.iter().any(|state| state.ready) {
        true => 0,
        false => first.unwrap_or(0),
    };
    ctx.clocks.advance(passed);
    let happened = |standing: &Standing| match standing {
        Standing::Now(happened) => Some(*happened),
        Standing::In(nanoseconds) => (*nanoseconds <= passed).then_some(Happened::NOTHING_MORE),
        Standing::When(index) => states.get(*index).filter(|state| state.ready).map(|state| Happened::on_host(*state)),
    };
    Ok(standings.iter().map(happened).collect())
}

/// How each subscription stands, and what must be waited for on the host.
fn standings<'a>(
    descriptors: &'a Descriptors,
    clocks: &mut Clocks,
    subscriptions: &[Subscription],
) -> (Vec<Standing>, Vec<Interest<'a>>) {
    let mut interests = Vec::new();
    let standing = |subscription: &Subscription| match subscription.target {
        Target::Clock { id, timeout, absolute } => clock_standing(clocks, id, timeout, absolute),
        Target::Descriptor { fd, direction } => match descriptors.get(fd) {
            Ok(descriptor) => descriptor_standing(descriptor, direction, &mut interests),
            Err(errno) => Standing::Now(Happened::failed(errno)),
        },
    };
    let standings = subscriptions.iter().map(standing).collect();
    (standings, interests)
}

/// In how many nanoseconds something happens for certain.
fn first_time(standings: &[Standing]) -> Option<u64> {
    let times = standings.iter().filter_map(|standing| match standing {
        Standing::Now(_) => Some(0),
        Standing::In(nanoseconds) => Some(*nanoseconds),
        Standing::When(_) => None,
    });
    times.min()
}

/// Waits until something of the host is ready or the time has come, and returns the state of each interest.
fn wait_for_host(
    interests: &[Interest],
    first: Option<u64>,
    clocks: &Clocks,
    interrupts: &mut Interrupts,
) -> Result<Vec<State>, Failure> {
    let timeout = match clocks.is_virtual() {
        // Programs sleep with a clock alone. That is nothing to wait for when the clock is virtual, but a program that
        // only sleeps must end when it shall.
        true if interests.is_empty() => return interrupts.check().map(|()| Vec::new()).map_err(Failure::from),
        true => first.map(|_| 0),
        false => first,
    };
    wait(interests, timeout.map(Duration::from_nanos), interrupts)
}

fn clock_standing(clocks: &mut Clocks, id: u32, timeout: u64, absolute: bool) -> Standing {
    let now = ClockId::new(id).and_then(|id| clocks.read(id));
    match (now, absolute) {
        (Err(errno), _) => Standing::Now(Happened::failed(errno)),
        (Ok(now), true) => Standing::In(timeout.saturating_sub(now)),
        (Ok(_), false) => Standing::In(timeout),
    }
}

fn descriptor_standing<'a>(
    descriptor: &'a Descriptor,
    direction: Direction,
    interests: &mut Vec<Interest<'a>>,
) -> Standing {
    if let Err(errno) = require_pollable(descriptor, direction) {
        return Standing::Now(Happened::failed(errno));
    }
    match host_handle(&descriptor.resource) {
        Some(handle) => {
            interests.push(Interest { handle, direction });
            Standing::When(interests.len() - 1)
        }
        None => Standing::Now(Happened::ready(bytes_at_hand(descriptor, direction))),
    }
}

fn require_pollable(descriptor: &Descriptor, direction: Direction) -> Result<(), Errno> {
    descriptor.rights.require(Rights::POLL_FD_READWRITE)?;
    match descriptor.resource {
        Resource::Directory(_) => Err(Errno::Badf),
        _ => require_access(descriptor, direction),
    }
}

/// How much can be read or written without waiting, as far as that is known.
fn bytes_at_hand(descriptor: &Descriptor, direction: Direction) -> u64 {
    match (&descriptor.resource, direction) {
        (Resource::Input(input), Direction::Read) => input.available(),
        (Resource::File(file), Direction::Read) if file.file_type == FileType::RegularFile => {
            let size = file.host().metadata().map_or(0, |metadata| metadata.len());
            size.saturating_sub(file.seek(SeekFrom::Current(0)).unwrap_or(0))
        }
        _ => 1,
    }
}
