//! Describing what a guest shall have.

use crate::args::Strings;
use crate::clock::{Clocks, VirtualClock};
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Descriptors, Resource};
use crate::directory::Directory;
use crate::interrupt::{Interrupt, Interrupts};
use crate::random::Random;
use crate::streams::{Input, Output};
use std::fmt::Display;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// Describes a [`WasiCtx`]. What is not mentioned, the guest does not have.
///
/// Without further calls a guest has no arguments, no environment, streams that are empty and forget, the host's
/// clocks, the system's random numbers, and no directory.
///
/// ```
/// use tablature_wasi::{MemoryOutput, WasiCtx};
///
/// # fn main() -> std::io::Result<()> {
/// let output = MemoryOutput::new(1 << 20);
/// let ctx = WasiCtx::builder()
///     .arg("program")
///     .env("LANG", "C.UTF-8")
///     .stdout(&output)
///     .deterministic(7)
///     .build()?;
/// # let _ = ctx;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WasiCtxBuilder {
    args: Strings,
    env: Strings,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    directories: Vec<Directory>,
    sockets: Vec<Resource>,
    clock: Option<VirtualClock>,
    random: Random,
    interrupts: Interrupts,
    max_descriptors: u32,
    /// The first thing that went wrong, for [`build`](Self::build) to return.
    error: io::Result<()>,
}

impl Default for WasiCtxBuilder {
    fn default() -> Self {
        WasiCtxBuilder {
            args: Strings::default(),
            env: Strings::default(),
            stdin: Input::null(),
            stdout: Output::null(),
            stderr: Output::null(),
            directories: Vec::new(),
            sockets: Vec::new(),
            clock: None,
            random: Random::System,
            interrupts: Interrupts::default(),
            max_descriptors: 1024,
            error: Ok(()),
        }
    }
}

impl WasiCtxBuilder {
    /// A guest that has nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument. The first one is by custom the name of the program.
    pub fn arg(&mut self, arg: impl AsRef<[u8]>) -> &mut Self {
        let pushed = self.args.push(arg.as_ref());
        self.note(pushed);
        self
    }

    /// Adds arguments.
    pub fn args<I: IntoIterator<Item: AsRef<[u8]>>>(&mut self, args: I) -> &mut Self {
        for arg in args {
            self.arg(arg);
        }
        self
    }

    /// Adds an environment variable.
    pub fn env(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        let variable = [name.as_ref(), b"=", value.as_ref()].concat();
        let pushed = self.env.push(&variable);
        self.note(pushed);
        self
    }

    /// Adds environment variables.
    pub fn envs<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Adds the environment of the host's process.
    pub fn inherit_env(&mut self) -> &mut Self {
        let bytes = |string: std::ffi::OsString| string.into_encoded_bytes();
        self.envs(std::env::vars_os().map(|(name, value)| (bytes(name), bytes(value))))
    }

    /// Connects the standard input.
    pub fn stdin(&mut self, input: Input) -> &mut Self {
        self.stdin = input;
        self
    }

    /// Connects the standard output.
    pub fn stdout(&mut self, output: impl Into<Output>) -> &mut Self {
        self.stdout = output.into();
        self
    }

    /// Connects the standard error.
    pub fn stderr(&mut self, output: impl Into<Output>) -> &mut Self {
        self.stderr = output.into();
        self
    }

