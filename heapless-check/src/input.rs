//! Reading what the build script has written.

/// Bytes that are read from the first on. What is damaged ends the program.
#[derive(Clone, Copy)]
pub struct Input<'b>(pub &'b [u8]);

impl<'b> Input<'b> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    pub fn u8(&mut self) -> u8 {
        self.take(1)[0]
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().expect("there are four"))
    }

    pub fn count(&mut self) -> usize {
        self.u32() as usize
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("there are eight"))
    }

    pub fn bytes(&mut self) -> &'b [u8] {
        let count = self.count();
        self.take(count)
    }

    pub fn text(&mut self) -> &'b str {
        core::str::from_utf8(self.bytes()).expect("it was a text")
    }
}
