//! Every function, called through the public table on a plain vector of bytes.

// Where links and waiting are not the same, some tests are missing, and what only they use is not.
#![cfg_attr(not(unix), allow(dead_code, unused_imports, unused_variables))]

mod arguments;
mod clocks;
mod descriptors;
mod directories;
mod errors;
mod escape;
mod faults;
mod files;
mod guest;
mod links;
mod opening;
mod polling;
mod processes;
mod slashes;
mod sockets;
mod streams;
mod table;
mod times;
mod unstable;
