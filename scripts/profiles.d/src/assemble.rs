//! Turns a module in the text format into bytes: `assemble TEXT BINARY`. Once is enough for all profiles.

use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = env::args_os().skip(1);
    let (Some(text), Some(binary)) = (paths.next(), paths.next()) else {
        return Err("usage: assemble TEXT BINARY".into());
    };
    Ok(fs::write(binary, wat::parse_file(text)?)?)
}