    /// Connects the three standard streams to those of the host's process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.stdin(Input::inherit()).stdout(Output::inherit_stdout()).stderr(Output::inherit_stderr())
    }

    /// Lets the guest use a directory of the host under a name of its own, such as `/` or `.`.
    ///
    /// No path leads the guest out of the directory. Preopened directories get the descriptors from 3 on, in the order
    /// of these calls.
    pub fn preopened_dir(&mut self, host: impl AsRef<Path>, guest: impl Into<String>) -> &mut Self {
        self.preopen(host.as_ref(), guest.into(), false)
    }

    /// Lets the guest read a directory of the host, but change nothing in it.
    pub fn preopened_dir_read_only(&mut self, host: impl AsRef<Path>, guest: impl Into<String>) -> &mut Self {
        self.preopen(host.as_ref(), guest.into(), true)
    }

    fn preopen(&mut self, host: &Path, guest: String, read_only: bool) -> &mut Self {
        match Directory::preopen(host, guest, read_only) {
            Ok(directory) => self.directories.push(directory),
            Err(error) => self.note(Err(with_name(error, host.display()))),
        }
        self
    }

    /// Lets the guest accept connections. Sockets get the descriptors after those of the preopened directories.
    pub fn preopened_listener(&mut self, listener: TcpListener) -> &mut Self {
        self.sockets.push(Resource::Listener(listener));
        self
    }

    /// Gives the guest a connection.
    pub fn preopened_stream(&mut self, stream: TcpStream) -> &mut Self {
        self.sockets.push(Resource::Stream(stream));
        self
    }

    /// Gives the guest a clock of its own instead of the host's.
    pub fn virtual_clock(&mut self, clock: VirtualClock) -> &mut Self {
        self.clock = Some(clock);
        self
    }

    /// Gives the guest a sequence of numbers that follows from the seed instead of random ones.
    ///
    /// The sequence suits repeatable runs, never secrets.
    pub fn random_seed(&mut self, seed: u64) -> &mut Self {
        self.random = Random::seeded(seed);
        self
    }

    /// Makes runs repeatable: the default [`VirtualClock`], and random numbers from the seed. Directories are always
    /// listed in the order of names.
    ///
    /// What a guest reads from files, sockets and inherited streams remains the host's, and so do the numbers and time
    /// stamps of files in directories of the host.
    pub fn deterministic(&mut self, seed: u64) -> &mut Self {
        self.virtual_clock(VirtualClock::default()).random_seed(seed)
    }

    /// Lets the host end calls that wait: while the flag is raised, they return
    /// [`Exit::Interrupted`](crate::Exit::Interrupted), which ends the guest.
    ///
    /// It reaches `poll_oneoff`, also with a virtual clock, and on Unix reading from an inherited input, a pipe or a
    /// socket and accepting connections, as long as nothing has come. Writing is not interrupted, and neither is a
    /// guest that computes: limiting that is the engine's part.
    pub fn interrupt(&mut self, flag: &Interrupt) -> &mut Self {
        self.interrupts.flag = Some(flag.clone());
        self
    }

    /// Sets a hook that ends calls which wait when it says true, like [`interrupt`](Self::interrupt) does. It is asked
    /// before each wait, and about a hundred times a second while one lasts.
    pub fn interrupt_when(&mut self, condition: impl FnMut() -> bool + Send + 'static) -> &mut Self {
        self.interrupts.hook = Some(Box::new(condition));
        self
    }

    /// Limits how many descriptors may be open at a time; 1024 when nothing is said.
    pub fn max_descriptors(&mut self, limit: u32) -> &mut Self {
        self.max_descriptors = limit;
        self
    }

    /// Makes the context. What was described goes into it, and the builder is left as new.
    ///
    /// # Errors
    ///
    /// The first thing that went wrong in the calls before: an argument or environment variable contains a NUL byte, or
    /// a directory does not open. Or there are more descriptors than the limit.
    pub fn build(&mut self) -> io::Result<WasiCtx> {
        let described = std::mem::take(self);
        described.error?;
        let mut descriptors = Descriptors::new(described.max_descriptors);
        let streams =
            [Resource::Input(described.stdin), Resource::Output(described.stdout), Resource::Output(described.stderr)];
        let directories = described.directories.into_iter().map(Resource::Directory);
        for resource in streams.into_iter().chain(directories).chain(described.sockets) {
            descriptors.insert(Descriptor::new(resource)).map_err(io::Error::other)?;
        }
        Ok(WasiCtx {
            args: described.args,
            env: described.env,
            clocks: match described.clock {
                Some(clock) => Clocks::Virtual(clock, 0),
                None => Clocks::host(),
            },
            random: described.random,
            descriptors,
            interrupts: described.interrupts,
        })
    }

    /// Keeps the first error.
    fn note(&mut self, result: io::Result<()>) {
        if self.error.is_ok() {
            self.error = result;
        }
    }
}

/// Says which file an error is about.
fn with_name(error: io::Error, name: impl Display) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}
