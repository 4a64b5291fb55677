//! What a setting is: its key in the file, its environment variable, and the form of its text.

/// How a setting's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value, which a mistake may repeat.
    Plain,
    /// One value, which no message repeats: it is, or may hold, a secret.
    Secret,
    /// Several values: an array in the file, commas in the environment.
    List,
    /// A list of tables, which the file alone can hold.
    Tables,
    /// One table, which the file alone can hold.
    Table,
}

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the file, dotted where it stands in a table.
    pub key: &'static str,
    /// Its environment variable.
    pub env: Option<&'static str>,
    /// How its value is written.
    pub form: Form,
}

/// What every variable of ours begins with.
pub const PREFIX: &str = "HANDBACK_";
/// The variable that names the configuration file.
pub const CONFIG: &str = "HANDBACK_CONFIG";

/// A setting of one value.
pub const fn plain(key: &'static str, env: &'static str) -> Setting {
    Setting { key, env: Some(env), form: Form::Plain }
}

/// A setting of one value that is, or may hold, a secret.
pub const fn secret(key: &'static str, env: &'static str) -> Setting {
    Setting { key, env: Some(env), form: Form::Secret }
}

/// A setting of several values.
pub const fn list(key: &'static str, env: &'static str) -> Setting {
    Setting { key, env: Some(env), form: Form::List }
}

/// A setting that is a list of tables.
pub const fn tables(key: &'static str) -> Setting {
    Setting { key, env: None, form: Form::Tables }
}

/// A setting that is one table.
pub const fn table(key: &'static str) -> Setting {
    Setting { key, env: None, form: Form::Table }
}

/// The name among `names` that `text` was probably meant to be.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.map(|name| (strsim::levenshtein(text, name), name)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, name)| *distance <= 1 + name.len() / 4).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_its_neighbour() {
        let keys = || ["listen", "keep", "http.keep_alive", "http.workers"].into_iter();
        for (meant, written) in [("listen", "lisen"), ("http.keep_alive", "http.keepalive"), ("keep", "kep")] {
            assert_eq!(nearest(written, keys()), Some(meant));
        }
        assert_eq!(nearest("colour.of.the.button", keys()), None);
    }

    #[test]
    fn a_name_is_near_while_few_letters_differ() {
        for (text, name, is_near) in
            [("", "", true), ("", "ab", false), ("kitten", "sitting", false), ("abc", "acb", false), ("a", "a", true)]
        {
            assert_eq!(nearest(text, [name].into_iter()).is_some(), is_near, "{text} {name}");
        }
    }
}
