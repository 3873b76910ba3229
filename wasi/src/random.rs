//! Random bytes: the system's, or a sequence that a seed fixes.

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{Guest, Pointer};

/// So many bytes are made at a time, however many the guest asks for.
const CHUNK: usize = 4096;

/// Where random bytes come from.
#[derive(Debug)]
pub(crate) enum Random {
    System,
    Seeded(SplitMix),
}

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random::Seeded(SplitMix(seed))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Errno> {
        match self {
            Random::System => getrandom::fill(bytes).map_err(|_| Errno::Io),
            Random::Seeded(generator) => {
                generator.fill(bytes);
                Ok(())
            }
        }
    }
}

/// The generator SplitMix64: small, quick, and no secret to anyone who knows the seed.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Fills a buffer with random bytes.
pub(crate) fn random_get(ctx: &mut WasiCtx, guest: &mut Guest, buffer: Pointer, len: u32) -> Result<(), Errno> {
    guest.check(buffer, len)?;
    let mut bytes = [0; CHUNK];
    for start in (0..len).step_by(CHUNK) {
        let part = CHUNK.min((len - start) as usize);
        let part = &mut bytes[..part];
        ctx.random.fill(part)?;
        guest.write(buffer.offset(start)?, part)?;
    }
    Ok(())
}
