//! How values of the domain stand in records, in both directions.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use crate::domain::provider_account::WebhookKey;
use crate::domain::{
    AccountLabel, AccountName, Amount, AndroidPackage, AppStorePage, ApplicationUser, CallbackName, CallbackUrl,
    CountryCode, Currency, DialectData, Digest, JourneyId, KeyName, KeyNumber, Logo, MerchantId, MerchantName,
    NotifyOn, PayId, PlayStorePage, Sealed, Slots, UnixMillis, UserId,
};

/// A value of the domain that records hold.
pub(super) trait Recorded: Sized {
    /// What stands in a record for it.
    type Record: Serialize + DeserializeOwned;

    /// What a record holds of it.
    fn record(&self) -> Self::Record;

    /// Reads it back. `None` when the record holds no value that is known here.
    fn of(record: Self::Record) -> Option<Self>;
}

/// What stands in a record for a value of the domain.
pub(super) type Record<T> = <T as Recorded>::Record;

impl<T: Recorded> Recorded for Option<T> {
    type Record = Option<T::Record>;

    fn record(&self) -> Self::Record {
        self.as_ref().map(T::record)
    }

    fn of(record: Self::Record) -> Option<Self> {
        record.map_or(Some(None), |record| T::of(record).map(Some))
    }
}

impl<T: Recorded> Recorded for Box<T> {
    type Record = T::Record;

    fn record(&self) -> Self::Record {
        T::record(self)
    }

    fn of(record: Self::Record) -> Option<Self> {
        T::of(record).map(Self::new)
    }
}

impl<T: Recorded> Recorded for Vec<T> {
    type Record = Vec<T::Record>;

    fn record(&self) -> Self::Record {
        self.iter().map(T::record).collect()
    }

    fn of(record: Self::Record) -> Option<Self> {
        record.into_iter().map(T::of).collect()
    }
}

impl<A: Recorded, B: Recorded> Recorded for (A, B) {
    type Record = (A::Record, B::Record);

    fn record(&self) -> Self::Record {
        (self.0.record(), self.1.record())
    }

    fn of((a, b): Self::Record) -> Option<Self> {
        Some((A::of(a)?, B::of(b)?))
    }
}

impl<T: Recorded + Clone> Recorded for Slots<T> {
    type Record = Vec<Option<T::Record>>;

    fn record(&self) -> Self::Record {
        self.all().iter().map(Recorded::record).collect()
    }

    fn of(record: Self::Record) -> Option<Self> {
        Recorded::of(record).map(Self::restored)
    }
}

/// Says what stands for a value, how it is written, and how it is read.
macro_rules! recorded {
    ($($type:ty as $record:ty: $write:expr, $read:expr;)+) => {$(
        impl Recorded for $type {
            type Record = $record;

            fn record(&self) -> $record {
                let write: fn(&Self) -> $record = $write;
                write(self)
            }

            fn of(record: $record) -> Option<Self> {
                let read: fn($record) -> Option<Self> = $read;
                read(record)
            }
        }
    )+};
}

/// Says that a struct is kept as a list of these fields, in this order.
macro_rules! fields {
    ($type:ty: $($field:ident: $value:ty),+ $(,)?) => {
        impl Recorded for $type {
            type Record = ($(Record<$value>,)+);

            fn record(&self) -> Self::Record {
                ($(self.$field.record(),)+)
            }

            fn of(($($field,)+): Self::Record) -> Option<Self> {
                Some(Self { $($field: Recorded::of($field)?,)+ })
            }
        }
    };
}

