//! Host functions that have to wait, without threads and without blocking: `cargo run --example host_async`.
//!
//! A host function that cannot answer at once fails with an error that says what it waits for. The guest's call stops
//! there and is kept until the answer has come; meanwhile other guests have their turn. The loop in `main` is the
//! smallest thing that can wait; with an `async` runtime it would be a task for each guest that awaits between the
//! stops.

use std::collections::VecDeque;
use std::fmt;
use tablature::{Engine, Error, HostTrap, Linker, Module, Result, ResumableCall, Store, Val};

/// A guest that asks for two numbers and multiplies them.
const GUEST: &str = r#"
    (module
      (import "host" "ask" (func $ask (param i32) (result i32)))
      (func (export "run") (param $question i32) (result i32)
        (i32.mul
          (call $ask (local.get $question))
          (call $ask (i32.add (local.get $question) (i32.const 1))))))
"#;

/// What a host function waits for.
#[derive(Debug)]
struct Pending {
    question: i32,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer to {} is not there yet", self.question)
    }
}

impl std::error::Error for Pending {}

fn ask(question: i32) -> Result<i32> {
    Err(Error::new(Pending { question }))
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the text is right"))?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "ask", ask)?;
    let mut store = Store::new(&engine, ());

    // Both guests begin, and stop at their first question.
    let mut results = [Val::I32(0)];
    let mut waiting: VecDeque<(&str, HostTrap)> = VecDeque::new();
    for (name, question) in [("a", 10), ("b", 20)] {
        let instance = linker.instantiate(&mut store, &module)?;
        let run = instance.get_func(&store, "run").expect("it is exported");
        match run.call_resumable(&mut store, &[Val::I32(question)], &mut results)? {
            ResumableCall::HostTrap(call) => waiting.push_back((name, call)),
            other => panic!("a guest begins with a question: {other:?}"),
        }
    }

    // Answers come one after the other, and each guest goes on with its own.
    while let Some((name, call)) = waiting.pop_front() {
        // Any other error ends the guest.
        let Some(&Pending { question }) = call.error().downcast_ref() else { return Err(call.into_error()) };
        println!("{name}: {}", call.error());
        let answer = Val::I32(question + 1);
        match call.resume(&mut store, &[answer], &mut results)? {
            ResumableCall::HostTrap(call) => waiting.push_back((name, call)),
            ResumableCall::Finished => println!("{name}: finished with {}", results[0].i32().expect("an integer")),
            other => panic!("nothing else stops a guest: {other:?}"),
        }
    }
    Ok(())
}
