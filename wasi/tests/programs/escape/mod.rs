//! Nothing leads a guest out of its directories: not a single call, not several, and not two guests at once.

mod attempts;
mod inside;
mod operations;
mod races;
mod world;

use crate::engines::{ENGINES, Engine};
use attempts::{Attempt, attempts};
use std::collections::BTreeSet;
use world::{SECRET, World};

#[test]
fn no_attempt_leads_out() {
    for engine in ENGINES {
        let count = attempts(&World::new()).len();
        let failures: Vec<String> = (0..count).filter_map(|index| try_in_a_new_world(engine, index).err()).collect();
        assert!(failures.is_empty(), "with {}:\n{}", engine.name, failures.join("\n"));
        println!("{count} attempts failed with {}", engine.name);
    }
}

/// Makes one attempt, in a world that no other one has changed.
fn try_in_a_new_world(engine: &Engine, index: usize) -> Result<(), String> {
    let world = World::new();
    let Attempt { name, before, step, errno } = attempts(&world).swap_remove(index);
    let fail = |what: String| Err(format!("{name}: {what}"));
    let mut guest = world.guest(engine);
    let outside = world.outside();
    for operation in before {
        if let Err(errno) = guest.perform(&operation) {
            return fail(format!("error {errno} of {operation:?}, which only prepares"));
        }
    }
    match guest.perform(&step) {
        Ok(()) => return fail("it worked".to_owned()),
        Err(number) if number != errno.number() => return fail(format!("error {number} and not {errno}")),
        Err(_) => {}
    }
    if guest.knows(SECRET) {
        return fail("the guest has got the secret".to_owned());
    }
    match world.outside() == outside {
        true => Ok(()),
        false => fail(format!("the outside has changed: {outside:#?} is now {:#?}", world.outside())),
    }
}

#[test]
fn attempts_have_names_of_their_own() {
    let attempts = attempts(&World::new());
    let names: BTreeSet<&str> = attempts.iter().map(|attempt| attempt.name).collect();
    assert_eq!(names.len(), attempts.len());
    assert!(names.len() >= 30, "there are {}", names.len());
}

/// Whatever an attempt does, a guest can do inside: no attempt fails only because nothing works.
#[test]
fn what_attempts_do_is_possible_inside() {
    let used = attempts(&World::new()).into_iter().flat_map(|attempt| [attempt.before, vec![attempt.step]].concat());
    let used: BTreeSet<&str> = used.map(|operation| operation.function).collect();
    let possible: BTreeSet<&str> = inside::operations().iter().map(|operation| operation.function).collect();
    assert_eq!(used.difference(&possible).collect::<Vec<_>>(), Vec::<&&str>::new());
}
