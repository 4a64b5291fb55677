//! Copies of the file, and of all that is in it.

use super::*;
use crate::domain::Digest;

const KEYS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

fn keys() -> Vec<Digest> {
    KEYS.map(Digest::new).into()
}

fn path(folder: &Folder, name: &str) -> PathBuf {
    folder.0.path().join(name)
}

#[tokio::test]
async fn every_table_is_copied_or_comes_with_another() {
    let folder = Folder::new();
    drop(folder.store(&clock()));
    let mut copied: Vec<String> = copy::TABLES.iter().map(|(table, ..)| (*table).to_owned()).collect();
    copied.extend(["deliveries", "owner"].map(ToOwned::to_owned));
    copied.sort_unstable();
    let there = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    assert_eq!(rows_of(&beside(&folder), there), copied);
}

#[tokio::test]
async fn a_backup_is_the_same_store() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let tested = TestStore::build(Folder(TempDir::new_in(folder.0.path()).unwrap())).await;
    let known = tested.fill().await;
    let from = std::fs::read_dir(folder.0.path()).unwrap().next().unwrap().unwrap().path();
    // The store is open, and half of it is in its log.
    let backup = path(&elsewhere, "backup");
    Embedded::back_up(&from, &backup).unwrap();
    let restored = path(&elsewhere, "restored");
    Embedded::restore(&backup, &restored, None).unwrap();
    let clock = tested.clock();
    let copy: Arc<dyn Store> = Arc::new(Embedded::open(&restored, clock, KEEP).unwrap());
    copies::assert_full(&copies::records(copy.as_ref()).await);
    copies::assert_goes_on(&tested, &copy, &known).await;
}

#[tokio::test]
async fn a_backup_is_whole_or_not_there() {
    let folder = Folder::new();
    let store = folder.store(&clock());
    store.add(&fixtures::merchant("Shop", clock().now())).await.unwrap();
    let backup = path(&folder, "backup");
    let contents = Embedded::back_up(folder.0.path(), &backup).unwrap();
    assert!(contents.to_string().starts_with("1 merchants, 0 users, 0 journeys, 0 deliveries, "), "{contents}");
    let before = std::fs::read(&backup).unwrap();
    let again = Embedded::back_up(folder.0.path(), &backup);
    assert!(matches!(&again, Err(SnapshotError::Exists(name)) if *name == backup), "{again:?}");
    assert_eq!(std::fs::read(&backup).unwrap(), before);
    let nowhere = Embedded::back_up(folder.0.path(), &path(&folder, "nowhere/backup"));
    assert!(matches!(nowhere, Err(SnapshotError::File(..))), "{nowhere:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn only_a_whole_store_is_restored_where_none_is() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let store = folder.store(&clock());
    store.register_owner(&keys()).await.unwrap();
    for number in 0..400 {
        store.add(&fixtures::merchant(&format!("Shop {number}"), clock().now())).await.unwrap();
    }
    let (backup, to) = (path(&folder, "backup"), path(&elsewhere, "store"));
    Embedded::back_up(folder.0.path(), &backup).unwrap();
    let held = Embedded::restore(&backup, folder.0.path(), None);
    assert!(matches!(held, Err(SnapshotError::Held(_))), "{held:?}");
    let foreign = Embedded::restore(&backup, &to, Some(&[Digest::new([9; 32])]));
    assert!(matches!(foreign, Err(SnapshotError::Store(StoreError::Foreign(_)))), "{foreign:?}");

    let whole = std::fs::read(&backup).unwrap();
    for (name, spoilt) in [
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("text", b"a text of somebody else's".repeat(999)),
        ("overwritten", [&whole[..8192], &[0xff; 4096][..], &whole[12288..]].concat()),
        ("empty", Vec::new()),
    ] {
        let file = path(&folder, name);
        std::fs::write(&file, spoilt).unwrap();
        let refused = Embedded::restore(&file, &to, Some(&keys()));
        assert!(refused.is_err(), "{name}: {refused:?}");
        assert!(!Embedded::exists(&to), "{name}");
    }
    Embedded::restore(&backup, &to, Some(&keys())).unwrap();
    let store = Embedded::open_existing(&to, clock(), KEEP).unwrap();
    assert_eq!(store.merchants().await.unwrap().len(), 400);
}

#[test]
fn a_log_that_is_left_is_not_read_into_another_store() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    drop(folder.store(&clock()));
    let backup = path(&folder, "backup");
    Embedded::back_up(folder.0.path(), &backup).unwrap();
    std::fs::write(path(&elsewhere, "handback.sqlite3-wal"), b"left").unwrap();
    let refused = Embedded::restore(&backup, elsewhere.0.path(), None);
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("is left of another store"), "{why}");
}
