//! How much of the host's stack is taken.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom};

const PAGE: usize = 4096;

/// A page is in memory or in the swap file: it has been touched.
const TOUCHED: u64 = 0b11 << 62;

/// Where the stack stands, about.
#[inline(never)]
pub fn place() -> usize {
    let local = 0u8;
    std::ptr::from_ref(black_box(&local)).addr()
}

/// Bytes below here, of `most`, that have ever been touched: what the deepest call so far took, in whole pages. Nothing
/// where the system does not tell.
pub fn touched_below(most: usize) -> Option<usize> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return None;
    }
    let (end, pages) = (place() / PAGE, most / PAGE);
    let mut map = File::open("/proc/self/pagemap").ok()?;
    let mut entries = vec![0; pages * 8];
    map.seek(SeekFrom::Start((end.checked_sub(pages)? * 8) as u64)).ok()?;
    map.read_exact(&mut entries).ok()?;
    let is_touched = |entry: &&[u8; 8]| u64::from_le_bytes(**entry) & TOUCHED != 0;
    Some(entries.as_chunks().0.iter().rev().take_while(is_touched).count() * PAGE)
}
