//! Waiting for descriptors of the host and for time to pass, in a way that the host can interrupt.

use crate::exit::Failure;
use crate::interrupt::Interrupts;
use std::io;
use std::time::{Duration, Instant};

/// While something may interrupt the waiting, it is looked at this often.
const SLICE: Duration = Duration::from_millis(10);

/// Something of the host that can be waited for.
#[cfg(unix)]
pub(crate) type HostHandle<'a> = std::os::fd::BorrowedFd<'a>;

/// The standard library gives no means to wait for a handle here, so that none exists: everything counts as ready.
#[cfg(not(unix))]
pub(crate) type HostHandle<'a> = &'a std::convert::Infallible;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// A handle to wait for.
#[cfg_attr(not(unix), allow(dead_code))]
pub(crate) struct Interest<'a> {
    pub handle: HostHandle<'a>,
    pub direction: Direction,
}

/// What has become of an [`Interest`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Something has happened.
    pub ready: bool,
    /// What was waited for is possible. An end or an error can be all that has happened.
    pub possible: bool,
    /// The other side has hung up.
    pub hangup: bool,
}

/// Waits until one of the handles is ready, the time is over (without one: for ever), or the waiting is interrupted.
///
/// There is a state for each interest, in the same order.
pub(crate) fn wait(
    interests: &[Interest],
    timeout: Option<Duration>,
    interrupts: &mut Interrupts,
) -> Result<Vec<State>, Failure> {
    // A time beyond what the host can count is for ever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        interrupts.check()?;
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = match interrupts.any() {
            true => Some(left.map_or(SLICE, |left| left.min(SLICE))),
            false => left,
        };
        let states = poll(interests, slice)?;
        if left == Some(Duration::ZERO) || states.iter().any(|state| state.ready) {
            return Ok(states);
        }
    }
}

#[cfg(unix)]
fn poll(interests: &[Interest], timeout: Option<Duration>) -> io::Result<Vec<State>> {
    use rustix::event::{PollFd, PollFlags, Timespec};
    if let ([], Some(time)) = (interests, timeout) {
        // Finer than poll's timer on some systems.
        std::thread::sleep(time);
        return Ok(Vec::new());
    }
    let wanted = |direction| match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    let mut fds: Vec<PollFd> = interests
        .iter()
        .map(|interest| PollFd::from_borrowed_fd(interest.handle, wanted(interest.direction)))
        .collect();
    // A time that poll cannot count is longer than anyone waits.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        // A signal for the host: nothing is ready yet.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(fds.iter().map(|fd| state(fd.revents())).collect())
}

/// An error counts as ready: reading or writing will tell it.
#[cfg(unix)]
fn state(events: rustix::event::PollFlags) -> State {
    use rustix::event::PollFlags;
    State {
        ready: !events.is_empty(),
        possible: events.intersects(PollFlags::IN | PollFlags::OUT),
        hangup: events.contains(PollFlags::HUP),
    }
}

#[cfg(not(unix))]
fn poll(_: &[Interest], timeout: Option<Duration>) -> io::Result<Vec<State>> {
    std::thread::sleep(timeout.unwrap_or(SLICE));
    Ok(Vec::new())
}
