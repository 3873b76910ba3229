//! How guests begin and end, and what they have of time and chance.

use crate::engines::{ENGINES, Engine, Stop};
use crate::forward::Guest;
use std::thread;
use std::time::{Duration, Instant};
use tablature_wasi::{Exit, Input, Interrupt, MemoryOutput, Snapshot, WasiCtx, WasiCtxBuilder};

fn context(describe: impl FnOnce(&mut WasiCtxBuilder) -> &mut WasiCtxBuilder) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    describe(&mut builder);
    builder.build().expect("the context can be made")
}

/// Runs a command in the text format.
fn run(engine: &Engine, text: &str, ctx: WasiCtx) -> Result<u32, String> {
    engine.run(&wat::parse_str(text).expect("the text is a module"), ctx)
}

#[test]
fn commands_end_with_a_code() {
    for engine in ENGINES {
        for (body, code) in [
            ("", Ok(0)),
            ("(call $proc_exit (i32.const 0))", Ok(0)),
            ("(call $proc_exit (i32.const 77)) unreachable", Ok(77)),
            ("(drop (call $proc_raise (i32.const 6))) unreachable", Ok(134)),
            ("unreachable", Err(())),
        ] {
            let text = format!(
                r#"(module
                    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
                    (import "wasi_snapshot_preview1" "proc_raise" (func $proc_raise (param i32) (result i32)))
                    (memory (export "memory") 1)
                    (func (export "_start") {body}))"#
            );
            let ended = run(engine, &text, context(|builder| builder));
            assert_eq!(ended.map_err(drop), code, "{body} with {}", engine.name);
        }
    }
}

/// Copies its standard input to its standard output, a few bytes at a time.
const CAT: &str = r#"(module
    (import "wasi_unstable" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ;; A list of one buffer of 5 bytes at 16.
    (func (export "_start")
        (loop $again
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 5))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
            (br_if $again (i32.load (i32.const 8))))))"#;

#[test]
fn streams_are_connected() {
    for engine in ENGINES {
        let output = MemoryOutput::new(1000);
        let text = "more than a few bytes at a time";
        let ctx = context(|builder| builder.stdin(Input::bytes(text)).stdout(&output));
        assert_eq!(run(engine, CAT, ctx), Ok(0));
        assert_eq!(output.take(), text.as_bytes(), "with {}", engine.name);
        let ctx = context(|builder| builder.stdin(Input::reader(text.as_bytes())).stdout(&output));
        assert_eq!(run(engine, CAT, ctx), Ok(0));
        assert_eq!(output.take(), text.as_bytes());
        assert_eq!(run(engine, CAT, context(|builder| builder.stdout(&output))), Ok(0));
        assert_eq!(output.take(), b"");
    }
}

/// Has state that `_initialize` sets, and a function that asks WASI for the number of arguments.
const REACTOR: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_initialize")
        (drop (call $args_sizes_get (i32.const 0) (i32.const 4))))
    (func (export "arguments") (result i32) (i32.load (i32.const 0)))
    (func (export "again") (result i32)
        (drop (call $args_sizes_get (i32.const 8) (i32.const 12)))
        (i32.load (i32.const 12))))"#;

#[test]
fn reactors_go_on_after_their_initialization() {
    for engine in ENGINES {
        let ctx = context(|builder| builder.args(["a", "bc", "def"]));
        let mut reactor = engine.instantiate_text(REACTOR, ctx);
        assert_eq!(reactor.call("arguments", &[]), Ok(0));
        assert_eq!(reactor.call("_initialize", &[]), Ok(0));
        assert_eq!(reactor.call("arguments", &[]), Ok(3), "with {}", engine.name);
        assert_eq!(reactor.call("again", &[]), Ok(9));
    }
}

