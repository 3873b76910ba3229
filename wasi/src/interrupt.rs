//! Ending calls that wait, from outside of the guest.

use crate::exit::Exit;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag with which any thread of the host ends what a guest waits for.
///
/// Clones are handles of the same flag. Given to a guest by
/// [`WasiCtxBuilder::interrupt`](crate::WasiCtxBuilder::interrupt); several guests can have the same one.
///
/// The flag stays raised until it is [cleared](Self::clear): a guest that is just about to wait is ended, too.
///
/// ```
/// use std::thread;
/// use tablature_wasi::{Exit, Function, Interrupt, Snapshot, WasiCtx};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let interrupt = Interrupt::new();
/// let mut ctx = WasiCtx::builder().interrupt(&interrupt).build()?;
/// // A subscription to a clock, with a timeout of about 584 years.
/// let mut memory = vec![0; 65536];
/// memory[16] = 1;
/// memory[24..32].fill(0xFF);
/// let poll_oneoff = Function::find("poll_oneoff").ok_or("no such function")?;
/// let outcome = thread::scope(|scope| {
///     let guest = scope.spawn(|| poll_oneoff.call(&mut ctx, Snapshot::Preview1, &mut memory, &[0, 64, 1, 96]));
///     interrupt.raise();
///     guest.join()
/// });
/// assert_eq!(outcome.ok(), Some(Err(Exit::Interrupted)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A flag that is not raised.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Ends the calls that wait, within about 10 milliseconds, and every one that would wait from now on.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Lets guests wait again.
    pub fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether the flag is raised.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What may end a guest's waiting: a flag, a hook, both or nothing.
#[derive(Default)]
pub(crate) struct Interrupts {
    pub flag: Option<Interrupt>,
    pub hook: Option<Box<dyn FnMut() -> bool + Send>>,
}

impl Interrupts {
    /// Whether waiting has to stop now and then to look.
    pub fn any(&self) -> bool {
        self.flag.is_some() || self.hook.is_some()
    }

    /// Fails when the guest shall not wait any longer.
    pub fn check(&mut self) -> Result<(), Exit> {
        let raised = self.flag.as_ref().is_some_and(Interrupt::is_raised);
        match raised || self.hook.as_mut().is_some_and(|hook| hook()) {
            true => Err(Exit::Interrupted),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Interrupts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupts").field("flag", &self.flag).field("hook", &self.hook.is_some()).finish()
    }
}
