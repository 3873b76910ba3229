//! Two guests at once: one exchanges names for links that lead out, the other goes through them.

use super::operations::*;
use super::world::{SECRET, World};
use crate::engines::{ENGINES, Engine};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// How often the second guest does everything that it can think of.
const ROUNDS: usize = 1000;

/// How often it goes on for at most, when it has not met the other guest yet.
const MOST_ROUNDS: usize = 100 * ROUNDS;

/// What the second guest found where it expected a file of its own.
#[derive(Debug, Default)]
struct Found {
    its_own: usize,
    /// A link that leads out, or nothing.
    refused: usize,
}

#[test]
fn races_are_never_won() {
    for engine in ENGINES {
        let world = World::new();
        prepare(&world, engine);
        let outside = world.outside();
        let done = AtomicBool::new(false);
        let found = thread::scope(|scope| {
            scope.spawn(|| exchange(&world, engine, &done));
            // The other guest is to end also when this one fails.
            let found = thread::Builder::new().spawn_scoped(scope, || go_through(&world, engine));
            let found = found.expect("threads can be made").join();
            done.store(true, Ordering::Relaxed);
            found.unwrap_or_else(|failure| std::panic::resume_unwind(failure))
        });
        println!("with {}: {found:?}", engine.name);
        assert!(found.its_own > 0 && found.refused > 0, "there was no race with {}: {found:?}", engine.name);
        assert_eq!(world.outside(), outside);
    }
}

/// A directory `swap`, with a file that has the name of one outside, and a file `target`. And links to outside, to take
/// the places of both.
fn prepare(world: &World, engine: &Engine) {
    let mut guest = world.guest(engine);
    for operation in [
        make_directory("swap"),
        open("swap/secret", Want::CreateNew),
        symlink("../outside/directory", "link"),
        open("target", Want::CreateNew),
        symlink("../outside/secret", "target-link"),
    ] {
        assert_eq!(guest.perform(&operation), Ok(()));
    }
}

/// Exchanges the names and the links, and back, until the other guest is done.
fn exchange(world: &World, engine: &Engine, done: &AtomicBool) {
    let mut guest = world.guest(engine);
    let round = [
        rename("swap", "spare"),
        rename("link", "swap"),
        rename("swap", "link"),
        rename("spare", "swap"),
        rename("target", "target-spare"),
        rename("target-link", "target"),
        rename("target", "target-link"),
        rename("target-spare", "target"),
    ];
    while !done.load(Ordering::Relaxed) {
        for operation in &round {
            assert_eq!(guest.perform(operation), Ok(()), "{operation:?}");
        }
    }
}

/// Does everything that a path through `swap`, or to `target`, can be used for.
fn go_through(world: &World, engine: &Engine) -> Found {
    let mut guest = world.guest(engine);
    let mut found = Found::default();
    let operations = [
        open("swap/secret", Want::Read),
        open("swap/secret", Want::Write),
        open("swap/secret", Want::Truncate),
        open("swap/new", Want::Create),
        open("swap", Want::Directory),
        open("swap/", Want::Directory),
        open_link("swap/secret", Want::Read),
        open("swap/../swap/secret", Want::Read),
        stat("swap/secret"),
        set_times("swap/secret"),
        read_link("swap/link"),
        make_directory("swap/made"),
        remove_directory("swap/made"),
        remove_directory("swap/empty"),
        symlink("secret", "swap/own"),
        unlink("swap/own"),
        unlink("swap/new"),
        link("swap/secret", "stolen"),
        unlink("stolen"),
        open("target", Want::Read),
        open("target", Want::Write),
        open("target", Want::Truncate),
        open_link("target", Want::Read),
        set_times("target"),
        link_followed("target", "stolen"),
        unlink("stolen"),
    ];
    let mut rounds = 0;
    while rounds < ROUNDS || (found.its_own == 0 || found.refused == 0) && rounds < MOST_ROUNDS {
        rounds += 1;
        for operation in &operations {
            let result = guest.perform(operation);
            if operation.function != "path_open" {
                continue;
            }
            match result {
                Ok(()) => found.its_own += 1,
                Err(_) => found.refused += 1,
            }
            if result.is_ok() {
                // Neither a directory can be read, nor a file that was opened only to write.
                let _ = guest.perform(&read(Fd::Last));
                assert!(!guest.buffer().starts_with(SECRET), "the race was won by {operation:?}");
                assert_eq!(guest.perform(&close(Fd::Last)), Ok(()));
            }
        }
    }
    assert!(!guest.knows(SECRET));
    found
}