/// A guest of which every function is called: what it has seen afterwards, as bytes.
fn diary(engine: &Engine, seed: u64) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for name in ["b", "c", "a"] {
        std::fs::write(directory.path().join(name), name).expect("it can be written");
    }
    let ctx = context(|builder| builder.preopened_dir(directory.path(), "/").deterministic(seed));
    let mut guest = Guest::new(engine, Snapshot::Preview1, ctx);
    let mut diary = Vec::new();
    for _ in 0..3 {
        guest.ok("random_get", &[0x1000, 64]);
        diary.extend_from_slice(&guest.memory()[0x1000..][..64]);
        for clock in 0..4 {
            guest.ok("clock_time_get", &[clock, 0, 0]);
            diary.extend(guest.u64(0).to_le_bytes());
            guest.ok("clock_res_get", &[clock, 0]);
            diary.extend(guest.u64(0).to_le_bytes());
        }
        // An hour's sleep on the second clock.
        guest.memory()[0x100..0x130].fill(0);
        guest.put(0x110, &[1]);
        guest.put(0x118, &3_600_000_000_000u64.to_le_bytes());
        guest.ok("poll_oneoff", &[0x100, 0x200, 1, 0]);
        diary.extend_from_slice(&guest.memory()[0x200..0x220]);
        // The names in the directory: each entry is 24 bytes and its name.
        guest.ok("fd_readdir", &[3, 0x2000, 0x1000, 0, 0]);
        let (mut at, end) = (0x2000, 0x2000 + guest.u32(0) as usize);
        while at < end {
            let len = guest.u32(at + 16) as usize;
            diary.extend_from_slice(&guest.memory()[at + 24..][..len]);
            at += 24 + len;
        }
    }
    diary
}

#[test]
fn deterministic_runs_are_identical() {
    let before = Instant::now();
    let first = diary(&ENGINES[0], 7);
    for engine in ENGINES {
        assert_eq!(diary(engine, 7), first, "with {}", engine.name);
        assert_ne!(diary(engine, 8), first, "with {}", engine.name);
    }
    assert!(first.windows(5).any(|names| names == b"...ab"), "the directory is listed in the order of names");
    assert!(before.elapsed() < Duration::from_secs(3600), "nobody sleeps");
}

/// Sleeps for a year, and then says so.
const SLEEPER: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ;; A subscription to the clock 1, and a list of one buffer.
    (data (i32.const 16) "\01")
    (data (i32.const 48) "\80\00\00\00\08\00\00\00")
    (data (i32.const 128) "Morning\n")
    (func (export "sleep") (param $nanoseconds i64) (result i32)
        (i64.store (i32.const 24) (local.get $nanoseconds))
        (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 56)))
    (func (export "_start")
        (i64.store (i32.const 24) (i64.const 31_536_000_000_000_000))
        (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 56)))
        (drop (call $fd_write (i32.const 1) (i32.const 48) (i32.const 1) (i32.const 60)))))"#;

#[test]
fn sleepers_are_ended_from_another_thread() {
    for engine in ENGINES {
        let (interrupt, output) = (Interrupt::new(), MemoryOutput::new(100));
        let ctx = context(|builder| builder.interrupt(&interrupt).stdout(&output));
        let mut sleeper = engine.instantiate_text(SLEEPER, ctx);
        let before = Instant::now();
        let ended = thread::scope(|scope| {
            let guest = scope.spawn(|| sleeper.call("_start", &[]));
            // It is in its sleep by then, or will be: both ends.
            thread::sleep(Duration::from_millis(20));
            interrupt.raise();
            guest.join().expect("the guest does not panic")
        });
        assert_eq!(ended, Err(Stop::Exit(Exit::Interrupted)), "with {}", engine.name);
        assert!(before.elapsed() < Duration::from_secs(60));
        assert_eq!(output.contents(), b"", "nothing of the guest is executed after its end");
        // The flag stays raised until it is cleared, and does not depend on how long the guest would wait.
        assert_eq!(sleeper.call("sleep", &[0]), Err(Stop::Exit(Exit::Interrupted)));
        interrupt.clear();
        assert_eq!(sleeper.call("sleep", &[1]), Ok(0));
    }
}

