//! Real programs. Here are those that are quick enough without optimization; `scripts/workloads` runs all of them with
//! the optimized command.

use crate::command::{root, tablature};

/// Name and arguments.
const QUICK: [(&str, &[&str]); 3] = [("json", &["4"]), ("sha256", &["8"]), ("statemachine", &["60"])];
const SLOW: &str = "binarytrees fib hashmap mandelbrot matmul nbody qsort sieve vcall";

#[test]
fn quick_workloads_print_what_they_must() {
    let directory = root().join("../shared/workloads");
    if !directory.is_dir() {
        println!("skipped: there is no {}", directory.display());
        return;
    }
    for (name, args) in QUICK {
        let path = directory.join(name).with_extension("wasm");
        let output = tablature(&[&path.to_string_lossy()]).args(args).output().expect("the command starts");
        let expected = std::fs::read(path.with_extension("out")).expect("the expected output is there");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected), "{name}");
        println!("{name}: ok");
    }
    println!("left to scripts/workloads, because they take long without optimization: {SLOW}");
}
