//! The proposals of the table: parts of WebAssembly that a build or a configuration may leave out.

include!(concat!(env!("OUT_DIR"), "/proposal.rs"));