/// [`fields`], and behind the `;` those that were added later: an older record ends before them, and they are read as
/// their type's default.
macro_rules! fields_and_later {
    (
        $type:ty as $record:ident: $($field:ident: $value:ty),+;
        $($(#[$attribute:meta])* $later:ident: $later_value:ty),+ $(,)?
    ) => {
        #[derive(Serialize, Deserialize)]
        pub(super) struct $record {
            $($field: Record<$value>,)+
            $($(#[$attribute])* #[serde(default)] $later: Record<$later_value>,)+
        }

        impl Recorded for $type {
            type Record = $record;

            fn record(&self) -> $record {
                $record { $($field: self.$field.record(),)+ $($later: self.$later.record(),)+ }
            }

            fn of(record: $record) -> Option<Self> {
                Some(Self { $($field: Recorded::of(record.$field)?,)+ $($later: Recorded::of(record.$later)?,)+ })
            }
        }
    };
}

/// Says that a choice is kept as its number in this list, from 0.
macro_rules! numbered {
    ($type:ty: $($choice:ident),+ $(,)?) => {
        impl Recorded for $type {
            type Record = u8;

            fn record(&self) -> u8 {
                enum Number {
                    $($choice,)+
                }
                match self {
                    $(Self::$choice => Number::$choice as u8,)+
                }
            }

            fn of(number: u8) -> Option<Self> {
                [$(Self::$choice),+].get(usize::from(number)).copied()
            }
        }
    };
}

/// Says that a choice is kept as one of these letters, with its fields behind it.
macro_rules! lettered {
    ($type:ty as $record:ident: $(
        $letter:ident = $choice:ident $({ $($field:ident: $value:ty),+ })? $(($($item:ident: $part:ty),+))?
    ),+ $(,)?) => {
        #[derive(Serialize, Deserialize)]
        pub(super) enum $record {
            $($letter $(($(Record<$value>),+))? $(($(Record<$part>),+))?,)+
        }

        impl Recorded for $type {
            type Record = $record;

            fn record(&self) -> $record {
                match self {
                    $(Self::$choice $({ $($field),+ })? $(($($item),+))? => {
                        $record::$letter $(($($field.record()),+))? $(($($item.record()),+))?
                    })+
                }
            }

            fn of(record: $record) -> Option<Self> {
                Some(match record {
                    $($record::$letter $(($($field),+))? $(($($item),+))? => {
                        Self::$choice $({ $($field: Recorded::of($field)?),+ })? $(($(Recorded::of($item)?),+))?
                    })+
                })
            }
        }
    };
}

pub(super) use {fields, fields_and_later, lettered, numbered, recorded};

recorded! {
    bool as bool: |value| *value, Some;
    u8 as u8: |value| *value, Some;
    u16 as u16: |value| *value, Some;
    u32 as u32: |value| *value, Some;
    u64 as u64: |value| *value, Some;
    usize as u64: |value| *value as u64, |value| value.try_into().ok();
    String as String: Clone::clone, Some;
    Duration as u64:
        |span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX),
        |millis| Some(Self::from_millis(millis));
    UnixMillis as u64: |at| at.as_millis(), |millis| Some(Self::from_millis(millis));
    JourneyId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    MerchantId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    UserId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    PayId as u64: |id| id.number(), Self::new;
    KeyNumber as String: ToString::to_string, |text| text.parse().ok();
    KeyName as String: |name| name.as_str().to_owned(), |text| Some(Self::restored(text));
    MerchantName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    AccountName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    AccountLabel as String: |label| label.as_str().to_owned(), |text| Self::parse(&text).ok();
    Currency as String: ToString::to_string, |text| Self::restored(&text);
    CallbackName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    ApplicationUser as String: |user| user.as_str().to_owned(), |text| Self::parse(&text).ok();
    CallbackUrl as String: |url| url.as_str().to_owned(), |text| Some(Self::restored(text));
    AppStorePage as String: |page| page.as_str().to_owned(), |text| Some(Self::restored(text));
    PlayStorePage as String: |page| page.as_str().to_owned(), |text| Some(Self::restored(text));
    AndroidPackage as String: |package| package.as_str().to_owned(), |text| Some(Self::restored(text));
    CountryCode as String: |country| country.as_str().to_owned(), |text| Self::restored(&text);
    DialectData as String: |data| data.as_str().to_owned(), |text| Some(Self::new(text));
    Amount as (u64, String):
        |amount| (amount.minor(), amount.currency().to_string()),
        |(minor, currency)| Some(Self::from_minor(minor, Currency::restored(&currency)?));
    NotifyOn as u8: |events| events.number(), |number| Some(Self::of_number(number));
    WebhookKey as [u8; 32]: |key| *key.as_bytes(), |bytes| Some(Self::new(bytes));
    Logo as ([u8; Logo::DIGEST], u8, u8):
        |logo| (logo.digest, logo.width, logo.height),
        |(digest, width, height)| Some(Self { digest, width, height });
    Digest as [u8; 32]: |digest| *digest.as_bytes(), |bytes| Some(Self::new(bytes));
    Sealed as ByteBuf: |sealed| ByteBuf::from(sealed.as_bytes()), |bytes| Some(Self::new(bytes.into_vec()));
}
