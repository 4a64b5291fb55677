//! A disk that forgets, when the power goes, what nobody has synced: a file system in memory, mounted by FUSE.
//!
//! A file keeps what its last `fsync` found, and of what was written since a part that is drawn: the first so many
//! writes, and a piece of the next. Names are kept as file systems with a journal keep them: any `fsync` keeps all that
//! were made, changed or taken away before it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use rand::RngExt as _;

/// How long the kernel may believe what it was told: we are the only ones who change anything.
const BELIEVED: Duration = Duration::from_mins(1);

/// What lies on the disk, by number; 1 is the folder that is mounted.
#[derive(Debug, Clone)]
struct Image {
    nodes: BTreeMap<u64, Node>,
    next: u64,
}

#[derive(Debug, Clone)]
enum Node {
    File(File),
    Folder { names: BTreeMap<OsString, u64>, synced: BTreeMap<OsString, u64> },
}

#[derive(Debug, Clone, Default)]
struct File {
    data: Vec<u8>,
    synced: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, data: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                if data.len() < at + bytes.len() {
                    data.resize(at + bytes.len(), 0);
                }
                data[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Length(length) => data.resize(*length, 0),
        }
    }
}

impl File {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.data);
        self.since.push(change);
    }

    fn sync(&mut self) {
        for change in self.since.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// What a disk may have of it when the power goes.
    fn after_power_loss(&self) -> Self {
        let mut data = self.synced.clone();
        let kept = rand::rng().random_range(0..=self.since.len());
        for change in &self.since[..kept] {
            change.apply(&mut data);
        }
        if let Some(Change::Write(at, bytes)) = self.since.get(kept) {
            let torn = rand::rng().random_range(0..=bytes.len());
            Change::Write(*at, bytes[..torn].to_vec()).apply(&mut data);
        }
        Self { synced: data.clone(), data, since: Vec::new() }
    }
}

impl Image {
    fn new() -> Self {
        let root = Node::Folder { names: BTreeMap::new(), synced: BTreeMap::new() };
        Self { nodes: BTreeMap::from([(1, root)]), next: 2 }
    }

    fn after_power_loss(&self) -> Self {
        let kept = |node: &Node| match node {
            Node::File(file) => Node::File(file.after_power_loss()),
            Node::Folder { synced, .. } => Node::Folder { names: synced.clone(), synced: synced.clone() },
        };
        Self { nodes: self.nodes.iter().map(|(number, node)| (*number, kept(node))).collect(), next: self.next }
    }

    fn sync_names(&mut self) {
        for node in self.nodes.values_mut() {
            if let Node::Folder { names, synced } = node {
                synced.clone_from(names);
            }
        }
    }

