//! What the guests live in, and what is around it.

use super::operations::Actor;
use crate::engines::Engine;
use crate::forward::Guest;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use tablature_wasi::{Snapshot, WasiCtx};
use tempfile::TempDir;

/// What no guest may ever have in its memory.
pub const SECRET: &[u8] = b"what only the host knows";

/// Three directories side by side: `inside`, which the guest has as `/`; `read-only`, which it may read; and
/// `outside`.
pub struct World {
    directory: TempDir,
}

impl World {
    pub fn new() -> World {
        let world = World { directory: tempfile::tempdir().expect("a directory can be made") };
        for name in ["inside/sub/deep", "read-only/sub", "outside/directory", "outside/empty"] {
            fs::create_dir_all(world.path(name)).expect("it can be made");
        }
        for (name, content) in [
            ("inside/file", &b"of the guest"[..]),
            ("inside/sub/file", b"of the guest"),
            ("read-only/note", b"to be read"),
            ("outside/secret", SECRET),
            ("outside/directory/secret", SECRET),
        ] {
            fs::write(world.path(name), content).expect("it can be written");
        }
        let outside = world.path("outside");
        for (target, name) in [
            (outside.join("secret"), "inside/host-absolute"),
            (outside.join("directory"), "inside/host-absolute-directory"),
            (world.path("inside/file"), "inside/host-absolute-inside"),
            ("../outside/secret".into(), "inside/host-relative"),
            ("../outside".into(), "inside/host-directory"),
            ("../outside/new".into(), "inside/host-dangling"),
            ("host-directory/secret".into(), "inside/host-chain"),
            ("..".into(), "inside/host-parent"),
            ("/proc/self/cwd".into(), "inside/host-process"),
            ("../outside/secret".into(), "read-only/host-relative"),
            ("secret".into(), "outside/link"),
        ] {
            symlink(target, world.path(name)).expect("a link can be made");
        }
        world
    }

    /// A place in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The same place as text.
    pub fn name(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("temporary directories have names in UTF-8")
    }

    /// A guest that lives in it.
    pub fn guest(&self, engine: &Engine) -> Actor {
        let ctx = WasiCtx::builder()
            .preopened_dir(self.path("inside"), "/")
            .preopened_dir_read_only(self.path("read-only"), "/read-only")
            .build()
            .expect("the directories are there");
        Actor::new(Guest::new(engine, Snapshot::Preview1, ctx))
    }

    /// Everything that the guest must not change, as it is now.
    pub fn outside(&self) -> BTreeMap<PathBuf, Facts> {
        let mut facts = BTreeMap::new();
        self.collect(self.directory.path(), &mut facts);
        facts
    }

    fn collect(&self, directory: &Path, facts: &mut BTreeMap<PathBuf, Facts>) {
        facts.insert(directory.to_owned(), Facts::of(directory));
        for entry in fs::read_dir(directory).expect("it can be read") {
            let path = entry.expect("its entries can be read").path();
            if path == self.path("inside") {
                // There the guest may do what it wants, but it must stay where it is.
                facts.insert(path.clone(), Facts::default());
            } else if path.is_dir() && !path.is_symlink() {
                self.collect(&path, facts);
            } else {
                facts.insert(path.clone(), Facts::of(&path));
            }
        }
    }
}

/// What can be known of a file, but for the time of the last access, which looking at it changes.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    inode: u64,
    mode: u32,
    links: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    content: Vec<u8>,
}

impl Facts {
    fn of(path: &Path) -> Facts {
        let metadata = fs::symlink_metadata(path).expect("it is there");
        let content = match metadata.file_type() {
            kind if kind.is_file() => fs::read(path).expect("it can be read"),
            kind if kind.is_symlink() => {
                fs::read_link(path).expect("it can be read").into_os_string().into_encoded_bytes()
            }
            _ => Vec::new(),
        };
        Facts {
            inode: metadata.ino(),
            mode: metadata.mode(),
            links: metadata.nlink(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            content,
        }
    }
}
