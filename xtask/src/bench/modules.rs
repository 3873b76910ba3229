//! Real modules of about a megabyte to start up, from the npm registry.

use super::places::{peers, succeed};
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A module inside an npm package. It needs no SIMD, no GC and no exceptions. A further one is a
/// row of [`MODULES`].
pub struct Published {
    /// What the command line calls it.
    pub name: &'static str,
    /// The package and its exact version.
    package: &'static str,
    version: &'static str,
    /// The module's path in the package.
    path: &'static str,
    /// Its size.
    bytes: u64,
}

/// All of them.
pub const MODULES: &[Published] = &[
    // C, optimized: many functions.
    Published {
        name: "sqlite",
        package: "@sqlite.org/sqlite-wasm",
        version: "3.41.2",
        path: "package/sqlite-wasm/jswasm/sqlite3.wasm",
        bytes: 866_600,
    },
    // C, a debug build. It has a start function, which is trivial.
    Published {
        name: "quickjs",
        package: "@jitl/quickjs-wasmfile-debug-sync",
        version: "0.32.0",
        path: "package/dist/emscripten-module.wasm",
        bytes: 1_218_626,
    },
    // Rust, optimized: large functions.
    Published {
        name: "resvg",
        package: "@resvg/resvg-wasm",
        version: "2.6.2",
        path: "package/index_bg.wasm",
        bytes: 2_478_606,
    },
];

impl Published {
    /// The path of the module, which is fetched if it is not there yet.
    pub fn fetch(&self) -> Result<PathBuf> {
        let folder = peers("modules")?;
        let module = folder.join(format!("{}-{}.wasm", self.name, self.version));
        if !module.is_file() {
            self.unpack(&self.download(&folder)?, &module)
                .with_context(|| format!("cannot fetch {} {}", self.package, self.version))?;
        }
        Ok(module)
    }

    /// Fetches the package into `folder` and tells where it is.
    fn download(&self, folder: &Path) -> Result<PathBuf> {
        let mut npm = Command::new("npm");
        npm.args(["pack", "--silent", "--pack-destination"]).arg(folder);
        npm.stdout(Stdio::null());
        npm.arg(format!("{}@{}", self.package, self.version));
        succeed(&mut npm)?;
        let package = self.package.trim_start_matches('@').replace('/', "-");
        Ok(folder.join(format!("{package}-{}.tgz", self.version)))
    }

    /// Writes the module in `package` to the file `module`.
    fn unpack(&self, package: &Path, module: &Path) -> Result<()> {
        let unfinished = module.with_extension("part");
        let file = File::create(&unfinished).with_context(|| format!("cannot create {}", unfinished.display()))?;
        let mut tar = Command::new("tar");
        succeed(tar.arg("-xzOf").arg(package).arg(self.path).stdout(file))?;
        let bytes = fs::metadata(&unfinished)?.len();
        ensure!(bytes == self.bytes, "{} has {bytes} bytes instead of {}", self.path, self.bytes);
        fs::rename(&unfinished, module).with_context(|| format!("cannot rename {}", unfinished.display()))
    }
}

/// The bytes of all code sections of a module in the binary format; 0 if it is none.
pub fn code_bytes(wasm: &[u8]) -> usize {
    const CODE: u8 = 10;
    let mut rest = wasm.get(8..).unwrap_or_default();
    let mut total = 0;
    while let Some((id, length, contents)) = section(rest) {
        total += if id == CODE { length.min(contents.len()) } else { 0 };
        rest = contents.get(length..).unwrap_or_default();
    }
    total
}

/// The id and the length of the section that `bytes` start with, and what follows these.
fn section(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&id, mut rest) = bytes.split_first()?;
    let mut length = 0;
    for shift in (0..32).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some((id, length, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_code_sections_only() {
        let mut wasm = b"\0asm\x01\0\0\0\x00\x02\x01x\x0A\x82\x01".to_vec();
        wasm.extend([0; 130]);
        wasm.extend([0x0B, 1, 0]);
        assert_eq!(code_bytes(&wasm), 130);
    }

    #[test]
    fn bears_anything() {
        assert_eq!(code_bytes(b""), 0);
        assert_eq!(code_bytes(b"\0asm\x01\0\0\0\x0A\xFF\xFF\xFF\xFF\xFF\xFF"), 0);
        assert_eq!(code_bytes(b"\0asm\x01\0\0\0\x0A\x09\0"), 1);
    }
}
