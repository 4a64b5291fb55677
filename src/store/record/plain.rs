//! How values of the domain stand in records, in both directions.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

use crate::domain::api_key::{KeyName, KeyNumber};
use crate::domain::callback::{AndroidPackage, CallbackUrl, Placement};
use crate::domain::id::{JourneyId, MerchantId, PayId, UserId};
use crate::domain::merchant::{CallbackName, MerchantName, Standing};
use crate::domain::moment::UnixMillis;
use crate::domain::money::{Amount, Currency};
use crate::domain::rotation::Rotating;
use crate::domain::secret::{Digest, Sealed};
use crate::domain::terms::{AppLinks, SignedReturns};
use crate::domain::user::ApplicationUser;

/// A value of the domain that records hold.
pub(super) trait Plain: Sized {
    /// What stands in a record for it.
    type Form: Serialize + DeserializeOwned;

    /// Its form.
    fn form(&self) -> Self::Form;

    /// The value of this form. `None` when the form stands for none that is known here.
    fn of(form: Self::Form) -> Option<Self>;
}

/// What stands in a record for a value of the domain.
pub(super) type Form<T> = <T as Plain>::Form;

impl<T: Plain> Plain for Option<T> {
    type Form = Option<T::Form>;

    fn form(&self) -> Self::Form {
        self.as_ref().map(T::form)
    }

    fn of(form: Self::Form) -> Option<Self> {
        form.map_or(Some(None), |form| T::of(form).map(Some))
    }
}

impl<T: Plain> Plain for Vec<T> {
    type Form = Vec<T::Form>;

    fn form(&self) -> Self::Form {
        self.iter().map(T::form).collect()
    }

    fn of(form: Self::Form) -> Option<Self> {
        form.into_iter().map(T::of).collect()
    }
}

/// Says what stands for a value, how it is written, and how it is read.
macro_rules! plain {
    ($($type:ty as $form:ty: $write:expr, $read:expr;)+) => {$(
        impl Plain for $type {
            type Form = $form;

            fn form(&self) -> $form {
                let write: fn(&Self) -> $form = $write;
                write(self)
            }

            fn of(form: $form) -> Option<Self> {
                let read: fn($form) -> Option<Self> = $read;
                read(form)
            }
        }
    )+};
}

/// Says that a struct is kept as a list of these fields, in this order.
macro_rules! fields {
    ($type:ty: $($field:ident: $value:ty),+ $(,)?) => {
        impl Plain for $type {
            type Form = ($(Form<$value>,)+);

            fn form(&self) -> Self::Form {
                ($(self.$field.form(),)+)
            }

            fn of(($($field,)+): Self::Form) -> Option<Self> {
                Some(Self { $($field: Plain::of($field)?,)+ })
            }
        }
    };
}

/// Says that a choice is kept as its number in this list, from 0.
macro_rules! numbered {
    ($type:ty: $($choice:ident),+ $(,)?) => {
        impl Plain for $type {
            type Form = u8;

            fn form(&self) -> u8 {
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
            $($letter $(($(Form<$value>),+))? $(($(Form<$part>),+))?,)+
        }

        impl Plain for $type {
            type Form = $record;

            fn form(&self) -> $record {
                match self {
                    $(Self::$choice $({ $($field),+ })? $(($($item),+))? => {
                        $record::$letter $(($($field.form()),+))? $(($($item.form()),+))?
                    })+
                }
            }

            fn of(record: $record) -> Option<Self> {
                Some(match record {
                    $($record::$letter $(($($field),+))? $(($($item),+))? => {
                        Self::$choice $({ $($field: Plain::of($field)?),+ })? $(($(Plain::of($item)?),+))?
                    })+
                })
            }
        }
    };
}

pub(super) use {fields, lettered, numbered};

plain! {
    bool as bool: |value| *value, Some;
    u8 as u8: |value| *value, Some;
    u64 as u64: |value| *value, Some;
    String as String: Clone::clone, Some;
    UnixMillis as u64: |at| at.as_millis(), |millis| Some(Self::from_millis(millis));
    JourneyId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    MerchantId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    UserId as u128: |id| u128::from_be_bytes(*id.as_bytes()), |id| Some(Self::from_bytes(id.to_be_bytes()));
    PayId as u64: |id| id.number(), Self::new;
    KeyNumber as String: ToString::to_string, |text| text.parse().ok();
    KeyName as String: |name| name.as_str().to_owned(), |text| Some(Self::restored(text));
    MerchantName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    CallbackName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    ApplicationUser as String: |user| user.as_str().to_owned(), |text| Self::parse(&text).ok();
    CallbackUrl as String: |url| url.as_str().to_owned(), |text| Some(Self::restored(text));
    AndroidPackage as String: |package| package.as_str().to_owned(), |text| Some(Self::restored(text));
    Amount as (u64, String):
        |amount| (amount.minor(), amount.currency().to_string()),
        |(minor, currency)| Some(Self::from_minor(minor, Currency::restored(&currency)?));
    Digest as [u8; 32]: |digest| *digest.as_bytes(), |bytes| Some(Self::new(bytes));
    Sealed as ByteBuf: |sealed| ByteBuf::from(sealed.as_bytes()), |bytes| Some(Self::new(bytes.into_vec()));
    // The secret before is a list of numbers.
    Rotating as (ByteBuf, Option<(Vec<u8>, u64)>):
        |secret| {
            let previous = secret.previous.as_ref();
            (secret.current.form(), previous.map(|(secret, ends_at)| (secret.as_bytes().to_vec(), ends_at.form())))
        },
        |(current, previous)| {
            let previous = previous.map(|(secret, at)| (Sealed::new(secret), UnixMillis::from_millis(at)));
            Some(Self { current: Plain::of(current)?, previous })
        };
    // Whether it is the second of two choices.
    Placement as bool:
        |place| *place == Self::Fragment,
        |in_fragment| Some(if in_fragment { Self::Fragment } else { Self::Query });
    AppLinks as bool: |links| *links == Self::Direct, |direct| Some(if direct { Self::Direct } else { Self::Page });
    Standing as bool:
        |standing| *standing == Self::Disabled,
        |disabled| Some(if disabled { Self::Disabled } else { Self::Active });
}

numbered!(SignedReturns: Off, Hmac, Ed25519);
