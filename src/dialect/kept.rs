//! What dialects keep in journeys, as JSON: each dialect has a record of its own, with the names of the calls' fields.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::pairs::Pairs;
use crate::domain::DialectData;

/// Gives a dialect's record its way into a journey, and out of it.
macro_rules! in_journeys {
    ($record:ident) => {
        impl $record {
            /// What a journey keeps.
            pub(super) fn of(journey: &$crate::domain::Journey) -> Self {
                $crate::dialect::kept::read(&journey.opening().dialect_data)
            }

            /// The journey's record.
            pub(super) fn written(&self) -> $crate::domain::DialectData {
                $crate::dialect::kept::write(self)
            }
        }
    };
}
pub(super) use in_journeys;

/// Writes a record. Members that say nothing are left out, and a record without any is empty.
pub(super) fn write(record: &impl Serialize) -> DialectData {
    let members = serde_json::to_string(record).and_then(|json| serde_json::from_str::<Pairs>(&json));
    let mut members = members.map(|Pairs(members)| members).unwrap_or_default();
    members.retain(|(_, value)| !matches!(value.get(), "null" | "false"));
    if members.is_empty() {
        return DialectData::default();
    }
    serde_json::to_string(&Pairs(members)).map(DialectData::new).unwrap_or_default()
}

/// Reads a record. What is no record of this dialect says nothing.
pub(super) fn read<T: DeserializeOwned + Default>(data: &DialectData) -> T {
    serde_json::from_str(data.as_str()).unwrap_or_default()
}

/// A value of JSON as it was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The value that a text holds. `None` when it holds none.
    pub(super) fn of(text: impl Into<String>) -> Option<Self> {
        RawValue::from_string(text.into()).ok().map(Self)
    }

    /// Its text.
    pub(super) fn get(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Json {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default)]
    struct Record {
        name: Option<String>,
        sent: Option<Json>,
        texts: Option<BTreeMap<String, String>>,
        is_so: bool,
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_what_says_nothing_is_left_out() {
        let texts = BTreeMap::from([("b".to_owned(), "2".to_owned())]);
        let record = Record { sent: Json::of(r#"{"n": 1.50}"#), texts: Some(texts), is_so: true, ..Record::default() };
        let data = write(&record);
        assert_eq!(data.as_str(), r#"{"sent":{"n": 1.50},"texts":{"b":"2"},"is_so":true}"#);
        assert_eq!(read::<Record>(&data), record);
        assert_eq!(write(&Record::default()), DialectData::default());
        for nothing in ["", "{", "[]", r#"{"name":7}"#] {
            assert_eq!(read::<Record>(&DialectData::new(nothing)), Record::default(), "{nothing}");
        }
    }
}