#[test]
fn sleepers_on_a_virtual_clock_are_ended_too() {
    for engine in ENGINES {
        let interrupt = Interrupt::new();
        let ctx = context(|builder| builder.deterministic(1).interrupt(&interrupt));
        let mut sleeper = engine.instantiate_text(SLEEPER, ctx);
        assert_eq!(sleeper.call("_start", &[]), Ok(0), "a year passes at once");
        interrupt.raise();
        assert_eq!(sleeper.call("_start", &[]), Err(Stop::Exit(Exit::Interrupted)), "with {}", engine.name);
    }
}

/// The older edition under its own name, with its own numbers.
#[test]
fn the_older_edition_is_there() {
    const FROM_HERE: u64 = 0;
    const FROM_START: u64 = 2;
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory can be made");
        std::fs::write(directory.path().join("file"), "0123456789").expect("it can be written");
        let ctx = context(|builder| builder.preopened_dir(directory.path(), "/"));
        let mut guest = Guest::new(engine, Snapshot::Unstable, ctx);
        guest.put(0x100, b"file");
        guest.ok("path_open", &[3, 0, 0x100, 4, 0, 2 | 4, 0, 0, 0]);
        let file = u64::from(guest.u32(0));
        guest.ok("fd_seek", &[file, 4, FROM_START, 0]);
        guest.ok("fd_seek", &[file, 2, FROM_HERE, 0]);
        assert_eq!(guest.u64(0), 6, "with {}", engine.name);
        guest.ok("path_filestat_get", &[3, 0, 0x100, 4, 0]);
        // The number of links has four bytes there, and the size follows it.
        assert_eq!((guest.u32(20), guest.u64(24)), (1, 10), "with {}", engine.name);
    }
}

/// What only the adapter of this crate has.
#[cfg(feature = "tablature")]
mod with_tablature {
    use super::{CAT, REACTOR, context};
    use tablature::{Engine, Instance, Linker, Module, Store, Trap};
    use tablature_wasi::{Exit, WasiCtx, add_to_linker, initialize_reactor, run_command};

    fn instantiate(text: &str) -> (Store<WasiCtx>, Instance) {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(text).expect("the text is a module")).expect("it is valid");
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).expect("each name is defined once");
        let mut store = Store::new(&engine, context(|builder| builder.arg("a")));
        let instance = linker.instantiate(&mut store, &module).expect("all imports are there");
        (store, instance)
    }

    #[test]
    fn commands_are_run() {
        let (mut store, cat) = instantiate(CAT);
        assert_eq!(run_command(&mut store, cat).ok(), Some(Exit::Code(0)));
        let (mut store, traps) = instantiate(r#"(module (func (export "_start") unreachable))"#);
        let error = run_command(&mut store, traps).expect_err("it traps");
        assert_eq!(error.trap(), Some(Trap::Unreachable));
    }

    #[test]
    fn reactors_are_initialized() {
        let (mut store, reactor) = instantiate(REACTOR);
        initialize_reactor(&mut store, reactor).expect("it is one");
        let arguments = reactor.get_typed_func::<(), i32>(&store, "arguments").expect("there is such a function");
        assert_eq!(arguments.call(&mut store, ()).ok(), Some(1));
        let (mut store, library) = instantiate(r#"(module (func (export "f")))"#);
        assert!(initialize_reactor(&mut store, library).is_ok(), "nothing to initialize");
    }

    #[test]
    fn no_module_is_both() {
        let (mut store, cat) = instantiate(CAT);
        assert!(initialize_reactor(&mut store, cat).is_err());
        let (mut store, reactor) = instantiate(REACTOR);
        assert!(run_command(&mut store, reactor).is_err());
        let (mut store, both) = instantiate(r#"(module (func (export "_start")) (func (export "_initialize")))"#);
        assert!(run_command(&mut store, both).is_err());
        assert!(initialize_reactor(&mut store, both).is_err());
    }

    #[test]
    fn a_guest_without_memory_is_told_so() {
        let text = r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
            (func (export "_start") (drop (call $sched_yield))))"#;
        let (mut store, instance) = instantiate(text);
        let error = run_command(&mut store, instance).expect_err("it exports no memory");
        assert!(error.to_string().contains("does not export its memory"), "{error}");
    }
}
