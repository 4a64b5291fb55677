//! The folder of texts that an operator changes or adds.

use std::path::{Path, PathBuf};

use crate::domain::Invalid;
use crate::language::{Languages, OwnFile};

/// The languages that are compiled in, changed by each file `TAG.ftl` of a folder; and everything that is wrong there.
pub(super) fn read(folder: &Path) -> (Languages, Vec<Invalid>) {
    let mut languages = Languages::built_in();
    let mut wrong = Vec::new();
    let files = match files(folder) {
        Ok(files) if files.is_empty() => vec![Err(format!("has no file *.ftl in {}", folder.display()))],
        Ok(files) => files.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(format!("is not a folder that can be read: {}: {error}", folder.display()))],
    };
    for file in files {
        let read = file.and_then(|path| {
            let text = std::fs::read_to_string(&path);
            text.map(|text| (text, path.clone()))
                .map_err(|error| format!("cannot be read: {}: {error}", path.display()))
        });
        let (text, path) = match read {
            Ok(read) => read,
            Err(rule) => {
                wrong.push(Invalid::new("", rule));
                continue;
            }
        };
        let tag = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        match languages.clone().extended_by(OwnFile { tag, text: &text }) {
            Ok(extended) => languages = extended,
            Err(mistakes) => wrong.extend(
                mistakes
                    .iter()
                    .map(|mistake| Invalid::new("", format!("has a mistake: {}: {mistake}", path.display()))),
            ),
        }
    }
    (languages, wrong)
}

/// The files of texts in a folder, general languages before those of a region, which stand on them.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ftl"));
    files.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    Ok(files)
}