    fn folder(&mut self, number: u64) -> Result<&mut BTreeMap<OsString, u64>, Errno> {
        match self.nodes.get_mut(&number) {
            Some(Node::Folder { names, .. }) => Ok(names),
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn file(&mut self, number: u64) -> Result<&mut File, Errno> {
        match self.nodes.get_mut(&number) {
            Some(Node::File(file)) => Ok(file),
            _ => Err(Errno::ENOENT),
        }
    }

    fn named(&mut self, folder: u64, name: &OsStr) -> Result<u64, Errno> {
        self.folder(folder)?.get(name).copied().ok_or(Errno::ENOENT)
    }

    fn add(&mut self, folder: u64, name: &OsStr, node: Node) -> Result<u64, Errno> {
        let number = self.next;
        self.folder(folder)?.insert(name.to_owned(), number);
        self.nodes.insert(number, node);
        self.next += 1;
        Ok(number)
    }

    fn attributes(&self, number: u64) -> Result<FileAttr, Errno> {
        let (kind, size, perm) = match self.nodes.get(&number).ok_or(Errno::ENOENT)? {
            Node::File(file) => (FileType::RegularFile, file.data.len() as u64, 0o600),
            Node::Folder { .. } => (FileType::Directory, 4096, 0o700),
        };
        let time = SystemTime::UNIX_EPOCH;
        Ok(FileAttr {
            ino: INodeNo(number),
            size,
            blocks: size.div_ceil(512),
            atime: time,
            mtime: time,
            ctime: time,
            crtime: time,
            kind,
            perm,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }
}

/// A disk that is mounted.
pub struct Disk {
    image: Arc<Mutex<Option<Image>>>,
    session: Option<BackgroundSession>,
}

impl Disk {
    /// An empty one, mounted in this folder.
    ///
    /// # Errors
    /// Where the system lets us mount none.
    pub fn mount(at: &Path) -> std::io::Result<Self> {
        Self::mount_image(at, Image::new())
    }

    fn mount_image(at: &Path, image: Image) -> std::io::Result<Self> {
        let image = Arc::new(Mutex::new(Some(image)));
        let session = fuser::spawn_mount(Mounted(Arc::clone(&image)), at, &Config::default())?;
        Ok(Self { image, session: Some(session) })
    }

    /// Cuts the power: from now on nothing can be read or written. Answers what the disk will have.
    pub fn cut_power(&self) -> Remains {
        let image = self.image.lock().unwrap().take().expect("it has power");
        Remains(image.after_power_loss())
    }

    /// Mounts it again with what it has; whoever used it has ended.
    pub fn restore(&mut self, at: &Path, remains: Remains) {
        if let Some(session) = self.session.take() {
            session.umount_and_join().expect("nobody uses it");
        }
        *self = Self::mount_image(at, remains.0).expect("it was mounted before");
    }
}

/// What a disk has after the power went.
pub struct Remains(Image);

struct Mounted(Arc<Mutex<Option<Image>>>);

impl Mounted {
    fn with<T>(&self, act: impl FnOnce(&mut Image) -> Result<T, Errno>) -> Result<T, Errno> {
        self.0.lock().unwrap().as_mut().ok_or(Errno::EIO).and_then(act)
    }

    fn entry(&self, reply: ReplyEntry, act: impl FnOnce(&mut Image) -> Result<u64, Errno>) {
        match self.with(|image| act(image).and_then(|number| image.attributes(number))) {
            Ok(attributes) => reply.entry(&BELIEVED, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn empty(&self, reply: ReplyEmpty, act: impl FnOnce(&mut Image) -> Result<(), Errno>) {
        match self.with(act) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }
}

fn new_folder() -> Node {
    Node::Folder { names: BTreeMap::new(), synced: BTreeMap::new() }
}

#[allow(clippy::cast_possible_truncation, reason = "what lies in memory has a length that fits")]
impl Filesystem for Mounted {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.entry(reply, |image| image.named(parent.0, name));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.with(|image| image.attributes(ino.0)) {
            Ok(attributes) => reply.attr(&BELIEVED, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let set = self.with(|image| {
            if let Some(size) = size {
                image.file(ino.0)?.change(Change::Length(size as usize));
            }
            image.attributes(ino.0)
        });
        match set {
            Ok(attributes) => reply.attr(&BELIEVED, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        self.entry(reply, |image| image.add(parent.0, name, new_folder()));
    }

    fn create(&self, _: &Request, parent: INodeNo, name: &OsStr, _: u32, _: u32, _: i32, reply: ReplyCreate) {
        let made = self.with(|image| {
            let number = image.add(parent.0, name, Node::File(File::default()))?;
            image.attributes(number)
        });
        match made {
            Ok(attributes) => {
                reply.created(&BELIEVED, &attributes, Generation(0), FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        // Whoever has it open goes on with it, so it stays.
        self.empty(reply, |image| image.folder(parent.0)?.remove(name).map(drop).ok_or(Errno::ENOENT));
    }

    fn link(&self, _: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        self.entry(reply, |image| {
            image.folder(newparent.0)?.insert(newname.to_owned(), ino.0);
            Ok(ino.0)
        });
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        self.empty(reply, |image| {
            let number = image.folder(parent.0)?.remove(name).ok_or(Errno::ENOENT)?;
            image.folder(newparent.0)?.insert(newname.to_owned(), number);
            Ok(())
        });
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.with(|image| {
            let data = &image.file(ino.0)?.data;
            let from = data.len().min(offset as usize);
            Ok(data[from..data.len().min(from + size as usize)].to_vec())
        });
        match read {
            Ok(data) => reply.data(&data),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let change = Change::Write(offset as usize, data.to_vec());
        match self.with(|image| image.file(ino.0).map(|file| file.change(change))) {
            Ok(()) => reply.written(data.len() as u32),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.empty(reply, |image| {
            image.sync_names();
            image.file(ino.0).map(File::sync)
        });
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.empty(reply, |image| {
            image.sync_names();
            Ok(())
        });
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let names = self.with(|image| {
            let names = image.folder(ino.0)?.clone();
            let kind = |number: &u64| match image.nodes.get(number) {
                Some(Node::Folder { .. }) => FileType::Directory,
                _ => FileType::RegularFile,
            };
            Ok(names.into_iter().map(|(name, number)| (kind(&number), name, number)).collect::<Vec<_>>())
        });
        let names = match names {
            Ok(names) => names,
            Err(error) => return reply.error(error),
        };
        for (place, (kind, name, number)) in names.into_iter().enumerate().skip(offset as usize) {
            if reply.add(INodeNo(number), place as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }
}
